"""How a story speaks of time."""

from datetime import UTC, datetime, time

import pytest

from deploy.demo.moments import DayTime, Length, Span, first_weekday_after

MONDAY = datetime(2026, 3, 23, 8, 0, tzinfo=UTC)  # nine in Brussels, in the last week of winter time


class TestDayTime:
    def test_counts_from_the_first_day_in_brussels_across_summer_time(self) -> None:
        assert DayTime.parse("day 7 14:00").since(MONDAY) == datetime(2026, 3, 30, 12, 0, tzinfo=UTC)

    def test_without_a_time_is_that_morning(self) -> None:
        assert DayTime.parse("day 0") == DayTime(0, time(9, 0))

    @pytest.mark.parametrize("wrong", ["12", "day", "day 3 25:00", "day 3 9", "tomorrow", "day -1"])
    def test_says_how_it_is_written(self, wrong: str) -> None:
        with pytest.raises(ValueError, match="day 12 14:00"):
            DayTime.parse(wrong)


class TestSpan:
    def test_has_a_begin_and_an_end(self) -> None:
        begin, end = Span.parse("day 1 13:30 - 18:00").since(MONDAY)
        assert (begin, end) == (
            datetime(2026, 3, 24, 12, 30, tzinfo=UTC),
            datetime(2026, 3, 24, 17, 0, tzinfo=UTC),
        )

    def test_refuses_to_end_before_it_begins(self) -> None:
        with pytest.raises(ValueError, match="end after it begins"):
            Span.parse("day 1 18:00 - 13:30")


class TestLength:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("90s", datetime(2026, 3, 23, 8, 1, 30, tzinfo=UTC)),
            ("30min", datetime(2026, 3, 23, 8, 30, tzinfo=UTC)),
            ("2h", datetime(2026, 3, 23, 10, 0, tzinfo=UTC)),
            # The hour in Brussels stays the same when the clocks change.
            ("7d", datetime(2026, 3, 30, 7, 0, tzinfo=UTC)),
            ("2w", datetime(2026, 4, 6, 7, 0, tzinfo=UTC)),
            # Easter Monday is no working day.
            ("10wd", datetime(2026, 4, 7, 7, 0, tzinfo=UTC)),
        ],
    )
    def test_moves_a_moment(self, text: str, expected: datetime) -> None:
        assert Length.parse(text).after(MONDAY) == expected

    def test_says_how_it_is_written(self) -> None:
        with pytest.raises(ValueError, match="3wd"):
            Length.parse("3 weeks")


class TestFirstWeekdayAfter:
    def test_is_today_if_the_time_is_still_to_come(self) -> None:
        before = datetime(2026, 3, 23, 7, 59, tzinfo=UTC)
        assert first_weekday_after(before, weekday="monday") == MONDAY

    def test_is_next_week_if_the_time_has_come(self) -> None:
        assert first_weekday_after(MONDAY, weekday="monday") == datetime(2026, 3, 30, 7, 0, tzinfo=UTC)

    def test_finds_another_day_of_the_week(self) -> None:
        assert first_weekday_after(MONDAY, weekday="wednesday", at=time(14)) == datetime(
            2026, 3, 25, 13, 0, tzinfo=UTC
        )
