"""Erasing one person, and the progress of it."""

from uuid import UUID

from services.network import permissions
from services.network.domain import NoErasure
from services.network.operations import erasing
from shared.auth import Principal
from shared.http import Deps, Now, Router, Session
from shared.http.erasing import ErasureProgress, NewErasure
from shared.http.gates import ErasureReader, Officer

router = Router(tags=["erasing"])


@router.post("/v1/persons/{person_id}/erase")
async def erase_person(
    *, person_id: UUID, body: NewErasure, principal: Officer, session: Session, deps: Deps, now: Now
) -> ErasureProgress:
    """Make everything about a person unreadable, in every service and for good; their case goes on."""
    person = await permissions.may_erase_person(session, principal, person_id=person_id)
    await erasing.erase_person(session, deps.vault, deps.services, person=person, reason=body.reason, now=now)
    return await _progress(session, principal, person_id, now)


@router.get("/v1/persons/{person_id}/erasure")
async def read_erasure(
    person_id: UUID, principal: ErasureReader, session: Session, now: Now
) -> ErasureProgress:
    """Read which services have confirmed that nothing readable is left, and since when others are late."""
    await permissions.may_erase_person(session, principal, person_id=person_id)
    return await _progress(session, principal, person_id, now)


async def _progress(session: Session, principal: Principal, person_id: UUID, now: Now) -> ErasureProgress:
    erasure = await erasing.erasures.read(session, subject=person_id, tenant=principal.tenant)
    if erasure is None:
        raise NoErasure(person_id=str(person_id))
    return ErasureProgress.of(erasure, now=now)
