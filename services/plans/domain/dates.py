"""Which days a plan may name."""

from collections.abc import Iterable
from datetime import date, timedelta

from shared.errors import Invalid

# An agreement may be due before the plan was recorded, but not absurdly far away.
_AGREEMENT_BACK = timedelta(days=366)
_FURTHEST = timedelta(days=5 * 366)


class DateOutOfRange(Invalid):
    """A date lies too far back or too far ahead."""

    code = "date-out-of-range"
    title = "A date lies too far back or too far ahead"


class ReviewTooLate(Invalid):
    """The plan must be reviewed by the organisation's latest day: earlier for a child under seven, or a minor."""

    code = "review-too-late"
    title = "The plan must be reviewed sooner"


def check_dates(*, today: date, due: Iterable[date], review_on: date, review_until: date) -> None:
    """Refuse implausible days, and a review later than allowed. Raises: DateOutOfRange, ReviewTooLate."""
    for day in due:
        check_due(day, today=today)
    if review_on < today:
        raise DateOutOfRange("The review must come", review_on=review_on.isoformat())
    if review_on > review_until:
        raise ReviewTooLate(f"The review must come by {review_until}", review_on=review_on.isoformat())


def check_met(day: date, *, today: date, since: date) -> None:
    """Refuse a day on which a circle cannot have met over its plan: before it, or to come. Raises: DateOutOfRange."""
    if not since <= day <= today:
        raise DateOutOfRange(
            "The circle met after it made its plan, and not later than today", met_on=day.isoformat()
        )


def check_due(day: date, *, today: date) -> None:
    """Refuse an implausible due day of an agreement. Raises: DateOutOfRange."""
    if not today - _AGREEMENT_BACK <= day <= today + _FURTHEST:
        raise DateOutOfRange("An agreement's day lies too far back or too far ahead", due_on=day.isoformat())
