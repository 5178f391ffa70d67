"""The circle of a case: its people, proposals and invitations."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import StringConstraints
from starlette.responses import Response

from services.portal.circle_picture import NARROW, WIDE, Picture, Somebody, picture_of, place_of
from services.portal.client import Answer, Items, NamedAnswer, Operation
from services.portal.drafts import WrittenDay
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.agreeing import ABOUT
from services.portal.routes.family import BIRTH_DATE, children, family_of_form
from services.portal.routes.of_case import case_of, everyone, in_circle
from services.portal.staff import StaffVisit, staff
from services.portal.visits import Form, PageModel
from services.portal.wording import Dates
from services.portal.wording import mark as _
from shared import fields
from shared.auth import Role
from shared.fields import EmailAddress, LanguageCode, LastName, Line, Name, Phone

pages = Pages()

Reason = Annotated[fields.Text, StringConstraints(max_length=2000)]


class Invited(Answer):
    """The state of an invitation."""

    invitation_id: UUID
    state: str
    answer: str | None
    answered_at: datetime | None
    delivery: str | None


class Person(NamedAnswer):
    """A person of a case; nothing is known of an erased one."""

    person_id: UUID
    relation: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    language: str | None = None
    birth_date: date | None = None
    parental_authority: bool | None = None
    authority_over: list[UUID] | None = None
    role: str
    side: str
    state: str
    version: int
    required: bool
    serves: UUID | None
    proposed_by: UUID | None
    not_with: list[UUID]
    needs: list[str]
    needs_words: str | None
    invitation: Invited | None

    @property
    def name(self) -> str:
        """First and last name."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)


class Voice(Answer):
    """A person whose answer counts: for themselves, or as a holder of parental authority."""

    person_id: UUID
    speaks: Literal["self", "holder"]


class Purpose(Answer):
    """Whether everyone who decides about a purpose agreed to it."""

    purpose: str
    voices: list[Voice]
    allowed: bool


class Consents(Answer):
    """The consents about one person."""

    person_id: UUID
    age: str
    purposes: list[Purpose]


class ConsentStatus(Answer):
    """The consents about each person of a case."""

    persons: list[Consents]


class Contact(Answer):
    """A contact of the coordinator."""

    channel: str
    purpose: str
    on: date


class Text(Answer):
    """A text that people are asked to agree to."""

    audience: str
    language: str
    title: str
    body: str


class Texts(Answer):
    """The current texts of a purpose."""

    version: int
    texts: list[Text]


PEOPLE = Operation("network", "GET", "/v1/cases/{case_id}/persons", Items[Person])
CONSENTS = Operation("network", "GET", "/v1/cases/{case_id}/consent-status", ConsentStatus)
ADD = Operation("network", "POST", "/v1/cases/{case_id}/persons", Answer)
INVITE_ALL = Operation("network", "POST", "/v1/cases/{case_id}/invitations", Answer)
PERSON = Operation("network", "GET", "/v1/persons/{person_id}", Person)
CHANGE = Operation("network", "PATCH", "/v1/persons/{person_id}", Answer)
CONFIRM = Operation("network", "POST", "/v1/persons/{person_id}/confirm", Answer)
INVITE = Operation("network", "POST", "/v1/persons/{person_id}/invitation", Answer)
ANSWER_FOR = Operation("network", "POST", "/v1/invitations/{invitation_id}/answer", Answer)
REMOVE = Operation("network", "POST", "/v1/persons/{person_id}/remove", type(None))
EXCLUDE = Operation("network", "POST", "/v1/persons/{person_id}/exclude", type(None))
CONTACTS = Operation("network", "GET", "/v1/persons/{person_id}/contacts", Items[Contact])
NOTE = Operation("network", "POST", "/v1/persons/{person_id}/contacts", Answer)
TEXTS = Operation("network", "GET", "/v1/consent-texts/{purpose}", Texts)
RECORD = Operation("network", "PUT", "/v1/persons/{person_id}/consents/{purpose}", Answer)

# The purposes that people of a circle are asked about.
PURPOSES = {code: ABOUT[code] for code in ("taking-part", "mail", "share-plan", "research")}
_STATES = {
    "proposed": _("voorgesteld"),
    "active": _("in de kring"),
    "removed": _("uit de kring"),
    "excluded": _("mag niet komen"),
    "erased": _("gewist"),
}
_INVITED = {
    "sent": _("uitgenodigd"),
    "silent": _("antwoordde niet op tijd"),
    "cancelled": _("uitnodiging ingetrokken"),
    "yes": _("doet mee"),
    "no": _("doet niet mee"),
    "unsure": _("weet het nog niet"),
}
PLACES = {
    "central": _("Over wie het gaat"),
    "maternal": _("Kant van moeder"),
    "paternal": _("Kant van vader"),
    "other": _("Anderen"),
    "professional": _("Voor hun werk"),
}
# What the signs in the picture mean.
_STANDS = {
    "yes": _("doet mee"),
    "unsure": _("weet het nog niet"),
    "invited": _("uitgenodigd, zei nog niets"),
    "new": _("nog niet uitgenodigd"),
    "proposed": _("voorgesteld"),
    "no": _("doet niet mee"),
}


class Row(PageModel):
    """A person in the table."""

    id: UUID
    name: str
    relation: str | None
    place: str
    reach: str
    state: str
    proposed: bool
    proposed_by: str | None
    active: bool
    invited: str | None
    agreed: list[str]
    kept_apart: bool


class CirclePage(PageModel):
    """The circle."""

    case_id: UUID
    rows: list[Row]
    gone: list[Row]
    to_invite: int
    # Empty if there is nobody to draw. `states`: what their signs mean.
    pictures: list[Picture]
    sides: dict[str, str]
    states: list[tuple[str, str]]


class Named(PageModel):
    """A person to choose."""

    id: UUID
    name: str


class ChoosePage(PageModel):
    """People of a case to choose from."""

    case_id: UUID
    people: list[Named]


class NewPage(ChoosePage):
    """The form for a new person; `children`: over whom they can hold parental authority."""

    children: list[tuple[str, str]]


class AddForm(Form):
    """A new person."""

    WANTED: ClassVar = {
        "birth_date": BIRTH_DATE,
        "first_name": _("Schrijf de voornaam."),
    }

    first_name: Name
    last_name: LastName = ""
    relation: Line | None = None
    email: EmailAddress | None = None
    phone: Phone | None = None
    address: Line | None = None
    birth_date: WrittenDay | None = None
    side: Literal["maternal", "paternal", "other"] | None = None
    # `language` is that of the page.
    written_in: LanguageCode | None = None

    @property
    def body(self) -> dict[str, Any]:
        """Return network's request body, without the birth date."""
        kept = {"language": self.written_in, "side": self.side}
        chosen = {name: value for name, value in kept.items() if value is not None}
        return self.model_dump(mode="json", exclude={"written_in", "birth_date", "side"}) | chosen


class NewForm(AddForm):
    """A new person: in which role, on whose side, and whose idea."""

    role: Literal["circle", "central", "professional", "advocate", "interpreter", "representative"] = "circle"
    proposed_by: UUID | None = None


async def people_of(visit: StaffVisit) -> list[Person]:
    """Return the people of the case that the address names."""
    return await visit.ask_all(PEOPLE, case_id=case_of(visit))


def invited_in_words(visit: StaffVisit, dates: Dates, given: Invited | None) -> str | None:
    """Return the state of an invitation in words; of somebody who is unsure, since when."""
    if given is None:
        return None
    if given.state == "cancelled" or given.answer is None:
        return visit.word(_INVITED, given.state)
    said = visit.word(_INVITED, given.answer)
    return f"{said} ({dates.day(given.answered_at)})" if given.answer == "unsure" else said


def active(people: Sequence[Person]) -> list[Named]:
    """Return those who take part, to choose from."""
    return [Named(id=each.person_id, name=each.name) for each in people if each.state == "active"]


@pages.show("/cases/{case_id}/circle", staff(Role.COORDINATOR))
async def show(visit: StaffVisit) -> Response:
    """Show the circle."""
    case_id = case_of(visit)
    people, status = await asyncio.gather(
        people_of(visit), visit.ask_or(CONSENTS, ConsentStatus(persons=[]), case_id=case_id)
    )
    agreed = {
        each.person_id: [
            visit.word(PURPOSES, one.purpose)
            for one in each.purposes
            if one.allowed and one.purpose in PURPOSES
        ]
        for each in status.persons
    }
    rows = rows_of(visit, await visit.dates(), people, agreed)
    drawn = [_drawn(each) for each in people if each.state in ("active", "proposed")]
    model = CirclePage(
        case_id=UUID(case_id),
        rows=[each for each in rows if each.active or each.proposed],
        gone=[each for each in rows if not each.active and not each.proposed],
        to_invite=sum(each.active and each.invited is None for each in rows),
        pictures=[picture_of(drawn, size) for size in (WIDE, NARROW)],
        sides={code: visit.say(words) for code, words in PLACES.items()},
        states=[
            (code, visit.say(words))
            for code, words in _STANDS.items()
            if any(each.state == code for each in drawn)
        ],
    )
    return visit.page("circle.html", model)


def _drawn(person: Person) -> Somebody:
    invitation, state = person.invitation, "central" if person.role == "central" else "new"
    if person.state == "proposed":
        state = "proposed"
    elif invitation is not None and invitation.state != "cancelled":
        state = invitation.answer or "invited"
    return Somebody(
        first_name=person.first_name or "",
        last_name=person.last_name or "",
        relation=person.relation or "",
        place=place_of(person.role, person.side),
        state=state,
    )


def rows_of(
    visit: StaffVisit,
    dates: Dates,
    people: Sequence[Person],
    agreed: Mapping[UUID, list[str]] = MappingProxyType({}),
) -> list[Row]:
    """Return people as rows of a table; `agreed`: to what everyone who decides about them agreed."""
    names = {each.person_id: each.name for each in people}
    return [
        Row(
            id=each.person_id,
            name=each.name,
            relation=each.relation,
            place=visit.word(PLACES, place_of(each.role, each.side)),
            reach=", ".join(part for part in (each.phone, each.email) if part),
            state=visit.word(_STATES, each.state),
            proposed=each.state == "proposed",
            proposed_by=names.get(each.proposed_by) if each.proposed_by else None,
            active=each.state == "active",
            invited=invited_in_words(visit, dates, each.invitation),
            agreed=agreed.get(each.person_id, []),
            kept_apart=bool(each.not_with),
        )
        for each in people
    ]


@pages.send("/cases/{case_id}/circle", staff(Role.COORDINATOR))
async def act(visit: StaffVisit) -> Response:
    """Confirm a proposed person, or invite everybody without an invitation."""
    case_id = case_of(visit)
    if "confirm" in visit.form:
        await visit.ask(CONFIRM, person_id=read_id(visit.form["confirm"]))
    else:
        body = {"include_central": visit.form.get("include_central") == "yes"}
        await visit.ask(INVITE_ALL, body=body, case_id=case_id)
    return visit.go(f"/cases/{case_id}/circle")


@pages.show("/cases/{case_id}/circle/new", staff(Role.COORDINATOR))
async def show_new(visit: StaffVisit) -> Response:
    """Show the form for a new person."""
    people = in_circle(await everyone(visit, case_of(visit)))
    model = NewPage(
        case_id=UUID(case_of(visit)),
        people=[Named(id=each.person_id, name=each.name) for each in people],
        children=children(visit, people),
    )
    return visit.page("circle_new.html", model)


@pages.send("/cases/{case_id}/circle/new", staff(Role.COORDINATOR))
async def add(visit: StaffVisit) -> Response:
    """Add a person."""
    case_id, form = case_of(visit), visit.read(NewForm)
    body = form.body | await family_of_form(visit, form.birth_date)
    said = {name: value for name, value in body.items() if value is not None}
    await visit.ask(ADD, body=said, case_id=case_id)
    return visit.go(f"/cases/{case_id}/circle")
