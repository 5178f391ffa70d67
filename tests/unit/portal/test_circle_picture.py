"""The picture of a circle: everybody in the quarter of their side, and nobody on top of anybody else."""

from itertools import combinations

import pytest

from services.portal.circle_picture import NARROW, QUARTERS, WIDE, Drawn, Picture, Size, Somebody, picture_of

BOTH = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])


def somebody(place: str, first_name: str = "Ann", last_name: str = "") -> Somebody:
    return Somebody(first_name=first_name, last_name=last_name, relation="tante", place=place, state="yes")


def circle(central: int, **around: int) -> list[Somebody]:
    """Return so many people in each place."""
    return [somebody(place) for place, many in {"central": central, **around}.items() for _ in range(many)]


def overlap(one: Drawn, other: Drawn, size: Size) -> bool:
    """Tell whether two cells have a part in common."""
    wide, high = size.cell
    return abs(one.x - other.x) < wide and abs(one.y - other.y) < high


def inside(each: Drawn, picture: Picture, size: Size) -> bool:
    """Tell whether a whole cell is in the picture, below and above the titles."""
    wide, high = size.cell
    return (
        picture.left <= each.x - wide / 2
        and each.x + wide / 2 <= picture.left + picture.width
        and picture.top + 24 <= each.y - high / 2
        and each.y + high / 2 <= picture.top + picture.height - 24
    )


@BOTH
@pytest.mark.parametrize(
    "people",
    [
        circle(0),
        circle(1),
        circle(5, other=1),
        circle(2, maternal=3, paternal=2, other=3, professional=2),
        circle(3, maternal=8, paternal=7, other=9, professional=3),
        circle(1, maternal=40),
        circle(4, maternal=10, paternal=10, other=10, professional=10),
    ],
    ids=len,
)
def test_nobody_is_on_top_of_anybody_else_or_outside(size: Size, people: list[Somebody]) -> None:
    picture = picture_of(people, size)
    everybody = [*picture.central, *picture.around]
    assert len(everybody) == len(people)
    assert all(inside(each, picture, size) for each in everybody)
    assert not any(overlap(one, other, size) for one, other in combinations(everybody, 2))


@BOTH
def test_everybody_is_on_their_side_the_first_nearest_to_the_middle(size: Size) -> None:
    for place, (across, down) in QUARTERS.items():
        picture = picture_of(circle(1, **{place: 12}), size)
        wide, high = size.cell
        for each in picture.around:
            assert each.x * across >= wide / 2
            assert each.y * down >= high / 2
        far = [abs(each.x) * high / wide + abs(each.y) for each in picture.around]
        assert min(far) == far[0]
        assert [quarter.code for quarter in picture.quarters if not quarter.empty] == [place]


def test_a_name_is_as_long_as_its_place_and_tells_two_of_a_name_apart() -> None:
    names = (("Ann", "Vos"), ("Ann", "Peeters"), ("Ann", ""), ("Maximiliaan-Alexander", "Vos"), ("", ""))
    picture = picture_of([somebody("other", *each) for each in names], NARROW)
    assert [each.name for each in picture.around] == ["Ann V.", "Ann P.", "Ann", "Maximiliaa…", ""]
