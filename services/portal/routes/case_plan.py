"""The plan in the circle's words: reading and printing it, and sharing it person by person."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.paper import can_make
from services.portal.resources import RESOURCES, Asked, asked_of_others
from services.portal.road import BASELINE, NO_BASELINE, BottomLine
from services.portal.routes import plan as own
from services.portal.routes.of_case import InCircle, case_of, everyone
from services.portal.routes.plan import PLANS
from services.portal.routes.plan_changes import VersionsPage, versions_of
from services.portal.routes.plan_sharing import Reader, SharedPlan, parts_to_share, readers
from services.portal.staff import StaffVisit, staff
from services.portal.visits import PageModel, Visit
from services.portal.wording import Dates
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()


class Agreement(own.Agreement):
    """An agreement, and whether the network or a professional does it."""

    by: str


class Plan(SharedPlan):
    """The plan as its coordinator and the mandated side see it."""

    agreements: Sequence[Agreement]
    conference_id: UUID | None
    change_reason: str | None
    asked_by_person_id: UUID | None
    follow_up: str


WHOLE = Operation("plans", "GET", "/v1/plans/{plan_id}", Plan)
ANSWER = Operation("plans", "PUT", "/v1/resources/{resource_id}", Answer)

COORDINATOR = staff(Role.COORDINATOR)
ACCEPTANCES = {
    "not-needed": _("Dit plan heeft van niemand een akkoord nodig."),
    "awaited": _("De gemandateerde organisatie moet nog zeggen of het plan aan elke ondergrens voldoet."),
    "accepted": _("Het plan voldoet aan elke ondergrens."),
    "presumed": _("De gemandateerde organisatie zei niets binnen de tijd. Het plan geldt als aanvaard."),
    "partly-accepted": _("Niet elke ondergrens is gehaald. Hieronder staat welke, en waarom."),
    "refused": _("Geen enkele ondergrens is gehaald. Hieronder staat waarom."),
}


async def plan_of(visit: Visit, case_id: str) -> Plan | None:
    """Return the plan of a case; None if there is none (yet)."""
    listed = await visit.ask(PLANS, case_id=case_id)
    if not listed.items:
        return None
    found: Plan = await visit.ask(WHOLE, plan_id=listed.items[0].plan_id)
    return found


class Promise(PageModel):
    """An agreement as pages show it."""

    id: UUID
    what: str
    who: str
    due: str
    how: str | None
    state: str
    state_in_words: str
    invoked: str | None
    reason: str | None


class Judged(PageModel):
    """A bottom line, and its judgement."""

    id: UUID
    text: str
    met: bool | None
    reason: str | None


class PlanText(PageModel):
    """The content of a plan, in words."""

    version: int
    recorded: str
    goals: list[str]
    promises: list[Promise]
    plan_b: list[own.Otherwise]
    decisions: list[str]
    language: str
    for_children: str | None
    resources: list[Asked]
    stand_behind: list[str]
    do_not: list[str]
    change_reason: str | None
    asked_by: str
    monitor: str
    review: str
    convener: str
    acceptance: str
    acceptance_in_words: str
    lines: list[Judged]


async def text_of(
    visit: Visit, plan: Plan, names: Mapping[UUID, str], lines: list[BottomLine], *, unnamed: str
) -> PlanText:
    """Return a plan in words; `unnamed` stands for people whose names the reader does not have."""
    dates = await visit.dates()
    judged = {each.bottom_line_id: each for each in plan.acceptance_lines}
    return PlanText(
        version=plan.version,
        recorded=dates.day(plan.recorded_at),
        goals=plan.goals,
        promises=[_promise(visit, each, dates, names, unnamed=unnamed) for each in plan.agreements],
        plan_b=own.otherwise(plan, names, unnamed=unnamed),
        decisions=plan.decisions_of_circle,
        language=plan.language,
        for_children=plan.for_children,
        resources=asked_of_others(visit, plan.resources, dates),
        stand_behind=[names.get(each.person_id, unnamed) for each in plan.stances if each.agrees],
        do_not=[names.get(each.person_id, unnamed) for each in plan.stances if not each.agrees],
        change_reason=plan.change_reason,
        asked_by=names.get(plan.asked_by_person_id, unnamed) if plan.asked_by_person_id else "",
        monitor=names.get(plan.monitor_person_id, unnamed) if plan.monitor_person_id else "",
        review=dates.day(plan.review_on),
        convener=own.who_convenes(visit, plan, names, unnamed=unnamed),
        acceptance=plan.acceptance,
        acceptance_in_words=visit.say(ACCEPTANCES.get(plan.acceptance, "")),
        lines=[
            Judged(
                id=each.bottom_line_id,
                text=each.text,
                met=judged[each.bottom_line_id].met if each.bottom_line_id in judged else None,
                reason=judged[each.bottom_line_id].reason if each.bottom_line_id in judged else None,
            )
            for each in lines
        ],
    )


def _promise(
    visit: Visit, each: Agreement, dates: Dates, names: Mapping[UUID, str], *, unnamed: str
) -> Promise:
    called = each.invoked
    return Promise(
        id=each.agreement_id,
        what=each.what,
        who=own.who_does(visit, each, names, unnamed=unnamed),
        due=dates.day(each.due_on),
        how=each.known_done_how,
        state=each.state,
        state_in_words=own.state_of(visit, each),
        invoked=own.who_acted(visit, called.invoked_as, called.invoked_by, names) if called else None,
        reason=called.invoked_reason if called else None,
    )


class CasePlanPage(PageModel):
    """The plan of a case."""

    case_id: str
    plan: PlanText | None
    shared: list[Reader]
    parts: list[tuple[str, str]]
    answers: list[tuple[str, str]]
    over: bool
    paper: bool


async def _page(visit: StaffVisit) -> CasePlanPage:
    case_id = case_of(visit)
    plan, people, baseline = await asyncio.gather(
        plan_of(visit, case_id), everyone(visit, case_id), lines_of(visit, case_id)
    )
    names = names_of(people)
    somebody = visit.say(_("iemand van de kring"))
    return CasePlanPage(
        case_id=case_id,
        plan=await text_of(visit, plan, names, baseline, unnamed=somebody) if plan else None,
        shared=readers(visit, plan, names) if plan else [],
        parts=parts_to_share(visit),
        answers=answers_to_choose(visit),
        over=plan is not None and plan.follow_up != "running",
        paper=await can_make(),
    )


async def lines_of(visit: Visit, case_id: str) -> list[BottomLine]:
    """Return the bottom lines of a case; empty if there are none."""
    return (await visit.ask_or(BASELINE, NO_BASELINE, case_id=case_id)).bottom_lines


def names_of(people: Mapping[UUID, InCircle]) -> dict[UUID, str]:
    """Return people's names, if they still have any."""
    return {person_id: each.name for person_id, each in people.items() if each.name}


@pages.show("/cases/{case_id}/plan", COORDINATOR)
async def show(visit: StaffVisit) -> Response:
    """Show the plan, and the mandated side's judgement."""
    return visit.page("case_plan.html", await _page(visit))


@pages.send("/cases/{case_id}/plan", COORDINATOR)
async def answer(visit: StaffVisit) -> Response:
    """Record the outcome of a request for a resource."""
    await answer_as_sent(visit)
    return visit.go(f"/cases/{case_of(visit)}/plan")


async def answer_as_sent(visit: Visit) -> None:
    """Record the outcome of a request for a resource, as a form says."""
    form = visit.form
    body = {
        "state": form.get("state", ""),
        "answer": form.get("answer", "").strip() or None,
        "version": visit.version or None,
    }
    await visit.ask(ANSWER, body=body, resource_id=read_id(form.get("resource", "")))


def answers_to_choose(visit: Visit) -> list[tuple[str, str]]:
    """Return the outcomes of a request for a resource, in words."""
    return [(state, visit.say(words)) for state, words in RESOURCES.items()]


class CaseVersionsPage(VersionsPage):
    """The versions of a case's plan."""

    case_id: str


@pages.show("/cases/{case_id}/plan/versions", COORDINATOR)
async def show_versions(visit: StaffVisit) -> Response:
    """Show every version of the plan, who recorded it, and why it was changed."""
    case_id = case_of(visit)
    plan, people = await asyncio.gather(plan_of(visit, case_id), everyone(visit, case_id))
    versions, more = await versions_of(visit, plan.plan_id if plan else None, names_of(people))
    model = CaseVersionsPage(case_id=case_id, versions=versions, more=more)
    return visit.page("case_plan_versions.html", model)


@pages.show("/cases/{case_id}/plan/print", COORDINATOR)
async def to_print(visit: StaffVisit) -> Response:
    """Show the plan to print."""
    return visit.page("case_plan_print.html", await _page(visit))
