"""The circle as a picture: those whom it is about in the middle, and the others around them, by their side.

Each person has a cell of a lattice, in the quarter of their side and as near to the middle as there is room. So no two
overlap, however many they are: the picture grows. The table beside it says the same.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from math import ceil, hypot

from services.portal.visits import PageModel

# Where each side is, as the signs of the coordinates: the people of the mother left above, and so on.
QUARTERS: dict[str, tuple[int, int]] = {
    "maternal": (-1, -1),
    "paternal": (1, -1),
    "other": (-1, 1),
    "professional": (1, 1),
}
_FOR_THEIR_WORK = frozenset({"professional", "interpreter"})
_TITLE = 30
_RELATION = 20
_EDGE = 6
# Between two of the circles behind the people, in cells.
_APART = 1.6


@dataclass(frozen=True, slots=True)
class Size:
    """One of the widths for which the picture is drawn: the cells' size, how many of them a row has on each side.

    With `shifted`, each second row is half a cell further out. `letters`: how much of a name fits in a cell.
    """

    name: str
    cell: tuple[int, int]
    columns: int
    shifted: bool
    letters: int


WIDE = Size("wide", cell=(136, 72), columns=3, shifted=True, letters=16)
NARROW = Size("narrow", cell=(90, 52), columns=2, shifted=False, letters=11)


class Somebody(PageModel):
    """A person: where they belong (`central` or a quarter), and how far they are with taking part."""

    first_name: str
    last_name: str
    relation: str
    place: str
    state: str


class Drawn(PageModel):
    """A person in the picture; `x` and `y` are the middle of their cell."""

    x: float
    y: float
    name: str
    relation: str
    state: str


class Quarter(PageModel):
    """A side: where its title stands, and whether there is nobody."""

    code: str
    x: float
    y: float
    at_end: bool
    empty: bool


class Picture(PageModel):
    """All of it, around the point 0, 0.

    `middle`: half the width and height of what is kept for the central people. `rings`: the radii of the circles
    behind.
    """

    name: str
    cell: tuple[int, int]
    left: float
    top: float
    width: float
    height: float
    middle: tuple[float, float]
    rings: list[tuple[float, float]]
    central: list[Drawn]
    around: list[Drawn]
    quarters: list[Quarter]


def place_of(role: str, side: str) -> str:
    """Return where a person belongs; who comes for their work has no side."""
    if role == "central":
        return role
    return "professional" if role in _FOR_THEIR_WORK else side


def picture_of(people: Sequence[Somebody], size: Size) -> Picture:
    """Return the picture of a circle."""
    wide, high = size.cell
    named = list(zip(people, _names(people, size), strict=True))
    inside = [each for each in named if each[0].place == "central"]
    columns = 1 if len(inside) < 3 else 2
    rows = [inside[start : start + columns] for start in range(0, len(inside), columns)] or [[]]
    middle = columns * wide / 2, len(rows) * high / 2
    central = [
        _drawn(*each, (column - (len(row) - 1) / 2) * wide, (number - (len(rows) - 1) / 2) * high)
        for number, row in enumerate(rows)
        for column, each in enumerate(row)
    ]
    cells = {code: _cells(size, middle, signs) for code, signs in QUARTERS.items()}
    around = [_drawn(each, name, *next(cells[each.place])) for each, name in named if each.place != "central"]
    least = middle[1] + high
    above = max([least, *(high / 2 - each.y for each in around)]) + _TITLE
    below = max([least, *(high / 2 + each.y for each in around)]) + _TITLE
    half = (size.columns + size.shifted / 2) * wide + _EDGE
    farthest = max([middle[1], *(hypot(each.x * high / wide, each.y) for each in around)])
    lived_in = {each.place for each in people}
    return Picture(
        name=size.name,
        cell=size.cell,
        left=-half,
        top=-above,
        width=2 * half,
        height=above + below,
        middle=middle,
        rings=[
            (step * _APART * wide, step * _APART * high)
            for step in range(1, ceil(farthest / high / _APART) + 1)
        ],
        central=central,
        around=around,
        quarters=[
            Quarter(
                code=code,
                x=across * (half - _EDGE),
                y=(below if down > 0 else -above) - down * _TITLE / 2,
                at_end=across > 0,
                empty=code not in lived_in,
            )
            for code, (across, down) in QUARTERS.items()
        ],
    )


def _drawn(who: Somebody, name: str, x: float, y: float) -> Drawn:
    return Drawn(x=x, y=y, name=name, relation=_cut(who.relation, _RELATION), state=who.state)


def _cells(size: Size, middle: tuple[float, float], signs: tuple[int, int]) -> Iterator[tuple[float, float]]:
    """Yield the free cells of a quarter, the nearest first, without end."""
    wide, high = size.cell
    found: list[tuple[float, float, float]] = []
    for row in count():
        y = (row + 0.5) * high
        for column in range(size.columns):
            x = (column + (1 if size.shifted and row % 2 else 0.5)) * wide
            if x - wide / 2 >= middle[0] or y - high / 2 >= middle[1]:
                # Farther to the side is nearer than farther up: names are wider than high.
                found.append((hypot(x * high / wide, y), x, y))
        # No cell of a later row is nearer than this.
        while found and min(found)[0] <= y:
            nearest = min(found)
            found.remove(nearest)
            yield nearest[1] * signs[0], nearest[2] * signs[1]


def _names(people: Sequence[Somebody], size: Size) -> list[str]:
    """Return first names, as much as fits; with the first letter of the last name where two would be the same."""
    several = {name for name, times in Counter(each.first_name for each in people).items() if times > 1}
    return [
        _cut(
            f"{each.first_name} {each.last_name[0]}."
            if each.first_name in several and each.last_name
            else each.first_name,
            size.letters,
        )
        for each in people
    ]


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"
