"""One person of a circle, as their coordinator works with them: details, invitation, contacts, consents, leaving."""

import asyncio
from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field
from starlette.responses import Response

from services.portal.forms import read_id
from services.portal.pages import Form, PageModel, Pages
from services.portal.routes.circle import (
    ABOUT,
    ANSWER_FOR,
    CHANGE,
    CHANNELS,
    CONTACTS,
    EXCLUDE,
    INVITE,
    NOTE,
    PERSON,
    PURPOSES,
    RECORD,
    REMOVE,
    TEXTS,
    AddForm,
    Person,
    invited_in_words,
)
from services.portal.routes.of_case import case_of
from services.portal.staff import StaffVisit, staff
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()
_PATH = "/cases/{case_id}/circle/{person_id}"


class PersonPage(PageModel):
    """Somebody, and what can be done."""

    case_id: UUID
    person: Person
    invited: str | None
    contacts: list[tuple[str, str, str]]
    purposes: list[tuple[str, str]]


class PartPage(PageModel):
    """A form about somebody."""

    case_id: UUID
    person: Person


class ConsentPage(PartPage):
    """What somebody is asked, in the words of now."""

    purpose: str
    version: int
    title: str
    body: str


class DetailsForm(AddForm):
    """What is known of somebody, and which version of it was changed."""

    version: int


class AnswerForm(Form):
    """What somebody told the coordinator."""

    WANTED: ClassVar = {"taking_part": _("Kies wat ze zeiden.")}

    taking_part: Literal["in-person", "online", "phone", "letter", "no"]


class ContactForm(Form):
    """How and why somebody was spoken to, never what was said."""

    WANTED: ClassVar = {
        "channel": _("Kies hoe je contact had."),
        "purpose": _("Kies waarover het ging."),
        "on": _("Dat is geen dag."),
    }

    channel: Literal["visit", "phone", "video", "mail", "message"]
    purpose: Literal["first-contact", "explanation", "safety", "other"]
    on: date | None = None


class ConsentForm(Form):
    """Yes or no to the words that were read out."""

    WANTED: ClassVar = {"given": _("Kies wat ze zeiden.")}

    given: Literal["yes", "no"]
    version: int


class LeaveForm(Form):
    """How somebody leaves, and why."""

    WANTED: ClassVar = {
        "how": _("Kies wat er gebeurt."),
        "reason": _("Schrijf waarom. Bijna niemand leest dat."),
    }

    how: Literal["remove", "exclude"]
    reason: str = Field(max_length=2000)


def _id(visit: StaffVisit) -> str:
    return read_id(visit.request.path_params["person_id"])


def _back(visit: StaffVisit) -> Response:
    return visit.go(_PATH.format(case_id=case_of(visit), person_id=_id(visit)))


async def _part(visit: StaffVisit, template: str) -> Response:
    person = await visit.ask(PERSON, person_id=_id(visit))
    return visit.page(template, PartPage(case_id=UUID(case_of(visit)), person=person))


@pages.show(_PATH, staff(Role.COORDINATOR))
async def show(visit: StaffVisit) -> Response:
    """Show somebody."""
    person, contacts = await asyncio.gather(
        visit.ask(PERSON, person_id=_id(visit)), visit.ask(CONTACTS, person_id=_id(visit))
    )
    dates = await visit.dates()
    model = PersonPage(
        case_id=UUID(case_of(visit)),
        person=person,
        invited=invited_in_words(visit, person.invitation),
        contacts=[
            (dates.day(each.on), visit.say(CHANNELS[each.channel]), visit.say(ABOUT[each.purpose]))
            for each in contacts.items
        ],
        purposes=[(code, visit.say(label)) for code, label in PURPOSES.items()],
    )
    return visit.page("circle_person.html", model)


@pages.send(_PATH, staff(Role.COORDINATOR))
async def invite(visit: StaffVisit) -> Response:
    """Invite somebody."""
    await visit.ask(INVITE, person_id=_id(visit))
    return _back(visit)


@pages.show(f"{_PATH}/details", staff(Role.COORDINATOR))
async def show_details(visit: StaffVisit) -> Response:
    """Show what is known of somebody."""
    return await _part(visit, "circle_details.html")


@pages.send(f"{_PATH}/details", staff(Role.COORDINATOR))
async def change(visit: StaffVisit) -> Response:
    """Correct it; the service refuses what another changed meanwhile."""
    await visit.ask(CHANGE, body=visit.read(DetailsForm).model_dump(), person_id=_id(visit))
    return _back(visit)


@pages.show(f"{_PATH}/answer", staff(Role.COORDINATOR))
async def show_answer(visit: StaffVisit) -> Response:
    """Ask what somebody said."""
    return await _part(visit, "circle_answer.html")


@pages.send(f"{_PATH}/answer", staff(Role.COORDINATOR))
async def note_answer(visit: StaffVisit) -> Response:
    """Note what somebody said about their invitation."""
    said = visit.read(AnswerForm).taking_part
    person = await visit.ask(PERSON, person_id=_id(visit))
    if person.invitation is not None:
        body = {"answer": "no", "mode": None} if said == "no" else {"answer": "yes", "mode": said}
        await visit.ask(ANSWER_FOR, body=body, invitation_id=person.invitation.invitation_id)
    return _back(visit)


@pages.show(f"{_PATH}/contact", staff(Role.COORDINATOR))
async def show_contact(visit: StaffVisit) -> Response:
    """Ask how somebody was spoken to."""
    return await _part(visit, "circle_contact.html")


@pages.send(f"{_PATH}/contact", staff(Role.COORDINATOR))
async def note_contact(visit: StaffVisit) -> Response:
    """Note that somebody was spoken to."""
    form = visit.read(ContactForm)
    await visit.ask(NOTE, body=form.model_dump(mode="json", exclude_none=True), person_id=_id(visit))
    return _back(visit)


@pages.show(f"{_PATH}/consents/{{purpose}}", staff(Role.COORDINATOR))
async def show_consent(visit: StaffVisit) -> Response:
    """Show what somebody is asked, to be read out."""
    purpose = visit.request.path_params["purpose"]
    person, texts = await asyncio.gather(
        visit.ask(PERSON, person_id=_id(visit)), visit.ask(TEXTS, purpose=purpose)
    )
    adult = [each for each in texts.texts if each.audience == "adult"]
    text = next((each for each in adult if each.language == visit.language), adult[0])
    model = ConsentPage(
        case_id=UUID(case_of(visit)),
        person=person,
        purpose=purpose,
        version=texts.version,
        title=text.title,
        body=text.body,
    )
    return visit.page("circle_consent.html", model)


@pages.send(f"{_PATH}/consents/{{purpose}}", staff(Role.COORDINATOR))
async def record_consent(visit: StaffVisit) -> Response:
    """Record what somebody said."""
    form = visit.read(ConsentForm)
    body = {"given": form.given == "yes", "version": form.version}
    await visit.ask(RECORD, body=body, person_id=_id(visit), purpose=visit.request.path_params["purpose"])
    return _back(visit)


@pages.show(f"{_PATH}/leave", staff(Role.COORDINATOR))
async def show_leave(visit: StaffVisit) -> Response:
    """Ask how somebody leaves, and why."""
    return await _part(visit, "circle_leave.html")


@pages.send(f"{_PATH}/leave", staff(Role.COORDINATOR))
async def leave(visit: StaffVisit) -> Response:
    """Take somebody out of the circle."""
    form = visit.read(LeaveForm)
    operation = REMOVE if form.how == "remove" else EXCLUDE
    await visit.ask(operation, body={"reason": form.reason}, person_id=_id(visit))
    return visit.go(f"/cases/{case_of(visit)}/circle")
