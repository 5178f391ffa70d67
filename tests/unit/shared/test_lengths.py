"""Lengths of time as organisations set them."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.calendar import BELGIUM, parse_length

FRIDAY_BEFORE_SUMMER_TIME = datetime(2026, 3, 27, 12, tzinfo=UTC)


class TestAddLength:
    """What organisations write, from a Friday on which only winter time remains for two days."""

    @pytest.mark.parametrize(
        ("length", "moment"),
        [
            ("3wd", datetime(2026, 4, 1, 11, tzinfo=UTC)),
            ("10d", datetime(2026, 4, 6, 11, tzinfo=UTC)),
            ("P1DT6H", datetime(2026, 3, 28, 18, tzinfo=UTC)),
            ("6w", datetime(2026, 5, 8, 11, tzinfo=UTC)),
        ],
    )
    def test_keeps_the_time_of_day_in_brussels(self, length: str, moment: datetime) -> None:
        assert BELGIUM.add_length(FRIDAY_BEFORE_SUMMER_TIME, length) == moment

    def test_counts_hours_and_seconds_exactly(self) -> None:
        assert BELGIUM.add_length(
            FRIDAY_BEFORE_SUMMER_TIME, "PT72H5S"
        ) - FRIDAY_BEFORE_SUMMER_TIME == timedelta(hours=72, seconds=5)


class TestParseLength:
    """What is no length."""

    @pytest.mark.parametrize("written", ["", "3", "P", "PT", "PT5", "-3d", "3wd ", "\u0663d", "1d\n", "P1Y"])
    def test_refuses_what_is_no_length(self, written: str) -> None:
        with pytest.raises(ValueError, match="must be a length"):
            parse_length(written)
