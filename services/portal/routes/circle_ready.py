"""Declaring the circle of a case ready."""

import asyncio
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.circle import ChoosePage, active, people_of
from services.portal.routes.of_case import case_of
from services.portal.staff import StaffVisit, staff
from shared.auth import Role

pages = Pages()


class Member(Answer):
    """A member of a circle that was declared ready."""

    person_id: UUID
    required: bool


class Declared(Answer):
    """The circle that was declared ready, kept current; version 0 before."""

    version: int
    members: list[Member]


DECLARED = Operation("network", "GET", "/v1/cases/{case_id}/circle-ready", Declared)
READY = Operation("network", "POST", "/v1/cases/{case_id}/circle-ready", Answer)


class ReadyPage(ChoosePage):
    """Who is required, among the people of a case; `apart`: the pairs who must not meet."""

    version: int
    required: list[str]
    apart: list[tuple[str, str]]


@pages.show("/cases/{case_id}/circle/ready", staff(Role.COORDINATOR))
async def show_ready(visit: StaffVisit) -> Response:
    """Ask who is required."""
    case_id = case_of(visit)
    people, declared = await asyncio.gather(people_of(visit), visit.ask(DECLARED, case_id=case_id))
    members = active(people)
    kept = {each.person_id: each.not_with for each in people}
    model = ReadyPage(
        case_id=UUID(case_id),
        people=members,
        apart=[
            (one.name, other.name)
            for one in members
            for other in members
            if other.id in kept[one.id] and one.id < other.id
        ],
        version=declared.version,
        required=[str(each.person_id) for each in declared.members if each.required],
    )
    return visit.page("circle_ready.html", model)


@pages.send("/cases/{case_id}/circle/ready", staff(Role.COORDINATOR))
async def declare_ready(visit: StaffVisit) -> Response:
    """Declare the circle ready."""
    case_id = case_of(visit)
    required = [read_id(each) for each in visit.ticked("required")]
    await visit.ask(READY, body={"version": visit.version or None, "required": required}, case_id=case_id)
    return visit.go(f"/cases/{case_id}")
