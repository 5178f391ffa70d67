"""What only a regional manager does with a case: search a coordinator, stop it, open its file by break-glass."""

import asyncio
from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import StringConstraints
from starlette.responses import Response

from services.portal.client import Answer, Items, Operation
from services.portal.pages import Pages
from services.portal.road import CASE
from services.portal.routes.coordinators import Row, all_coordinators, row_of
from services.portal.routes.invitation import STOP
from services.portal.routes.of_case import case_of
from services.portal.routes.open_file import opening_of
from services.portal.staff import StaffVisit, staff
from services.portal.staff_words import DECLINE_REASONS, WITHDRAW_REASONS
from services.portal.visits import Form, PageModel, Unacceptable
from services.portal.wording import mark as _
from shared.auth import Role
from shared.fields import Text

pages = Pages()
_manager = staff(Role.REGIONAL_MANAGER)


class Offer(Answer):
    """An offer of the case, and the answer."""

    offer_id: UUID
    coordinator_id: UUID
    state: str
    reason: str | None
    created_at: datetime
    expires_at: datetime | None


OFFERS = Operation("intake", "GET", "/v1/cases/{case_id}/offers", Items[Offer])
SEEK = Operation("intake", "POST", "/v1/cases/{case_id}/seek-coordinator", Answer)
CLOSE = Operation("intake", "POST", "/v1/cases/{case_id}/close", Answer)
OPEN_FILE = Operation("intake", "POST", "/v1/cases/{case_id}/break-glass", Answer)
CLOSE_FILE = Operation("intake", "POST", "/v1/break-glass/{break_glass_id}/close", Answer)

_STATES = {
    "open": _("Wacht op antwoord"),
    "accepted": _("Zei ja"),
    "declined": _("Zei nee"),
    "expired": _("Antwoordde niet op tijd"),
    "called-off": _("Niet meer nodig"),
}


class Asked(PageModel):
    """An offer in a table."""

    name: str
    asked: str
    said: str
    until: str | None


class SearchPage(PageModel):
    """Who was asked to take a case, and who could still be."""

    id: str
    coordinator: str | None
    searching: bool
    live: bool
    planned: bool
    asked: list[Asked]
    others: list[Row]


@pages.show("/cases/{case_id}/search", _manager)
async def show_search(visit: StaffVisit) -> Response:
    """Show the offers of the case with their answers, and who has room."""
    case, offers, known = await asyncio.gather(
        visit.ask(CASE, case_id=case_of(visit)),
        visit.ask_all(OFFERS, case_id=case_of(visit)),
        all_coordinators(visit),
    )
    dates = await visit.dates()
    names = {each.coordinator_id: each.name for each in known}
    gone = visit.say(_("Iemand die er niet meer is"))
    asked = {each.coordinator_id for each in offers}
    model = SearchPage(
        id=case_of(visit),
        coordinator=None if case.coordinator_id is None else names.get(case.coordinator_id, gone),
        searching=case.waits_for == "coordinator",
        live=case.state == "open",
        planned=case.waits_for == "follow-up",
        asked=[
            Asked(
                name=names.get(each.coordinator_id, gone),
                asked=dates.day(each.created_at),
                said=_said(visit, each),
                until=dates.until(each.expires_at) if each.state == "open" and each.expires_at else None,
            )
            for each in offers
        ],
        others=sorted(
            (row_of(visit, each) for each in known if each.coordinator_id not in asked),
            key=lambda row: row.load - row.max_load,
        ),
    )
    return visit.page("search.html", model)


def _said(visit: StaffVisit, offer: Offer) -> str:
    said = visit.word(_STATES, offer.state)
    reason = DECLINE_REASONS.get(offer.reason or "")
    return f"{said}: {visit.say(reason)}" if reason else said


@pages.send("/cases/{case_id}/search", _manager)
async def seek(visit: StaffVisit) -> Response:
    """Search again."""
    body = {"another_wanted": visit.form.get("another[]") == "yes"}
    await visit.ask(SEEK, body=body, case_id=case_of(visit))
    return visit.go(f"/cases/{case_of(visit)}/search")


class StopCasePage(PageModel):
    """What stopping a case means, and why."""

    id: str
    reasons: list[tuple[str, str, None]]


class StopCaseForm(Form):
    """Why a case stops, and who wants it."""

    WANTED: ClassVar = {"reason": _("Kies wat het best past."), "by": _("Kies wie wil stoppen.")}

    reason: str
    by: Literal["central-person", "representative", "referrer", "regional-manager"]


@pages.show("/cases/{case_id}/stop", _manager)
async def show_stop(visit: StaffVisit) -> Response:
    """Explain what stopping means."""
    reasons = [(code, visit.say(text), None) for code, text in WITHDRAW_REASONS.items()]
    return visit.page("case_stop.html", StopCasePage(id=case_of(visit), reasons=reasons))


@pages.send("/cases/{case_id}/stop", _manager)
async def stop(visit: StaffVisit) -> Response:
    """Stop a case, also on behalf of somebody who said so."""
    form = visit.read(StopCaseForm)
    on_behalf = {} if form.by == "regional-manager" else {"by": form.by}
    await visit.ask(STOP, body={"reason": form.reason, **on_behalf}, case_id=case_of(visit))
    return visit.go("/cases")


class ClosePage(PageModel):
    """What closing a case means."""

    id: str


class CloseForm(Form):
    """How a case ended."""

    WANTED: ClassVar = {"outcome": _("Kies hoe de zaak eindigt.")}

    outcome: Literal[
        "followed-up", "closed-early", "plan-without-meeting", "conference-without-plan", "no-conference"
    ]


@pages.show("/cases/{case_id}/close", _manager)
async def show_close(visit: StaffVisit) -> Response:
    """Explain what closing a case means."""
    return visit.page("case_close.html", ClosePage(id=case_of(visit)))


@pages.send("/cases/{case_id}/close", _manager)
async def close_case(visit: StaffVisit) -> Response:
    """Close a case: nothing more is asked of anybody."""
    await visit.ask(CLOSE, body={"outcome": visit.read(CloseForm).outcome}, case_id=case_of(visit))
    return visit.go(f"/cases/{case_of(visit)}")


class OpenFilePage(PageModel):
    """What opening a file means; `until`: how long it is open to the reader, if it is."""

    id: str
    until: str | None


class OpenFileForm(Form):
    """Why there is no other way."""

    WANTED: ClassVar = {
        "reason": _("Schrijf in een zin waarom je dit dossier moet lezen."),
        "understood": _("Zet hier een vinkje als je weet wat er gebeurt."),
    }

    reason: Annotated[Text, StringConstraints(min_length=3)]
    understood: str


@pages.show("/cases/{case_id}/open-file", _manager)
async def show_file(visit: StaffVisit) -> Response:
    """Explain what will happen."""
    mine, dates = await opening_of(visit), await visit.dates()
    until = dates.until(mine.until) if mine is not None else None
    return visit.page("open_file.html", OpenFilePage(id=case_of(visit), until=until))


@pages.send("/cases/{case_id}/open-file", _manager)
async def open_file(visit: StaffVisit) -> Response:
    """Open a file; or close it again."""
    if "close" in visit.form:
        mine = await opening_of(visit)
        if mine is not None:
            await visit.ask(CLOSE_FILE, break_glass_id=mine.break_glass_id)
        return visit.go(f"/cases/{case_of(visit)}")
    form = visit.read(OpenFileForm)
    if not any(char.isalpha() for char in form.reason):
        raise Unacceptable({"reason": OpenFileForm.WANTED["reason"]})
    await visit.ask(OPEN_FILE, body={"reason": form.reason}, case_id=case_of(visit))
    return visit.go(f"/cases/{case_of(visit)}/open-file")
