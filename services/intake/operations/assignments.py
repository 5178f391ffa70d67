"""The search for a coordinator: it begins, somebody is found, leaves again, or the case stops."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import (
    ALLOCATION_CLOCK,
    OFFER_CLOCK,
    REPLACED,
    SEARCH_CLOCK,
    SERVICE,
    AssignmentState,
    OfferState,
    ReleaseReason,
    assignment_workflow_id,
)
from services.intake.domain.errors import NoCoordinator
from services.intake.models import Assignment, Case, Offer
from services.intake.operations import notifying
from services.intake.queries import cases as reads
from services.intake.settings import policies
from shared import case_access, outbox
from shared.auth import Role
from shared.clocks import Clocks
from shared.deadlines import TimeLimit
from shared.events import intake as events
from shared.vault import Vault

clocks = Clocks(SERVICE, pause_reason=reads.pause_reason)


async def begin(session: AsyncSession, *, case: Case, now: datetime, another_wanted: bool = False) -> None:
    """Begin the next search for a coordinator; the allocation clock runs from now.

    The coordinator whose task was done is asked first, unless the family wants another.
    """
    before = None if case.assignment_no == 0 else await _of(session, case, case.assignment_no)
    done = before if before is not None and before.release_reason == ReleaseReason.TASK_DONE else None
    policy = await policies.in_force(session, tenant=case.tenant, at=case.created_at)
    case.assignment_no += 1
    session.add(
        Assignment(
            case_id=case.id,
            number=case.assignment_no,
            tenant=case.tenant,
            state=AssignmentState.SEARCHING,
            former_id=None if done is None else done.coordinator_id,
            another_wanted=another_wanted,
            created_at=now,
        )
    )
    await session.flush()
    length = policy.settings.urgent_allocate if case.track == "urgent" else policy.settings.allocate
    await clocks.start(
        session,
        kind=ALLOCATION_CLOCK,
        subject=case.id,
        tenant=case.tenant,
        case=case.id,
        owner=Role.REGIONAL_MANAGER,
        escalate_to=Role.ADMINISTRATOR,
        now=now,
        limit=policy.limit(now, length),
        workflow_id=assignment_workflow_id(case.id, case.assignment_no),
    )
    await seek(session, case=case, limit=policy.until(now), now=now)


async def seek(session: AsyncSession, *, case: Case, limit: TimeLimit, now: datetime) -> None:
    """Schedule when to ask the next coordinator: now, or when to check whether there is a new one."""
    await clocks.start(
        session,
        kind=SEARCH_CLOCK,
        subject=case.id,
        tenant=case.tenant,
        case=case.id,
        owner=Role.REGIONAL_MANAGER,
        now=now,
        limit=limit,
        workflow_id=assignment_workflow_id(case.id, case.assignment_no),
    )


async def assign(session: AsyncSession, vault: Vault, *, case: Case, offer: Offer, now: datetime) -> None:
    """Give the case to the coordinator who accepted an offer, and tell the referrer."""
    assignment = await _of(session, case, offer.assignment_no)
    assignment.state = AssignmentState.ASSIGNED
    assignment.coordinator_id = case.coordinator_id = offer.coordinator_id
    await session.flush()
    await clocks.stop(session, kind=ALLOCATION_CLOCK, subject=case.id, now=now)
    assigned = events.CoordinatorAssigned(
        case_id=case.id, assignment_no=offer.assignment_no, coordinator_id=offer.coordinator_id
    )
    await case_access.decide(vault, assigned, tenant=case.tenant)
    await outbox.publish(session, assigned, stream=case.id, tenant=case.tenant, case=case.id, now=now)
    await notifying.notify_referrer(session, case, "coordinator-assigned", now)


async def is_over(session: AsyncSession, *, case: Case) -> bool:
    """Tell whether a locked case has no coordinator and no search for one."""
    return (await _of(session, case, case.assignment_no)).state == AssignmentState.ENDED


async def release(session: AsyncSession, *, case: Case, reason: ReleaseReason, now: datetime) -> None:
    """Release the coordinator of a locked case; for some reasons another must be found. Raises: NoCoordinator."""
    if case.coordinator_id is None:
        raise NoCoordinator(case_id=str(case.id))
    replace = reason in REPLACED
    await _end(session, case, reason, replace=replace, now=now)
    if replace:
        await begin(session, case=case, now=now)


async def call_off(session: AsyncSession, *, case: Case, reason: ReleaseReason, now: datetime) -> None:
    """End the search or the assignment of a case that stops; tell a coordinator with an open offer."""
    offer = await reads.open_offer(session, tenant=case.tenant, case_id=case.id)
    if offer is not None:
        offer.state = OfferState.CALLED_OFF
        await session.flush()
        await clocks.stop(session, kind=OFFER_CLOCK, subject=offer.id, now=now)
        await notifying.notify_coordinator(
            session, case, offer.coordinator_id, "offer-closed", now, even_if_stopped=True, reason="stopped"
        )
    await clocks.stop(session, kind=SEARCH_CLOCK, subject=case.id, now=now)
    await _end(session, case, reason, replace=False, now=now)


async def _end(
    session: AsyncSession, case: Case, reason: ReleaseReason, *, replace: bool, now: datetime
) -> None:
    assignment = await _of(session, case, case.assignment_no)
    if assignment.state == AssignmentState.ENDED:
        return
    coordinator: UUID | None = case.coordinator_id
    assignment.state, assignment.ended_at = AssignmentState.ENDED, now
    if coordinator is not None:
        assignment.release_reason = reason
        case.coordinator_id = None
    await session.flush()
    if coordinator is not None:
        released = events.CoordinatorReleased.model_validate(
            {
                "case_id": case.id,
                "assignment_no": assignment.number,
                "coordinator_id": coordinator,
                "reason": reason,
                "replace": replace,
            }
        )
        await outbox.publish(session, released, stream=case.id, tenant=case.tenant, case=case.id, now=now)


async def _of(session: AsyncSession, case: Case, number: int) -> Assignment:
    assignment = await reads.assignment(session, tenant=case.tenant, case_id=case.id, number=number)
    if assignment is None:
        raise LookupError(f"case {case.id} has no assignment {number}")
    return assignment
