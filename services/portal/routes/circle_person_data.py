"""A person's link, data requests, consents and legal basis, for those who work with them."""

import asyncio
from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import StringConstraints
from starlette.responses import Response

from services.portal.client import Answer, Items, Operation
from services.portal.pages import Pages
from services.portal.routes.agreeing import ABOUT
from services.portal.routes.circle import PERSON
from services.portal.routes.circle_person import PATH, PartPage, back, id_of, show_part
from services.portal.routes.of_case import case_of
from services.portal.routes.safeguards import BASES
from services.portal.staff import StaffVisit, staff
from services.portal.visits import Form, PageModel
from services.portal.wording import mark as _
from shared.auth import Role
from shared.fields import Text

pages = Pages()
_coordinator = staff(Role.COORDINATOR)


class Said(Answer):
    """A person's latest answer about a purpose."""

    purpose: str
    concerns: UUID | None
    given: bool
    stale: bool
    recorded_at: datetime
    via: str


class Basis(Answer):
    """The legal basis of data from a moment on."""

    basis: str
    since: datetime


RENEW = Operation("network", "POST", "/v1/persons/{person_id}/link/renew", type(None))
REVOKE = Operation("network", "POST", "/v1/persons/{person_id}/link/revoke", type(None))
NOTE_REQUEST = Operation("network", "POST", "/v1/persons/{person_id}/data-requests", Answer)
SAID = Operation("network", "GET", "/v1/persons/{person_id}/consents", Items[Said])
BASIS = Operation("network", "GET", "/v1/persons/{person_id}/legal-basis", Items[Basis])

_BY = {
    "link": _("zelf gezegd"),
    "coordinator": _("door de coördinator genoteerd"),
    "referral": _("bij de aanmelding"),
}


class ShownAnswer(PageModel):
    """A person's answer, in words."""

    about: str
    said: str
    day: str
    by: str
    again: bool


class DataPage(PartPage):
    """A person's consents, and the legal basis of their data."""

    said: list[ShownAnswer]
    bases: list[tuple[str, str]]


class RequestForm(Form):
    """A request by telephone or letter."""

    WANTED: ClassVar = {"kind": _("Kies wat deze persoon vroeg."), "received_on": _("Dat is geen dag.")}

    kind: Literal["copy", "erasure", "correction"]
    text: Annotated[Text, StringConstraints(max_length=2000)] | None = None
    received_on: date | None = None


class LinkForm(Form):
    """What to do with a person's link."""

    WANTED: ClassVar = {"what": _("Kies wat er met de link gebeurt.")}

    what: Literal["renew", "revoke"]


@pages.show(f"{PATH}/link", _coordinator)
async def show_link(visit: StaffVisit) -> Response:
    """Explain renewing and revoking a link."""
    return await show_part(visit, "circle_link.html")


@pages.send(f"{PATH}/link", _coordinator)
async def change_link(visit: StaffVisit) -> Response:
    """Mail a person a new link, or revoke the one that they have."""
    operation = RENEW if visit.read(LinkForm).what == "renew" else REVOKE
    await visit.ask(operation, person_id=id_of(visit))
    return back(visit)


@pages.show(f"{PATH}/request", _coordinator)
async def show_request(visit: StaffVisit) -> Response:
    """Ask for a person's data request."""
    return await show_part(visit, "circle_request.html")


@pages.send(f"{PATH}/request", _coordinator)
async def note_request(visit: StaffVisit) -> Response:
    """Record it; those who answer it are told."""
    body = visit.read(RequestForm).model_dump(mode="json", exclude_none=True)
    await visit.ask(NOTE_REQUEST, body=body, person_id=id_of(visit))
    return back(visit)


async def said_by(visit: StaffVisit) -> list[ShownAnswer]:
    """Return the latest answers of the person in the address to what they were asked to agree to."""
    said, dates = await asyncio.gather(visit.ask(SAID, person_id=id_of(visit)), visit.dates())
    return [
        ShownAnswer(
            about=visit.word(ABOUT, each.purpose),
            said=visit.say(_("ja") if each.given else _("nee")),
            day=dates.day(each.recorded_at),
            by=visit.word(_BY, each.via),
            again=each.stale,
        )
        for each in said.items
    ]


@pages.show(f"{PATH}/data", _coordinator)
async def show(visit: StaffVisit) -> Response:
    """Show a person's latest answer to each question, and the legal basis of their data."""
    person, said, bases, dates = await asyncio.gather(
        visit.ask(PERSON, person_id=id_of(visit)),
        said_by(visit),
        visit.ask(BASIS, person_id=id_of(visit)),
        visit.dates(),
    )
    model = DataPage(
        case_id=UUID(case_of(visit)),
        person=person,
        said=said,
        bases=[(visit.word(BASES, each.basis), dates.day(each.since)) for each in bases.items],
    )
    return visit.page("circle_data.html", model)
