"""Colours of organisations can be read, and what is proposed in their place can too."""

import pytest

from shared.colours import INK, WHITE, contrast, is_readable, nearest_readable, unreadable


def test_contrast_is_that_of_the_standard() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize("colour", ["#ffd700", "#ff0000", "#00ff00", "#ffffff", "#9999ff", "#777777"])
@pytest.mark.parametrize("ground", [WHITE, "#f6eef2", "#d0d0d0"])
def test_what_is_proposed_can_be_read_and_is_near(colour: str, ground: str) -> None:
    found = nearest_readable(colour, beside=[WHITE, ground])
    assert is_readable(found, beside=[WHITE, ground])
    # No darker than it has to be.
    assert min(contrast(found, each) for each in (WHITE, ground)) < 4.9


def test_what_can_be_read_stays_as_it_is() -> None:
    assert nearest_readable("#14594f", beside=[WHITE]) == "#14594f"
    assert unreadable(accent="#14594f", heading="#402030", background="#f6eef2") == {}
    assert unreadable(accent=None, heading=None, background=None) == {}


def test_each_colour_is_judged_with_what_it_is_on() -> None:
    assert set(unreadable(accent="#ffd700", heading="#402030", background=None)) == {"accent"}
    # On white it could be read, on what surrounds the page it could not.
    assert set(unreadable(accent="#6f6f6f", heading=None, background="#d8d8d8")) == {"accent"}
    dark = unreadable(accent="#14594f", heading=None, background="#333333")
    assert contrast(dark["background"], INK) >= 4.5
