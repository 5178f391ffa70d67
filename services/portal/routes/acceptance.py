"""Professionals read a plan that is shared with their organisation; the mandated one says whether it is enough."""

import asyncio
from typing import Any

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.pages import Pages
from services.portal.routes.case_plan import (
    PlanText,
    answer_as_sent,
    answers_to_choose,
    lines_of,
    plan_of,
    text_of,
)
from services.portal.routes.case_plan_sharing import PARTIES, Parties
from services.portal.routes.of_case import case_of
from services.portal.staff import StaffVisit, staff
from services.portal.visits import PageModel, Unacceptable
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()

_NOBODY = Parties(referring_organisation_id=None, mandated_organisation_id=None)
JUDGE = Operation("plans", "PUT", "/v1/plans/{plan_id}/acceptance", Answer)


class AcceptancePage(PageModel):
    """The plan, and for the mandated side what it says of each bottom line, or the question."""

    case_id: str
    plan: PlanText | None
    judges: bool
    over: bool
    answers: list[tuple[str, str]]
    asked: bool


@pages.show("/cases/{case_id}/acceptance", staff(Role.REFERRER))
async def show(visit: StaffVisit) -> Response:
    """Show the plan, and ask the mandated side of each bottom line whether it is met."""
    case_id = case_of(visit)
    plan, lines, parties = await asyncio.gather(
        plan_of(visit, case_id),
        lines_of(visit, case_id),
        visit.ask_or(PARTIES, _NOBODY, case_id=case_id),
    )
    text = None
    if plan:
        text = await text_of(visit, plan, {}, lines, unnamed=visit.say(_("iemand van de kring")))
    judges = parties.mandated_organisation_id == visit.member.organisation
    asked = plan is not None and plan.acceptance in ("awaited", "presumed", "partly-accepted", "refused")
    model = AcceptancePage(
        case_id=case_id,
        plan=text,
        judges=judges,
        over=plan is not None and plan.follow_up != "running",
        answers=answers_to_choose(visit),
        asked=judges and asked,
    )
    return visit.page("case_acceptance.html", model)


@pages.send("/cases/{case_id}/acceptance", staff(Role.REFERRER))
async def judge(visit: StaffVisit) -> Response:
    """Send the judgement of every bottom line, all at once, or the answer to what the circle asked."""
    case_id = case_of(visit)
    if visit.form.get("resource"):
        await answer_as_sent(visit)
        return visit.go(f"/cases/{case_id}/acceptance")
    plan, lines = await asyncio.gather(plan_of(visit, case_id), lines_of(visit, case_id))
    errors: dict[str, str] = {}
    judged: list[dict[str, Any]] = []
    for line in lines:
        met = visit.form.get(f"met-{line.bottom_line_id}", "")
        reason = visit.form.get(f"reason-{line.bottom_line_id}", "").strip() or None
        if met not in ("yes", "no"):
            errors[f"met-{line.bottom_line_id}"] = _("Zeg of het plan hieraan voldoet.")
        elif met == "no" and reason is None:
            errors[f"reason-{line.bottom_line_id}"] = _(
                "Zeg de kring waarom niet, dan kan ze het plan aanpassen."
            )
        judged.append({"bottom_line_id": str(line.bottom_line_id), "met": met == "yes", "reason": reason})
    if errors or plan is None:
        raise Unacceptable(errors)
    body = {"lines": judged, "version": visit.version}
    await visit.ask(JUDGE, body=body, plan_id=plan.plan_id)
    return visit.go(f"/cases/{case_id}/acceptance")
