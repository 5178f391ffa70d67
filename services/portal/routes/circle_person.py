"""One person of a circle, as their coordinator works with them: details, invitation, contacts, consents, leaving."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar, Literal
from uuid import UUID

from starlette.responses import Response

from services.portal.codes import NEEDS
from services.portal.drafts import written_day
from services.portal.forms import NotThere, read_choice, read_id
from services.portal.needs import needs_in_words, needs_of_form
from services.portal.pages import Pages
from services.portal.routes.circle import (
    ANSWER_FOR,
    CHANGE,
    CONSENTS,
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
    Consents,
    Person,
    Reason,
    Text,
    Texts,
    invited_in_words,
)
from services.portal.routes.family import children, chosen, family_of_form
from services.portal.routes.of_case import InCircle, case_of, everyone, in_circle
from services.portal.staff import StaffVisit, staff
from services.portal.visits import Form, PageModel, Unacceptable
from services.portal.wording import mark as _
from shared.auth import Role
from shared.languages import FALLBACK

pages = Pages()
PATH = "/cases/{case_id}/circle/{person_id}"
# People who come for somebody else: the date must suit both.
_SERVING = frozenset({"interpreter", "advocate"})

CHANNELS = {
    "visit": _("op bezoek"),
    "phone": _("aan de telefoon"),
    "video": _("met beeld"),
    "mail": _("met een brief of mail"),
    "message": _("met een bericht"),
}
ABOUT = {
    "first-contact": _("eerste kennismaking"),
    "explanation": _("uitleg"),
    "safety": _("veiligheid"),
    "other": _("iets anders"),
}


class Asked(PageModel):
    """A question to a person; `about`: the name of the child that it is about, if not themselves."""

    path: str
    label: str
    about: str | None = None


class KnownPage(PageModel):
    """What is known of a person. `children`: over whom they hold parental authority."""

    case_id: UUID
    person: Person
    invited: str | None
    proposed_by: str | None
    born: str | None
    children: list[str]
    needs: list[str]
    contacts: list[tuple[str, str, str]]


class PersonPage(KnownPage):
    """A person, and what can be done."""

    questions: list[Asked]


class PartPage(PageModel):
    """A form about a person."""

    case_id: UUID
    person: Person


class DetailsPage(PartPage):
    """A person's data; of an interpreter or advocate also for whom they come."""

    served: list[tuple[str, str]]
    all_needs: list[tuple[str, str]]
    born: str
    children: list[tuple[str, str]]
    holds: list[str]


class AnswerPage(PartPage):
    """A person's answer, and what they need to take part."""

    all_needs: list[tuple[str, str]]


class ConsentPage(PartPage):
    """A question to a person, in the current words."""

    about: str | None
    version: int
    # The language of the text.
    read_in: str
    title: str
    body: str


class DetailsForm(AddForm):
    """A person's data, and which version of it was changed."""

    version: int
    serves: UUID | None = None


class AnswerForm(Form):
    """What a person told the coordinator."""

    WANTED: ClassVar = {"taking_part": _("Kies wat deze persoon zei.")}

    taking_part: Literal["in-person", "online", "phone", "letter", "no", "unsure"]


class ContactForm(Form):
    """How and why a person was contacted, never what was said."""

    WANTED: ClassVar = {
        "channel": _("Kies hoe je contact had."),
        "purpose": _("Kies waarover het ging."),
        "on": _("Dat is geen dag."),
    }

    channel: Literal["visit", "phone", "video", "mail", "message"]
    purpose: Literal["first-contact", "explanation", "safety", "other"]
    on: date | None = None


class LeaveForm(Form):
    """How a person leaves, and why."""

    WANTED: ClassVar = {
        "how": _("Kies wat er gebeurt."),
        "reason": _(
            "Schrijf waarom. Het komt alleen in een kopie van gegevens als de functionaris dat toelaat."
        ),
    }

    how: Literal["remove", "exclude"]
    reason: Reason


def id_of(visit: StaffVisit) -> str:
    """Return the person in the address."""
    return read_id(visit.request.path_params["person_id"])


def back(visit: StaffVisit) -> Response:
    """Redirect to their page."""
    return visit.go(PATH.format(case_id=case_of(visit), person_id=id_of(visit)))


async def show_part(visit: StaffVisit, template: str) -> Response:
    """Show a form about somebody."""
    person = await visit.ask(PERSON, person_id=id_of(visit))
    return visit.page(template, PartPage(case_id=UUID(case_of(visit)), person=person))


async def known_of(visit: StaffVisit) -> tuple[KnownPage, dict[UUID, InCircle]]:
    """Return what is known of the person in the address, and everyone of the case."""
    person, contacts, people = await asyncio.gather(
        visit.ask(PERSON, person_id=id_of(visit)),
        visit.ask(CONTACTS, person_id=id_of(visit)),
        everyone(visit, case_of(visit)),
    )
    held = chosen(person.parental_authority, person.authority_over)
    proposer = people.get(person.proposed_by) if person.proposed_by else None
    dates = await visit.dates()
    page = KnownPage(
        case_id=UUID(case_of(visit)),
        person=person,
        invited=invited_in_words(visit, dates, person.invitation),
        proposed_by=proposer.name if proposer else None,
        born=dates.day(person.birth_date) if person.birth_date else None,
        children=[name for code, name in _children(visit, person, people) if code in held],
        needs=[visit.say(words) for code, words in NEEDS.items() if code in person.needs],
        contacts=[
            (dates.day(each.on), visit.word(CHANNELS, each.channel), visit.word(ABOUT, each.purpose))
            for each in contacts.items
        ],
    )
    return page, people


@pages.show(PATH, staff(Role.COORDINATOR))
async def show(visit: StaffVisit) -> Response:
    """Show somebody."""
    (known, people), consents = await asyncio.gather(
        known_of(visit), visit.ask(CONSENTS, case_id=case_of(visit))
    )
    questions = [
        *(Asked(path=code, label=visit.say(label)) for code, label in PURPOSES.items()),
        *_about_children(visit, known.person.person_id, consents.persons, people),
    ]
    return visit.page("circle_person.html", PersonPage(**dict(known), questions=questions))


def _children(visit: StaffVisit, person: Person, people: dict[UUID, InCircle]) -> list[tuple[str, str]]:
    return children(visit, people.values(), but=person.person_id, held=person.authority_over or ())


def _about_children(
    visit: StaffVisit, holder: UUID, asked: Sequence[Consents], people: dict[UUID, InCircle]
) -> list[Asked]:
    """Return the questions to a person about the children over whom they hold parental authority."""
    found = [
        (child.person_id, each.purpose)
        for child in asked
        for each in child.purposes
        if each.purpose in PURPOSES
        and any(voice.speaks == "holder" and voice.person_id == holder for voice in each.voices)
    ]
    return [
        Asked(path=f"{code}/{child}", label=visit.word(PURPOSES, code), about=people[child].name)
        for child, code in found
        if child in people
    ]


@pages.send(PATH, staff(Role.COORDINATOR))
async def invite(visit: StaffVisit) -> Response:
    """Invite somebody."""
    await visit.ask(INVITE, person_id=id_of(visit))
    return back(visit)


@pages.show(f"{PATH}/details", staff(Role.COORDINATOR))
async def show_details(visit: StaffVisit) -> Response:
    """Show what is known of somebody."""
    case_id = case_of(visit)
    person, people = await asyncio.gather(visit.ask(PERSON, person_id=id_of(visit)), everyone(visit, case_id))
    others = [each for each in in_circle(people) if each.person_id != person.person_id]
    model = DetailsPage(
        case_id=UUID(case_id),
        person=person,
        all_needs=needs_in_words(visit),
        served=[(str(each.person_id), each.name) for each in others] if person.role in _SERVING else [],
        born=written_day(person.birth_date),
        children=_children(visit, person, people),
        holds=chosen(person.parental_authority, person.authority_over),
    )
    return visit.page("circle_details.html", model)


@pages.send(f"{PATH}/details", staff(Role.COORDINATOR))
async def change(visit: StaffVisit) -> Response:
    """Change it; the service refuses if another changed it meanwhile."""
    form = visit.read(DetailsForm)
    body = form.body | needs_of_form(visit) | await family_of_form(visit, form.birth_date)
    await visit.ask(CHANGE, body=body, person_id=id_of(visit))
    return back(visit)


@pages.show(f"{PATH}/answer", staff(Role.COORDINATOR))
async def show_answer(visit: StaffVisit) -> Response:
    """Ask what somebody said, and what they need."""
    person = await visit.ask(PERSON, person_id=id_of(visit))
    model = AnswerPage(case_id=UUID(case_of(visit)), person=person, all_needs=needs_in_words(visit))
    return visit.page("circle_answer.html", model)


@pages.send(f"{PATH}/answer", staff(Role.COORDINATOR))
async def note_answer(visit: StaffVisit) -> Response:
    """Record a person's answer to their invitation."""
    said = visit.read(AnswerForm).taking_part
    person = await visit.ask(PERSON, person_id=id_of(visit))
    if person.invitation is None:
        raise Unacceptable(
            {"": _("Deze persoon is nog niet uitgenodigd. Nodig eerst uit en noteer dan het antwoord.")}
        )
    answer, mode = (said, None) if said in ("no", "unsure") else ("yes", said)
    body: dict[str, Any] = {"answer": answer, "mode": mode, **needs_of_form(visit)}
    await visit.ask(ANSWER_FOR, body=body, invitation_id=person.invitation.invitation_id)
    return back(visit)


@pages.show(f"{PATH}/contact", staff(Role.COORDINATOR))
async def show_contact(visit: StaffVisit) -> Response:
    """Ask how the person was contacted."""
    return await show_part(visit, "circle_contact.html")


@pages.send(f"{PATH}/contact", staff(Role.COORDINATOR))
async def note_contact(visit: StaffVisit) -> Response:
    """Record a contact."""
    form = visit.read(ContactForm)
    await visit.ask(NOTE, body=form.model_dump(mode="json", exclude_none=True), person_id=id_of(visit))
    return back(visit)


def _question(visit: StaffVisit) -> tuple[str, UUID | None]:
    """Return a question to a person, and about which child. Raises: NotThere."""
    params = visit.request.path_params
    child = params.get("child_id")
    return read_choice(params["purpose"], PURPOSES), None if child is None else UUID(read_id(child))


@pages.show(f"{PATH}/consents/{{purpose}}/{{child_id}}", staff(Role.COORDINATOR))
@pages.show(f"{PATH}/consents/{{purpose}}", staff(Role.COORDINATOR))
async def show_consent(visit: StaffVisit) -> Response:
    """Show a question to a person, for themselves or about a child, to be read out."""
    case_id, (purpose, child) = case_of(visit), _question(visit)
    person, texts, consents, people = await asyncio.gather(
        visit.ask(PERSON, person_id=id_of(visit)),
        visit.ask(TEXTS, purpose=purpose),
        visit.ask(CONSENTS, case_id=case_id),
        everyone(visit, case_id) if child else _nobody(),
    )
    if child is not None and child not in people:
        raise NotThere
    text = _text(texts, "parent" if child else _audience(person, consents.persons), visit.language)
    model = ConsentPage(
        case_id=UUID(case_id),
        person=person,
        about=people[child].name if child else None,
        version=texts.version,
        read_in=text.language,
        title=text.title,
        body=text.body,
    )
    return visit.page("circle_consent.html", model)


async def _nobody() -> dict[UUID, InCircle]:
    return {}


def _audience(person: Person, consents: Sequence[Consents]) -> str:
    ages = {each.person_id: each.age for each in consents}
    return "young" if ages.get(person.person_id) in ("under-twelve", "twelve-to-seventeen") else "adult"


def _text(texts: Texts, audience: str, language: str) -> Text:
    """Return the text for an audience in a language. Raises: NotThere if a purpose is not asked of them."""
    found = [each for each in texts.texts if each.audience == audience]
    if not found:
        raise NotThere
    return next(each for wanted in (language, FALLBACK) for each in found if each.language == wanted)


@pages.send(f"{PATH}/consents/{{purpose}}/{{child_id}}", staff(Role.COORDINATOR))
@pages.send(f"{PATH}/consents/{{purpose}}", staff(Role.COORDINATOR))
async def record_consent(visit: StaffVisit) -> Response:
    """Record a person's answer to the version of the text that was read out to them."""
    purpose, child = _question(visit)
    said = visit.form.get(field := f"given-{visit.version}")
    if said not in ("yes", "no"):
        raise Unacceptable({field: _("Kies wat deze persoon zei.")})
    body = {
        "given": said == "yes",
        "version": visit.version,
        "language": visit.form.get("read_in") or None,
        "concerns": str(child) if child else None,
    }
    await visit.ask(RECORD, body=body, person_id=id_of(visit), purpose=purpose)
    return back(visit)


@pages.show(f"{PATH}/leave", staff(Role.COORDINATOR))
async def show_leave(visit: StaffVisit) -> Response:
    """Ask how somebody leaves, and why."""
    return await show_part(visit, "circle_leave.html")


@pages.send(f"{PATH}/leave", staff(Role.COORDINATOR))
async def leave(visit: StaffVisit) -> Response:
    """Remove a person from the circle."""
    form = visit.read(LeaveForm)
    operation = REMOVE if form.how == "remove" else EXCLUDE
    await visit.ask(operation, body={"reason": form.reason}, person_id=id_of(visit))
    return visit.go(f"/cases/{case_of(visit)}/circle")
