"""What can be recorded of a conference that was held: three parts, and when people came and left."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from services.scheduling.domain.dates import LONGEST_MEETING
from services.scheduling.domain.refusals import ConferenceNotYetHeld, PartsOutOfOrder, TimeOutOfPlace
from shared.calendar import Calendar

_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class MeetingPart:
    """When one part of a conference began and ended."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class MeetingParts:
    """The three parts; of the private one only its times are recorded."""

    information: MeetingPart
    private: MeetingPart
    presentation: MeetingPart


def check_parts(parts: MeetingParts) -> None:
    """Refuse parts that do not follow one another. Raises: PartsOutOfOrder."""
    moments = [
        moment
        for part in (parts.information, parts.private, parts.presentation)
        for moment in (part.begins, part.ends)
    ]
    if any(later < earlier for earlier, later in pairwise(moments)):
        raise PartsOutOfOrder
    if moments[-1] - moments[0] > LONGEST_MEETING:
        raise PartsOutOfOrder(detail="The three parts lie within two days")


def check_held(
    parts: MeetingParts, *, set_for: datetime | None, since: datetime, now: datetime, calendar: Calendar
) -> None:
    """Refuse parts outside the time of the preparation: `since` it began, and not after today.

    A conference that is set for a later day was not held yet: its date must be moved first.

    Raises: ConferenceNotYetHeld, PartsOutOfOrder.
    """
    begins = parts.information.begins
    # Compared before a conversion to another time zone, which overflows at the ends of time.
    if since - begins > _A_DAY:
        raise PartsOutOfOrder(detail="The conference was held after its preparation began")
    if begins - now > _A_DAY or calendar.day_of(begins) > calendar.day_of(now):
        raise ConferenceNotYetHeld
    if set_for is not None and calendar.day_of(begins) < calendar.day_of(set_for):
        raise ConferenceNotYetHeld(
            detail="It is set for a later day: if the circle met earlier, move the date first",
            set_for=calendar.day_of(set_for).isoformat(),
        )


def check_presence(moments: Iterable[datetime | None], parts: MeetingParts) -> None:
    """Refuse times of arrival or departure far from the conference. Raises: TimeOutOfPlace."""
    for moment in moments:
        if moment is None:
            continue
        if parts.information.begins - moment > _A_DAY or moment - parts.presentation.ends > _A_DAY:
            raise TimeOutOfPlace


def turnout_group(role: str, side: str) -> str:
    """Return the group of a member of the circle in figures: see `TurnoutGroup`."""
    if role == "circle":
        return side
    return "central" if role == "representative" else role
