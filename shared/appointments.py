"""The appointment of an email: what is stored of it with the message, and the attached calendar file.

The file contains neither a place nor a link: calendars are shared with colleagues and families.
"""

from datetime import datetime
from typing import Literal, cast

from shared.calendar import Appointment, Calendar, calendar_invitation
from shared.events.base import CalendarEntry
from shared.mail import Attachment
from shared.messages import Message, Parameters

_BEGINS = "calendar_"
CALENDAR_FILE = "kring.ics"


def kept(entry: CalendarEntry | None) -> Parameters:
    """Return what is stored of an appointment with a message; empty if there is none."""
    if entry is None:
        return {}
    return {
        f"{_BEGINS}uid": str(entry.uid),
        f"{_BEGINS}revision": entry.revision,
        f"{_BEGINS}method": entry.method,
        f"{_BEGINS}starts_at": entry.starts_at.isoformat(),
        f"{_BEGINS}ends_at": entry.ends_at.isoformat(),
    }


def is_with(message: Message) -> bool:
    """Tell whether a message has an appointment."""
    return f"{_BEGINS}uid" in message.parameters


def times(parameters: Parameters) -> tuple[object, object]:
    """Return the start and end of a message's appointment, as stored; None if there is none."""
    return parameters.get(f"{_BEGINS}starts_at"), parameters.get(f"{_BEGINS}ends_at")


def attached(
    message: Message, *, to: str, organiser: str, calendar: Calendar, summary: str, note: str
) -> tuple[Attachment, ...]:
    """Return the calendar file of a message, for one address; None if it has no appointment."""
    if not is_with(message):
        return ()
    given = message.parameters
    method = cast('Literal["REQUEST", "CANCEL"]', given[f"{_BEGINS}method"])
    starts_at, ends_at = times(given)
    appointment = Appointment(
        uid=str(given[f"{_BEGINS}uid"]),
        sequence=int(given[f"{_BEGINS}revision"] or 0),
        starts_at=datetime.fromisoformat(str(starts_at)),
        ends_at=datetime.fromisoformat(str(ends_at)),
        calendar=calendar,
        summary=summary,
        description=note,
        stamped_at=message.queued_at,
        organiser_address=organiser,
        attendee_address=to,
    )
    return (
        Attachment(
            name=CALENDAR_FILE,
            content=calendar_invitation(appointment, method=method),
            maintype="text",
            subtype="calendar",
            parameters={"method": method, "charset": "utf-8"},
        ),
    )
