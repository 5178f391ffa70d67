"""Whatever colour an organisation has, its buttons and links can be read."""

import re

import pytest

from services.portal.assets import FRONTEND
from services.portal.theme import GREEN, recolour

FIRST = "--ds-color-accent-background-default:"
THEME = FRONTEND / "node_modules/@digdir/designsystemet-css/dist/theme/designsystemet.css"


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def long_form(colour: str) -> str:
    """Return a colour with six digits."""
    return colour if len(colour) == 7 else "#" + "".join(digit * 2 for digit in colour[1:])


@pytest.mark.parametrize("colour", [GREEN, "#7a1f5c", "#c2571a", "#0062ba", "#d9a300", "#808080"])
def test_every_text_stands_out_from_what_it_stands_on(colour: str) -> None:
    themed = recolour(THEME.read_text(), colour)
    for scheme in themed.split(f"{{{FIRST}")[1:]:
        steps = re.findall(r"--ds-color-accent-([a-z-]+):(#[0-9a-f]{3,6})", FIRST + scheme.partition("}")[0])
        on = {name: long_form(value) for name, value in steps}
        for text, ground in (
            ("base-contrast-default", "base-default"),
            ("text-subtle", "background-default"),
            ("text-subtle", "surface-tinted"),
            ("text-default", "surface-tinted"),
        ):
            assert contrast(on[text], on[ground]) >= 4.5, (text, ground, on[text], on[ground])
