"""One agreement of a plan, agreed otherwise between two meetings, written down by who follows the case."""

import asyncio

from starlette.responses import Response

from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.agreement import ChangePage, asked_to_change, change_as_sent
from services.portal.routes.case_check_ins import WHO_FOLLOWS, if_theirs
from services.portal.routes.case_plan import plan_of
from services.portal.routes.of_case import case_of, everyone, in_circle
from services.portal.staff import StaffVisit

pages = Pages()


class CaseAgreementPage(ChangePage):
    """One agreement of a case."""

    case_id: str


@pages.show("/cases/{case_id}/plan/agreements/{agreement_id}", WHO_FOLLOWS)
async def ask(visit: StaffVisit) -> Response:
    """Ask what is agreed in the place of what was."""
    case_id = case_of(visit)
    plan, people = await asyncio.gather(
        if_theirs(plan_of(visit, case_id), None), if_theirs(everyone(visit, case_id), {})
    )
    names = {each.person_id: each.name for each in in_circle(people)}
    asked = asked_to_change(visit, plan, _agreement_of(visit), names, back=f"/cases/{case_id}/check-ins")
    return visit.page("case_agreement.html", CaseAgreementPage(case_id=case_id, **asked.model_dump()))


@pages.send("/cases/{case_id}/plan/agreements/{agreement_id}", WHO_FOLLOWS)
async def change(visit: StaffVisit) -> Response:
    """Write down what is agreed now."""
    await change_as_sent(visit, _agreement_of(visit))
    return visit.go(f"/cases/{case_of(visit)}/check-ins")


def _agreement_of(visit: StaffVisit) -> str:
    return read_id(visit.request.path_params["agreement_id"])
