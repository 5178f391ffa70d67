"""What a pause leaves of a deadline: counted again in the unit of its length, never at night or on a day off."""

from datetime import datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar import BELGIUM, BRUSSELS, Unit, unit_of

A_MINUTE = timedelta(minutes=1)
# With both changes of summer time, and the holidays of a year.
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 31), timezones=st.just(BRUSSELS))  # noqa: DTZ001
RESTS = st.timedeltas(timedelta(0), timedelta(days=60))
IN_DAYS: st.SearchStrategy[Unit] = st.sampled_from(("working-days", "days"))


def at(written: str) -> datetime:
    """Return a local time in Brussels."""
    return datetime.fromisoformat(written).replace(tzinfo=BRUSSELS)


def left(deadline: datetime, *, since: datetime) -> int:
    """Return how many working days are left until a deadline."""
    last = BELGIUM.day_of(deadline - datetime.resolution)
    return BELGIUM.working_days(BELGIUM.day_of(since), last)


class TestResumed:
    @pytest.mark.parametrize(
        ("unit", "deadline", "paused_at", "now", "moved"),
        [
            # Five working days from a Friday: a weekend in between takes none of them.
            ("working-days", "2026-11-27T16:00", "2026-11-20T16:00", "2026-11-21T10:00", "2026-11-27T16:00"),
            ("working-days", "2026-11-27T16:00", "2026-11-20T16:00", "2026-11-23T09:00", "2026-11-30T16:00"),
            # One working day, from the day before Christmas.
            ("working-days", "2026-12-17T16:00", "2026-12-16T10:00", "2026-12-24T12:00", "2026-12-28T16:00"),
            # The last day itself: today where its time is to come, else on the next working day.
            ("working-days", "2026-11-20T16:00", "2026-11-20T10:00", "2026-11-23T12:00", "2026-11-23T16:00"),
            ("working-days", "2026-11-20T16:00", "2026-11-20T10:00", "2026-11-23T17:00", "2026-11-24T16:00"),
            ("working-days", "2026-11-20T16:00", "2026-11-20T10:00", "2026-11-21T09:00", "2026-11-23T16:00"),
            ("working-days", "2026-11-20T16:00", "2026-11-20T10:00", "2026-11-20T17:00", "2026-11-23T16:00"),
            # Into summer time.
            ("working-days", "2026-03-26T09:00", "2026-03-25T09:00", "2026-03-28T09:00", "2026-03-30T09:00"),
            # Three days; and onto a Saturday.
            ("days", "2026-11-19T16:00", "2026-11-16T09:00", "2026-11-24T14:00", "2026-11-27T16:00"),
            ("days", "2026-11-19T16:00", "2026-11-16T09:00", "2026-11-25T14:00", "2026-11-30T16:00"),
            # Until the end of a day.
            ("days", "2026-11-20T00:00", "2026-11-16T09:00", "2026-11-24T14:00", "2026-11-28T00:00"),
            ("working-days", "2026-11-20T00:00", "2026-11-16T09:00", "2026-11-24T14:00", "2026-11-28T00:00"),
            # What had passed stays as late.
            ("days", "2026-11-16T08:50", "2026-11-16T09:00", "2026-11-24T14:00", "2026-11-24T13:50"),
            # A day that people know, and one that they knew.
            ("set-day", "2026-11-22T09:00", "2026-11-16T09:00", "2026-11-20T14:00", "2026-11-22T09:00"),
            ("set-day", "2026-11-18T09:00", "2026-11-16T09:00", "2026-11-20T14:00", "2026-11-20T14:00"),
            ("hours", "2026-11-20T20:00", "2026-11-20T15:00", "2026-11-21T23:00", "2026-11-22T04:00"),
        ],
    )
    def test_counts_what_was_left_again(
        self, unit: Unit, deadline: str, paused_at: str, now: str, moved: str
    ) -> None:
        assert BELGIUM.resumed(at(deadline), paused_at=at(paused_at), now=at(now), unit=unit) == at(moved)

    @given(MOMENTS, RESTS, st.sampled_from(get_args(Unit)))
    def test_moves_nothing_if_it_ends_at_once(self, paused_at: datetime, rest: timedelta, unit: Unit) -> None:
        deadline = paused_at + rest
        assert BELGIUM.resumed(deadline, paused_at=paused_at, now=paused_at, unit=unit) == deadline

    @given(MOMENTS, RESTS, RESTS, IN_DAYS)
    def test_leaves_as_many_working_days_and_never_less(
        self, paused_at: datetime, rest: timedelta, passed: timedelta, unit: Unit
    ) -> None:
        tick, now = datetime.resolution, paused_at + passed
        deadline = BELGIUM.add_working_days(paused_at + rest - tick, 1) + tick
        moved = BELGIUM.resumed(deadline, paused_at=paused_at, now=now, unit=unit)
        assert moved > now
        assert BELGIUM.is_working_day(moved - tick)
        if unit == "working-days":
            before = left(deadline, since=paused_at)
            # One more only where the time of day of a last day has passed.
            assert left(moved, since=now) in ({before} if before else {0, 1})
        else:
            days = BELGIUM.day_of(deadline) - BELGIUM.day_of(paused_at)
            assert BELGIUM.day_of(moved) >= BELGIUM.day_of(now) + days

    @given(MOMENTS, RESTS, RESTS, RESTS, st.sampled_from(get_args(Unit)))
    def test_moves_no_less_the_later_it_ends(
        self, paused_at: datetime, rest: timedelta, passed: timedelta, more: timedelta, unit: Unit
    ) -> None:
        first, second = (
            BELGIUM.resumed(paused_at + rest, paused_at=paused_at, now=now, unit=unit)
            for now in (paused_at + passed, paused_at + passed + more)
        )
        assert first <= second

    @given(MOMENTS, RESTS, RESTS, RESTS, IN_DAYS)
    def test_leaves_days_in_their_order(
        self, paused_at: datetime, rest: timedelta, more: timedelta, passed: timedelta, unit: Unit
    ) -> None:
        sooner, later = (
            BELGIUM.resumed(
                paused_at + timedelta(days=2) + each, paused_at=paused_at, now=paused_at + passed, unit=unit
            )
            for each in (rest, rest + more)
        )
        assert BELGIUM.day_of(sooner) <= BELGIUM.day_of(later)

    @given(MOMENTS, RESTS, RESTS, IN_DAYS)
    def test_keeps_the_time_of_day(
        self, paused_at: datetime, rest: timedelta, passed: timedelta, unit: Unit
    ) -> None:
        deadline = paused_at + rest + A_MINUTE
        moved = BELGIUM.resumed(deadline, paused_at=paused_at, now=paused_at + passed, unit=unit)
        local, kept = BELGIUM.local(moved), BELGIUM.local(deadline)
        # An hour that a day of summer time lacks comes later.
        assert local.time() == kept.time() or local.date().month == 3


class TestUnitOf:
    @pytest.mark.parametrize(
        ("length", "unit"),
        [
            ("5wd", "working-days"),
            ("8w", "days"),
            ("10d", "days"),
            ("P2W", "days"),
            ("PT4H", "hours"),
            ("P1DT6H", "hours"),
        ],
    )
    def test_is_what_a_length_is_written_in(self, length: str, unit: Unit) -> None:
        assert unit_of(length) == unit
