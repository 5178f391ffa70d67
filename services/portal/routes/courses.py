"""Courses on offer, and registering."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import StringConstraints
from starlette.responses import Response

from services.portal.calendar_files import calendar_file
from services.portal.client import Answer, Items, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages, of_organisation
from services.portal.visits import Form, PageModel, Visit
from services.portal.wording import Dates, language_name
from services.portal.wording import mark as _
from shared.calendar import Appointment
from shared.fields import EmailAddress, KboNumber, Line, Name, Phone
from shared.languages import Language

pages = Pages()


class Session(Answer):
    """A session of a course."""

    session_id: UUID
    title: str
    description: str | None
    given_by: str | None
    language: str
    registration: str
    external_url: str | None
    place: str
    starts_at: datetime
    ends_at: datetime
    price: Decimal
    capacity: int
    places_left: int
    version: int
    cancelled: bool


SESSIONS = Operation("training", "GET", "/v1/sessions", Items[Session])
SESSION = Operation("training", "GET", "/v1/sessions/{session_id}", Session)
REGISTER = Operation("training", "POST", "/v1/sessions/{session_id}/registrations", Answer)


class Offered(PageModel):
    """A session on the page."""

    id: UUID
    title: str
    description: str | None
    given_by: str | None
    when: str
    place: str
    language: str
    price: str | None
    places_left: int
    elsewhere: str | None


class CoursesPage(PageModel):
    """What an organisation offers."""

    name: str
    tenant: UUID
    sessions: list[Offered]
    more: str | None


def _tenant(visit: Visit) -> str:
    return read_id(visit.request.path_params["tenant"])


async def _dates(visit: Visit) -> tuple[str, Dates]:
    return visit.profile.name, Dates(visit.language, visit.profile.calendar)


def _offered(visit: Visit, each: Session, dates: Dates) -> Offered:
    return Offered(
        id=each.session_id,
        title=each.title,
        description=each.description,
        given_by=each.given_by,
        when=dates.period(each.starts_at, each.ends_at),
        place=each.place,
        language=language_name(each.language, visit.language),
        price=money(each.price, visit) if each.price else None,
        places_left=each.places_left,
        elsewhere=each.external_url,
    )


# How amounts are written here; in the other languages as in their main country.
_LOCALES: dict[Language, str] = {"nl": "nl_BE", "fr": "fr_BE", "en": "en_GB"}


def money(amount: Decimal, visit: Visit) -> str:
    """Return an amount in euro as it is written in the reader's language."""
    from babel.numbers import format_currency

    return format_currency(amount, "EUR", locale=_LOCALES.get(visit.language, visit.language))


@pages.show("/o/{tenant}/courses", of_organisation)
async def courses(visit: Visit) -> Response:
    """List upcoming sessions."""
    name, dates = await _dates(visit)
    listed = await visit.ask(SESSIONS, headers={"kring-tenant": _tenant(visit)}, query=visit.turned_to())
    model = CoursesPage(
        name=name,
        tenant=UUID(_tenant(visit)),
        sessions=[_offered(visit, each, dates) for each in listed.items],
        more=visit.next_page(listed.next),
    )
    return visit.page("courses.html", model)


class RegisterPage(PageModel):
    """A session, and the form for a place in it."""

    name: str
    tenant: UUID
    session: Offered
    is_open: bool
    sent: bool


class RegisterForm(Form):
    """The participant, and the payer if that is somebody else."""

    WANTED: ClassVar = {
        "first_name": _("Schrijf je voornaam."),
        "last_name": _("Schrijf je familienaam."),
        "email": _("Schrijf je mailadres, zoals naam@voorbeeld.be. We sturen er een bevestiging naartoe."),
    }

    first_name: Name
    last_name: Name
    email: EmailAddress
    phone: Phone | None = None
    organisation: Annotated[Line, StringConstraints(max_length=140)] | None = None
    invoice_name: Line | None = None
    invoice_kbo_number: KboNumber | None = None

    @property
    def body(self) -> dict[str, object]:
        """Return training's request body."""
        given = self.model_dump(exclude_none=True, exclude={"invoice_name", "invoice_kbo_number"})
        if self.invoice_name is not None:
            invoice = {"name": self.invoice_name, "kbo_number": self.invoice_kbo_number}
            given["invoice_to"] = {name: value for name, value in invoice.items() if value is not None}
        return given


async def _session(visit: Visit) -> Session:
    return await visit.ask(
        SESSION,
        headers={"kring-tenant": _tenant(visit)},
        session_id=read_id(visit.request.path_params["session_id"]),
    )


async def _register_page(visit: Visit, *, sent: bool) -> Response:
    name, dates = await _dates(visit)
    found = await _session(visit)
    model = RegisterPage(
        name=name,
        tenant=UUID(_tenant(visit)),
        session=_offered(visit, found, dates),
        is_open=not found.cancelled and await visit.parts.clock.now() < found.starts_at,
        sent=sent,
    )
    return visit.page("register.html", model)


@pages.show("/o/{tenant}/sessions/{session_id}", of_organisation)
async def show(visit: Visit) -> Response:
    """Show a session and the form."""
    return await _register_page(visit, sent=False)


@pages.show("/o/{tenant}/sessions/{session_id}/kring.ics", of_organisation)
async def calendar(visit: Visit) -> Response:
    """Return a session for the reader's own calendar: all of it is public."""
    found = await _session(visit)
    entry = Appointment(
        uid=str(found.session_id),
        sequence=found.version,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        calendar=visit.profile.calendar,
        summary=found.title,
        place=found.place,
        stamped_at=await visit.parts.clock.now(),
        organiser_address=visit.parts.settings.mail_address,
        attendee_address=None,
        cancelled=found.cancelled,
    )
    return calendar_file(entry)


@pages.send("/o/{tenant}/sessions/{session_id}", of_organisation)
async def register(visit: Visit) -> Response:
    """Request a place; the confirmation mail explains the rest."""
    form = visit.read(RegisterForm)
    await visit.ask(
        REGISTER,
        headers={"kring-tenant": _tenant(visit)},
        body={**form.body, "language": visit.language},
        session_id=read_id(visit.request.path_params["session_id"]),
    )
    return await _register_page(visit, sent=True)
