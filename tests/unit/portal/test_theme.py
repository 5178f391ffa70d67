"""Whatever colour an organisation has, its buttons and links can be read."""

import re

import pytest

from services.portal.assets import FRONTEND
from services.portal.theme import GREEN, accents, name_of, recolour, style
from shared.calendar import BELGIUM
from shared.colours import INK, contrast
from shared.profiles import UNKNOWN, Profile

FIRST = "--ds-color-accent-background-default:"
THEME = FRONTEND / "node_modules/@digdir/designsystemet-css/dist/theme/designsystemet.css"


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


def test_a_style_holds_what_was_chosen_and_its_name_nothing_else() -> None:
    rules = accents(THEME.read_text())
    profile = Profile("De Ring", None, BELGIUM, "#7a1f5c", None, "#f6eef2")
    name = name_of(profile)
    assert name == "7a1f5c-x-f6eef2"
    made = style(name, rules)
    assert made is not None
    assert recolour(rules, "#7a1f5c") in made
    assert "background:#f6eef2" in made
    assert "h1.ds-heading" not in made
    # Every brace that opens is closed: browsers drop what is after one that is not.
    assert made.count("{") == made.count("}")
    assert "prefers-color-scheme:dark" in made
    assert name_of(UNKNOWN) is None
    for wrong in ("x-x", "red-x-x", "7a1f5c-x-f6eef2}", "../x-x-x", "7A1F5C-x-x"):
        assert style(wrong, rules) is None


def test_what_surrounds_a_page_can_be_read_on_every_ground_that_is_let_pass() -> None:
    made = style("x-x-f6eef2", accents(THEME.read_text()))
    assert made is not None
    assert f"--ds-color-neutral-text-subtle:{INK}" in made
    assert contrast(INK, "#f6eef2") >= 4.5
