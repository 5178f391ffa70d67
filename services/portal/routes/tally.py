"""How much waits for a person, for the service that mails members of staff."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from services.portal import todos
from services.portal.permissions import Mailer
from shared.auth import NO_TENANT, Kind, Principal, Role
from shared.contracts.portal import TALLY, StaffTally
from shared.errors import NotFound
from shared.http import Router, Session

router = Router(tags=["to-dos"])


class UnknownRole(NotFound):
    """The role does not exist."""

    code = "role-not-found"
    title = "There is no such role"


@router.get(TALLY.path)
async def read_tally(
    staff_id: UUID,
    organisation_id: UUID,
    roles: Annotated[str, Path(max_length=200)],
    principal: Mailer,
    session: Session,
) -> StaffTally:
    """Count what waits for a member of staff at the tenant, as their first page shows it."""
    if not set(roles.split(",")) <= set(Role):
        raise UnknownRole
    whose = Principal(
        kind=Kind.STAFF,
        id=staff_id,
        tenant=principal.tenant,
        organisation=None if organisation_id == NO_TENANT else organisation_id,
        roles=frozenset(map(Role, roles.split(","))),
    )
    tally = await todos.tally_of(session, whose)
    return StaffTally(waiting=tally.waiting, late=tally.late)
