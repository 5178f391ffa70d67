"""The first names of the central persons of a coordinator's cases, by which they tell cases apart."""

from collections import defaultdict
from uuid import UUID

from services.portal.client import Answer, Items, Operation
from services.portal.staff import StaffVisit
from shared.auth import Role
from shared.errors import Operational

_MOST = 100


class CentralPerson(Answer):
    """A central person."""

    case_id: UUID
    first_name: str | None


CENTRAL_PERSONS = Operation("network", "GET", "/v1/central-persons", Items[CentralPerson])


async def names_by_case(visit: StaffVisit) -> dict[UUID, str]:
    """Return the first names by case, "Meryem en Amine", of the cases that the reader coordinates.

    Empty for other readers, and while network does not answer: a list is of use without names too.
    """
    if not visit.has(Role.COORDINATOR):
        return {}
    try:
        found = await visit.ask(CENTRAL_PERSONS, query={"limit": str(_MOST)})
    except Operational:
        return {}
    names: dict[UUID, list[str]] = defaultdict(list)
    # The list is newest first; within a case the first added person is named first.
    for each in reversed(found.items):
        if each.first_name:
            names[each.case_id].append(each.first_name)
    return {case_id: visit.listed(each) for case_id, each in names.items()}
