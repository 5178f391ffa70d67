"""Lengths of time as organisations set them."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.calendar import BELGIUM, parse_length
from shared.deadlines import TimeLimit
from shared.policies import PolicyInForce, PolicySettings

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


class TestPolicyInForce:
    """The time limits of clocks, by the settings of an organisation."""

    policy = PolicyInForce(4, PolicySettings())

    def test_limits_by_a_length_in_its_unit_with_a_warning_before(self) -> None:
        limit = self.policy.limit(FRIDAY_BEFORE_SUMMER_TIME, "3wd", warn="1d")
        assert limit == TimeLimit(
            due_at=datetime(2026, 4, 1, 11, tzinfo=UTC),
            warn_at=datetime(2026, 3, 28, 12, tzinfo=UTC),
            unit="working-days",
            policy_version=4,
        )

    def test_limits_by_a_day_that_a_pause_leaves(self) -> None:
        assert self.policy.until(FRIDAY_BEFORE_SUMMER_TIME).unit == "set-day"

    @pytest.mark.parametrize("warn", ["3d", "4d", FRIDAY_BEFORE_SUMMER_TIME + timedelta(days=9)])
    def test_does_not_warn_at_the_end_or_later(self, warn: str | datetime) -> None:
        assert self.policy.limit(FRIDAY_BEFORE_SUMMER_TIME, "3d", warn=warn).warn_at is None

    def test_ends_by_a_time_and_then_warns_only_before_it(self) -> None:
        limit = self.policy.limit(FRIDAY_BEFORE_SUMMER_TIME, "10d", warn="2d")
        third, first = (FRIDAY_BEFORE_SUMMER_TIME + timedelta(days=days) for days in (3, 1))
        assert (limit.ending_by(third).due_at, limit.ending_by(third).warn_at) == (third, limit.warn_at)
        assert (limit.ending_by(first).due_at, limit.ending_by(first).warn_at) == (first, None)
        assert limit.ending_by(FRIDAY_BEFORE_SUMMER_TIME + timedelta(days=60)) == limit
