"""Colours: the design system's own steps of light and dark, turned to another hue.

A step keeps its lightness in OKLCH (what the eye sees as light), so contrasts stay what the design system made them.
"""

import math
import re

# What Kring looks like: the colour of buttons and links.
GREEN = "#14594f"
_STEP = re.compile(r"(--ds-color-accent-[a-z-]+):(#[0-9a-f]{3,6})\b")
# Below this a colour is a grey, and stays one.
_GREY = 0.004


def recolour(styles: str, colour: str) -> str:
    """Return the design system's theme with another accent colour (as #rrggbb)."""
    _, own_chroma, own_hue = _oklch(colour)
    _, base_chroma, _ = _oklch(_base(styles))

    def turned(match: re.Match[str]) -> str:
        lightness, chroma, _ = _oklch(match[2])
        if chroma < _GREY:
            return match[0]
        return f"{match[1]}:{_hex(lightness, chroma * own_chroma / base_chroma, own_hue)}"

    return _STEP.sub(turned, styles)


def _base(styles: str) -> str:
    found = re.search(r"--ds-color-accent-base-default:(#[0-9a-f]{3,6})", styles)
    if found is None:
        raise ValueError("the design system's theme names no accent colour")
    return found[1]


def _oklch(colour: str) -> tuple[float, float, float]:
    """Return lightness, chroma and hue (radians) of a colour (Björn Ottosson's OKLab)."""
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (_linear(int(digits[i : i + 2], 16) / 255) for i in (0, 2, 4))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a)


def _hex(lightness: float, chroma: float, hue: float) -> str:
    """Return a colour that screens can show: as colourful as asked, or as it can be."""
    while True:
        a, b = chroma * math.cos(hue), chroma * math.sin(hue)
        long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
        medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
        short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
        linear = (
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        )
        if all(-1e-4 <= channel <= 1 + 1e-4 for channel in linear) or chroma < _GREY:
            return "#" + "".join(f"{round(255 * _gamma(min(1, max(0, each)))):02x}" for each in linear)
        chroma *= 0.95


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _gamma(channel: float) -> float:
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055
