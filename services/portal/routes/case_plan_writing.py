"""Recording a plan, and its next version, in the circle's words."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import StringConstraints
from starlette.responses import Response

from services.portal import todos
from services.portal.client import Answer, Operation, ServiceRefused
from services.portal.forms import read_id, rows_sent
from services.portal.pages import Pages
from services.portal.resources import RESOURCES
from services.portal.routes.case_plan import COORDINATOR, Agreement, Plan, plan_of
from services.portal.routes.of_case import case_of, everyone, in_circle, latest
from services.portal.staff import StaffVisit
from services.portal.visits import Form, PageModel, Unacceptable
from services.portal.wording import language_name
from services.portal.wording import mark as _
from shared.fields import Line, Text

pages = Pages()


class LatestReview(Answer):
    """By when the circle must review its plan, because of which age if it is earlier for that, and the usual day."""

    day: date
    reason: Literal["under-seven", "minor"] | None
    # Not known from a service that is older than these pages.
    usual_day: date | None = None
    usual_by: Literal["policy", "latest"] = "latest"


LATEST_REVIEW = Operation("plans", "GET", "/v1/cases/{case_id}/latest-review", LatestReview)
WRITE = Operation("plans", "POST", "/v1/cases/{case_id}/plans", Answer)
CHANGE = Operation("plans", "POST", "/v1/plans/{plan_id}/versions", Answer)


class WritePage(PageModel):
    """The parts of a plan; existing ones are filled in."""

    case_id: str
    version: int | None
    met: bool
    values: dict[str, str]
    chosen: dict[int, list[str]]
    goals: list[int]
    agreements: list[int]
    others: list[int]
    decisions: list[int]
    asked: list[int]
    answers: list[tuple[str, str]]
    words_languages: list[tuple[str, str]]
    people: list[tuple[str, str]]
    monitor: str
    convener: str
    latest_review: str
    youngest: str | None
    proposed_review: str
    proposed_by: str


# The most frequent languages of circles that cannot be mailed in Dutch; any other can be sent by the API.
_LANGUAGES = ("nl", "fr", "en", "ar", "tr", "pl", "uk", "de", "es", "it", "ro", "ru")
_LAST = {"plan-adjust", "check-in", "referrer-call"}
# The rows of a form: for a first plan, extra empty ones, and in total. A button adds some.
_FIRST, _SPARE, _MORE, _MOST = {"goal": 3, "what": 8}, 2, 4, 99


@pages.show("/cases/{case_id}/plan/write", COORDINATOR)
async def ask(visit: StaffVisit) -> Response:
    """Ask what the circle wants."""
    case_id = case_of(visit)
    plan, people, conference, review = await asyncio.gather(
        plan_of(visit, case_id),
        everyone(visit, case_id),
        latest(visit, case_id),
        visit.ask(LATEST_REVIEW, case_id=case_id),
    )
    values: dict[str, str] = {}
    goals, agreements, others, decisions, asked = (
        (plan.goals, _open(plan), plan.plan_b, plan.decisions_of_circle, plan.resources)
        if plan
        else ([], [], [], [], [])
    )
    values |= {f"goal-{row}": text for row, text in enumerate(goals, 1)}
    values |= {f"decision-{row}": text for row, text in enumerate(decisions, 1)}
    for row, each in enumerate(agreements, 1):
        values |= {f"what-{row}": each.what, f"due-{row}": each.due_on.isoformat(), f"by-{row}": each.by}
        values |= {f"who_text-{row}": each.who_text or "", f"how-{row}": each.known_done_how or ""}
    for row, other in enumerate(others, 1):
        values |= {f"when-{row}": other.when, f"then-{row}": other.then}
        values[f"then_who-{row}"] = str(other.who_person_id or "")
    for row, resource in enumerate(asked, 1):
        values |= {f"ask-{row}": resource.what, f"ask_of-{row}": resource.asked_of or ""}
        values |= {f"ask_state-{row}": resource.state, f"ask_answer-{row}": resource.answer or ""}
    today = visit.profile.calendar.day_of(await visit.parts.clock.now())
    # A circle that meets on its review date or later chooses another.
    kept = plan.review_on if plan and plan.review_on > today else None
    usual = review.usual_day or review.day
    values["review"] = (kept or usual).isoformat()
    if plan:
        values |= {"for_children": plan.for_children or "", "words_language": plan.language}
        met = [each.met_on for each in plan.own_meetings if each.changed and each.said_at > plan.recorded_at]
        values["met_on"] = met[-1].isoformat() if met else ""
        values |= {f"stance-{each.person_id}": "yes" if each.agrees else "no" for each in plan.stances}
    dates = await visit.dates()
    model = WritePage(
        case_id=case_id,
        version=plan.version if plan else None,
        met=conference is not None and conference.state == "held",
        values=values,
        chosen={row: [str(one) for one in each.who_person_ids] for row, each in enumerate(agreements, 1)},
        goals=_rows(visit, "goal", goals),
        agreements=_rows(visit, "what", agreements),
        others=_rows(visit, "when", others),
        decisions=_rows(visit, "decision", decisions),
        asked=_rows(visit, "ask", asked),
        answers=[(state, visit.say(words)) for state, words in RESOURCES.items()],
        words_languages=[(each, language_name(each, visit.language)) for each in _LANGUAGES],
        people=[(str(each.person_id), each.name) for each in in_circle(people)],
        monitor=str(plan.monitor_person_id or "") if plan else "",
        convener=str(plan.convener_person_id or "") if plan else "",
        latest_review=dates.day(review.day),
        youngest=review.reason,
        proposed_review="" if kept else dates.day(usual),
        proposed_by=review.usual_by,
    )
    return visit.page("case_plan_write.html", model)


def _open(plan: Plan) -> list[Agreement]:
    return [each for each in plan.agreements if each.state in ("open", "suspended")]


def _rows(visit: StaffVisit, name: str, written: Sequence[object]) -> list[int]:
    """Return the numbers of a form's rows: existing ones, those that were sent, and some empty ones."""
    least = max(len(written) + _SPARE, _FIRST.get(name, 0), *rows_sent(visit.form, name))
    more = _MORE if visit.form.get("more") == name else 0
    return list(range(1, min(least + more, _MOST) + 1))


@pages.send("/cases/{case_id}/plan/write", COORDINATOR)
async def write(visit: StaffVisit) -> Response:
    """Record the plan, or its next version; or only show more rows."""
    if "more" in visit.form:
        return await ask(visit)
    case_id = case_of(visit)
    plan, conference = await asyncio.gather(plan_of(visit, case_id), latest(visit, case_id))
    body = _plan_of_form(visit)
    held = conference.conference_id if conference and conference.state == "held" else None
    try:
        if plan is None:
            body["conference_id"] = None if held is None else str(held)
            await visit.ask(WRITE, body=body, case_id=case_id)
        else:
            body |= {"version": visit.version, "reason": _said(visit, "reason")}
            body["asked_by_person_id"] = asker = _said(visit, "asked_by")
            if body["reason"] is None:
                raise Unacceptable({"reason": _("Zeg waarom de kring het plan verandert.")})
            body["asked_by_person_id"] = read_id(asker) if asker else None
            body["met_on"] = _day(_said(visit, "met_on"))
            by_itself = body["met_on"] is not None or held == plan.conference_id
            body["conference_id"] = None if held is None or by_itself else str(held)
            waits = await todos.of_case(visit.session, visit.principal, case_id=UUID(case_id))
            await visit.ask(CHANGE, body=body, plan_id=plan.plan_id)
            # After the calls this was the last thing to do: the case is not theirs any more.
            if {each.kind for each in waits if each.owner == "coordinator"} & _LAST == {"plan-adjust"}:
                return visit.go("/cases")
    except ServiceRefused as refused:
        if refused.code != "review-too-late":
            raise
        raise Unacceptable(
            {"review": _("Kies een vroegere dag om opnieuw naar het plan te kijken.")}
        ) from None
    return visit.go(f"/cases/{case_id}/plan")


class RowForm(Form):
    """The texts of a row, each of which may be left empty."""

    goal: Text | None = None
    what: Text | None = None
    who_text: Line | None = None
    how: Text | None = None
    when: Text | None = None
    then: Text | None = None
    decision: Text | None = None
    ask: Text | None = None
    ask_of: Line | None = None
    ask_answer: Annotated[Text, StringConstraints(max_length=1000)] | None = None


class WordsForm(Form):
    """The texts that stand in no row."""

    for_children: Text | None = None
    reason: Text | None = None


def _plan_of_form(visit: StaffVisit) -> dict[str, Any]:
    """Return the plan in a form. Raises: Unacceptable."""
    errors: dict[str, str] = {}
    rows = {row for name in RowForm.model_fields for row in rows_sent(visit.form, name)}
    parts: list[tuple[type[Form], int | None]] = [
        (WordsForm, None),
        *((RowForm, row) for row in sorted(rows)),
    ]
    for form, row in parts:
        try:
            visit.read(form, row=row)
        except Unacceptable as wrong:
            errors |= wrong.errors
    goals, decisions = _texts(visit, "goal"), _texts(visit, "decision")
    if not goals:
        errors["goal-1"] = _("Schrijf op wat de kring wil, in haar eigen woorden.")
    agreements = _agreements(visit, errors)
    if not agreements and not errors:
        errors["what-1"] = _("Schrijf minstens één afspraak op.")
    plan_b, resources = _plan_b(visit, errors), _resources(visit, errors)
    review, monitor, convener = (_said(visit, field) for field in ("review", "monitor", "convener"))
    review = _day(review)
    if review is None:
        errors["review"] = _("Kies de dag waarop de kring opnieuw naar het plan kijkt.")
    if errors:
        raise Unacceptable(errors)
    return {
        "goals": goals,
        "agreements": agreements,
        "plan_b": plan_b,
        "decisions_of_circle": decisions,
        "resources": resources,
        "stances": _stances(visit),
        "for_children": _said(visit, "for_children"),
        "language": _said(visit, "words_language") or "nl",
        "monitor_person_id": read_id(monitor) if monitor else None,
        "review_on": review,
        "convener_person_id": read_id(convener) if convener else None,
    }


def _said(visit: StaffVisit, field: str) -> str | None:
    return visit.form.get(field, "").strip() or None


def _texts(visit: StaffVisit, name: str) -> list[str]:
    return [text for row in rows_sent(visit.form, name) if (text := _said(visit, f"{name}-{row}"))]


def _agreements(visit: StaffVisit, errors: dict[str, str]) -> list[dict[str, Any]]:
    found = []
    for row in rows_sent(visit.form, "what"):
        what, who_text, due_on = (_said(visit, f"{name}-{row}") for name in ("what", "who_text", "due"))
        people = [read_id(each) for each in visit.ticked(f"who-{row}")]
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
    for row in rows_sent(visit.form, "when"):
        when, then, who = (_said(visit, f"{name}-{row}") for name in ("when", "then", "then_who"))
        if when and then:
            found.append({"when": when, "then": then, "who_person_id": read_id(who) if who else None})
        elif when or then:
            errors[f"when-{row}"] = _("Vul allebei in: als er wat gebeurt, en wat je dan doet.")
    return found


def _resources(visit: StaffVisit, errors: dict[str, str]) -> list[dict[str, Any]]:
    found = []
    for row in rows_sent(visit.form, "ask"):
        names = ("ask", "ask_of", "ask_state", "ask_answer")
        what, asked_of, state, answer = (_said(visit, f"{name}-{row}") for name in names)
        if what:
            found.append({"what": what, "asked_of": asked_of, "state": state or "asked", "answer": answer})
        elif asked_of or answer:
            errors[f"ask-{row}"] = _("Schrijf op wat de kring vraagt.")
    return found


def _stances(visit: StaffVisit) -> list[dict[str, Any]]:
    said = {
        field.removeprefix("stance-"): value
        for field, value in visit.form.items()
        if field.startswith("stance-") and value in ("yes", "no")
    }
    return [{"person_id": read_id(person), "agrees": value == "yes"} for person, value in said.items()]


def _day(text: str | None) -> str | None:
    try:
        return date.fromisoformat(text or "").isoformat()
    except ValueError:
        return None
