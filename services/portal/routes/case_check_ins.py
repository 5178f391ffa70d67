"""The year after the plan: the check-ins, their notes, finished agreements, and the end of it."""

import asyncio
from collections.abc import Awaitable
from datetime import datetime
from typing import ClassVar, Literal, TypeVar
from uuid import UUID

from starlette.responses import Response

from services.portal import todos
from services.portal.boards import YOU
from services.portal.client import Items, Operation, ServiceRefused
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.permissions import may_manage
from services.portal.routes import check_in as own
from services.portal.routes.case_plan import Plan, PlanText, plan_of, text_of
from services.portal.routes.case_year import AFTER_MONTHS, GOING, Dated, calls_of
from services.portal.routes.of_case import case_of, everyone
from services.portal.routes.plan import DONE, LET_GO, REVIEW
from services.portal.routes.plan_met import met_as_sent
from services.portal.staff import StaffVisit, staff
from services.portal.visits import Form, PageModel
from services.portal.wording import mark as _
from shared.auth import Role
from shared.events.plans import Decision
from shared.fields import Text

pages = Pages()
T = TypeVar("T")


class CheckIn(Dated):
    """A check-in of the year, with its result."""

    plan_id: UUID
    recorded_at: datetime | None
    decision: str | None
    new_needs: bool | None = None
    incident: bool | None = None
    note: str | None


ALL = Operation("plans", "GET", "/v1/cases/{case_id}/check-ins", Items[CheckIn])

_KINDS = {
    "four-weeks": _("Na vier weken"),
    **AFTER_MONTHS,
    "review": _("Opnieuw naar het plan kijken"),
}
_OWNERS = {
    "coordinator": _("de coördinator"),
    "monitor": _("wie een oogje houdt op het plan"),
    "regional-manager": _("de regiomanager"),
}
DECISIONS = {
    "continue": _("Het plan loopt verder"),
    "adjust": _("Het plan wordt aangepast"),
    "own-meeting": _("De kring komt zelf samen, zonder coördinator"),
    "new-conference": _("De kring komt opnieuw samen"),
    "another-coordinator": _("De kring komt opnieuw samen, met een andere coördinator"),
    "close": _("De opvolging stopt"),
}


class Check(PageModel):
    """A check-in as the page shows it. `early`: it may be recorded before its day."""

    id: UUID
    kind: str
    owner: str
    when: str | None
    late: bool
    mine: bool
    early: bool
    decision: str | None
    new_needs: bool
    incident: bool
    note: str | None
    moved_reason: str | None
    movable: bool
    answers: own.ReviewAnswers | None


class Call(PageModel):
    """The referrer's answers, in words."""

    when: str
    says: str
    new_needs: bool
    note: str | None


class Met(PageModel):
    """A day on which the circle met by itself, in words, and whether its plan changes."""

    when: str
    changed: bool


class CheckInsPage(PageModel):
    """The year after the plan."""

    case_id: str
    coordinates: bool
    plan: PlanText | None
    over: bool
    checks: list[Check]
    now: Check | None
    early: Check | None
    referrer_waits: bool
    calls: list[Call]
    met: list[Met]
    decisions: list[tuple[str, str]]
    states: list[tuple[str, str]]


# The regional manager records what nobody else can; they may not read the plan and its people.
WHO_FOLLOWS = staff(Role.COORDINATOR, Role.REGIONAL_MANAGER)


@pages.show("/cases/{case_id}/check-ins", WHO_FOLLOWS)
async def show(visit: StaffVisit) -> Response:
    """Show the check-ins, and ask for pending answers."""
    case_id = case_of(visit)
    plan, listed, people, called = await asyncio.gather(
        if_theirs(plan_of(visit, case_id), None),
        visit.ask(ALL, case_id=case_id),
        if_theirs(everyone(visit, case_id), {}),
        calls_of(visit, case_id),
    )
    manages = may_manage(visit.principal, Role.REGIONAL_MANAGER)
    coordinates = bool(await todos.coordinated(visit.session, visit.principal, case_ids=[UUID(case_id)]))
    mine = {
        *(["coordinator"] if coordinates else []),
        *(["regional-manager"] if manages else []),
    }
    names = {person_id: each.name for person_id, each in people.items() if each.name}
    somebody = visit.say(_("iemand van de kring"))
    dates = await visit.dates()
    checks = [
        Check(
            id=each.check_in_id,
            kind=visit.say(_KINDS.get(each.kind, "")),
            owner=visit.say(YOU if each.owner in mine else _OWNERS.get(each.owner, "")),
            when=dates.day(at) if (at := each.recorded_at or each.due_at) else None,
            late=each.state == "escalated",
            mine=each.state in own.WAITS
            and (
                each.owner == "coordinator" or (manages and "regional-manager" in (each.owner, _late(each)))
            ),
            # The call with which the coordinator's task ends: a week early, or whenever the circle stops.
            early=each.state == "planned" and each.kind == "four-weeks",
            decision=visit.word(DECISIONS, each.decision) if each.decision in DECISIONS else None,
            new_needs=bool(each.new_needs),
            incident=bool(each.incident),
            note=each.note,
            moved_reason=each.moved_reason,
            movable=each.state == "planned" and each.kind in AFTER_MONTHS,
            answers=each.review_answers if each.state in own.WAITS else None,
        )
        for each in listed.items
        # Checks planned before the circle met again are not made any more.
        if each.state != "cancelled"
    ]
    model = CheckInsPage(
        case_id=case_id,
        coordinates=visit.has(Role.COORDINATOR),
        plan=await text_of(visit, plan, names, [], unnamed=somebody) if plan else None,
        over=plan is not None and plan.follow_up != "running",
        checks=checks,
        referrer_waits=called.can_be_made,
        calls=[
            Call(
                when=dates.day(each.called_at),
                says=visit.word(GOING, each.going),
                new_needs=each.new_needs,
                note=each.note,
            )
            for each in called.calls
        ],
        met=[
            Met(when=dates.day(each.met_on), changed=each.changed)
            for each in (plan.own_meetings if plan else [])
        ],
        now=next((each for each in checks if each.mine), None),
        early=next((each for each in checks if each.early), None),
        decisions=[(code, visit.say(label)) for code, label in DECISIONS.items()],
        states=[
            ("open", visit.say(_("nog te doen"))),
            ("done", visit.say(_("gedaan"))),
            ("lapsed", visit.say(_("gaat niet door"))),
        ],
    )
    return visit.page("case_check_ins.html", model)


def _late(check_in: CheckIn) -> str | None:
    return "regional-manager" if check_in.state == "escalated" else None


async def if_theirs(asked: Awaitable[T], otherwise: T) -> T:
    """Return a service's answer; a default for readers without access."""
    try:
        return await asked
    except ServiceRefused as refused:
        if refused.status not in (403, 404):
            raise
        return otherwise


class RecordForm(Form):
    """The circle's decision, and a note."""

    WANTED: ClassVar = {
        "decision": _("Kies wat de kring wil."),
        "check_in": _("Laad de pagina opnieuw."),
    }

    check_in: str
    decision: Literal[Decision, "another-coordinator"]
    note: Text | None = None


@pages.send("/cases/{case_id}/check-ins", WHO_FOLLOWS)
async def record(visit: StaffVisit) -> Response:
    """Record how things are going or the state of one agreement, or request an early review."""
    case_id = case_of(visit)
    plan = await if_theirs(plan_of(visit, case_id), None)
    if visit.form.get("do") == "review":
        await visit.ask(REVIEW, plan_id=plan.plan_id if plan else read_id(""))
        return visit.go(f"/cases/{case_id}/check-ins")
    if visit.form.get("do") == "met":
        return await _meeting(visit, case_id, plan)
    for name, settle in (("done", DONE), ("let-go", LET_GO)):
        if chosen := visit.form.get(name):
            await visit.ask(settle, agreement_id=read_id(chosen))
            return visit.go(f"/cases/{case_id}/check-ins")
    form = visit.read(RecordForm)
    changed = [
        {"agreement_id": str(each.agreement_id), "status": status}
        for each in (plan.agreements if plan else [])
        if each.state == "open"
        and (status := visit.form.get(f"agreement-{each.agreement_id}", "open")) in ("done", "lapsed")
    ]
    seen = {name: visit.form.get(name) == "yes" for name in ("new_needs", "incident")}
    body = {**own.decided(form.decision), **seen, "note": form.note, "agreements": changed}
    # When the referrer was called too, or the follow-up ends, the case is not the coordinator's any more.
    adjusts = form.decision == "adjust"
    over = visit.has(Role.COORDINATOR) and (
        form.decision == "close" or (not adjusts and (await calls_of(visit, case_id)).calls)
    )
    await visit.ask(own.RECORD, body=body, check_in_id=read_id(form.check_in))
    if adjusts:
        return await _to_write(visit, case_id)
    return visit.go("/cases" if over else f"/cases/{case_id}/check-ins")


async def _meeting(visit: StaffVisit, case_id: str, plan: Plan | None) -> Response:
    """Record that the circle met by itself, and go on to what it changes."""
    # A regional manager, who reads no plan, knows it from its checks.
    listed = [] if plan else (await visit.ask(ALL, case_id=case_id)).items
    plan_id = plan.plan_id if plan else next((each.plan_id for each in listed), read_id(""))
    if await met_as_sent(visit, plan_id):
        return await _to_write(visit, case_id)
    return visit.go(f"/cases/{case_id}/check-ins")


async def _to_write(visit: StaffVisit, case_id: str) -> Response:
    """Go to where a next version of the plan begins: its page, or the search for who writes it."""
    theirs = await todos.coordinated(visit.session, visit.principal, case_ids=[UUID(case_id)])
    return visit.go(f"/cases/{case_id}/{'plan/write' if theirs else 'search'}")
