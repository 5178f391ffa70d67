"""The reader's own training registration, behind the link in its emails: state, payment, cancelling."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from starlette.responses import Response
from stdnum import iban

from services.portal import sessions
from services.portal.calendar_files import calendar_file
from services.portal.client import Answer, Operation, ServiceRefused
from services.portal.pages import Pages, anyone
from services.portal.registrants import (
    COOKIE,
    NOT_CONFIRMED,
    OVER,
    OWN,
    LinkPage,
    RegistrantVisit,
    over_page,
    registrant,
)
from services.portal.routes.courses import money
from services.portal.sessions import Registrant, Secret
from services.portal.visits import PageModel, Visit
from shared.calendar import Appointment

pages = Pages()
_HAS_PLACE = ("awaiting-payment", "confirmed")


class Payment(Answer):
    """How to pay."""

    account_name: str
    iban: str
    amount: Decimal
    communication: str
    due_on: date


class Registration(Answer):
    """The reader's own registration."""

    registration_id: UUID
    organisation_id: UUID
    state: str
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    paid: Decimal
    payment: Payment | None
    qr_code: str | None
    can_cancel: bool


CONFIRM = Operation("training", "POST", "/v1/registrations/confirm", Answer)
READ = Operation("training", "POST", "/v1/own-registration", Registration, only_reads=True)
CANCEL = Operation("training", "POST", "/v1/own-registration/cancel", Answer)


@pages.show("/r/{token}", anyone)
async def show_link(visit: Visit) -> Response:
    """Show the button; opening the link changes nothing."""
    try:
        found = await visit.ask(READ, body={"token": visit.request.path_params["token"]})
    except ServiceRefused as refused:
        if refused.status not in OVER:
            raise
        return over_page(visit, refused)
    model = LinkPage(confirms=found.state == "requested", over=None)
    return visit.page("registration_link.html", model)


@pages.send("/r/{token}", anyone)
async def enter(visit: Visit) -> Response:
    """Confirm a registration from its address, once, and let its holder in."""
    token = visit.request.path_params["token"]
    try:
        await visit.ask(CONFIRM, body={"token": token})
        found = await visit.ask(READ, body={"token": token})
    except ServiceRefused as refused:
        if refused.status not in OVER and refused.code not in NOT_CONFIRMED:
            raise
        return over_page(visit, refused)
    came = Registrant(link=token, tenant=found.organisation_id, language=visit.language)
    secret = Secret.new()
    await sessions.keep(visit.session, secret, came, now=await visit.parts.clock.now())
    return visit.set_cookie(visit.go(OWN), COOKIE, secret.cookie)


class RegistrationPage(PageModel):
    """The state of the reader's registration, and how to pay."""

    state: str
    title: str
    when: str
    place: str
    paid: str | None
    payment: Payment | None
    account: str | None
    amount: str | None
    due: str | None
    qr_code: str | None
    can_cancel: bool
    has_place: bool


async def _page(visit: RegistrantVisit, template: str) -> Response:
    found = await visit.ask(READ, body={"token": visit.registrant.link})
    dates = await visit.dates()
    asked = found.payment
    model = RegistrationPage(
        state=found.state,
        title=found.title,
        when=dates.period(found.starts_at, found.ends_at),
        place=found.place,
        paid=money(found.paid, visit) if found.paid else None,
        payment=asked,
        account=iban.format(asked.iban) if asked else None,
        amount=money(asked.amount, visit) if asked else None,
        due=dates.day(asked.due_on) if asked else None,
        qr_code=found.qr_code,
        can_cancel=found.can_cancel,
        has_place=found.state in _HAS_PLACE,
    )
    return visit.page(template, model)


@pages.show(OWN, registrant)
async def show(visit: RegistrantVisit) -> Response:
    """Show one's own registration."""
    return await _page(visit, "registration.html")


@pages.show(f"{OWN}/kring.ics", registrant)
async def calendar(visit: RegistrantVisit) -> Response:
    """Return the session for the reader's own calendar: the same entry as in the mail that confirms a place."""
    found = await visit.ask(READ, body={"token": visit.registrant.link})
    if found.state not in _HAS_PLACE:
        return visit.go(OWN)
    settings = visit.parts.settings
    entry = Appointment(
        uid=f"{found.registration_id}@{settings.mail_domain}",
        sequence=0,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        calendar=visit.profile.calendar,
        summary=found.title,
        place=found.place,
        stamped_at=await visit.parts.clock.now(),
        organiser_address=settings.mail_address,
        attendee_address=None,
    )
    return calendar_file(entry)


@pages.show(f"{OWN}/cancel", registrant)
async def show_cancel(visit: RegistrantVisit) -> Response:
    """Ask whether to cancel the registration, and explain the consequences."""
    return await _page(visit, "registration_cancel.html")


@pages.send(f"{OWN}/cancel", registrant)
async def cancel(visit: RegistrantVisit) -> Response:
    """Cancel one's own registration."""
    await visit.ask(CANCEL, body={"token": visit.registrant.link})
    return visit.go(OWN)


@pages.send(f"{OWN}/sign-out", registrant)
async def sign_out(visit: RegistrantVisit) -> Response:
    """End the session here."""
    await sessions.end(visit.session, visit.secret)
    return visit.drop_cookie(visit.go("/"), COOKIE)
