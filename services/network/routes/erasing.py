"""Erasing one person, and how far that is."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from services.network import permissions
from services.network.domain import NoErasure
from services.network.operations import erasing
from shared.auth import Principal, Role
from shared.http import Now, Parts, Router, Session, allow
from shared.http.erasing import ErasureStanding, NewErasure

router = Router(tags=["erasing"])

Officer = Annotated[Principal, Depends(allow(Role.DPO))]
Overseer = Annotated[Principal, Depends(allow(Role.DPO, Role.REGIONAL_MANAGER, Role.OPS))]


@router.post("/v1/persons/{person_id}/erase")
async def erase_person(
    *, person_id: UUID, body: NewErasure, principal: Officer, session: Session, parts: Parts, now: Now
) -> ErasureStanding:
    """Make everything about a person unreadable, in every service and for good; their case goes on."""
    person = await permissions.person_to_erase(session, principal, person_id=person_id)
    await erasing.erase_person(session, parts.services, person=person, because=body.because, now=now)
    return await _standing(session, principal, person_id, now)


@router.get("/v1/persons/{person_id}/erasure")
async def read_erasure(person_id: UUID, principal: Overseer, session: Session, now: Now) -> ErasureStanding:
    """Read which services have confirmed that nothing readable is left, and since when it is late."""
    await permissions.person_to_erase(session, principal, person_id=person_id)
    return await _standing(session, principal, person_id, now)


async def _standing(session: Session, principal: Principal, person_id: UUID, now: Now) -> ErasureStanding:
    erasure = await erasing.erasures.read(session, subject=person_id, tenant=principal.tenant)
    if erasure is None:
        raise NoErasure(person_id=str(person_id))
    return ErasureStanding.of(erasure, now=now)
