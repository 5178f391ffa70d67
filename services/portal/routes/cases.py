"""Cases: the list, and for each a page with its state, what is next and whose turn it is."""

import asyncio
from typing import Any, ClassVar, Literal
from uuid import UUID

from starlette.responses import Response

from services.portal import boards, todos
from services.portal.boards import ShownTodo
from services.portal.central_persons import names_by_case
from services.portal.client import Answer, Items, Operation, both
from services.portal.pages import Pages
from services.portal.road import CASE, Case, Step, knowledge_of, road_of
from services.portal.routes.conference_earlier import Earlier, earlier_of
from services.portal.routes.of_case import case_of
from services.portal.routes.offers import OFFERS, themes
from services.portal.routes.survey import OwnSurvey, survey_of
from services.portal.staff import StaffVisit, section, staff
from services.portal.visits import Form, PageModel
from services.portal.wording import Dates
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()
READERS = (Role.COORDINATOR, Role.REGIONAL_MANAGER, Role.REFERRER)
_LEADERS = (Role.COORDINATOR, Role.REGIONAL_MANAGER)
section("/cases", _("Zaken"), *READERS)


class CaseState(Answer):
    """The state of a case now."""

    state: str


CASES = Operation("intake", "GET", "/v1/cases", Items[Case])
PAUSE = Operation("intake", "POST", "/v1/cases/{case_id}/pause", CaseState)
RESUME = Operation("intake", "POST", "/v1/cases/{case_id}/resume", CaseState)
RELEASE = Operation("intake", "POST", "/v1/cases/{case_id}/release-coordinator", CaseState)

_STATES: dict[str, tuple[str, str]] = {
    "open": (_("loopt"), "success"),
    "paused": (_("staat even stil"), "warning"),
    "withdrawn": (_("gestopt"), "neutral"),
    "closed": (_("afgerond"), "neutral"),
    "erased": (_("gewist"), "neutral"),
}
_WAITS_FOR = {
    "coordinator": _("We zoeken een coördinator."),
    "follow-up": _("Het plan loopt. De coördinator is klaar; de regiomanager volgt het op."),
    "next-step": _("Er is nog geen plan. De regiomanager bekijkt met de familie hoe het verder gaat."),
}
_PAUSE_REASONS = {
    "family-needs-time": _("De familie heeft tijd nodig"),
    "illness": _("Iemand is ziek"),
    "bereavement": _("Iemand is overleden"),
    "holiday": _("Vakantie"),
    "court-decision": _("We wachten op de rechter"),
    "safety": _("Het is nu niet veilig"),
    "referrer-left": _("De verwijzer is weg"),
    "other": _("Iets anders"),
}
_FILTERS = {
    "": _("Alle"),
    "open": _("Lopend"),
    "paused": _("Staan stil"),
    "coordinator": _("Zoeken een coördinator"),
    "follow-up": _("In opvolging"),
    "next-step": _("Zonder plan, zonder coördinator"),
    "closed": _("Afgerond"),
    "withdrawn": _("Gestopt"),
}
_NEXT = {
    "paused": _("Wacht tot de zaak weer loopt."),
    "withdrawn": _("Hier hoeft niets meer."),
    "closed": _("Hier hoeft niets meer."),
    "open": _("Open de zaak om te zien wat nu komt."),
}


class ShownCase(PageModel):
    """A case in a list."""

    id: UUID
    names: str | None
    about: str
    opened: str
    state: str
    color: str
    paused: str | None
    urgent: bool
    next: ShownTodo | None
    otherwise: str


class CasesPage(PageModel):
    """The cases that the reader may see."""

    cases: list[ShownCase]
    offers: int
    filters: list[tuple[str, str, bool]]
    more: str | None


class CasePage(PageModel):
    """The state of a case."""

    case_id: UUID
    names: str | None
    about: str
    opened: str
    state: str
    color: str
    paused: bool
    paused_since: str | None
    urgent: bool
    minors: bool | None
    waits_for: str | None
    road: list[Step]
    todos: list[ShownTodo]
    met_late: list[ShownTodo]
    earlier: list[Earlier]
    live: bool
    leads: bool
    prepares: bool
    manages: bool
    has_coordinator: bool
    referral: str | None
    survey: OwnSurvey | None


class PausePage(PageModel):
    """The effect of pausing, and the reasons to choose from."""

    case_id: UUID
    reasons: list[tuple[str, str, None]]


class ReleasePage(PageModel):
    """The effect of releasing a coordinator."""

    case_id: UUID


class PauseForm(Form):
    """Why a case is paused."""

    WANTED: ClassVar = {"reason": _("Kies waarom de zaak even stilstaat.")}

    reason: Literal[
        "family-needs-time",
        "illness",
        "bereavement",
        "holiday",
        "court-decision",
        "safety",
        "referrer-left",
        "other",
    ]


class ReleaseForm(Form):
    """Why a coordinator is released."""

    WANTED: ClassVar = {"reason": _("Kies waarom.")}

    reason: Literal["conflict-of-interest", "family-wish", "unavailable", "task-done"]


@pages.show("/cases", staff(*READERS))
async def index(visit: StaffVisit) -> Response:
    """List the cases that the reader may see, newest first."""
    wanted = visit.request.query_params.get("show", "")
    name = "waits_for" if wanted in _WAITS_FOR else "state"
    narrowed = {name: wanted} if wanted and wanted in _FILTERS else {}
    found, offers, names = await asyncio.gather(
        visit.ask(CASES, query={**narrowed, **visit.turned_to()}),
        visit.ask(OFFERS) if visit.has(Role.COORDINATOR) else _nothing(),
        names_by_case(visit),
    )
    rows = await todos.next_of_cases(
        visit.session, visit.principal, case_ids=[each.case_id for each in found.items]
    )
    nexts = {row.case_id: one for row, one in zip(rows, await boards.shown(visit, rows), strict=True)}
    dates = await visit.dates()
    model = CasesPage(
        cases=[
            _shown(visit, each, names.get(each.case_id), nexts.get(each.case_id), dates)
            for each in found.items
        ],
        offers=len(offers.items),
        filters=[(code, visit.say(label), code == wanted) for code, label in _FILTERS.items()],
        more=visit.next_page(found.next, show=wanted),
    )
    return visit.page("cases.html", model)


async def _nothing() -> Items[Any]:
    return Items(items=[])


def _shown(
    visit: StaffVisit, case: Case, names: str | None, following: ShownTodo | None, dates: Dates
) -> ShownCase:
    state, color = _STATES.get(case.state, (case.state, "neutral"))
    waiting = _WAITS_FOR.get(case.waits_for or "")
    return ShownCase(
        id=case.case_id,
        names=names,
        about=themes(visit, case.themes),
        opened=dates.day(case.opened_at),
        state=visit.say(state),
        color=color,
        paused=paused_since(visit, case, dates),
        urgent=case.track == "urgent",
        next=following,
        otherwise=visit.say(waiting or _NEXT.get(case.state, _NEXT["closed"])),
    )


def paused_since(visit: StaffVisit, case: Case, dates: Dates) -> str | None:
    """Return since when a case is paused, and for who leads it why; None if it is not."""
    if case.paused_at is None:
        return None
    since = visit.say(_("Staat stil sinds {day}")).format(day=dates.day(case.paused_at))
    if case.pause_reason is None or not visit.has(*_LEADERS):
        return since
    return f"{since}: {visit.word(_PAUSE_REASONS, case.pause_reason)}"


@pages.show("/cases/{case_id}", staff(*READERS))
async def show(visit: StaffVisit) -> Response:
    """Show the state of a case."""
    case_id = UUID(case_of(visit))
    asked = asyncio.gather(
        visit.ask(CASE, case_id=case_id),
        knowledge_of(visit, case_id),
        names_by_case(visit),
        survey_of(visit, case_id),
    )
    (case, known, names, survey), (running, late, waiting) = await both(
        asked, visit.apart(lambda: _todos(visit, case_id))
    )
    state, color = _STATES.get(case.state, (case.state, "neutral"))
    dates = await visit.dates()
    model = CasePage(
        case_id=case.case_id,
        names=names.get(case.case_id),
        about=themes(visit, case.themes),
        opened=dates.day(case.opened_at),
        state=visit.say(state),
        color=color,
        paused=case.state == "paused",
        paused_since=paused_since(visit, case, dates),
        urgent=case.track == "urgent",
        minors=case.minors,
        waits_for=visit.word(_WAITS_FOR, case.waits_for) if case.waits_for in _WAITS_FOR else None,
        road=await road_of(visit, case, known, waiting=waiting),
        todos=running,
        met_late=late,
        earlier=await earlier_of(visit, case_id, known[1].items),
        live=case.state in ("open", "paused"),
        leads=visit.has(*_LEADERS),
        prepares=visit.has(Role.COORDINATOR),
        manages=visit.has(Role.REGIONAL_MANAGER),
        has_coordinator=case.coordinator_id is not None,
        referral=f"/referrals/{case.referral_id}"
        if visit.has(Role.REGIONAL_MANAGER, Role.REFERRER)
        else None,
        survey=survey,
    )
    return visit.page("case.html", model)


async def _todos(visit: StaffVisit, case_id: UUID) -> tuple[list[ShownTodo], list[ShownTodo], set[str]]:
    """Return what runs in a case, what was met late for who leads it, and the kinds of what runs.

    Of use once intake says that the case is theirs.
    """
    rows = await todos.of_case(visit.session, visit.principal, case_id=case_id, met_late=visit.has(*_LEADERS))
    # What the platform does by itself has a sentence only where that is of use here.
    rows = [row for row in rows if row.waiting or row.kind in boards.TO_DO]
    shown = await boards.shown(visit, rows)
    waiting = {each.kind for each in rows if each.state != "stopped"}
    return [each for each in shown if not each.over], [each for each in shown if each.over], waiting


@pages.show("/cases/{case_id}/pause", staff(*_LEADERS))
async def show_pause(visit: StaffVisit) -> Response:
    """Explain what pausing does."""
    reasons = [(code, visit.say(words), None) for code, words in _PAUSE_REASONS.items()]
    return visit.page("case_pause.html", PausePage(case_id=UUID(case_of(visit)), reasons=reasons))


@pages.send("/cases/{case_id}/pause", staff(*_LEADERS))
async def pause(visit: StaffVisit) -> Response:
    """Pause a case with all its clocks."""
    case_id = case_of(visit)
    await visit.ask(PAUSE, body={"reason": visit.read(PauseForm).reason}, case_id=case_id)
    return visit.go(f"/cases/{case_id}")


@pages.send("/cases/{case_id}/resume", staff(*_LEADERS), shown_by=show)
async def resume(visit: StaffVisit) -> Response:
    """Resume a case."""
    case_id = case_of(visit)
    await visit.ask(RESUME, case_id=case_id)
    return visit.go(f"/cases/{case_id}")


@pages.show("/cases/{case_id}/release", staff(*_LEADERS))
async def show_release(visit: StaffVisit) -> Response:
    """Explain what releasing a coordinator does."""
    return visit.page("case_release.html", ReleasePage(case_id=UUID(case_of(visit))))


@pages.send("/cases/{case_id}/release", staff(*_LEADERS))
async def release(visit: StaffVisit) -> Response:
    """Release the coordinator; they may see nothing of the case any more."""
    case_id = case_of(visit)
    await visit.ask(RELEASE, body={"reason": visit.read(ReleaseForm).reason}, case_id=case_id)
    return visit.go("/cases")
