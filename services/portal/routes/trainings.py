"""Trainings, for those who give them: courses, sessions and participants."""

import asyncio
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Items, NamedAnswer, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.courses import REGISTER, SESSION, SESSIONS, RegisterForm, Session, money
from services.portal.staff import StaffVisit, section, staff
from services.portal.visits import PageModel
from services.portal.wording import mark as _
from shared.auth import Role
from shared.languages import Language

pages = Pages()
LIST = "/trainings"
ANNOUNCERS = (Role.TRAINER, Role.ADMINISTRATOR)
ORGANISERS = (*ANNOUNCERS, Role.FINANCE)
section(LIST, _("Vormingen"), *ORGANISERS)

STATES = {
    "requested": (_("bevestigde nog niet"), "neutral"),
    "awaiting-payment": (_("moet nog betalen"), "warning"),
    "waitlisted": (_("op de wachtlijst"), "info"),
    "confirmed": (_("komt"), "success"),
    "cancelled": (_("geannuleerd"), "neutral"),
    "expired": (_("betaalde niet op tijd"), "neutral"),
}
# The states in which people may still come, in the order of the list.
COMING = ("confirmed", "awaiting-payment", "waitlisted")
_PAGE = {"limit": "200"}
_ASKED = _("De mail is verstuurd. Zodra de persoon bevestigt, staat de naam in de lijst.")

_CHANGED = _(
    "Bewaard. Is de dag of de plaats anders, dan krijgt iedereen die ingeschreven is of wacht daar nu een mail over."
)


class Course(Answer):
    """A course."""

    course_id: UUID
    title: str
    audience: str | None


class Registration(NamedAnswer):
    """A participant."""

    registration_id: UUID
    session_id: UUID
    state: str
    email: str
    phone: str | None
    organisation: str | None
    price: Decimal
    paid: Decimal
    communication: str | None


COURSES = Operation("training", "GET", "/v1/courses", Items[Course])
OVER = Operation("training", "GET", "/v1/sessions/over", Items[Session])
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
    cancelled: bool


class TrainingsPage(PageModel):
    """Planned sessions, and the courses of which one can be planned."""

    sessions: list[Planned]
    more_sessions: str | None
    courses: list[Course]
    more_courses: str | None
    may_announce: bool


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
        cancelled=each.cancelled,
    )


@pages.show(LIST, staff(*ORGANISERS))
async def show(visit: StaffVisit) -> Response:
    """List the sessions to come, and the courses."""
    sessions, courses = await asyncio.gather(
        visit.ask(SESSIONS, query=visit.turned_to("sessions")),
        visit.ask(COURSES, query=visit.turned_to("courses")),
    )
    model = TrainingsPage(
        sessions=[await _planned(visit, each) for each in sessions.items],
        more_sessions=visit.next_page(sessions.next, "sessions"),
        courses=courses.items,
        more_courses=visit.next_page(courses.next, "courses"),
        may_announce=visit.has(*ANNOUNCERS),
    )
    return visit.page("trainings.html", model)


class OverPage(PageModel):
    """Past sessions."""

    sessions: list[Planned]
    more: str | None


@pages.show(f"{LIST}/over", staff(*ORGANISERS))
async def show_over(visit: StaffVisit) -> Response:
    """List the sessions that are over or were cancelled."""
    listed = await visit.ask(OVER, query=visit.turned_to())
    sessions = [await _planned(visit, each) for each in listed.items]
    return visit.page("trainings_over.html", OverPage(sessions=sessions, more=visit.next_page(listed.next)))


class Participant(PageModel):
    """A participant in the list."""

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
    """A session and its participants."""

    session: Planned
    people: list[Participant]
    others: list[Participant]
    more: str | None
    can_register: bool
    is_open: bool
    may_change: bool


def session_id_of(visit: StaffVisit) -> str:
    """Return the session in the address."""
    return read_id(visit.request.path_params["session_id"])


def participant_of(visit: StaffVisit, each: Registration) -> Participant:
    """Return a participant's entry in a list."""
    words, color = STATES.get(each.state, (each.state, "neutral"))
    owed = each.price - each.paid
    return Participant(
        id=each.registration_id,
        name=each.name,
        email=each.email,
        phone=each.phone,
        organisation=each.organisation,
        state=each.state,
        state_in_words=visit.say(words),
        color=color,
        to_pay=money(owed, visit) if owed > 0 and each.state == "awaiting-payment" else None,
    )


def can_change(session: Session, now: datetime) -> bool:
    """Tell whether a session can still be changed."""
    return not session.cancelled and now < session.starts_at


async def _session_page(visit: StaffVisit, template: str) -> Response:
    if "asked" in visit.request.query_params:
        visit.notice = visit.say(_ASKED)
    if "changed" in visit.request.query_params:
        visit.notice = visit.say(_CHANGED)
    session_id = session_id_of(visit)
    query = {**_PAGE, **visit.turned_to()}
    session, listed = await asyncio.gather(
        visit.ask(SESSION, session_id=session_id),
        visit.ask(REGISTRATIONS, query=query, session_id=session_id),
    )
    # The earliest registration has waited longest, and comes first.
    coming = [each for each in reversed(listed.items) if each.state in COMING]
    coming.sort(key=lambda each: COMING.index(each.state))
    planned = await _planned(visit, session)
    is_open = can_change(session, await visit.parts.clock.now())
    model = SessionPage(
        session=planned,
        people=[participant_of(visit, each) for each in coming],
        others=[participant_of(visit, each) for each in listed.items if each.state not in COMING],
        more=visit.next_page(listed.next),
        can_register=not planned.elsewhere,
        is_open=is_open,
        may_change=visit.has(*ANNOUNCERS) and is_open,
    )
    return visit.page(template, model)


@pages.show(f"{LIST}/sessions/{{session_id}}", staff(*ORGANISERS))
async def show_session(visit: StaffVisit) -> Response:
    """Show a session and its participants."""
    return await _session_page(visit, "trainings_session.html")


@pages.show(f"{LIST}/sessions/{{session_id}}/print", staff(*ORGANISERS))
async def show_print(visit: StaffVisit) -> Response:
    """Show the list of participants, to print and sign."""
    return await _session_page(visit, "trainings_print.html")


class ColleaguePage(PageModel):
    """A form that registers somebody for a session."""

    session: Planned


class ColleagueForm(RegisterForm):
    """A participant entered by a member of staff, and the language of their emails."""

    WANTED: ClassVar = {**RegisterForm.WANTED, "in_language": _("Kies in welke taal de mails zijn.")}

    in_language: Language

    @property
    def body(self) -> dict[str, object]:
        """Return training's request body."""
        given = super().body
        given["language"] = given.pop("in_language")
        return given


@pages.show(f"{LIST}/sessions/{{session_id}}/register", staff(*ORGANISERS))
async def show_register(visit: StaffVisit) -> Response:
    """Show the form for a participant."""
    session = await visit.ask(SESSION, session_id=session_id_of(visit))
    return visit.page("trainings_register.html", ColleaguePage(session=await _planned(visit, session)))


@pages.send(f"{LIST}/sessions/{{session_id}}/register", staff(*ORGANISERS))
async def register(visit: StaffVisit) -> Response:
    """Request a place for a participant: they confirm it themselves, from their own mail."""
    form = visit.read(ColleagueForm)
    await visit.ask(REGISTER, body=form.body, session_id=session_id_of(visit))
    return visit.go(f"{LIST}/sessions/{session_id_of(visit)}?asked=1")
