"""The plan in the circle's words: reading and printing it, writing it down, and sharing it person by person."""

import asyncio
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import read_id
from services.portal.pages import PageModel, Pages, Unacceptable, Visit
from services.portal.routes import plan as own
from services.portal.routes.of_case import InCircle, Person, case_of, everyone, in_circle, latest
from services.portal.routes.plan import PLANS
from services.portal.staff import StaffVisit, staff
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


class Line(Answer):
    """What the plan must hold to, as the mandated side said."""

    bottom_line_id: UUID
    text: str


class Baseline(Answer):
    """The bottom lines of a case."""

    bottom_lines: list[Line]


class Parties(Answer):
    """The organisations that a case has to do with."""

    referring_organisation_id: UUID | None
    mandated_organisation_id: UUID | None


WHOLE = Operation("plans", "GET", "/v1/plans/{plan_id}", Plan)
WRITE = Operation("plans", "POST", "/v1/cases/{case_id}/plans", Answer)
CHANGE = Operation("plans", "POST", "/v1/plans/{plan_id}/versions", Answer)
SHARE = Operation("plans", "POST", "/v1/plans/{plan_id}/share", Answer)
BASELINE = Operation("intake", "GET", "/v1/cases/{case_id}/baseline", Baseline)
PARTIES = Operation("intake", "GET", "/v1/cases/{case_id}", Parties)

_COORDINATOR = staff(Role.COORDINATOR)
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
    visit: Visit, plan: Plan, names: Mapping[UUID, str], lines: list[Line], *, unnamed: str
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


async def lines_of(visit: Visit, case_id: str) -> list[Line]:
    """Return the bottom lines of a case; none if nobody set any."""
    return (await visit.ask_or(BASELINE, Baseline(bottom_lines=[]), case_id=case_id)).bottom_lines


def _names(people: Mapping[UUID, InCircle]) -> dict[UUID, str]:
    return {person_id: each.name for person_id, each in people.items() if each.name}


@pages.show("/cases/{case_id}/plan", _COORDINATOR)
async def show(visit: StaffVisit) -> Response:
    """Show the plan, and what the mandated side said of it."""
    return visit.page("case_plan.html", await _page(visit))


@pages.show("/cases/{case_id}/plan/print", _COORDINATOR)
async def to_print(visit: StaffVisit) -> Response:
    """Show the plan to print."""
    return visit.page("case_plan_print.html", await _page(visit))


class WritePage(PageModel):
    """What is asked of a plan; what stands in it already is filled in."""

    case_id: str
    version: int | None
    met: bool
    values: dict[str, str]
    chosen: dict[int, list[str]]
    goals: list[int]
    agreements: list[int]
    others: list[int]
    decisions: list[int]
    people: list[tuple[str, str]]
    monitor: str


# How many empty rows a form has beyond what is written in it.
_SPARE_GOALS, _SPARE_AGREEMENTS, _SPARE = 3, 4, 2


@pages.show("/cases/{case_id}/plan/write", _COORDINATOR)
async def ask(visit: StaffVisit) -> Response:
    """Ask what the circle wants."""
    case_id = case_of(visit)
    plan, people, conference = await asyncio.gather(
        plan_of(visit, case_id), everyone(visit, case_id), latest(visit, case_id)
    )
    values: dict[str, str] = {}
    goals, agreements, others, decisions = (
        (plan.goals, _open(plan), plan.plan_b, plan.decisions_of_circle) if plan else ([], [], [], [])
    )
    values |= {f"goal-{row}": text for row, text in enumerate(goals, 1)}
    values |= {f"decision-{row}": text for row, text in enumerate(decisions, 1)}
    for row, each in enumerate(agreements, 1):
        values |= {f"what-{row}": each.what, f"due-{row}": each.due_on.isoformat(), f"by-{row}": each.by}
        values |= {f"who_text-{row}": each.who_text or "", f"how-{row}": each.known_done_how or ""}
    for row, other in enumerate(others, 1):
        values |= {f"when-{row}": other.when, f"then-{row}": other.then}
        values[f"then_who-{row}"] = str(other.who_person_id or "")
    if plan:
        values["review"] = plan.review_on.isoformat()
    model = WritePage(
        case_id=case_id,
        version=plan.version if plan else None,
        met=conference is not None and conference.state == "held",
        values=values,
        chosen={row: [str(one) for one in each.who_person_ids] for row, each in enumerate(agreements, 1)},
        goals=_rows(visit, "goal", len(goals) + _SPARE_GOALS),
        agreements=_rows(visit, "what", len(agreements) + _SPARE_AGREEMENTS),
        others=_rows(visit, "when", len(others) + _SPARE),
        decisions=_rows(visit, "decision", len(decisions) + _SPARE),
        people=[(str(each.person_id), each.name) for each in in_circle(people)],
        monitor=str(plan.monitor_person_id or "") if plan else "",
    )
    return visit.page("case_plan_write.html", model)


def _open(plan: Plan) -> list[Agreement]:
    return [each for each in plan.agreements if each.state == "open"]


def _rows(visit: StaffVisit, name: str, least: int) -> list[int]:
    """Return the numbers of the rows of a form: at least those, and those that were sent."""
    return list(range(1, max(least, *_sent(visit, name), 0) + 1))


def _sent(visit: StaffVisit, name: str) -> list[int]:
    numbers = (field.removeprefix(f"{name}-") for field in visit.form if field.startswith(f"{name}-"))
    return sorted(int(number) for number in numbers if number.isdecimal() and len(number) < 3)


@pages.send("/cases/{case_id}/plan/write", _COORDINATOR)
async def write(visit: StaffVisit) -> Response:
    """Record the plan, or its next version."""
    case_id = case_of(visit)
    plan, conference = await asyncio.gather(plan_of(visit, case_id), latest(visit, case_id))
    body = _plan_of_form(visit)
    held = conference.conference_id if conference and conference.state == "held" else None
    if plan is None:
        body["conference_id"] = None if held is None else str(held)
        await visit.ask(WRITE, body=body, case_id=case_id)
    else:
        version = visit.form.get("version", "")
        body["version"] = int(version) if version.isdecimal() else 0
        body["conference_id"] = None if held in (None, plan.conference_id) else str(held)
        await visit.ask(CHANGE, body=body, plan_id=plan.plan_id)
    return visit.go(f"/cases/{case_id}/plan")


def _plan_of_form(visit: StaffVisit) -> dict[str, Any]:
    """Return what the form says. Raises: Unacceptable."""
    errors: dict[str, str] = {}
    goals, decisions = _texts(visit, "goal"), _texts(visit, "decision")
    if not goals:
        errors["goal-1"] = _("Schrijf op wat de kring wil, in haar eigen woorden.")
    agreements = _agreements(visit, errors)
    if not agreements and not errors:
        errors["what-1"] = _("Schrijf minstens één afspraak op.")
    plan_b = _plan_b(visit, errors)
    review, monitor = _day(_said(visit, "review")), _said(visit, "monitor")
    if review is None:
        errors["review"] = _("Kies de dag waarop de kring opnieuw naar het plan kijkt.")
    if errors:
        raise Unacceptable(errors)
    return {
        "goals": goals,
        "agreements": agreements,
        "plan_b": plan_b,
        "decisions_of_circle": decisions,
        "monitor_person_id": read_id(monitor) if monitor else None,
        "review_on": review,
    }


def _said(visit: StaffVisit, field: str) -> str | None:
    return visit.form.get(field, "").strip() or None


def _texts(visit: StaffVisit, name: str) -> list[str]:
    return [text for row in _sent(visit, name) if (text := _said(visit, f"{name}-{row}"))]


def _agreements(visit: StaffVisit, errors: dict[str, str]) -> list[dict[str, Any]]:
    found = []
    for row in _sent(visit, "what"):
        what, who_text, due_on = (_said(visit, f"{name}-{row}") for name in ("what", "who_text", "due"))
        people = [read_id(each) for each in visit.form.get(f"who-{row}[]", "").split(",") if each]
        named, due = people or who_text, _day(due_on)
        if what is None and (named or due_on):
            errors[f"what-{row}"] = _("Schrijf op wat er afgesproken is.")
        if what is None:
            continue
        if not named:
            errors[f"who_text-{row}"] = _("Zeg wie dit doet.")
        if due is None:
            errors[f"due-{row}"] = _("Zeg tegen welke dag.")
        agreement = {"what": what, "who_person_ids": people, "who_text": who_text, "due_on": due}
        by = "professional" if _said(visit, f"by-{row}") == "professional" else "network"
        found.append({**agreement, "known_done_how": _said(visit, f"how-{row}"), "by": by})
    return found


def _plan_b(visit: StaffVisit, errors: dict[str, str]) -> list[dict[str, Any]]:
    found = []
    for row in _sent(visit, "when"):
        when, then, who = (_said(visit, f"{name}-{row}") for name in ("when", "then", "then_who"))
        if when and then:
            found.append({"when": when, "then": then, "who_person_id": read_id(who) if who else None})
        elif when or then:
            errors[f"when-{row}"] = _("Vul allebei in: als er wat gebeurt, en wat je dan doet.")
    return found


def _day(text: str | None) -> str | None:
    try:
        return date.fromisoformat(text or "").isoformat()
    except ValueError:
        return None


class SharePage(PageModel):
    """With whom the plan is to be shared."""

    case_id: str
    there: bool
    people: list[tuple[str, str]]
    organisations: list[tuple[str, str]]
    pending: list[Person]


@pages.show("/cases/{case_id}/plan/share", _COORDINATOR)
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


@pages.send("/cases/{case_id}/plan/share", _COORDINATOR)
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
