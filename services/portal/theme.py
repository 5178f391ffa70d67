"""Organisations' colours: the design system's own steps of light and dark, with another hue.

A step keeps its lightness in OKLCH (as the eye perceives it), so contrasts stay as the design system made them.
"""

import re
from functools import lru_cache

from shared.colours import INK, hex_of, oklch
from shared.profiles import Profile

# Kring's own colour of buttons and links.
GREEN = "#14594f"
_STEP = re.compile(r"(--ds-color-accent-[a-z-]+):(#[0-9a-f]{3,6})\b")
# Below this a colour is a grey, and stays one.
_GREY = 0.004


def recolour(styles: str, colour: str) -> str:
    """Return the design system's theme with another accent colour (as #rrggbb)."""
    _, own_chroma, own_hue = oklch(colour)
    _, base_chroma, _ = oklch(_base(styles))

    def turned(match: re.Match[str]) -> str:
        lightness, chroma, _ = oklch(match[2])
        if chroma < _GREY:
            return match[0]
        return f"{match[1]}:{hex_of(lightness, chroma * own_chroma / base_chroma, own_hue)}"

    return _STEP.sub(turned, styles)


def _base(styles: str) -> str:
    found = re.search(r"--ds-color-accent-base-default:(#[0-9a-f]{3,6})", styles)
    if found is None:
        raise ValueError("the design system's theme names no accent colour")
    return found[1]


# Only the parts of the design system's theme that an organisation's colour changes.
THEME = "theme.css"
_SCHEMES = (("light", ":root"), ("dark", "@media (prefers-color-scheme:dark){[data-color-scheme=auto]"))
# The area around a page.
_AROUND = ".k-top,.k-sections,.k-foot"
_COLOURS = re.compile(r"(?P<accent>[0-9a-f]{6}|x)-(?P<heading>[0-9a-f]{6}|x)-(?P<background>[0-9a-f]{6}|x)")


def accents(styles: str) -> str:
    """Return the accent colours of the design system's theme, for light and for dark."""
    rules = []
    for scheme, selector in _SCHEMES:
        layer = f"@layer ds.theme.color-scheme.{scheme}{{"
        block = styles.partition(layer)[2].partition("}")[0]
        steps = ";".join(f"{name}:{colour}" for name, colour in _STEP.findall(block))
        rules.append(f"{layer}{selector}{{{steps}{'}' * selector.count('{')}}}}}")
    return "\n".join(rules)


def name_of(profile: Profile) -> str | None:
    """Return the name of the style of an organisation's colours; None if it chose none."""
    chosen = (profile.accent_colour, profile.heading_colour, profile.background_colour)
    if not any(chosen):
        return None
    return "-".join((colour or "x").removeprefix("#") for colour in chosen)


@lru_cache(maxsize=256)
def style(name: str, rules: str) -> str | None:
    """Return the style with a name, made of the rules of `accents`; None if the name is not valid."""
    match = _COLOURS.fullmatch(name)
    if match is None:
        return None
    accent, heading, background = (
        None if match[each] == "x" else f"#{match[each]}" for each in ("accent", "heading", "background")
    )
    parts = [recolour(rules, accent)] if accent else []
    light = []
    if heading:
        light.append(f"main h1.ds-heading,main h2.ds-heading{{color:{heading}}}")
    if background:
        # These contrast with it; the steps of the design system contrast with its own backgrounds only.
        own = f"--ds-color-neutral-text-subtle:{INK};--ds-color-accent-text-subtle:{accent or INK}"
        light.append(f"{_AROUND}{{background:{background};{own}}}")
    if light:
        parts.append(f"@layer kring{{@media (prefers-color-scheme:light){{{''.join(light)}}}}}")
    return "\n".join(parts)
