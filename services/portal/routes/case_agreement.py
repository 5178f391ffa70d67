"""Changes between two meetings, recorded by the coordinator: one agreement, or that plan B is needed."""

import asyncio

from starlette.responses import Response

from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.agreement import ChangePage, asked_to_change, change_as_sent
from services.portal.routes.case_check_ins import WHO_FOLLOWS, if_theirs
from services.portal.routes.case_plan import names_of, plan_of
from services.portal.routes.of_case import case_of, everyone, in_circle
from services.portal.routes.plan_b import PlanBPage, asked_to_invoke, invoke_as_sent
from services.portal.staff import StaffVisit

pages = Pages()


class CaseAgreementPage(ChangePage):
    """One agreement of a case."""

    case_id: str


@pages.show("/cases/{case_id}/plan/agreements/{agreement_id}", WHO_FOLLOWS)
async def ask(visit: StaffVisit) -> Response:
    """Ask for the new agreement."""
    case_id = case_of(visit)
    plan, people = await asyncio.gather(
        if_theirs(plan_of(visit, case_id), None), if_theirs(everyone(visit, case_id), {})
    )
    names = {each.person_id: each.name for each in in_circle(people)}
    asked = asked_to_change(visit, plan, _agreement_of(visit), names, back=f"/cases/{case_id}/check-ins")
    return visit.page("case_agreement.html", CaseAgreementPage(case_id=case_id, **asked.model_dump()))


@pages.send("/cases/{case_id}/plan/agreements/{agreement_id}", WHO_FOLLOWS)
async def change(visit: StaffVisit) -> Response:
    """Record the new agreement."""
    await change_as_sent(visit, _agreement_of(visit))
    return visit.go(f"/cases/{case_of(visit)}/check-ins")


def _agreement_of(visit: StaffVisit) -> str:
    return read_id(visit.request.path_params["agreement_id"])


class CasePlanBPage(PlanBPage):
    """One line of plan B of a case."""

    case_id: str


@pages.show("/cases/{case_id}/plan/plan-b/{line}", WHO_FOLLOWS)
async def ask_for_plan_b(visit: StaffVisit) -> Response:
    """Ask why plan B is needed, and which agreement it replaces."""
    case_id = case_of(visit)
    plan, people = await asyncio.gather(
        if_theirs(plan_of(visit, case_id), None), if_theirs(everyone(visit, case_id), {})
    )
    asked = asked_to_invoke(visit, plan, names_of(people))
    return visit.page("case_plan_b.html", CasePlanBPage(case_id=case_id, **asked.model_dump()))


@pages.send("/cases/{case_id}/plan/plan-b/{line}", WHO_FOLLOWS)
async def invoke(visit: StaffVisit) -> Response:
    """Record that plan B is needed."""
    case_id = case_of(visit)
    await invoke_as_sent(visit, await if_theirs(plan_of(visit, case_id), None))
    return visit.go(f"/cases/{case_id}/check-ins")
