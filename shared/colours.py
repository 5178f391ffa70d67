"""Organisations' colours: whether they are readable, and the nearest readable ones (WCAG 2.2 AA)."""

import math
from collections.abc import Sequence

WHITE = "#ffffff"
# The background of text, if an organisation chose none.
INK = "#2b2a28"
# For text of any size.
ENOUGH = 4.5
_STEP = 0.005
# Below this chroma there is nothing left to reduce.
_COLOURLESS = 0.004


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (as #rrggbb), from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def is_readable(colour: str, *, beside: Sequence[str]) -> bool:
    """Tell whether a colour has enough contrast with each of some others."""
    return all(contrast(colour, other) >= ENOUGH for other in beside)


def nearest_readable(colour: str, *, beside: Sequence[str]) -> str:
    """Return the nearest colour, darker or lighter, that has enough contrast with each of some others.

    If none of its hue has, black or white, whichever has more.
    """
    lightness, chroma, hue = oklch(colour)
    for step in range(round(1 / _STEP) + 1):
        for changed in (lightness - step * _STEP, lightness + step * _STEP):
            if 0 <= changed <= 1 and is_readable(found := hex_of(changed, chroma, hue), beside=beside):
                return found
    return max(("#000000", WHITE), key=lambda each: min(contrast(each, other) for other in beside))


def unreadable(*, accent: str | None, heading: str | None, background: str | None) -> dict[str, str]:
    """Return, by name, an organisation's unreadable colours with the nearest readable one.

    `accent`: buttons and links; `heading`: titles; `background`: the page around the content. None: Kring's
    own.
    """
    ground = background or WHITE
    found = {}
    if not is_readable(ground, beside=[INK]):
        found["background"] = ground = nearest_readable(ground, beside=[INK])
    for name, colour in (("accent", accent), ("heading", heading)):
        if colour is not None and not is_readable(colour, beside=[WHITE, ground]):
            found[name] = nearest_readable(colour, beside=[WHITE, ground])
    return found


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def oklch(colour: str) -> tuple[float, float, float]:
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


def hex_of(lightness: float, chroma: float, hue: float) -> str:
    """Return the displayable colour that comes nearest to this chroma."""
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
        if all(-1e-4 <= channel <= 1 + 1e-4 for channel in linear) or chroma < _COLOURLESS:
            return "#" + "".join(f"{round(255 * _gamma(min(1, max(0, each)))):02x}" for each in linear)
        chroma *= 0.95


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _gamma(channel: float) -> float:
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055
