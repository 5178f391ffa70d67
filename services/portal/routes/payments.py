"""Payments, for finance: a bank statement is given, and what cannot be booked by itself is decided line by line."""

import asyncio
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import model_validator
from starlette.responses import Response

from services.portal.client import Answer, Items, NamedAnswer, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.courses import SESSIONS, money
from services.portal.routes.trainings import OVER, REGISTRATIONS, STATES, Registration
from services.portal.staff import StaffVisit, section, staff
from services.portal.visits import Form, PageModel, Unacceptable
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()
QUEUE = "/payments"
section(QUEUE, _("Betalingen"), Role.FINANCE)

_MOST = {"limit": "200"}
_AMOUNT = re.compile(r"\d{1,9}(\.\d{1,2})?")
# The file for training, and the fields of the form around it.
_MAX_FILE = 20 * 1024 * 1024 + 64 * 1024
# What waits for a person, in this order: assigning payments, and money that counts for nothing.
_WHOSE = ("suggested", "unmatched")
_WHAT_NOW = ("overpaid", "paid-twice", "late", "underpaid", "early")
WAITS = (*_WHOSE, *_WHAT_NOW)
_REASONS = {
    "suggested": _("Zonder mededeling, maar de naam lijkt op die van een inschrijving."),
    "unmatched": _("Zonder mededeling die we kennen, en de naam lijkt op geen inschrijving."),
    "overpaid": _("Er is te veel betaald."),
    "paid-twice": _("Dit is al eens betaald."),
    "late": _("Het geld kwam nadat de inschrijving voorbij was."),
    "underpaid": _("Er is te weinig betaald. De inschrijving wacht op de rest."),
    "early": _("Het geld kwam voor er een plaats was. De inschrijving staat nog op de wachtlijst."),
}
# The decisions about money that counts for nothing.
_MAY_KEEP = frozenset({"suggested", "unmatched", "overpaid", "paid-twice", "late"})


class Suggestion(NamedAnswer):
    """A possible owner of a payment."""

    registration_id: UUID
    price: Decimal
    registration_state: str


class Payment(Answer):
    """A payment that waits for a person."""

    payment_id: UUID
    kind: str
    state: str
    amount: Decimal
    taken_back: Decimal
    booked_on: date
    payer_name: str
    text: str
    communication: str | None
    registration_id: UUID | None
    suggestions: list[Suggestion]


class LeftOut(Answer):
    """A skipped entry."""

    entry: int
    reason: str


class StatementSummary(Answer):
    """How far an import is."""

    statement_id: UUID
    imported_at: datetime
    imported_by: UUID
    first_day: date | None
    last_day: date | None
    state: str
    total: int
    booked: int
    payments: dict[str, int]
    left_out_count: int
    balances_differ: bool


class Statement(StatementSummary):
    """How far an import is, and what it left out."""

    left_out: list[LeftOut]


PAYMENTS = Operation("training", "GET", "/v1/payments", Items[Payment])
IMPORT = Operation("training", "POST", "/v1/statements", Statement)
MATCH = Operation("training", "POST", "/v1/payments/{payment_id}/match", Answer)
PAYMENT = Operation("training", "GET", "/v1/payments/{payment_id}", Payment)
DIVIDE = Operation("training", "POST", "/v1/payments/{payment_id}/divide", Answer)
SETTLE = Operation("training", "POST", "/v1/payments/{payment_id}/settle", Answer)


class Guess(PageModel):
    """A possible owner of a payment, as a button."""

    id: UUID
    name: str
    price: str
    fits: bool
    state: str


class Line(PageModel):
    """One payment of the queue, with its own form."""

    id: UUID
    amount: str
    day: str
    payer: str
    text: str
    reason: str
    is_reversal: bool
    registration_id: UUID | None
    guesses: list[Guess]
    may_refund: bool
    may_keep: bool
    may_accept: bool
    next: str


class QueuePage(PageModel):
    """What waits for a person."""

    lines: list[Line]
    more: bool


async def _line(visit: StaffVisit, each: Payment, following: Payment | None) -> Line:
    dates = await visit.dates()
    is_reversal = each.kind == "reversal"
    return Line(
        id=each.payment_id,
        amount=money(each.amount - each.taken_back, visit),
        day=dates.day(each.booked_on),
        payer=each.payer_name,
        text=each.text,
        reason=visit.say(_("De bank nam geld terug.")) if is_reversal else visit.word(_REASONS, each.state),
        is_reversal=is_reversal,
        registration_id=each.registration_id,
        guesses=[
            Guess(
                id=guess.registration_id,
                name=guess.name,
                price=money(guess.price, visit),
                fits=guess.price == each.amount,
                state=visit.say(STATES.get(guess.registration_state, (guess.registration_state,))[0]),
            )
            for guess in each.suggestions
        ],
        may_refund=not is_reversal,
        may_keep=not is_reversal and each.state in _MAY_KEEP,
        may_accept=each.state == "underpaid",
        next=f"p-{following.payment_id}" if following else "queue",
    )


@pages.show(QUEUE, staff(Role.FINANCE))
async def show(visit: StaffVisit) -> Response:
    """Show the form for a statement, and what waits for a person."""
    if "payment_id" in visit.request.path_params and "session" in visit.request.query_params:
        # A decision that was refused was made among the participants of a session.
        return await search(visit)
    lists = await asyncio.gather(
        *(visit.ask(PAYMENTS, query={"state": state, "limit": "50"}) for state in WAITS)
    )
    # A payment whose state changes while we ask may appear twice.
    waiting = list({each.payment_id: each for listed in lists for each in listed.items}.values())
    model = QueuePage(
        lines=[
            await _line(visit, each, following)
            for each, following in zip(waiting, [*waiting[1:], None], strict=False)
        ],
        more=any(listed.next for listed in lists),
    )
    return visit.page("payments.html", model)


@pages.send(QUEUE, staff(Role.FINANCE), max_body_size=_MAX_FILE)
async def give_statement(visit: StaffVisit) -> Response:
    """Import a bank statement."""
    if visit.file is None:
        raise Unacceptable({"file": _("Kies een bestand van de bank.")})
    made = await visit.ask(IMPORT, content=visit.file)
    return visit.go(f"{QUEUE}/statements/{made.statement_id}")


class DecisionForm(Form):
    """The owner of a payment, or another decision; each is a button."""

    WANTED: ClassVar = {"": _("Kies een van de knoppen bij de betaling.")}

    registration: UUID | None = None
    settle: Literal["refund", "keep"] | None = None
    accept_amount: bool = False
    moved_from: UUID | None = None
    following: str = "queue"

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.registration is None) == (self.settle is None):
            raise ValueError
        return self


class SearchPage(PageModel):
    """The participants of a session, to choose the owner of a payment, or to divide it."""

    payment_id: UUID
    registration_id: UUID | None
    amount: str
    payer: str
    text: str
    is_reversal: bool
    may_divide: bool
    session: str | None
    sessions: list[tuple[UUID, str, str]]
    people: list[Guess] | None


def _owes(each: Registration) -> Decimal:
    return each.price - each.paid if each.state != "cancelled" else Decimal(0)


@pages.show(f"{QUEUE}/{{payment_id}}", staff(Role.FINANCE))
async def search(visit: StaffVisit) -> Response:
    """Show sessions, and the participants of one of them."""
    dates = await visit.dates()
    payment_id = read_id(visit.request.path_params["payment_id"])
    payment, coming, over = await asyncio.gather(
        visit.ask(PAYMENT, payment_id=payment_id),
        visit.ask(SESSIONS, query=_MOST),
        visit.ask(OVER, query=_MOST),
    )
    is_reversal = payment.kind == "reversal"
    chosen = visit.request.query_params.get("session")
    people = None
    if chosen is not None:
        listed = await visit.ask(REGISTRATIONS, query=_MOST, session_id=read_id(chosen))
        # Money comes from those who must pay, and a reversal belongs to those who paid.
        of_it = [(each, each.paid if is_reversal else _owes(each)) for each in listed.items]
        people = [
            Guess(
                id=each.registration_id,
                name=each.name,
                price=money(amount, visit),
                fits=amount == payment.amount,
                state=visit.say(STATES.get(each.state, (each.state,))[0]),
            )
            for each, amount in of_it
            if amount > 0
        ]
    model = SearchPage(
        payment_id=payment.payment_id,
        registration_id=payment.registration_id,
        amount=money(payment.amount - payment.taken_back, visit),
        payer=payment.payer_name,
        text=payment.text,
        is_reversal=is_reversal,
        may_divide=not is_reversal and payment.state in _WHOSE,
        session=chosen,
        sessions=[
            (each.session_id, each.title, dates.time(each.starts_at))
            for each in (*coming.items, *over.items)
            if each.price > 0
        ],
        people=people,
    )
    return visit.page("payments_search.html", model)


@pages.send(f"{QUEUE}/{{payment_id}}", staff(Role.FINANCE), shown_by=show)
async def decide(visit: StaffVisit) -> Response:
    """Send a decision about a payment, and go on to the next one."""
    form = visit.read(DecisionForm)
    payment_id = read_id(visit.request.path_params["payment_id"])
    if form.settle is not None:
        await visit.ask(SETTLE, body={"by": form.settle}, payment_id=payment_id)
    else:
        body: dict[str, Any] = {
            "registration_id": str(form.registration),
            "accept_amount": form.accept_amount,
        }
        if form.moved_from is not None:
            body["moved_from"] = str(form.moved_from)
        await visit.ask(MATCH, body=body, payment_id=payment_id)
    following = form.following.removeprefix("p-")
    return visit.go(f"{QUEUE}#{'queue' if following == 'queue' else f'p-{read_id(following)}'}")


_SHARE = "share-"
_NO_SHARES = _("Schrijf bij minstens twee mensen een bedrag, zoals 45,00.")


@pages.send(f"{QUEUE}/{{payment_id}}/divide", staff(Role.FINANCE), shown_by=search)
async def divide(visit: StaffVisit) -> Response:
    """Divide a payment over the registrations that have an amount."""
    given = {name.removeprefix(_SHARE): text for name, text in visit.form.items() if name.startswith(_SHARE)}
    written = {one: text.strip().replace(",", ".") for one, text in given.items() if text.strip()}
    wrong = {
        f"{_SHARE}{one}": _("Schrijf een bedrag, zoals 45,00.")
        for one, text in written.items()
        if not _AMOUNT.fullmatch(text)
    }
    if wrong:
        raise Unacceptable(wrong)
    if len(written) < 2:
        raise Unacceptable({"": _NO_SHARES})
    body = {
        "shares": [{"registration_id": read_id(one), "amount": text} for one, text in written.items()],
        "accept_amount": "accept_shares" in visit.form,
    }
    await visit.ask(DIVIDE, body=body, payment_id=read_id(visit.request.path_params["payment_id"]))
    return visit.go(f"{QUEUE}#queue")
