"""What statistics tell of nobody in particular, held against whoever adds and subtracts everything that is told."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import chain, combinations, pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.domain.measures import MEASURES, SAID, Ended, Measure, Progress
from services.intake.domain.statistics import (
    Block,
    Quarter,
    blocks,
    by_last_report,
    publish,
    publish_overlapping,
    split,
)

TRACKS, REGIONS, THEMES = ("normal", "urgent"), ("a", "b", "c"), ("school", "home")
BLOCK = Block(Quarter(2026, 1), Quarter(2026, 1))
Atom = tuple[Ended, str, str, frozenset[str]]
IsIn = Callable[[Atom], bool]
THEME_SETS = [frozenset(each) for n in range(3) for each in combinations(THEMES, n)]
ATOMS: list[Atom] = list(product(Ended, TRACKS, REGIONS, THEME_SETS))
PLACE = {atom: number for number, atom in enumerate(ATOMS)}
DIMENSIONS = {"track": (1, TRACKS), "region": (2, REGIONS)}
CODES = ("plan", "continued", "no-plan")
HELD = MEASURES[Measure.CONFERENCE_HELD]
# The last part is the code of a case, of which shares are told.
DIVIDED = list(product((Ended.NO_MEETING, *sorted(HELD)), TRACKS, THEME_SETS, CODES))


@dataclass(frozen=True)
class Said:
    """A number that was told, and which atoms it is the sum of."""

    atoms: frozenset[int]
    count: int


def _of_value(place: int, value: str) -> IsIn:
    return lambda atom: atom[place] == value


def _of_theme(theme: str, *, has: bool) -> IsIn:
    return lambda atom: (theme in atom[3]) is has


def everything_told(people: Sequence[Atom], smallest: int) -> list[Said]:
    """Return every number of every table of one block."""
    found: list[Said] = []
    everybody = Counter(("", atom[0]) for atom in people)
    for place, values in DIMENSIONS.values():
        counts = Counter((str(atom[place]), atom[0]) for atom in people)
        table = publish(counts, block=BLOCK, values=values, smallest=smallest)
        found += _said(table.total, lambda _: True)
        for value, row in table.rows.items():
            found += _said(row, _of_value(place, value))
    having = {theme: Counter((theme, atom[0]) for atom in people if theme in atom[3]) for theme in THEMES}
    table = publish_overlapping(having, block=BLOCK, everybody=everybody, smallest=smallest)
    for theme, row in table.rows.items():
        found += _said(row, _of_theme(theme, has=True))
    return found


def _said(row: dict[Measure, int | None], is_in: IsIn) -> Iterator[Said]:
    for measure, count in row.items():
        if count is not None:
            atoms = (PLACE[atom] for atom in ATOMS if atom[0] in MEASURES[measure] and is_in(atom))
            yield Said(frozenset(atoms), count)


def cells() -> Iterator[frozenset[int]]:
    """Return every group that somebody could ask for: of any outcomes, of one value or of all."""
    outcomes = list(chain.from_iterable(combinations(Ended, n) for n in range(1, len(Ended) + 1)))
    kinds: list[IsIn] = [lambda _: True]
    for place, values in DIMENSIONS.values():
        kinds += [_of_value(place, value) for value in values]
    for theme in THEMES:
        kinds += [_of_theme(theme, has=has) for has in (True, False)]
    for ended, kind in product(outcomes, kinds):
        yield frozenset(PLACE[atom] for atom in ATOMS if atom[0] in ended and kind(atom))


def basis_of(vectors: list[frozenset[int]]) -> dict[int, dict[int, Fraction]]:
    """Return what spans everything that can be added up and subtracted from these sums."""
    basis: dict[int, dict[int, Fraction]] = {}
    for vector in vectors:
        rest = _reduced(dict.fromkeys(vector, Fraction(1)), basis)
        if rest:
            pivot = min(rest)
            basis[pivot] = {place: value / rest[pivot] for place, value in rest.items()}
    return basis


def _reduced(vector: dict[int, Fraction], basis: dict[int, dict[int, Fraction]]) -> dict[int, Fraction]:
    rest = dict(vector)
    while True:
        pivot = next((place for place in sorted(rest) if place in basis), None)
        if pivot is None:
            return rest
        factor = rest[pivot]
        for place, value in basis[pivot].items():
            left = rest.get(place, Fraction(0)) - factor * value
            if left:
                rest[place] = left
            else:
                rest.pop(place, None)


Divided = tuple[Ended, str, frozenset[str], str]


def divisions_told(people: Sequence[Divided], smallest: int) -> list[Said]:
    """Return every number of every table of one block, with the shares of its conferences by code."""
    everybody = Counter(("", case[0]) for case in people)
    tracks = Counter((case[1], case[0]) for case in people)
    having = {theme: Counter((theme, case[0]) for case in people if theme in case[2]) for theme in THEMES}
    tables = [
        (publish(tracks, block=BLOCK, values=TRACKS, smallest=smallest), False),
        (publish_overlapping(having, block=BLOCK, everybody=everybody, smallest=smallest), True),
    ]
    found: list[Said] = []
    for table, overlapping in tables:
        rows = {"": table.total, **table.rows}
        codes = {
            value: [case[3] for case in people if case[0] in HELD and _is_of(case, value)]
            for value, row in rows.items()
            if row[Measure.CONFERENCE_HELD] is not None
        }
        for value, row in rows.items():
            for measure, count in row.items():
                if count is not None:
                    found.append(_divided(count, MEASURES[measure], value, CODES))
        for value, counts in split(codes, known=CODES, overlapping=overlapping, smallest=smallest).items():
            for code, count in counts.items():
                if count is not None:
                    found.append(_divided(count, HELD, value, (code,)))
    return found


def _is_of(case: Divided, value: str) -> bool:
    return not value or value == case[1] or value in case[2]


def _divided(count: int, ended: Collection[Ended], value: str, codes: Collection[str]) -> Said:
    atoms = (
        place
        for place, case in enumerate(DIVIDED)
        if case[0] in ended and _is_of(case, value) and case[3] in codes
    )
    return Said(frozenset(atoms), count)


# Uneven, so that groups of one and two are common beside large ones.
weights = st.lists(st.sampled_from([1, 1, 2, 3, 5, 6, 8, 14]), min_size=1, max_size=9)


@st.composite
def populations(draw: st.DrawFn) -> list[Atom]:
    kinds = draw(st.lists(st.sampled_from(ATOMS), min_size=1, max_size=9, unique=True))
    sizes = draw(weights)
    return [atom for atom, size in zip(kinds, sizes, strict=False) for _ in range(size)]


class TestEverythingTold:
    @settings(max_examples=60)
    @given(people=populations(), smallest=st.sampled_from([3, 5]))
    def test_gives_no_group_under_the_smallest_by_adding_and_subtracting(
        self, people: list[Atom], smallest: int
    ) -> None:
        told = everything_told(people, smallest) if len(people) >= 2 * smallest else []
        of = Counter(PLACE[atom] for atom in people)
        for said in told:
            assert said.count == sum(of[atom] for atom in said.atoms)
        basis = basis_of([said.atoms for said in told])
        for cell in cells():
            count = sum(of[atom] for atom in cell)
            if 0 < count < smallest:
                assert _reduced(dict.fromkeys(cell, Fraction(1)), basis), "this group can be worked out"

    @settings(max_examples=40)
    @given(data=st.data(), smallest=st.sampled_from([3, 5]))
    def test_gives_no_small_group_by_a_code_either(self, data: st.DataObject, smallest: int) -> None:
        kinds = data.draw(st.lists(st.sampled_from(DIVIDED), min_size=1, max_size=9, unique=True))
        people = [case for case, size in zip(kinds, data.draw(weights), strict=False) for _ in range(size)]
        told = divisions_told(people, smallest) if len(people) >= 2 * smallest else []
        of = Counter(DIVIDED.index(case) for case in people)
        for said in told:
            assert said.count == sum(of[atom] for atom in said.atoms)
        basis = basis_of([said.atoms for said in told])
        outcomes = [HELD, *(frozenset({each}) for each in HELD)]
        codes = [each for number in (1, 2) for each in combinations(CODES, number)]
        for ended, code, value in product(outcomes, codes, ("", *TRACKS, *THEMES)):
            cell = _divided(0, ended, value, code).atoms
            if 0 < sum(of[atom] for atom in cell) < smallest:
                assert _reduced(dict.fromkeys(cell, Fraction(1)), basis), "this group can be worked out"

    def test_would_be_caught_if_it_told_too_much(self) -> None:
        whole, most = frozenset(range(10)), frozenset(range(9))
        assert _reduced({9: Fraction(1)}, basis_of([whole, most])) == {}
        assert _reduced({9: Fraction(1)}, basis_of([whole])) != {}


def _population(**groups: int) -> Counter[tuple[str, Ended]]:
    return Counter({(value, Ended.NO_MEETING): size for value, size in groups.items()})


class TestPublish:
    def test_tells_large_groups_and_hides_a_small_one_behind_another(self) -> None:
        table = publish(_population(a=12, b=7, c=1), block=BLOCK, values=["a", "b", "c", "d"], smallest=5)
        assert table.total[Measure.REFERRALS] == 20
        assert [row[Measure.REFERRALS] for row in table.rows.values()] == [12, None, None, 0]

    def test_hides_all_of_two_when_one_is_small(self) -> None:
        table = publish(_population(a=19, b=1), block=BLOCK, values=["a", "b"], smallest=5)
        assert [row[Measure.REFERRALS] for row in table.rows.values()] == [None, None]

    def test_tells_no_outcome_that_leaves_a_small_rest(self) -> None:
        counts = Counter({("", Ended.CONFERENCE_AND_PLAN): 19, ("", Ended.NOT_STARTED): 1})
        table = publish(counts, block=BLOCK, values=[], smallest=5)
        assert table.total[Measure.REFERRALS] == 20
        assert {table.total[measure] for measure in Measure if measure is not Measure.REFERRALS} == {None}

    def test_tells_every_denominator_where_all_are_large(self) -> None:
        counts = Counter({("", ended): 10 for ended in Ended})
        table = publish(counts, block=BLOCK, values=[], smallest=5)
        assert list(table.total.values()) == [50, 10, 40, 20, 10, 10, 20]

    def test_hides_a_theme_that_all_but_one_have(self) -> None:
        everybody = Counter({("", Ended.NO_MEETING): 20})
        having = {"home": Counter({("home", Ended.NO_MEETING): 19})}
        table = publish_overlapping(having, block=BLOCK, everybody=everybody, smallest=5)
        assert table.rows["home"][Measure.REFERRALS] is None


class TestSplit:
    def test_tells_the_cases_of_each_code_and_row(self) -> None:
        codes = {"": ["yes"] * 10 + ["no"] * 12, "a": ["yes"] * 5 + ["no"] * 6}
        told = split(codes, known=("yes", "no", "maybe"), overlapping=False, smallest=5)
        assert told == {"": {"yes": 10, "no": 12, "maybe": 0}, "a": {"yes": 5, "no": 6, "maybe": 0}}

    def test_hides_a_small_code_with_a_larger_one_and_then_in_every_row(self) -> None:
        codes = {"": ["yes"] * 9 + ["no"] * 12 + ["maybe"] * 2, "a": ["no"] * 6 + ["yes"] * 5}
        told = split(codes, known=(), overlapping=True, smallest=5)
        hidden = {"yes": None, "maybe": None}
        assert told == {"": hidden | {"no": 12}, "a": hidden | {"no": 6}}

    @pytest.mark.parametrize("overlapping", [False, True])
    def test_tells_no_row_whose_rest_has_a_small_one(self, overlapping: bool) -> None:
        codes = {"": ["yes"] * 6 + ["no"] * 14, "a": ["yes"] * 5 + ["no"] * 5}
        told = split(codes, known=(), overlapping=overlapping, smallest=5)
        assert told == {"": {"yes": 6, "no": 14}, "a": {"yes": None, "no": None}}

    def test_tells_nothing_where_the_cases_are_not_counted(self) -> None:
        assert split({"a": ["yes"] * 9}, known=(), overlapping=False, smallest=5) == {}


class TestBlocks:
    @given(
        referred=st.lists(st.integers(0, 14), min_size=1, max_size=16),
        more=st.lists(st.integers(0, 14), max_size=6),
    )
    def test_never_overlap_and_never_change_when_quarters_are_added(
        self, referred: list[int], more: list[int]
    ) -> None:
        quarter, counts = Quarter(2024, 3), {}
        for count in referred + more:
            counts[quarter] = count
            quarter = quarter.next
        before = Quarter(2024, 3)
        for _ in referred:
            before = before.next
        early = {each: count for each, count in counts.items() if count and each < before}
        late = {each: count for each, count in counts.items() if count}
        first = blocks(early, before=before, smallest=5)
        second = blocks(late, before=quarter, smallest=5)
        assert second[: len(first)] == first
        for block in second:
            assert sum(late.get(each, 0) for each in late if block.first <= each <= block.last) >= 10
        for one, other in pairwise(second):
            assert one.last.next == other.first

    def test_leave_out_the_quarter_that_goes_on(self) -> None:
        assert blocks({Quarter(2026, 4): 50}, before=Quarter(2026, 4), smallest=5) == []
        assert blocks({}, before=Quarter(2026, 4), smallest=5) == []

    @pytest.mark.parametrize(
        ("day", "text", "begins"),
        [(date(2026, 1, 1), "2026-Q1", date(2026, 1, 1)), (date(2026, 12, 31), "2026-Q4", date(2026, 10, 1))],
    )
    def test_quarters_are_of_the_calendar(self, day: date, text: str, begins: date) -> None:
        assert (str(Quarter.of(day)), Quarter.of(day).begins) == (text, begins)
        assert Quarter(2026, 4).next == Quarter(2027, 1)


class TestWhatWasSaid:
    CASES = (
        (Ended.CONFERENCE_AND_PLAN, dict.fromkeys(SAID.values(), 1) | {SAID[Progress.NEARLY]: 3}),
        (Ended.CONFERENCE_AND_PLAN, dict.fromkeys(SAID.values(), 0) | {SAID[Progress.NEARLY]: 2}),
        (Ended.PLAN_WITHOUT_MEETING, dict.fromkeys(SAID.values(), 90)),
    )

    def test_is_added_up_over_cases_with_a_plan_from_a_conference(self) -> None:
        row: dict[Measure, int | None] = dict.fromkeys(Measure, 5)
        assert by_last_report(row, self.CASES) == dict.fromkeys(Progress, 1) | {Progress.NEARLY: 5}

    @pytest.mark.parametrize("number", [None, 0])
    def test_is_not_told_where_their_number_is_not(self, number: int | None) -> None:
        row: dict[Measure, int | None] = dict.fromkeys(Measure, 5)
        row[Measure.PLAN_FROM_CONFERENCE] = number
        assert by_last_report(row, self.CASES) is None
