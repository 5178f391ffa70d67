"""Which date is best, who is silent, and which dates and parts are refused."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise, permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduling.domain import (
    Availability,
    DateNotUsable,
    MeetingPart,
    MeetingParts,
    Member,
    Option,
    PartsOutOfOrder,
    best,
    check_parts,
    check_span,
    ranking,
    silent,
    suitability,
)

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
YES, MAYBE, NO = Availability.YES, Availability.MAYBE, Availability.NO
MOTHER, UNCLE, NEIGHBOUR, AUNT = (UUID(int=number) for number in range(1, 5))
CIRCLE = [
    Member(person_id=MOTHER, required=True, attends=True),
    Member(person_id=UNCLE, required=True, attends=True),
    Member(person_id=NEIGHBOUR, required=False, attends=True),
    Member(person_id=AUNT, required=False, attends=True),
]


def option(day: int, **answers: Availability) -> Option:
    people = {"mother": MOTHER, "uncle": UNCLE, "neighbour": NEIGHBOUR, "aunt": AUNT}
    starts_at = NOW + timedelta(days=day)
    return Option(
        id=UUID(int=100 + day),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=4),
        answers={people[name]: answer for name, answer in answers.items()},
    )


def best_day(*options: Option, circle: list[Member] = CIRCLE) -> int | None:
    found = best(options, circle, now=NOW)
    return None if found is None else (found.option.starts_at - NOW).days


class TestBest:
    def test_is_where_everyone_required_can_come_however_many_others_could_elsewhere(self) -> None:
        popular = option(1, mother=YES, uncle=NO, neighbour=YES, aunt=YES)
        possible = option(2, mother=YES, uncle=YES, neighbour=NO, aunt=NO)
        assert best_day(popular, possible) == 2

    def test_prefers_a_sure_yes_of_the_required_to_more_people(self) -> None:
        unsure = option(1, mother=YES, uncle=MAYBE, neighbour=YES, aunt=YES)
        sure = option(2, mother=YES, uncle=YES)
        assert best_day(unsure, sure) == 2

    def test_takes_maybe_of_the_required_when_there_is_nothing_better(self) -> None:
        assert best_day(option(1, mother=YES, uncle=MAYBE), option(2, mother=NO, uncle=YES)) == 1

    def test_then_counts_yes_then_takes_the_earliest(self) -> None:
        few = option(1, mother=YES, uncle=YES)
        many = option(3, mother=YES, uncle=YES, aunt=YES)
        as_many_earlier = option(2, mother=YES, uncle=YES, neighbour=YES)
        assert best_day(few, many, as_many_earlier) == 2

    def test_is_none_when_somebody_required_is_silent_everywhere(self) -> None:
        assert best_day(option(1, mother=YES, neighbour=YES), option(2, mother=YES, aunt=YES)) is None

    def test_is_none_where_nobody_surely_comes(self) -> None:
        nobody_required = [Member(person_id=AUNT, required=False, attends=True)]
        assert best_day(option(1, aunt=MAYBE), circle=nobody_required) is None
        assert best_day(option(1, aunt=YES), circle=nobody_required) == 1

    def test_is_never_a_date_that_has_passed(self) -> None:
        assert best_day(option(-1, mother=YES, uncle=YES)) is None

    def test_does_not_need_the_time_of_who_sends_a_letter(self) -> None:
        circle = [*CIRCLE[:1], Member(person_id=UNCLE, required=True, attends=False)]
        assert best_day(option(1, mother=YES, uncle=NO), circle=circle) == 1

    @given(
        st.lists(
            st.fixed_dictionaries({person: st.sampled_from([YES, MAYBE, NO, None]) for person in "muna"}),
            min_size=1,
            max_size=4,
        )
    )
    def test_does_not_depend_on_the_order_of_the_dates(
        self, said: list[dict[str, Availability | None]]
    ) -> None:
        names = {"m": MOTHER, "u": UNCLE, "n": NEIGHBOUR, "a": AUNT}
        options = [
            Option(
                id=UUID(int=100 + day),
                starts_at=NOW + timedelta(days=day),
                ends_at=NOW + timedelta(days=day, hours=2),
                answers={names[name]: answer for name, answer in each.items() if answer is not None},
            )
            for day, each in enumerate(said, start=1)
        ]
        orders = {
            tuple(rated.option.id for rated in ranking(order, CIRCLE)) for order in permutations(options)
        }
        assert len(orders) == 1


class TestSuitability:
    def test_says_who_stands_in_the_way(self) -> None:
        rated = suitability(option(1, mother=NO, neighbour=MAYBE), CIRCLE)
        assert rated.hindered == (MOTHER, UNCLE)
        assert (rated.yes, rated.maybe, len(rated.said_no), rated.silent) == (0, 1, 1, 2)
        assert not rated.fits


class TestSilent:
    def test_are_those_who_left_a_date_open(self) -> None:
        options = [option(1, mother=YES, uncle=NO), option(2, mother=MAYBE)]
        assert silent(options, [MOTHER, UNCLE, AUNT]) == [UNCLE, AUNT]

    def test_is_nobody_without_dates(self) -> None:
        assert silent([], [MOTHER]) == []


class TestCheckSpan:
    @pytest.mark.parametrize(
        ("begins", "lasts"),
        [
            (timedelta(0), timedelta(hours=2)),
            (-timedelta(days=1), timedelta(hours=2)),
            (timedelta(days=3), timedelta(0)),
            (timedelta(days=3), -timedelta(hours=1)),
            (timedelta(days=3), timedelta(days=3)),
            (timedelta(days=600), timedelta(hours=2)),
            (datetime.max.replace(tzinfo=UTC) - NOW, timedelta(0)),
        ],
    )
    def test_refuses_what_nobody_could_come_to(self, begins: timedelta, lasts: timedelta) -> None:
        with pytest.raises(DateNotUsable):
            check_span(NOW + begins, NOW + begins + lasts, now=NOW)

    def test_takes_an_afternoon_next_week(self) -> None:
        check_span(NOW + timedelta(days=7), NOW + timedelta(days=7, hours=4), now=NOW)


def at(hour: int) -> datetime:
    return NOW + timedelta(hours=hour)


class TestCheckParts:
    def test_takes_parts_that_follow_one_another(self) -> None:
        check_parts(
            MeetingParts(MeetingPart(at(1), at(2)), MeetingPart(at(2), at(5)), MeetingPart(at(5), at(6)))
        )

    @pytest.mark.parametrize(
        "hours",
        [
            (2, 1, 2, 5, 5, 6),
            (1, 3, 2, 5, 5, 6),
            (1, 2, 5, 4, 5, 6),
            (1, 2, 2, 5, 4, 6),
            (1, 2, 2, 90, 90, 91),
        ],
    )
    def test_refuses_the_others(self, hours: tuple[int, ...]) -> None:
        first, second, third, fourth, fifth, sixth = map(at, hours)
        with pytest.raises(PartsOutOfOrder):
            check_parts(
                MeetingParts(
                    MeetingPart(first, second), MeetingPart(third, fourth), MeetingPart(fifth, sixth)
                )
            )


def member(number: int, **about: Any) -> Member:
    return Member(**{"person_id": UUID(int=number), "required": False, "attends": True, **about})


def dated(**answers: Availability) -> Option:
    """Return a date with what the people said who are named by their number."""
    named = {UUID(int=int(name[1:])): answer for name, answer in answers.items()}
    return Option(id=UUID(int=99), starts_at=NOW, ends_at=NOW + timedelta(hours=1), answers=named)


class TestObstacles:
    def test_is_a_pair_that_may_not_meet_and_could_both_come(self) -> None:
        circle = [member(1, not_with=frozenset({UUID(int=2)})), member(2, not_with=frozenset({UUID(int=1)}))]
        both = suitability(dated(p1=YES, p2=MAYBE), circle)
        assert (both.apart, both.fits) == (((UUID(int=1), UUID(int=2)),), False)
        assert suitability(dated(p1=YES, p2=NO), circle).fits

    def test_is_an_interpreter_who_cannot_come_when_whom_they_serve_can(self) -> None:
        circle = [member(1, required=True), member(2, serves=UUID(int=1)), member(3)]
        alone = suitability(dated(p1=YES, p2=NO, p3=YES), circle)
        assert (alone.unserved, alone.fits) == ((UUID(int=1),), False)
        assert suitability(dated(p1=YES, p2=MAYBE), circle).fits

    def test_is_no_obstacle_when_whom_they_serve_need_not_come(self) -> None:
        circle = [member(1), member(2, serves=UUID(int=1)), member(3)]
        told = suitability(dated(p1=YES, p2=NO, p3=YES), circle)
        assert (told.unserved, told.fits) == ((UUID(int=1),), True)
        assert suitability(dated(p1=NO, p2=NO, p3=YES), circle).unserved == ()

    def test_is_one_of_two_interpreters_enough(self) -> None:
        circle = [member(1, required=True), member(2, serves=UUID(int=1)), member(3, serves=UUID(int=1))]
        assert suitability(dated(p1=YES, p2=NO, p3=YES), circle).fits

    def test_is_too_few_for_the_quorum(self) -> None:
        circle = [member(1), member(2), member(3)]
        few = suitability(dated(p1=YES, p2=MAYBE, p3=NO), circle, quorum=3)
        assert (few.short, few.fits) == (1, False)
        assert suitability(dated(p1=YES, p2=MAYBE, p3=NO), circle, quorum=2).fits


@st.composite
def polls(draw: st.DrawFn) -> tuple[list[Option], list[Member], int]:
    """Return dates with answers, a circle of which some serve others or are kept apart, and a quorum."""
    people = [UUID(int=number) for number in range(1, draw(st.integers(1, 5)) + 1)]
    pairs = draw(st.sets(st.tuples(st.sampled_from(people), st.sampled_from(people)), max_size=2))
    apart = {frozenset(pair) for pair in pairs if len(set(pair)) == 2}
    circle = [
        Member(
            person_id=person,
            required=draw(st.booleans()),
            attends=draw(st.sampled_from((True, True, True, False))),
            serves=draw(st.sampled_from((None, None, *(each for each in people if each != person)))),
            not_with=frozenset(other for pair in apart if person in pair for other in pair - {person}),
        )
        for person in people
    ]
    answers = st.dictionaries(st.sampled_from(people), st.sampled_from(Availability))
    days = draw(st.lists(st.integers(0, 3), max_size=4))
    options = [
        Option(
            id=UUID(int=100 + number),
            starts_at=NOW + timedelta(days=day),
            ends_at=NOW + timedelta(days=day, hours=2),
            answers=draw(answers),
        )
        for number, day in enumerate(days)
    ]
    return options, circle, draw(st.integers(0, 3))


def things_to_change(option: Option, circle: list[Member], quorum: int) -> int:
    """Count by hand what keeps a date from fitting."""
    there = [one for one in circle if one.attends and option.answers.get(one.person_id) in (YES, MAYBE)]
    count = 0
    for one in circle:
        if one.attends and one.required and one not in there:
            count += 1
    for one in there:
        helpers = [other for other in circle if other.attends and other.serves == one.person_id]
        if one.required and helpers and not any(helper in there for helper in helpers):
            count += 1
    for index, one in enumerate(there):
        for other in there[index + 1 :]:
            if other.person_id in one.not_with:
                count += 1
    return count + max(0, quorum - len(there))


def is_better(one: Option, other: Option, circle: list[Member], quorum: int) -> bool:
    """Say by hand which of two dates goes first."""

    def said(option: Option, answer: Availability, *, required: bool) -> int:
        return sum(
            option.answers.get(each.person_id) is answer
            for each in circle
            if each.attends and (each.required or not required)
        )

    ours, theirs = (things_to_change(each, circle, quorum) for each in (one, other))
    fits, fits_too = (
        not changes and said(each, YES, required=False) > 0
        for each, changes in ((one, ours), (other, theirs))
    )
    if fits is not fits_too:
        return fits
    if ours != theirs:
        return ours < theirs
    unsure, unsure_too = (said(each, MAYBE, required=True) for each in (one, other))
    if unsure != unsure_too:
        return unsure < unsure_too
    for answer in (YES, MAYBE):
        count, count_too = (said(each, answer, required=False) for each in (one, other))
        if count != count_too:
            return count > count_too
    return (one.starts_at, one.id) < (other.starts_at, other.id)


@given(polls())
def test_ranking_is_the_one_order_in_which_no_date_is_better_than_the_one_before(
    poll: tuple[list[Option], list[Member], int],
) -> None:
    options, circle, quorum = poll
    by_hand = next(
        (
            order
            for order in permutations(options)
            if not any(is_better(later, earlier, circle, quorum) for earlier, later in pairwise(order))
        ),
        (),
    )
    assert [each.option for each in ranking(options, circle, quorum=quorum)] == list(by_hand)
