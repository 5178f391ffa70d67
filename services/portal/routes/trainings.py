"""Trainings, for those who give them: announcing a course, planning a session, and who comes."""

import asyncio
from datetime import date, time
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator
from starlette.responses import Response

from services.portal.client import Answer, Items, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.courses import REGISTER, SESSIONS, RegisterForm, Session, money, session_of
from services.portal.staff import StaffVisit, section, staff
from services.portal.visits import Form, PageModel
from services.portal.wording import NAMES
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()
LIST = "/trainings"
_ANNOUNCERS = (Role.TRAINER, Role.ADMINISTRATOR)
ORGANISERS = (*_ANNOUNCERS, Role.FINANCE)
section(LIST, _("Vormingen"), *ORGANISERS)

STATES = {
    "requested": (_("bevestigde nog niet"), "neutral"),
    "awaiting-payment": (_("moet nog betalen"), "warning"),
    "waitlisted": (_("op de wachtlijst"), "info"),
    "confirmed": (_("komt"), "success"),
    "cancelled": (_("geannuleerd"), "neutral"),
    "expired": (_("betaalde niet op tijd"), "neutral"),
}
# Who may still come, in the order of the list.
COMING = ("confirmed", "awaiting-payment", "waitlisted")
_PAGE = {"limit": "200"}
_ASKED = _("De mail is weg. Zodra die bevestigd is, staat de naam in de lijst.")


class Course(Answer):
    """A course."""

    course_id: UUID
    title: str
    audience: str | None


class Registration(Answer):
    """Somebody who registered."""

    registration_id: UUID
    session_id: UUID
    state: str
    first_name: str
    last_name: str
    email: str
    phone: str | None
    organisation: str | None
    price: Decimal
    paid: Decimal
    communication: str | None


class CourseCreated(Answer):
    """The course that was announced."""

    course_id: UUID


class SessionCreated(Answer):
    """The session that was planned."""

    session_id: UUID


COURSES = Operation("training", "GET", "/v1/courses", Items[Course])
ANNOUNCE = Operation("training", "POST", "/v1/courses", CourseCreated)
PLAN = Operation("training", "POST", "/v1/courses/{course_id}/sessions", SessionCreated)
REGISTRATIONS = Operation("training", "GET", "/v1/sessions/{session_id}/registrations", Items[Registration])


class Planned(PageModel):
    """A session in the list."""

    id: UUID
    title: str
    when: str
    place: str
    capacity: int
    places_left: int
    elsewhere: bool


class TrainingsPage(PageModel):
    """What is planned, and the courses of which a session can be planned."""

    sessions: list[Planned]
    more_sessions: str | None
    courses: list[Course]
    more_courses: str | None
    may_announce: bool


def _cursor(visit: StaffVisit, name: str) -> dict[str, str] | None:
    after = visit.request.query_params.get(name)
    return {"cursor": after} if after else None


async def _planned(visit: StaffVisit, each: Session) -> Planned:
    dates = await visit.dates()
    return Planned(
        id=each.session_id,
        title=each.title,
        when=dates.period(each.starts_at, each.ends_at),
        place=each.place,
        capacity=each.capacity,
        places_left=each.places_left,
        elsewhere=each.registration == "elsewhere",
    )


@pages.show(LIST, staff(*ORGANISERS))
async def show(visit: StaffVisit) -> Response:
    """List the sessions to come, and the courses."""
    sessions, courses = await asyncio.gather(
        visit.ask(SESSIONS, query=_cursor(visit, "sessions")),
        visit.ask(COURSES, query=_cursor(visit, "courses")),
    )
    model = TrainingsPage(
        sessions=[await _planned(visit, each) for each in sessions.items],
        more_sessions=sessions.next,
        courses=courses.items,
        more_courses=courses.next,
        may_announce=visit.has(*_ANNOUNCERS),
    )
    return visit.page("trainings.html", model)


class CoursePage(PageModel):
    """A form for a new course."""

    languages: list[tuple[str, str]]


class CourseForm(Form):
    """A new course."""

    WANTED: ClassVar = {
        "title": _("Schrijf hoe de vorming heet, in hoogstens 200 letters."),
        "in_language": _("Kies de taal waarin je de vorming geeft."),
        "registration": _("Kies waar mensen zich inschrijven."),
        "external_url": _("Schrijf het adres van de andere site. Het begint met https://"),
    }

    title: str = Field(max_length=200)
    audience: str | None = Field(default=None, max_length=2000)
    # `language` is the button that changes the language of the page.
    in_language: Literal["nl", "fr", "en"] = Field(serialization_alias="language")
    registration: Literal["here", "elsewhere"]
    external_url: str | None = Field(default=None, pattern=r"^https?://\S+$", validate_default=True)

    @field_validator("external_url")
    @classmethod
    def _if_elsewhere(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("registration") == "elsewhere":
            if value is None:
                raise ValueError
            return value
        return None


@pages.show(f"{LIST}/new", staff(*_ANNOUNCERS))
async def show_new_course(visit: StaffVisit) -> Response:
    """Show the form for a new course."""
    return visit.page("trainings_course.html", CoursePage(languages=list(NAMES.items())))


@pages.send(f"{LIST}/new", staff(*_ANNOUNCERS))
async def announce(visit: StaffVisit) -> Response:
    """Announce a course; a session of it is planned next."""
    form = visit.read(CourseForm)
    made = await visit.ask(ANNOUNCE, body=form.model_dump(by_alias=True, exclude_none=True))
    return visit.go(f"{LIST}/courses/{made.course_id}")


class PlanPage(PageModel):
    """A form for a session of a course."""


class SessionForm(Form):
    """When, where and for how much."""

    WANTED: ClassVar = {
        "day": _("Kies de dag."),
        "begins": _("Vul in wanneer het begint, zoals 9:30."),
        "ends": _("Vul in wanneer het eindigt, later dan het begin."),
        "place": _("Schrijf waar het is."),
        "capacity": _("Vul in hoeveel mensen er kunnen komen."),
        "price": _("Schrijf de prijs in euro, zoals 45,00. Laat leeg als het gratis is."),
        "account_iban": _("Vul de rekening in waarop mensen betalen."),
        "account_name": _("Schrijf op wiens naam de rekening staat."),
    }

    day: date
    begins: time
    ends: time
    place: str = Field(max_length=200)
    capacity: int = Field(ge=1, le=10_000)
    price: Decimal = Field(default=Decimal(0), ge=0, max_digits=7, decimal_places=2)
    vat: Literal["exempt-art44", "small-enterprise", "standard-21"] = "exempt-art44"
    account_iban: str | None = Field(default=None, max_length=42, validate_default=True)
    account_name: str | None = Field(default=None, max_length=70, validate_default=True)

    @field_validator("price", mode="before")
    @classmethod
    def _comma(cls, value: object) -> object:
        return value.replace(",", ".") if isinstance(value, str) else value

    @field_validator("ends")
    @classmethod
    def _later(cls, value: time, info: ValidationInfo) -> time:
        if "begins" in info.data and value <= info.data["begins"]:
            raise ValueError
        return value

    @field_validator("account_iban", "account_name")
    @classmethod
    def _if_paid(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("price") and value is None:
            raise ValueError
        return value


@pages.show(f"{LIST}/courses/{{course_id}}", staff(*_ANNOUNCERS))
async def show_plan(visit: StaffVisit) -> Response:
    """Show the form for a session."""
    return visit.page("trainings_session_new.html", PlanPage())


@pages.send(f"{LIST}/courses/{{course_id}}", staff(*_ANNOUNCERS))
async def plan(visit: StaffVisit) -> Response:
    """Plan a session; hours are those of the organisation's own calendar."""
    form = visit.read(SessionForm)
    calendar = visit.profile.calendar
    body = {
        **form.model_dump(mode="json", exclude={"day", "begins", "ends"}, exclude_none=True),
        "starts_at": calendar.at(form.day, form.begins).isoformat(),
        "ends_at": calendar.at(form.day, form.ends).isoformat(),
    }
    made = await visit.ask(PLAN, body=body, course_id=read_id(visit.request.path_params["course_id"]))
    return visit.go(f"{LIST}/sessions/{made.session_id}")


class Participant(PageModel):
    """Somebody in the list of who comes."""

    id: UUID
    name: str
    email: str
    phone: str | None
    organisation: str | None
    state: str
    state_in_words: str
    color: str
    to_pay: str | None


class SessionPage(PageModel):
    """A session and who comes."""

    session: Planned
    people: list[Participant]
    others: int
    more: str | None
    can_register: bool


def _session_id(visit: StaffVisit) -> str:
    return read_id(visit.request.path_params["session_id"])


def participant_of(visit: StaffVisit, each: Registration) -> Participant:
    """Return how somebody who registered stands in a list."""
    words, color = STATES[each.state]
    owed = each.price - each.paid
    return Participant(
        id=each.registration_id,
        name=f"{each.first_name} {each.last_name}".strip(),
        email=each.email,
        phone=each.phone,
        organisation=each.organisation,
        state=each.state,
        state_in_words=visit.say(words),
        color=color,
        to_pay=money(owed, visit) if owed > 0 and each.state == "awaiting-payment" else None,
    )


async def _session_page(visit: StaffVisit, template: str) -> Response:
    if "asked" in visit.request.query_params:
        visit.notice = visit.say(_ASKED)
    session_id = _session_id(visit)
    query = {**_PAGE, **(_cursor(visit, "after") or {})}
    session, listed = await asyncio.gather(
        session_of(visit, str(visit.tenant), session_id),
        visit.ask(REGISTRATIONS, query=query, session_id=session_id),
    )
    # Who registered first waits longest, and is named first.
    coming = [each for each in reversed(listed.items) if each.state in COMING]
    coming.sort(key=lambda each: COMING.index(each.state))
    planned = await _planned(visit, session)
    model = SessionPage(
        session=planned,
        people=[participant_of(visit, each) for each in coming],
        others=len(listed.items) - len(coming),
        more=listed.next,
        can_register=not planned.elsewhere,
    )
    return visit.page(template, model)


@pages.show(f"{LIST}/sessions/{{session_id}}", staff(*ORGANISERS))
async def show_session(visit: StaffVisit) -> Response:
    """Show a session and who comes."""
    return await _session_page(visit, "trainings_session.html")


@pages.show(f"{LIST}/sessions/{{session_id}}/print", staff(*ORGANISERS))
async def show_print(visit: StaffVisit) -> Response:
    """Show the list of who comes, to print and sign."""
    return await _session_page(visit, "trainings_print.html")


class ColleaguePage(PageModel):
    """A form that registers somebody for a session."""

    session: Planned


class ColleagueForm(RegisterForm):
    """Somebody whom a member of staff registers, and in which language they get their emails."""

    WANTED: ClassVar = {**RegisterForm.WANTED, "in_language": _("Kies in welke taal de mails zijn.")}

    in_language: Literal["nl", "fr", "en"]

    @property
    def body(self) -> dict[str, object]:
        """Return what training takes."""
        given = super().body
        given["language"] = given.pop("in_language")
        return given


@pages.show(f"{LIST}/sessions/{{session_id}}/register", staff(*ORGANISERS))
async def show_register(visit: StaffVisit) -> Response:
    """Show the form for somebody who will come."""
    session = await session_of(visit, str(visit.tenant), _session_id(visit))
    return visit.page("trainings_register.html", ColleaguePage(session=await _planned(visit, session)))


@pages.send(f"{LIST}/sessions/{{session_id}}/register", staff(*ORGANISERS))
async def register(visit: StaffVisit) -> Response:
    """Ask for a place for somebody: they confirm it themselves, in their own mail."""
    form = visit.read(ColleagueForm)
    await visit.ask(REGISTER, body=form.body, session_id=_session_id(visit))
    return visit.go(f"{LIST}/sessions/{_session_id(visit)}?asked=1")
