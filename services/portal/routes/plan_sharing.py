"""Sharing parts of the plan outside the circle, by its central persons, and ending that."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Items, Operation
from services.portal.forms import NotThere, read_id
from services.portal.pages import Pages
from services.portal.people import PersonVisit, person
from services.portal.routes.dates import CIRCLE, Member
from services.portal.routes.plan import PLANS, Plan, PlanSummary, may_share
from services.portal.visits import PageModel, Unacceptable, Visit
from services.portal.wording import mark as _
from shared.case_access import CIRCLE_ROLES

pages = Pages()


class Shared(Answer):
    """A person or organisation with whom a plan is shared."""

    person_id: UUID | None = None
    organisation_id: UUID | None = None
    version: int
    parts: list[str]
    shared_by: UUID
    shared_for: list[UUID]

    @property
    def recipient(self) -> UUID | None:
        """The person or the organisation."""
        return self.person_id or self.organisation_id


class SharedPlan(Plan):
    """The plan, with whom it is shared, and who referred the case."""

    shared_with: list[Shared]
    referring_organisation_id: UUID | None = None


READ = Operation("plans", "GET", "/v1/plans/{plan_id}", SharedPlan)
SHARE = Operation("plans", "POST", "/v1/plans/{plan_id}/share", Answer)
TAKE_BACK = Operation("plans", "DELETE", "/v1/plans/{plan_id}/shares/{recipient_id}", Answer)

PARTS = {
    "goals": _("wat de kring wil"),
    "agreements": _("de afspraken"),
    "plan-b": _("als het anders gaat"),
    "resources": _("wat de kring aan anderen vraagt"),
    "decisions": _("wat de kring nog besliste"),
    "for-children": _("het plan voor de kinderen"),
    "stances": _("wie achter het plan staat"),
}


class Reader(PageModel):
    """A reader of the shared plan, the parts they read, and the child on whose behalf that was decided."""

    id: UUID
    name: str
    parts: list[str]
    older: bool
    in_place_of: str


class SharingPage(PageModel):
    """Choosing with whom to share the plan."""

    version: int
    shared: list[Reader]
    parts: list[tuple[str, str]]
    readers: list[tuple[str, str]]
    for_child: bool


def readers(visit: Visit, plan: SharedPlan, names: Mapping[UUID, str]) -> list[Reader]:
    """Return who reads what was shared: each with the newest version."""
    somebody, organisation = visit.say(_("iemand van de kring")), visit.say(_("een organisatie"))
    in_place_of = visit.say(_("{who} besliste dit voor {child}"))
    newest: dict[UUID, Shared] = {}
    for each in sorted(plan.shared_with, key=lambda share: share.version):
        if each.recipient is not None:
            newest[each.recipient] = each
    return [
        Reader(
            id=recipient,
            name=names.get(recipient, somebody) if each.person_id else organisation,
            parts=each.parts,
            older=each.version < plan.version,
            in_place_of=in_place_of.format(
                who=names.get(each.shared_by, somebody),
                child=visit.listed(names.get(child, somebody) for child in each.shared_for),
            )
            if each.shared_for
            else "",
        )
        for recipient, each in newest.items()
    ]


def parts_to_share(visit: Visit) -> list[tuple[str, str]]:
    """Return the parts of a plan that can be shared separately, in words."""
    return [(part, visit.say(words)) for part, words in PARTS.items()]


async def share_as_sent(visit: Visit, plan: SharedPlan | None) -> bool:
    """Share the plan as a form says, or end sharing; return whether it was ended. Raises: Unacceptable."""
    if plan is not None and (back := visit.form.get("back")):
        await visit.ask(TAKE_BACK, plan_id=plan.plan_id, recipient_id=read_id(back))
        return True
    chosen, organisations = (
        [read_id(each) for each in visit.ticked(name)] for name in ("people", "organisations")
    )
    parts = visit.ticked("parts")
    if plan is None or not (chosen or organisations):
        raise Unacceptable({"people[]": _("Kies minstens één persoon.")})
    if not parts:
        raise Unacceptable({"parts[]": _("Kies minstens één deel van het plan.")})
    # If there is a single list, it includes the organisation that referred the case.
    referrer = [each for each in chosen if each == str(plan.referring_organisation_id)]
    people = [each for each in chosen if each not in referrer]
    body: dict[str, Any] = {
        "person_ids": people, "organisation_ids": organisations + referrer, "parts": parts
    }  # fmt: skip
    if visit.version:
        body["version"] = visit.version
    await visit.ask(SHARE, body=body, plan_id=plan.plan_id)
    return False


async def _plan(visit: PersonVisit) -> SharedPlan:
    """Return the plan to a reader who may share it. Raises: NotThere."""
    listed = await visit.ask_or(PLANS, Items[PlanSummary](items=[]), case_id=visit.person.case_id)
    if not listed.items or not may_share(visit):
        raise NotThere
    plan: SharedPlan = await visit.ask(READ, plan_id=listed.items[0].plan_id)
    return plan


@pages.show("/me/plan/share", person)
async def ask(visit: PersonVisit) -> Response:
    """Ask who outside the circle may read which parts of the plan."""
    plan = await _plan(visit)
    circle = (await visit.ask_or(CIRCLE, Items[Member](items=[]))).items
    names = {each.person_id: each.first_name for each in circle}
    names[visit.person.person_id] = visit.say(_("jij"))
    # The circle reads the whole plan, whatever is shared.
    within = {each.person_id for each in circle if each.role in CIRCLE_ROLES} | {visit.person.person_id}
    outside = [each for each in circle if each.person_id not in within]
    referrer = plan.referring_organisation_id
    party = [(str(referrer), visit.say(_("De organisatie van de verwijzer")))] if referrer else []
    sharing = SharingPage(
        version=plan.version,
        shared=[each for each in readers(visit, plan, names) if each.id not in within],
        parts=parts_to_share(visit),
        readers=[(str(each.person_id), each.first_name) for each in outside] + party,
        for_child=visit.person.decides_for_child,
    )
    return visit.page("plan_share.html", sharing)


@pages.send("/me/plan/share", person)
async def share(visit: PersonVisit) -> Response:
    """Share it, or end the sharing with somebody."""
    await share_as_sent(visit, await _plan(visit))
    return visit.go("/me/plan/share")
