"""Imported bank statements: who imported them when, their progress, and the result of each entry."""

import asyncio
from datetime import date
from decimal import Decimal
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Items, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.courses import money
from services.portal.routes.payments import QUEUE, WAITS, Statement, StatementSummary
from services.portal.staff import StaffVisit, staff
from services.portal.visits import PageModel
from services.portal.wording import Dates
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()

_CAME_OF_IT = {
    "matched": _("geboekt"),
    "suggested": _("wacht op jou"),
    "unmatched": _("wacht op jou"),
    "overpaid": _("te veel betaald"),
    "paid-twice": _("twee keer betaald"),
    "late": _("te laat betaald"),
    "underpaid": _("te weinig betaald"),
    "early": _("betaald voor er een plaats was"),
    "reversed": _("teruggenomen door de bank"),
    "refunded": _("terugbetaald"),
    "kept": _("gehouden"),
    "divided": _("verdeeld over inschrijvingen"),
    "duplicate": _("stond al in een ander bestand"),
}
_LEFT_OUT = {
    "debit": _("geld dat van de rekening ging"),
    "undone-debit": _("geld dat van de rekening ging en terugkwam"),
    "no-transfer": _("geen overschrijving"),
    "not-booked": _("nog niet geboekt door de bank"),
    "not-euro": _("niet in euro"),
    "no-account": _("zonder rekening"),
    "other-account": _("op een rekening die niet bij een vorming hoort"),
    "no-direction": _("niet te zien of het geld kwam of ging"),
    "amount": _("zonder leesbaar bedrag"),
    "zero": _("nul euro"),
    "date": _("zonder leesbare dag"),
}


class Entry(Answer):
    """The result of one entry of a file."""

    payment_id: UUID
    kind: str
    amount: Decimal
    booked_on: date
    payer_name: str
    state: str


LIST = f"{QUEUE}/statements"
STATEMENTS = Operation("training", "GET", "/v1/statements", Items[StatementSummary])
STATEMENT = Operation("training", "GET", "/v1/statements/{statement_id}", Statement)
ENTRIES = Operation("training", "GET", "/v1/statements/{statement_id}/payments", Items[Entry])


class ShownEntry(PageModel):
    """One entry, and the page for a pending decision about it, if any."""

    payer: str
    day: str
    amount: str
    came: str
    path: str | None


class StatementPage(PageModel):
    """The progress of a statement's import."""

    imported: str
    period: str | None
    done: bool
    booked: int
    total: int
    matched: int
    waiting: int
    known: int
    left_out: list[tuple[int, str]]
    left_out_too: int
    balances_differ: bool
    entries: list[ShownEntry]
    more: str | None


class StatementRow(PageModel):
    """A statement in the list."""

    id: UUID
    given: str
    by: str
    period: str | None
    booked: int
    total: int
    matched: int
    waiting: int
    balances_differ: bool


class StatementsPage(PageModel):
    """The statements, the newest first."""

    rows: list[StatementRow]
    more: str | None


@pages.show(LIST, staff(Role.FINANCE))
async def show_all(visit: StaffVisit) -> Response:
    """List the statements that were given, the newest first."""
    listed, dates = await visit.ask(STATEMENTS, query=visit.turned_to()), await visit.dates()
    rows = [
        StatementRow(
            id=each.statement_id,
            given=dates.time(each.imported_at),
            by=_giver(visit, each),
            period=_period(visit, each, dates),
            booked=each.booked,
            total=each.total,
            matched=each.payments.get("matched", 0),
            waiting=_waiting(each),
            balances_differ=each.balances_differ,
        )
        for each in listed.items
    ]
    return visit.page(
        "payments_statements.html", StatementsPage(rows=rows, more=visit.next_page(listed.next))
    )


def _giver(visit: StaffVisit, given: StatementSummary) -> str:
    return visit.say(_("jij") if given.imported_by == visit.member.id else _("een collega"))


def _period(visit: StaffVisit, given: StatementSummary, dates: Dates) -> str | None:
    if given.first_day is None or given.last_day is None:
        return None
    first, last = dates.day(given.first_day), dates.day(given.last_day)
    return (
        first
        if first == last
        else visit.say(_("%(first)s tot en met %(last)s")) % {"first": first, "last": last}
    )


def _waiting(given: StatementSummary) -> int:
    return sum(given.payments.get(state, 0) for state in WAITS)


@pages.show(f"{LIST}/{{statement_id}}", staff(Role.FINANCE))
async def show_statement(visit: StaffVisit) -> Response:
    """Show the progress and the results."""
    statement_id = read_id(visit.request.path_params["statement_id"])
    dates = await visit.dates()
    found, entries = await asyncio.gather(
        visit.ask(STATEMENT, statement_id=statement_id),
        visit.ask(ENTRIES, query=visit.turned_to(), statement_id=statement_id),
    )
    imported = visit.say(_("%(when)s, door %(who)s"))
    model = StatementPage(
        imported=imported % {"when": dates.time(found.imported_at), "who": _giver(visit, found)},
        period=_period(visit, found, dates),
        done=found.state == "imported",
        booked=found.booked,
        total=found.total,
        matched=found.payments.get("matched", 0),
        known=found.payments.get("duplicate", 0),
        waiting=_waiting(found),
        left_out=[(each.entry, visit.word(_LEFT_OUT, each.reason)) for each in found.left_out],
        left_out_too=found.left_out_count - len(found.left_out),
        balances_differ=found.balances_differ,
        entries=[
            ShownEntry(
                payer=each.payer_name or visit.say(_("Zonder naam")),
                day=dates.day(each.booked_on),
                amount=money(each.amount, visit),
                came=visit.word(_CAME_OF_IT, each.state),
                path=f"{QUEUE}/{each.payment_id}" if each.state in WAITS else None,
            )
            for each in entries.items
        ],
        more=visit.next_page(entries.next),
    )
    return visit.page("payments_statement.html", model)
