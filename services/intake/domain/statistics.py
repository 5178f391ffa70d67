"""Which counts may be published: only of groups large enough that nobody can be identified, even by subtraction.

Cases are counted in the quarter in which they were referred, and quarters are merged into blocks that are large
enough. Within a block each case has one outcome. A table is published in groups: of outcomes and of values.
Every published number is a sum of whole groups, and each group is empty or has at least the smallest size: so
has every difference of published numbers, of one table or of several. Blocks follow each other and never
overlap, so neighbouring periods cannot be subtracted from each other either.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.intake.domain.measures import MEASURES, SAID, Ended, Measure, Progress

# No organisation can set its smallest group below this.
LEAST_SMALLEST_GROUP = 3
# A block has this many times the smallest group: smaller ones would hide almost every number.
_BLOCK = 2


Group = frozenset[Ended]
Grouping = tuple[Group, ...]
# From the finest to the coarsest: each merges groups of the previous one.
_HELD: Group = MEASURES[Measure.CONFERENCE_HELD]
_NOT_HELD: Group = frozenset({Ended.NO_MEETING, Ended.PLAN_WITHOUT_MEETING})
GROUPINGS: tuple[Grouping, ...] = (
    tuple(frozenset({each}) for each in Ended),
    (
        frozenset({Ended.NOT_STARTED}),
        frozenset({Ended.NO_MEETING}),
        frozenset({Ended.PLAN_WITHOUT_MEETING}),
        _HELD,
    ),
    (frozenset({Ended.NOT_STARTED}), _NOT_HELD, _HELD),
    (frozenset({Ended.NOT_STARTED}), _NOT_HELD | _HELD),
    (frozenset(Ended),),
)

Counts = Mapping[tuple[str, Ended], int]
Row = dict[Measure, int | None]


@dataclass(frozen=True, order=True)
class Quarter:
    """A quarter of a year."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Quarter":
        """Return the quarter of a day."""
        return cls(day.year, (day.month - 1) // 3 + 1)

    @property
    def begins(self) -> date:
        """Return its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def next(self) -> "Quarter":
        """Return the quarter after it."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"


@dataclass(frozen=True)
class Block:
    """Quarters that are published together."""

    first: Quarter
    last: Quarter


@dataclass(frozen=True)
class Table:
    """The published numbers of one block: in total, and by value where a value can be published."""

    block: Block
    total: Row
    rows: Mapping[str, Row]


def blocks(referred: Mapping[Quarter, int], *, before: Quarter, smallest: int) -> list[Block]:
    """Return the blocks of past quarters, from the first with a referral on.

    Quarters after the last block wait until there are enough cases: a published block never changes.
    """
    found: list[Block] = []
    if not referred:
        return found
    quarter = first = min(referred)
    count = 0
    while quarter < before:
        count += referred.get(quarter, 0)
        if count >= _BLOCK * smallest:
            found.append(Block(first, quarter))
            first, count = quarter.next, 0
        quarter = quarter.next
    return found


def publish(counts: Counts, *, block: Block, values: Sequence[str], smallest: int) -> Table:
    """Return what may be published of a block by values of which each case has exactly one."""
    total = _grouping_of_all(counts, smallest)
    hidden = _hidden(_by_value(counts), smallest)
    shown = [value for value in values if value not in hidden]
    # The total is published in the same groups as the rows or in finer ones, never in others.
    coarser = [grouping for grouping in GROUPINGS if _merges(total, grouping)]
    grouping = next((each for each in coarser if _all_large(counts, each, shown, hidden, smallest)), None)
    everybody = _row(counts, total, None)
    rows: dict[str, Row] = {
        value: dict.fromkeys(Measure)
        if grouping is None or value in hidden
        else _row(counts, grouping, value)
        for value in values
    }
    return Table(block, everybody, rows)


def publish_overlapping(
    counts: Mapping[str, Counts], *, block: Block, everybody: Counts, smallest: int
) -> Table:
    """Return what may be published by values of which a case can have several: each against all cases without it."""
    total = publish(everybody, block=block, values=[], smallest=smallest).total
    rows = {
        value: publish(
            _with_and_without(value, having, everybody), block=block, values=[value], smallest=smallest
        ).rows[value]
        for value, having in counts.items()
    }
    return Table(block, total, rows)


def split(
    codes: Mapping[str, Sequence[str]], *, known: Sequence[str], overlapping: bool, smallest: int
) -> dict[str, dict[str, int | None]]:
    """Return how the cases of each row divide by a code: numbers of cases, None for those that are hidden.

    `codes`: those of the cases of each row whose number is published, and of all cases under "". Small codes are hidden
    together with a larger one, in the rows as in the total, and rows are divided only where every group of codes in
    every part has nobody or enough: each number is a sum of whole groups again. `overlapping`: a case can be in
    several rows, so each row is held against all cases without it.
    """
    if "" not in codes:
        return {}
    everybody = Counter(codes[""])
    shown = sorted({*known, *everybody})
    hidden = _hidden(everybody, smallest)
    groups = [{code} for code in everybody if code not in hidden] + [set(hidden)]
    rows = {value: Counter(those) for value, those in codes.items() if value}

    def is_open(*parts: Counter[str]) -> bool:
        rest = Counter(everybody)
        for part in parts:
            rest.subtract(part)
        return all(
            _is_large(sum(part[code] for code in group), smallest)
            for part in (*parts, rest)
            for group in groups
        )

    def published(part: Counter[str], *, closed: bool = False) -> dict[str, int | None]:
        return {code: None if closed or code in hidden else part[code] for code in shown}

    together = overlapping or is_open(*rows.values())
    return {"": published(everybody)} | {
        value: published(part, closed=not (is_open(part) if overlapping else together))
        for value, part in rows.items()
    }


def by_last_report(row: Row, cases: Sequence[tuple[Ended, Mapping[str, int]]]) -> dict[Progress, int] | None:
    """Return the number of agreements by last report, in the cases of one row with a plan from a conference.

    Published if the number of these cases is: what can be computed from them is about whole groups.
    """
    measure = Measure.PLAN_FROM_CONFERENCE
    if not row[measure]:
        return None
    return {
        each: sum(amounts[name] for ended, amounts in cases if ended in MEASURES[measure])
        for each, name in SAID.items()
    }


def _with_and_without(value: str, having: Counts, everybody: Counts) -> Counts:
    found: Counter[tuple[str, Ended]] = Counter()
    for (_, ended), count in having.items():
        found[value, ended] += count
    for (_, ended), count in everybody.items():
        found["", ended] += count
    for ended in Ended:
        found["", ended] -= found[value, ended]
    return found


def _grouping_of_all(counts: Counts, smallest: int) -> Grouping:
    return next(
        each
        for each in GROUPINGS
        if all(_is_large(_count(counts, group, None), smallest) for group in each) or len(each) == 1
    )


def _by_value(counts: Counts) -> dict[str, int]:
    found: Counter[str] = Counter()
    for (value, _), count in counts.items():
        found[value] += count
    return dict(found)


def _hidden(sizes: Mapping[str, int], smallest: int) -> frozenset[str]:
    """Return the values that must be hidden: the small ones, and enough larger ones to protect them."""
    small = {value for value, size in sizes.items() if 0 < size < smallest}
    if not small:
        return frozenset()
    hidden = set(small)
    # At least one larger one is hidden too: otherwise anybody who knows the rule knows that each hidden one is small.
    for value in sorted(sizes, key=lambda value: (sizes[value], value)):
        if value not in hidden and sizes[value] >= smallest:
            hidden.add(value)
            break
    return frozenset(hidden)


def _all_large(
    counts: Counts, grouping: Grouping, shown: Sequence[str], hidden: frozenset[str], smallest: int
) -> bool:
    parts: list[set[str]] = [{value} for value in shown]
    parts.extend([set(hidden)] if hidden else [])
    known = {value for value, _ in counts}
    # Values outside the requested rows together form one more part.
    rest = known - set(shown) - hidden
    parts.extend([rest] if rest else [])
    return all(_is_large(_count(counts, group, part), smallest) for group in grouping for part in parts)


def _merges(fine: Grouping, coarse: Grouping) -> bool:
    return all(any(group <= larger for larger in coarse) for group in fine)


def _count(counts: Counts, group: Group, values: Iterable[str] | None) -> int:
    wanted = None if values is None else set(values)
    return sum(
        count
        for (value, ended), count in counts.items()
        if ended in group and (wanted is None or value in wanted)
    )


def _is_large(count: int, smallest: int) -> bool:
    return count == 0 or count >= smallest


def _row(counts: Counts, grouping: Grouping, value: str | None) -> Row:
    found: Row = {}
    for measure, wanted in MEASURES.items():
        groups = [group for group in grouping if group <= wanted]
        whole = frozenset[Ended]().union(*groups) == wanted
        values = None if value is None else {value}
        found[measure] = sum(_count(counts, group, values) for group in groups) if whole else None
    return found
