"""An earlier conference of a case: the day, who was there, the outcome."""

import asyncio
from http import HTTPStatus
from uuid import UUID

from starlette.responses import Response

from services.portal.client import ServiceRefused
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.road import Meeting
from services.portal.routes.conference import (
    CALLED_OFF,
    MOVED,
    STATES,
    Attending,
    attending,
)
from services.portal.routes.of_case import CONFERENCE, InCircle, case_of, everyone
from services.portal.staff import StaffVisit, staff
from services.portal.visits import PageModel
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()

_OUTCOMES = {
    "plan": _("Er is een plan."),
    "no-plan": _("Er kwam geen plan."),
    "continued": _("De kring sprak af om op een andere dag verder te gaan."),
}


class EarlierPage(PageModel):
    """The conference; `came`: how many were there, of whom `people` names those whom the reader may know."""

    case_id: str
    name: str
    state_in_words: str
    when: str | None
    venue_name: str | None
    venue_address: str | None
    reason: str | None
    outcome: str | None
    came: int
    people: list[Attending]


class Earlier(PageModel):
    """An earlier conference in a list."""

    name: str
    path: str
    day: str | None
    state_in_words: str


async def earlier_of(visit: StaffVisit, case_id: UUID, meetings: list[Meeting]) -> list[Earlier]:
    """Return the conferences of a case before the newest, the last one first."""
    dates = await visit.dates()
    newest_first = sorted(meetings, key=lambda each: -each.conference_no)
    return [
        Earlier(
            name=_name(visit, each.conference_no),
            path=f"/cases/{case_id}/conferences/{each.conference_id}",
            day=dates.day(each.starts_at) if each.starts_at else None,
            state_in_words=visit.word(STATES, each.state),
        )
        for each in newest_first[1:]
    ]


async def _known(visit: StaffVisit, case_id: str) -> dict[UUID, InCircle]:
    """Return the people of a case; nobody for a manager to whom its file is not open."""
    try:
        return await everyone(visit, case_id)
    except ServiceRefused as refused:
        if refused.status not in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            raise
        return {}


def _name(visit: StaffVisit, number: int) -> str:
    return visit.say(_("Conferentie {number}")).format(number=number)


@pages.show("/cases/{case_id}/conferences/{conference_id}", staff(Role.COORDINATOR, Role.REGIONAL_MANAGER))
async def show(visit: StaffVisit) -> Response:
    """Show a conference as it was; a manager reads the names only while the file is open to them."""
    case_id = case_of(visit)
    conference, people = await asyncio.gather(
        visit.ask(CONFERENCE, conference_id=read_id(visit.request.path_params["conference_id"])),
        _known(visit, case_id),
    )
    dates = await visit.dates()
    prepared = conference.preparation
    attendance = prepared.attendance if prepared else []
    reason = {**MOVED, **CALLED_OFF}.get((prepared.reason if prepared else None) or "")
    starts, ends = conference.starts_at, conference.ends_at
    model = EarlierPage(
        case_id=case_id,
        name=_name(visit, conference.conference_no),
        state_in_words=visit.word(STATES, conference.state),
        when=dates.period(starts, ends) if starts and ends else None,
        venue_name=conference.venue.name if conference.venue else None,
        venue_address=conference.venue.address if conference.venue else None,
        reason=visit.say(reason) if reason else None,
        outcome=visit.word(_OUTCOMES, prepared.outcome) if prepared and prepared.outcome else None,
        came=sum(each.came for each in attendance),
        people=attending(visit, dates, conference, people) if attendance else [],
    )
    return visit.page("case_conference_earlier.html", model)
