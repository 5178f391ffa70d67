"""Erasing a case or a contact, and its progress."""

from uuid import UUID

from services.intake import permissions
from services.intake.domain.codes import CaseStatus
from services.intake.domain.errors import NoErasure
from services.intake.models.register import key_subject
from services.intake.operations import erasing, leaving
from services.intake.permissions import ContactManager
from services.intake.schemas.cases import CaseState
from shared.auth import Principal
from shared.http import Now, Router, Session
from shared.http.erasing import ErasureProgress, NewErasure
from shared.http.gates import ErasureReader, Officer

router = Router(tags=["erasing"])


@router.post("/v1/cases/{case_id}/erase")
async def erase_case(
    case_id: UUID, body: NewErasure, principal: Officer, session: Session, now: Now
) -> CaseState:
    """Make everything about a case that is over unreadable, in every service and for good."""
    case = await permissions.may_erase_case(session, principal, case_id=case_id)
    await erasing.erase_case(session, case=case, reason=body.reason, now=now)
    return CaseState(case_id=case_id, state=CaseStatus.ERASED)


@router.get("/v1/cases/{case_id}/erasure")
async def read_erasure(
    case_id: UUID, principal: ErasureReader, session: Session, now: Now
) -> ErasureProgress:
    """Read which services have confirmed that nothing readable is left, and since when others are late."""
    await permissions.may_erase_case(session, principal, case_id=case_id)
    erasure = await erasing.erasures.read(session, subject=case_id, tenant=principal.tenant)
    if erasure is None:
        raise NoErasure(case_id=str(case_id))
    return ErasureProgress.of(erasure, now=now)


@router.post("/v1/staff/{staff_id}/erase")
async def erase_staff(
    staff_id: UUID, body: NewErasure, principal: ContactManager, session: Session, now: Now
) -> ErasureProgress:
    """Make the tenant's data on a colleague who left unreadable for good; their actions stay, under their id."""
    await permissions.may_erase_contact(session, principal, person_id=staff_id)
    await leaving.erase_contact(
        session,
        tenant=principal.tenant,
        person_id=staff_id,
        kind="staff",
        reason=body.reason,
        now=now,
    )
    return await _progress_of_contact(session, principal, staff_id, now)


@router.get("/v1/staff/{staff_id}/erasure")
async def read_erasure_of_staff(
    staff_id: UUID, principal: ContactManager, session: Session, now: Now
) -> ErasureProgress:
    """Read whether it is confirmed that nothing readable is left of a colleague."""
    return await _progress_of_contact(session, principal, staff_id, now)


@router.post("/v1/coordinators/{coordinator_id}/erase")
async def erase_coordinator(
    coordinator_id: UUID, body: NewErasure, principal: ContactManager, session: Session, now: Now
) -> ErasureProgress:
    """Make the tenant's data on a coordinator who left unreadable for good; their actions stay, under their id."""
    await permissions.may_erase_contact(session, principal, person_id=coordinator_id)
    await leaving.erase_contact(
        session,
        tenant=principal.tenant,
        person_id=coordinator_id,
        kind="coordinator",
        reason=body.reason,
        now=now,
    )
    return await _progress_of_contact(session, principal, coordinator_id, now)


@router.get("/v1/coordinators/{coordinator_id}/erasure")
async def read_erasure_of_coordinator(
    coordinator_id: UUID, principal: ContactManager, session: Session, now: Now
) -> ErasureProgress:
    """Read whether it is confirmed that nothing readable is left of a coordinator."""
    return await _progress_of_contact(session, principal, coordinator_id, now)


async def _progress_of_contact(
    session: Session, principal: Principal, person_id: UUID, now: Now
) -> ErasureProgress:
    subject = key_subject(principal.tenant, person_id)
    erasure = await erasing.erasures.read(session, subject=subject, tenant=principal.tenant)
    if erasure is None:
        raise NoErasure
    return ErasureProgress.of(erasure, now=now)
