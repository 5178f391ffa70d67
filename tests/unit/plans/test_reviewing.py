"""The review date that is proposed."""

from datetime import UTC, date, datetime

import pytest

from services.plans.operations.reviewing import usual_review
from services.plans.settings import Policy
from shared.policies import PolicyInForce

SATURDAY = datetime(2026, 3, 7, 12, tzinfo=UTC)


class TestUsualReview:
    @pytest.mark.parametrize(
        ("latest", "proposed"),
        [
            (date(2026, 3, 9), (date(2026, 3, 9), "policy")),
            # No working day is left.
            (date(2026, 3, 8), (date(2026, 3, 7), "latest")),
        ],
    )
    def test_is_not_before_today(self, latest: date, proposed: tuple[date, str]) -> None:
        policy = PolicyInForce(version=1, settings=Policy(review_usual="1d"))
        assert usual_review(latest, policy=policy, now=SATURDAY) == proposed
