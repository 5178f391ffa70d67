"""One's own registration for a training, behind the link of its emails: its state, how to pay, and cancelling it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from starlette.responses import Response

from services.portal import sessions
from services.portal.client import Answer, Operation, ServiceRefused
from services.portal.failures import REFUSALS
from services.portal.link_visits import LinkVisit
from services.portal.pages import Pages, anyone
from services.portal.routes.courses import money
from services.portal.sessions import Registrant, Secret
from services.portal.visits import NobodyHere, PageModel, Visit
from services.portal.wording import mark as _

pages = Pages()

OWN = "/registration"


class Payment(Answer):
    """How to pay."""

    account_name: str
    iban: str
    amount: Decimal
    communication: str
    due_on: date


class Registration(Answer):
    """One's own registration."""

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


@dataclass(kw_only=True)
class RegistrantVisit(LinkVisit):
    """A request of somebody who came by the link of their registration."""

    registrant: Registrant

    @property
    def came(self) -> Registrant:
        """Who came, as their session keeps it."""
        return self.registrant

    @property
    def home(self) -> tuple[str, str]:
        """Their registration."""
        return OWN, _("Naar je inschrijving")

    def over(self, refused: ServiceRefused) -> Response | None:
        """Return the page that says that their registration was forgotten meanwhile."""
        return _over(self.as_stranger, refused) if refused.status in _OVER else None

    def _surroundings(self) -> dict[str, Any]:
        return {**super()._surroundings(), "sign_out": f"{OWN}/sign-out"}


def cookie_name(visit: Visit) -> str:
    """Return the name of the session's cookie."""
    return "__Host-kring-registration" if visit.secure else "kring-registration"


async def registrant(visit: Visit) -> RegistrantVisit:
    """Let in who came by the link of their registration. Raises: NobodyHere."""
    secret = Secret.read(visit.request.cookies.get(cookie_name(visit)))
    now = await visit.parts.clock.now()
    known = None if secret is None else await sessions.load(visit.session, secret, Registrant, now=now)
    if secret is None or known is None:
        raise NobodyHere
    visit.language = known.language
    await visit.dress(known.tenant)
    return RegistrantVisit(
        **{name: getattr(visit, name) for name in Visit.__dataclass_fields__},
        secret=secret,
        registrant=known,
    )


class LinkPage(PageModel):
    """The button behind which a registration is. `confirms`: it also confirms it; `over`: what is said instead."""

    confirms: bool
    over: tuple[str, str] | None


_OVER = frozenset({404, 410, 422})
_LINK_OVER = (
    _("Deze link werkt niet meer"),
    _(
        "Bevestigen kan drie dagen lang, tot de vorming begint. Wil je er toch graag bij zijn?"
        " Schrijf je dan opnieuw in."
    ),
)
# By the code of a refusal to confirm: all that is left to do or to know.
_NOT_CONFIRMED = {
    "registration-erased": (_LINK_OVER[0], _("De gegevens van deze inschrijving zijn gewist.")),
    "already-registered": (
        _("Je bent al ingeschreven voor deze vorming"),
        _("Open de link in de eerste mail die je van ons kreeg."),
    ),
    **{
        code: (_("Je inschrijving kan niet meer bevestigd worden"), REFUSALS[code])
        for code in ("registration-closed", "registration-elsewhere")
    },
}


def _over(visit: Visit, refused: ServiceRefused) -> Response:
    title, explanation = _NOT_CONFIRMED.get(refused.code, _LINK_OVER)
    model = LinkPage(confirms=False, over=(visit.say(title), visit.say(explanation)))
    return visit.page("registration_link.html", model, status=410 if refused.status in _OVER else 409)


@pages.show("/r/{token}", anyone)
async def show_link(visit: Visit) -> Response:
    """Show the button; opening the link changes nothing."""
    try:
        found = await visit.ask(READ, body={"token": visit.request.path_params["token"]})
    except ServiceRefused as refused:
        if refused.status not in _OVER:
            raise
        return _over(visit, refused)
    model = LinkPage(confirms=found.state == "requested", over=None)
    return visit.page("registration_link.html", model)


@pages.send("/r/{token}", anyone)
async def enter(visit: Visit) -> Response:
    """Confirm a registration from its address, once, and let in who has it."""
    token = visit.request.path_params["token"]
    try:
        await visit.ask(CONFIRM, body={"token": token})
        found = await visit.ask(READ, body={"token": token})
    except ServiceRefused as refused:
        if refused.status not in _OVER and refused.code not in _NOT_CONFIRMED:
            raise
        return _over(visit, refused)
    came = Registrant(link=token, tenant=found.organisation_id, language=visit.language)
    secret = Secret.new()
    await sessions.keep(visit.session, secret, came, now=await visit.parts.clock.now())
    answer = visit.go(OWN)
    answer.set_cookie(
        cookie_name(visit), secret.cookie, httponly=True, samesite="lax", secure=visit.secure, path="/"
    )
    return answer


class RegistrationPage(PageModel):
    """Where one's own registration stands, and how to pay."""

    state: str
    title: str
    when: str
    place: str
    paid: str | None
    payment: Payment | None
    amount: str | None
    due: str | None
    qr_code: str | None
    can_cancel: bool


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
        amount=money(asked.amount, visit) if asked else None,
        due=dates.day(asked.due_on) if asked else None,
        qr_code=found.qr_code,
        can_cancel=found.can_cancel,
    )
    return visit.page(template, model)


@pages.show(OWN, registrant)
async def show(visit: RegistrantVisit) -> Response:
    """Show one's own registration."""
    return await _page(visit, "registration.html")


@pages.show(f"{OWN}/cancel", registrant)
async def show_cancel(visit: RegistrantVisit) -> Response:
    """Ask whether the registration is to be cancelled, and say what that does."""
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
    answer = visit.go("/")
    answer.delete_cookie(cookie_name(visit), path="/", secure=visit.secure, httponly=True, samesite="lax")
    return answer
