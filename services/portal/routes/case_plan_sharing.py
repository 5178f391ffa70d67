"""With whom a plan is shared, part by part and person by person, and taking it back."""

import asyncio
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.pages import Pages
from services.portal.routes.case_plan import COORDINATOR, names_of, plan_of
from services.portal.routes.of_case import Person, case_of, everyone, in_circle
from services.portal.routes.plan_sharing import Reader, parts_to_share, readers, share_as_sent
from services.portal.staff import StaffVisit
from services.portal.visits import PageModel
from services.portal.wording import mark as _

pages = Pages()


class Parties(Answer):
    """The organisations involved in a case."""

    referring_organisation_id: UUID | None
    mandated_organisation_id: UUID | None


PARTIES = Operation("intake", "GET", "/v1/cases/{case_id}", Parties)


class SharePage(PageModel):
    """Choosing with whom to share the plan."""

    case_id: str
    there: bool
    version: int | None
    shared: list[Reader]
    parts: list[tuple[str, str]]
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
            [(str(parties.referring_organisation_id), visit.say(_("De organisatie van de verwijzer")))]
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
        version=plan.version if plan else None,
        shared=readers(visit, plan, names_of(people)) if plan else [],
        parts=parts_to_share(visit),
        people=[(str(each.person_id), each.name) for each in circle],
        organisations=organisations,
        pending=[Person(id=each.person_id, name=each.name) for each in circle if each.person_id not in have],
    )
    return visit.page("case_plan_share.html", model)


@pages.send("/cases/{case_id}/plan/share", COORDINATOR)
async def share(visit: StaffVisit) -> Response:
    """Share the plan, or end the sharing with somebody."""
    case_id = case_of(visit)
    plan = await plan_of(visit, case_id)
    if await share_as_sent(visit, plan):
        return visit.go(f"/cases/{case_id}/plan/share")
    return visit.go(f"/cases/{case_id}/plan")
