"""When a venue can be had, by the organisation's clock."""

from datetime import UTC, datetime

import pytest

from services.scheduling.domain.venues import Booking, is_open, is_taken, lacking, preference
from shared.calendar import BELGIUM
from shared.ids import uuid7

HALL, CONFERENCE = uuid7(), uuid7()


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a time of March 2026, which begins on a Sunday; in winter Brussels is an hour ahead."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


class TestIsOpen:
    @pytest.mark.parametrize(
        ("open_at", "starts_at", "ends_at", "is_so"),
        [
            ((), at(3, 3), at(3, 4), True),
            # Half past one until six there is an afternoon, and no minute more.
            (("tue-afternoon",), at(3, 12, 30), at(3, 17), True),
            (("tue-afternoon",), at(3, 12, 30), at(3, 17, 1), False),
            (("tue-evening",), at(3, 12, 30), at(3, 17), False),
            (("tue-evening",), at(3, 16, 30), at(3, 20, 30), True),
            (("tue-morning", "tue-evening"), at(3, 9), at(3, 19), False),
            (("tue-morning", "tue-afternoon", "tue-evening"), at(3, 9), at(3, 19), True),
            (("wed-afternoon",), at(3, 12, 30), at(3, 16, 30), False),
            # Over midnight there: both days.
            (("tue-evening",), at(3, 22), at(4, 0), False),
            (("tue-evening", "wed-morning"), at(3, 22), at(4, 0), True),
        ],
    )
    def test_where_all_of_the_time_lies_in_parts_of_the_week_in_which_it_can_be_had(
        self, open_at: tuple[str, ...], starts_at: datetime, ends_at: datetime, is_so: bool
    ) -> None:
        assert is_open(open_at, BELGIUM, starts_at=starts_at, ends_at=ends_at) is is_so


class TestIsTaken:
    @pytest.mark.parametrize(
        ("starts_at", "ends_at", "is_so"),
        [(at(3, 8), at(3, 10), False), (at(3, 8), at(3, 11), True), (at(3, 12), at(3, 14), False)],
    )
    def test_by_a_conference_at_the_same_time(
        self, starts_at: datetime, ends_at: datetime, is_so: bool
    ) -> None:
        booked = [Booking(HALL, CONFERENCE, at(3, 10), at(3, 12))]
        assert is_taken(HALL, booked, starts_at=starts_at, ends_at=ends_at) is is_so
        assert not is_taken(HALL, booked, starts_at=starts_at, ends_at=ends_at, but=CONFERENCE)
        assert not is_taken(uuid7(), booked, starts_at=starts_at, ends_at=ends_at)


def test_what_is_lacking_is_said_once() -> None:
    assert lacking(["sight", "hearing", "sight"], ["hearing"]) == ["sight"]


def test_free_comes_before_access_and_access_before_neutral() -> None:
    places = [
        preference(free=False, lacks=0, neutral=True, name="a"),
        preference(free=True, lacks=1, neutral=True, name="b"),
        preference(free=True, lacks=0, neutral=False, name="c"),
        preference(free=True, lacks=0, neutral=True, name="d"),
    ]
    assert [place[-1] for place in sorted(places)] == ["d", "c", "b", "a"]
