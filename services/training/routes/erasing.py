"""Erasing a registration, and its progress."""

from uuid import UUID

from services.training import queries
from services.training.domain import NoErasure
from services.training.operations import erasing
from shared.auth import Principal
from shared.http import Now, Router, Session
from shared.http.erasing import ErasureProgress, NewErasure
from shared.http.gates import ErasureReader, Officer

router = Router(tags=["erasing"])


@router.post("/v1/registrations/{registration_id}/erase")
async def erase_registration(
    registration_id: UUID, body: NewErasure, principal: Officer, session: Session, now: Now
) -> ErasureProgress:
    """Make participant and payer unreadable for good, once the registration is over; amounts and dates stay."""
    await erasing.erase_registration(
        session, tenant=principal.tenant, registration_id=registration_id, reason=body.reason, now=now
    )
    return await _progress(session, principal, registration_id, now)


@router.get("/v1/registrations/{registration_id}/erasure")
async def read_erasure(
    registration_id: UUID, principal: ErasureReader, session: Session, now: Now
) -> ErasureProgress:
    """Read whether it is confirmed that nothing readable is left, and since when it is late."""
    await queries.registration(session, tenant=principal.tenant, registration_id=registration_id)
    return await _progress(session, principal, registration_id, now)


async def _progress(
    session: Session, principal: Principal, registration_id: UUID, now: Now
) -> ErasureProgress:
    erasure = await erasing.erasures.read(session, subject=registration_id, tenant=principal.tenant)
    if erasure is None:
        raise NoErasure
    return ErasureProgress.of(erasure, now=now)
