"""The plan in the circle's words: reading and printing it, and sharing it person by person."""

import asyncio
from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.road import BASELINE, NO_BASELINE, BottomLine
from services.portal.routes import plan as own
from services.portal.routes.of_case import InCircle, Person, case_of, everyone, in_circle
from services.portal.routes.plan import PLANS
from services.portal.staff import StaffVisit, staff
from services.portal.visits import PageModel, Unacceptable, Visit
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()


class Agreement(own.Agreement):
    """What was promised, and whether the network or a professional does it."""

    by: str


class PlanB(own.PlanB):
    """What to do when it goes otherwise, and who does it."""

    who_person_id: UUID | None


class Shared(Answer):
    """With whom a plan is shared."""

    person_id: UUID | None = None
    organisation_id: UUID | None = None
    version: int


class JudgedLine(Answer):
    """What the mandated side says of one bottom line."""

    bottom_line_id: UUID
    met: bool
    reason: str | None


class Plan(own.PlanSummary):
    """The plan as its coordinator and the mandated side see it."""

    version: int
    goals: list[str]
    decisions_of_circle: list[str]
    plan_b: list[PlanB]
    agreements: list[Agreement]
    monitor_person_id: UUID | None
    conference_id: UUID | None
    review_on: date
    recorded_at: datetime
    acceptance: str
    acceptance_lines: list[JudgedLine]
    follow_up: str
    shared_with: list[Shared]


class Parties(Answer):
    """The organisations that a case has to do with."""

    referring_organisation_id: UUID | None
    mandated_organisation_id: UUID | None


WHOLE = Operation("plans", "GET", "/v1/plans/{plan_id}", Plan)
SHARE = Operation("plans", "POST", "/v1/plans/{plan_id}/share", Answer)
PARTIES = Operation("intake", "GET", "/v1/cases/{case_id}", Parties)

COORDINATOR = staff(Role.COORDINATOR)
ACCEPTANCES = {
    "not-needed": _("Dit plan heeft van niemand een akkoord nodig."),
    "awaited": _("De gemandateerde organisatie moet nog zeggen of het plan aan elke ondergrens voldoet."),
    "accepted": _("Het plan voldoet aan elke ondergrens."),
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


class Judged(PageModel):
    """A bottom line, and what was said of it."""

    id: UUID
    text: str
    met: bool | None
    reason: str | None


class PlanText(PageModel):
    """What a plan says, in words."""

    version: int
    recorded: str
    goals: list[str]
    promises: list[Promise]
    plan_b: list[own.PlanB]
    decisions: list[str]
    monitor: str
    review: str
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
        promises=[
            Promise(
                id=each.agreement_id,
                what=each.what,
                who=", ".join(
                    [
                        *(names.get(one, unnamed) for one in each.who_person_ids),
                        *([each.who_text] if each.who_text else []),
                    ]
                ),
                due=dates.day(each.due_on),
                how=each.known_done_how,
                state=each.state,
                state_in_words=visit.say(own.STATES.get(each.state, "")),
            )
            for each in plan.agreements
        ],
        plan_b=list(plan.plan_b),
        decisions=plan.decisions_of_circle,
        monitor=names.get(plan.monitor_person_id, unnamed) if plan.monitor_person_id else "",
        review=dates.day(plan.review_on),
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


class CasePlanPage(PageModel):
    """The plan of a case."""

    case_id: str
    plan: PlanText | None
    shared: list[str]
    over: bool


async def _page(visit: StaffVisit) -> CasePlanPage:
    case_id = case_of(visit)
    plan, people, baseline = await asyncio.gather(
        plan_of(visit, case_id), everyone(visit, case_id), lines_of(visit, case_id)
    )
    names = _names(people)
    somebody = visit.say(_("iemand van de kring"))
    shared = plan.shared_with if plan else []
    return CasePlanPage(
        case_id=case_id,
        plan=await text_of(visit, plan, names, baseline, unnamed=somebody) if plan else None,
        shared=[names.get(each.person_id, somebody) for each in shared if each.person_id]
        + [visit.say(_("een organisatie")) for each in shared if each.organisation_id],
        over=plan is not None and plan.follow_up != "running",
    )


async def lines_of(visit: Visit, case_id: str) -> list[BottomLine]:
    """Return the bottom lines of a case; none if nobody set any."""
    return (await visit.ask_or(BASELINE, NO_BASELINE, case_id=case_id)).bottom_lines


def _names(people: Mapping[UUID, InCircle]) -> dict[UUID, str]:
    return {person_id: each.name for person_id, each in people.items() if each.name}


@pages.show("/cases/{case_id}/plan", COORDINATOR)
async def show(visit: StaffVisit) -> Response:
    """Show the plan, and what the mandated side said of it."""
    return visit.page("case_plan.html", await _page(visit))


@pages.show("/cases/{case_id}/plan/print", COORDINATOR)
async def to_print(visit: StaffVisit) -> Response:
    """Show the plan to print."""
    return visit.page("case_plan_print.html", await _page(visit))


class SharePage(PageModel):
    """With whom the plan is to be shared."""

    case_id: str
    there: bool
    people: list[tuple[str, str]]
    organisations: list[tuple[str, str]]
    pending: list[Person]


@pages.show("/cases/{case_id}/plan/share", COORDINATOR)
async def ask_sharing(visit: StaffVisit) -> Response:
    """Ask with whom the circle shares the plan."""
    case_id = case_of(visit)
    plan, people, parties = await asyncio.gather(
        plan_of(visit, case_id), everyone(visit, case_id), visit.ask(PARTIES, case_id=case_id)
    )
    have = {each.person_id for each in plan.shared_with if each.version == plan.version} if plan else set()
    circle = in_circle(people)
    organisations = [
        *(
            [(str(parties.referring_organisation_id), visit.say(_("De organisatie die verwees")))]
            if parties.referring_organisation_id
            else []
        ),
        *(
            [(str(parties.mandated_organisation_id), visit.say(_("De gemandateerde organisatie")))]
            if parties.mandated_organisation_id
            and parties.mandated_organisation_id != parties.referring_organisation_id
            else []
        ),
    ]
    model = SharePage(
        case_id=case_id,
        there=plan is not None,
        people=[(str(each.person_id), each.name) for each in circle],
        organisations=organisations,
        pending=[Person(id=each.person_id, name=each.name) for each in circle if each.person_id not in have],
    )
    return visit.page("case_plan_share.html", model)


@pages.send("/cases/{case_id}/plan/share", COORDINATOR)
async def share(visit: StaffVisit) -> Response:
    """Share the plan."""
    case_id = case_of(visit)
    plan = await plan_of(visit, case_id)
    people, organisations = (
        [read_id(each) for each in visit.form.get(name, "").split(",") if each]
        for name in ("people[]", "organisations[]")
    )
    if plan is None or not (people or organisations):
        raise Unacceptable({"people[]": _("Kies minstens één persoon.")})
    body = {"person_ids": people, "organisation_ids": organisations}
    await visit.ask(SHARE, body=body, plan_id=plan.plan_id)
    return visit.go(f"/cases/{case_id}/plan")
