"""Which date is best, who is silent, and which dates and parts are refused."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduling.domain import (
    Availability,
    DateNotUsable,
    Member,
    Option,
    Part,
    Parts,
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
        check_parts(Parts(Part(at(1), at(2)), Part(at(2), at(5)), Part(at(5), at(6))))

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
            check_parts(Parts(Part(first, second), Part(third, fourth), Part(fifth, sixth)))
