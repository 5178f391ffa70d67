"""Changes to a case as a whole: it pauses, resumes, stops, or ends."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import (
    LIVE,
    OFFER_CLOCK,
    SERVICE,
    CaseStatus,
    Outcome,
    PauseReason,
    ReleaseReason,
    WithdrawnBy,
    WithdrawReason,
)
from services.intake.domain.errors import CaseAlreadyPaused, CaseNotPaused, CoordinatorSought
from services.intake.models import Case
from services.intake.operations import assignments, notifying, retention
from services.intake.queries import cases as reads
from shared import outbox
from shared.case_state import CaseErased, CaseStopped, UnknownCase
from shared.clocks import Clocks
from shared.events import intake as events
from shared.events.base import EventData
from shared.vault import Vault

clocks = Clocks(SERVICE)


async def locked_live_case(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> Case:
    """Return a live case, locked: every write about a case begins with this.

    Raises: UnknownCase, CaseErased, CaseStopped.
    """
    case = await reads.case(session, tenant=tenant, case_id=case_id, lock=True)
    if case is None:
        raise UnknownCase(case_id=str(case_id))
    if case.state == CaseStatus.ERASED:
        raise CaseErased(case_id=str(case_id))
    if case.state not in LIVE:
        raise CaseStopped(case_id=str(case_id), status=case.state)
    return case


async def pause_case(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, reason: PauseReason, now: datetime
) -> None:
    """Pause a case and its clocks. Raises: UnknownCase, CaseErased, CaseStopped, CaseAlreadyPaused."""
    case = await locked_live_case(session, tenant=tenant, case_id=case_id)
    if case.state == CaseStatus.PAUSED:
        raise CaseAlreadyPaused(case_id=str(case_id))
    case.state, case.pause_reason, case.paused_at = CaseStatus.PAUSED, reason, now
    await session.flush()
    await clocks.pause_all(session, case=case_id, now=now, reason=reason)
    await _publish(session, case, events.CasePaused(case_id=case_id, reason=reason), now)


async def resume_case(session: AsyncSession, *, tenant: UUID, case_id: UUID, now: datetime) -> None:
    """Resume a case and its clocks; a coordinator whose offer ends later is told.

    Raises: as pause_case; CaseNotPaused.
    """
    case = await locked_live_case(session, tenant=tenant, case_id=case_id)
    if case.state != CaseStatus.PAUSED:
        raise CaseNotPaused(case_id=str(case_id))
    reason, case.state, case.pause_reason, case.paused_at = case.pause_reason, CaseStatus.OPEN, None, None
    await session.flush()
    before = {clock.id: clock for clock in await clocks.lock_all(session, case=case_id)}
    for clock in await clocks.resume_all(session, case=case_id, now=now, reason=reason):
        moved = clock.due_at != before[clock.id].due_at
        if clock.kind == OFFER_CLOCK and moved and clock.owner_id is not None:
            await notifying.notify_coordinator(
                session,
                case,
                clock.owner_id,
                "offer-made",
                now,
                offer_id=str(clock.subject),
                expires_at=clock.due_at.isoformat(),
                moved="yes",
            )
    await _publish(session, case, events.CaseResumed(case_id=case_id), now)


async def withdraw_case(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    reason: WithdrawReason,
    by: WithdrawnBy,
    now: datetime,
) -> None:
    """Stop a case before its end, with everything about it; tell the coordinator and the referrer.

    Raises: UnknownCase, CaseErased, CaseStopped.
    """
    case = await locked_live_case(session, tenant=tenant, case_id=case_id)
    coordinator = case.coordinator_id
    await _end(session, case, ReleaseReason.CASE_STOPPED, now)
    case.state, case.stop_reason, case.stopped_by = CaseStatus.WITHDRAWN, reason, by
    await session.flush()
    await _publish(session, case, events.CaseWithdrawn(case_id=case_id, reason=reason, by=by), now)
    await retention.begin_for_case(session, vault, case=case, now=now)
    if coordinator is not None:
        await notifying.notify_coordinator(
            session, case, coordinator, "case-stopped", now, even_if_stopped=True
        )
    await notifying.notify_referrer(session, case, "case-stopped", now, even_if_stopped=True)


async def close_case(
    session: AsyncSession, vault: Vault, *, tenant: UUID, case_id: UUID, outcome: Outcome, now: datetime
) -> None:
    """Close a case at its end. Raises: UnknownCase, CaseErased, CaseStopped."""
    case = await locked_live_case(session, tenant=tenant, case_id=case_id)
    await _end(session, case, ReleaseReason.TASK_DONE, now)
    case.state, case.outcome = CaseStatus.CLOSED, outcome
    await session.flush()
    await _publish(session, case, events.CaseClosed(case_id=case_id, outcome=outcome), now)
    await retention.begin_for_case(session, vault, case=case, now=now)


async def release_coordinator(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, reason: ReleaseReason, now: datetime
) -> None:
    """Release the coordinator; for some reasons the search for another begins.

    Raises: UnknownCase, CaseErased, CaseStopped, NoCoordinator.
    """
    case = await locked_live_case(session, tenant=tenant, case_id=case_id)
    await assignments.release(session, case=case, reason=reason, now=now)


async def seek_coordinator(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, now: datetime, another_wanted: bool = False
) -> None:
    """Search a coordinator for a case that has none: the one who was released as done is asked first.

    `another_wanted`: the family prefers somebody else. Raises: UnknownCase, CaseErased, CaseStopped,
    CoordinatorSought.
    """
    case = await locked_live_case(session, tenant=tenant, case_id=case_id)
    if not await assignments.is_over(session, case=case):
        raise CoordinatorSought(case_id=str(case_id))
    await assignments.begin(session, case=case, now=now, another_wanted=another_wanted)


async def coordinate_next_round(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, another_wanted: bool, now: datetime
) -> None:
    """Get a coordinator for the round that a circle wants: the current one, or another if the family prefers that.

    Raises: UnknownCase, CaseErased, CaseStopped.
    """
    case = await locked_live_case(session, tenant=tenant, case_id=case_id)
    if await assignments.is_over(session, case=case):
        await assignments.begin(session, case=case, now=now, another_wanted=another_wanted)
    elif another_wanted and case.coordinator_id is not None:
        await assignments.release(session, case=case, reason=ReleaseReason.FAMILY_WISH, now=now)


async def _end(session: AsyncSession, case: Case, reason: ReleaseReason, now: datetime) -> None:
    await assignments.call_off(session, case=case, reason=reason, now=now)
    await clocks.stop_all(session, case=case.id, now=now)
    case.ended_at = now
    case.pause_reason = case.paused_at = None


async def _publish(session: AsyncSession, case: Case, fact: EventData, now: datetime) -> None:
    await outbox.publish(session, fact, stream=case.id, tenant=case.tenant, case=case.id, now=now)
