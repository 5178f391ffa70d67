"""Legal holds: while one is in force nothing of the file is erased, by retention, request or hand."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import HOLD_CLOCK, RETENTION_CLOCK, SERVICE
from services.intake.domain.errors import HoldEndsTooSoon, HoldLifted, UnknownHold
from services.intake.domain.retention import LiftReason, retention_workflow_id
from services.intake.models import Hold, HoldFields
from services.intake.operations.retention import UNDER_HOLD, locked_file, start_clock
from services.intake.queries import retention as reads
from services.intake.settings import policies
from shared import outbox, profiles
from shared.auth import Role
from shared.case_state import CaseErased, UnderHold
from shared.clocks import Clocks
from shared.events import intake as events
from shared.ids import uuid7
from shared.vault import Vault

_LONGEST = timedelta(days=36_525)
clocks = Clocks(SERVICE)


async def require_free(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> None:
    """Check that no hold forbids erasing a file whose row is locked here. Raises: UnderHold.

    A hold whose last day passed counts until it is lifted: the sweep does that first.
    """
    if await reads.holds_in_force(session, tenant=tenant, case_id=case_id):
        raise UnderHold(case_id=str(case_id))


async def set_hold(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    reason: str,
    until: date | None,
    set_by: UUID,
    now: datetime,
) -> Hold:
    """Set a hold on a file. Raises: UnknownCase, CaseErased, HoldEndsTooSoon."""
    today = await profiles.today(session, tenant=tenant, now=now)
    if until is not None and not today < until <= today + _LONGEST:
        raise HoldEndsTooSoon
    await locked_file(session, tenant=tenant, case_id=case_id)
    hold = Hold(
        id=uuid7(),
        tenant=tenant,
        case_id=case_id,
        until=until,
        created_by=set_by,
        created_at=now,
    )
    await vault.seal(session, hold, HoldFields(reason=reason))
    session.add(hold)
    await session.flush()
    await clocks.pause(session, kind=RETENTION_CLOCK, subject=case_id, now=now, reason=UNDER_HOLD)
    if until is not None:
        await _start_clock(session, hold, until, now)
    fact = events.HoldSet(case_id=case_id, hold_id=hold.id, until=until)
    await outbox.publish(session, fact, stream=case_id, tenant=tenant, case=case_id, now=now)
    return hold


async def lift_hold(
    session: AsyncSession,
    *,
    tenant: UUID,
    hold_id: UUID,
    reason: LiftReason,
    lifted_by: UUID | None,
    now: datetime,
) -> Hold:
    """Lift a hold; after the last one the file's own time counts again, leaving enough time to object.

    Raises: UnknownHold, HoldLifted.
    """
    seen = await reads.hold(session, tenant=tenant, hold_id=hold_id)
    if seen is None:
        raise UnknownHold(hold_id=str(hold_id))
    if seen.lifted_at is not None:
        raise HoldLifted(hold_id=str(hold_id))
    try:
        await locked_file(session, tenant=tenant, case_id=seen.case_id)
    except CaseErased:
        # Only a file without holds can be erased: somebody lifted this one just now.
        raise HoldLifted(hold_id=str(hold_id)) from None
    hold = await reads.hold(session, tenant=tenant, hold_id=hold_id)
    if hold is None or hold.lifted_at is not None:
        raise HoldLifted(hold_id=str(hold_id))
    hold.lifted_at, hold.lifted_by, hold.lifted_reason = now, lifted_by, reason
    await session.flush()
    await clocks.stop(session, kind=HOLD_CLOCK, subject=hold_id, now=now)
    await _let_time_run(session, hold, now)
    fact = events.HoldLifted(case_id=hold.case_id, hold_id=hold_id, reason=reason.value)
    await outbox.publish(session, fact, stream=hold.case_id, tenant=tenant, case=hold.case_id, now=now)
    return hold


async def _let_time_run(session: AsyncSession, hold: Hold, now: datetime) -> None:
    retention = await reads.retention(session, tenant=hold.tenant, case_id=hold.case_id)
    if retention is None or await reads.holds_in_force(session, tenant=hold.tenant, case_id=hold.case_id):
        return
    # A hold does not extend retention: a new clock with the old time, not the old clock moved by the pause.
    await clocks.stop(session, kind=RETENTION_CLOCK, subject=hold.case_id, now=now)
    warn_days = (await policies.in_force(session, tenant=hold.tenant)).settings.retention_warn_days
    await start_clock(
        session,
        tenant=hold.tenant,
        case_id=hold.case_id,
        keep_until=retention.keep_until,
        warn_days=warn_days,
        policy_version=retention.policy_version,
        now=now,
    )


async def _start_clock(session: AsyncSession, hold: Hold, until: date, now: datetime) -> None:
    policy = await policies.in_force(session, tenant=hold.tenant)
    due_at = policy.calendar.end_of_day(until)
    await clocks.start(
        session,
        kind=HOLD_CLOCK,
        subject=hold.id,
        stream=hold.case_id,
        tenant=hold.tenant,
        owner=Role.DPO,
        now=now,
        limit=policy.until(due_at, warn_at=due_at - timedelta(days=policy.settings.retention_warn_days)),
        workflow_id=retention_workflow_id(hold.tenant),
    )
