"""With whom a plan is shared, part by part and person by person, and taking it back."""

import asyncio
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.case_plan import COORDINATOR, Reader, names_of, parts_to_share, plan_of, readers
from services.portal.routes.of_case import Person, case_of, everyone, in_circle
from services.portal.staff import StaffVisit
from services.portal.visits import PageModel, Unacceptable
from services.portal.wording import mark as _

pages = Pages()


class Parties(Answer):
    """The organisations that a case has to do with."""

    referring_organisation_id: UUID | None
    mandated_organisation_id: UUID | None


SHARE = Operation("plans", "POST", "/v1/plans/{plan_id}/share", Answer)
TAKE_BACK = Operation("plans", "DELETE", "/v1/plans/{plan_id}/shares/{recipient_id}", Answer)
PARTIES = Operation("intake", "GET", "/v1/cases/{case_id}", Parties)


class SharePage(PageModel):
    """With whom the plan is to be shared."""

    case_id: str
    there: bool
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
        shared=readers(visit, plan, names_of(people)) if plan else [],
        parts=parts_to_share(visit),
        people=[(str(each.person_id), each.name) for each in circle],
        organisations=organisations,
        pending=[Person(id=each.person_id, name=each.name) for each in circle if each.person_id not in have],
    )
    return visit.page("case_plan_share.html", model)


@pages.send("/cases/{case_id}/plan/share", COORDINATOR)
async def share(visit: StaffVisit) -> Response:
    """Share the plan, or take it back from somebody."""
    case_id = case_of(visit)
    plan = await plan_of(visit, case_id)
    if plan is not None and (back := visit.form.get("back")):
        await visit.ask(TAKE_BACK, plan_id=plan.plan_id, recipient_id=read_id(back))
        return visit.go(f"/cases/{case_id}/plan/share")
    people, organisations = (
        [read_id(each) for each in visit.form.get(name, "").split(",") if each]
        for name in ("people[]", "organisations[]")
    )
    parts = visit.ticked("parts")
    if plan is None or not (people or organisations):
        raise Unacceptable({"people[]": _("Kies minstens één persoon.")})
    if not parts:
        raise Unacceptable({"parts[]": _("Kies minstens één deel van het plan.")})
    body = {"person_ids": people, "organisation_ids": organisations, "parts": parts}
    await visit.ask(SHARE, body=body, plan_id=plan.plan_id)
    return visit.go(f"/cases/{case_id}/plan")
