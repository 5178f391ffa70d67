"""The register of venues: when one is free, what it lacks for a circle, and the order of suggestion."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TypeVar
from uuid import UUID

from shared.calendar import Calendar
from shared.errors import Conflict, NotFound

Need = TypeVar("Need", bound=str)

# More than an organisation uses, and few enough that all of them are one small read.
MAX_VENUES = 200

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Parts overlap: an afternoon may last until six, and an evening begin at half past five.
_PARTS: tuple[tuple[str, time, time | None], ...] = (
    ("morning", time.min, time(13)),
    ("afternoon", time(12, 30), time(18)),
    ("evening", time(17, 30), None),
)


class UnknownVenue(NotFound):
    """The organisation has no such venue."""

    code = "venue-not-found"
    title = "There is no such venue here"


class VenueClosed(Conflict):
    """The organisation no longer uses the venue."""

    code = "venue-closed"
    title = "This venue is not used any more: choose another one"


class VenueTaken(Conflict):
    """Another circle meets there at that time."""

    code = "venue-taken"
    title = "Another circle meets at this venue at that time"


class TooManyVenues(Conflict):
    """The register is full."""

    code = "too-many-venues"
    title = "There are too many venues: close one that is not used any more"


@dataclass(frozen=True)
class Booking:
    """A conference at a venue."""

    venue_id: UUID
    conference_id: UUID
    starts_at: datetime
    ends_at: datetime


def is_taken(
    venue_id: UUID,
    bookings: Iterable[Booking],
    *,
    starts_at: datetime,
    ends_at: datetime,
    but: UUID | None = None,
) -> bool:
    """Tell whether a conference other than `but` is at a venue at a time."""
    return any(
        each.venue_id == venue_id
        and each.conference_id != but
        and each.starts_at < ends_at
        and starts_at < each.ends_at
        for each in bookings
    )


def is_open(open_at: Collection[str], calendar: Calendar, *, starts_at: datetime, ends_at: datetime) -> bool:
    """Tell whether a venue is available at a time, in the organisation's time zone; no availability given means always.

    All of the time must lie in available parts of the week, such as `tue-evening`.
    """
    if not open_at:
        return True
    had_until, day = starts_at, calendar.day_of(starts_at)
    while calendar.at(day, time.min) < ends_at:
        for part, begins, ends in _PARTS:
            until = calendar.end_of_day(day) if ends is None else calendar.at(day, ends)
            if f"{DAYS[day.weekday()]}-{part}" in open_at and calendar.at(day, begins) <= had_until < until:
                had_until = until
        day += timedelta(days=1)
    return had_until >= ends_at


def lacking(needs: Iterable[Need], meets: Collection[str]) -> list[Need]:
    """Return the needs, once each, that a venue does not meet."""
    return [need for need in dict.fromkeys(needs) if need not in meets]


def preference(*, free: bool, lacks: int, neutral: bool, name: str) -> tuple[bool, bool, bool, int, str]:
    """Return the sort key of a venue for suggestions.

    Free ones come first; then those where everybody can take part; then neutral ones, which are nobody's home
    or office.
    """
    return (not free, lacks > 0, not neutral, lacks, name)
