"""The versions of a plan: who recorded each, when, and why."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Items, Operation
from services.portal.pages import Pages
from services.portal.people import PersonVisit, person
from services.portal.routes.dates import CIRCLE, Member
from services.portal.routes.plan import PLANS, who_acted
from services.portal.visits import PageModel, Visit
from services.portal.wording import mark as _

pages = Pages()


class Version(Answer):
    """A version of the plan: who recorded it, who asked for it, and why."""

    version: int
    met_on: date | None = None
    recorded_at: datetime
    recorded_by: UUID
    recorded_as: str
    asked_by_person_id: UUID | None
    change_reason: str | None


VERSIONS = Operation("plans", "GET", "/v1/plans/{plan_id}/versions", Items[Version])


class VersionRow(PageModel):
    """A version, in words."""

    version: int
    met: str
    recorded: str
    recorded_by: str
    asked_by: str
    change_reason: str | None


class VersionsPage(PageModel):
    """The versions of the plan, the newest first."""

    versions: list[VersionRow]
    more: str | None


async def versions_of(
    visit: Visit, plan_id: UUID | None, names: Mapping[UUID, str]
) -> tuple[list[VersionRow], str | None]:
    """Return some versions of a plan, the newest first, and the address of the earlier ones, if any."""
    if plan_id is None:
        return [], None
    listed = await visit.ask(VERSIONS, query={"limit": "30", **visit.turned_to()}, plan_id=plan_id)
    dates, somebody = await visit.dates(), visit.say(_("iemand van de kring"))
    rows = [
        VersionRow(
            version=each.version,
            met=dates.day(each.met_on) if each.met_on else "",
            recorded=dates.day(each.recorded_at),
            recorded_by=who_acted(visit, each.recorded_as, each.recorded_by, names),
            asked_by=names.get(each.asked_by_person_id, somebody) if each.asked_by_person_id else "",
            change_reason=each.change_reason,
        )
        for each in listed.items
    ]
    return rows, visit.next_page(listed.next)


async def names_known_to(visit: PersonVisit) -> dict[UUID, str]:
    """Return the first names in the circle that a reader knows, and the reader's own role."""
    circle = await visit.ask_or(CIRCLE, Items[Member](items=[]))
    me = {visit.person.person_id: visit.say(_("jij"))}
    return {member.person_id: member.first_name for member in circle.items} | me


@pages.show("/me/plan/versions", person)
async def show(visit: PersonVisit) -> Response:
    """Show the versions to readers of the whole plan."""
    listed = await visit.ask(PLANS, case_id=visit.person.case_id)
    plan_id = listed.items[0].plan_id if listed.items else None
    names = await names_known_to(visit) | {visit.person.person_id: visit.say(_("jou"))}
    versions, more = await versions_of(visit, plan_id, names)
    return visit.page("plan_versions.html", VersionsPage(versions=versions, more=more))
