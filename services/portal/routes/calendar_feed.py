"""The calendar feed at a coordinator's secret address."""

from datetime import datetime
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Items, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages, of_organisation
from services.portal.routes.dates import Venue
from services.portal.visits import Visit
from services.portal.wording import mark as _
from shared.calendar import Appointment, calendar_feed

pages = Pages()


class Entry(Answer):
    """A conference, without its people."""

    conference_id: UUID
    case_id: UUID
    conference_no: int
    revision: int
    starts_at: datetime
    ends_at: datetime
    takes_place: bool
    venue: Venue | None


FEED = Operation("scheduling", "POST", "/v1/calendar-feeds/read", Items[Entry])


@pages.show("/calendar/{tenant}/{secret}", of_organisation)
async def read(visit: Visit) -> Response:
    """Return the conferences for the calendar at the address: when, where and which case, and no names."""
    tenant = read_id(visit.request.path_params["tenant"])
    found = await visit.ask(
        FEED,
        headers={"kring-tenant": tenant},
        body={"secret": visit.request.path_params["secret"]},
    )
    calendar = visit.profile.calendar
    now, settings = await visit.parts.clock.now(), visit.parts.settings
    appointments = [
        Appointment(
            uid=str(each.conference_id),
            sequence=each.revision,
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            calendar=calendar,
            summary=visit.say(_("Kring: conferentie {number}")).format(number=each.conference_no),
            stamped_at=now,
            organiser_address=settings.mail_address,
            attendee_address=None,
            place=f"{each.venue.name}, {each.venue.address}" if each.venue else None,
            url=f"{settings.public_url}/cases/{each.case_id}",
            cancelled=not each.takes_place,
        )
        for each in found.items
    ]
    return Response(calendar_feed(appointments), media_type="text/calendar; charset=utf-8")
