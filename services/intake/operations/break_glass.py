"""Break-glass access to a file: for a stated reason and a short time, and never without telling somebody."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import CaseStatus
from services.intake.domain.errors import AlreadyOpened, NobodyToTell
from services.intake.models import BreakGlass, BreakGlassFields, Case
from services.intake.operations import notifying
from services.intake.queries import break_glass as reads
from services.intake.queries import cases as case_reads
from services.intake.queries import register
from services.intake.settings import policies
from shared import case_access, outbox
from shared.case_state import CaseErased, UnknownCase
from shared.events import intake as events
from shared.ids import uuid7
from shared.vault import Vault


async def open_file(
    session: AsyncSession, vault: Vault, *, case: Case, opened_by: UUID, reason: str, now: datetime
) -> BreakGlass:
    """Open a case's file to a manager, and tell every data protection officer but themselves.

    Raises: UnknownCase, CaseErased, NobodyToTell, AlreadyOpened.
    """
    # Two clicks at once: the second waits here, and finds the first.
    locked = await case_reads.case(session, tenant=case.tenant, case_id=case.id, lock=True)
    if locked is None:
        raise UnknownCase(case_id=str(case.id))
    if locked.state == CaseStatus.ERASED:
        # An erasure that finished while we waited ended every access, and this one would outlive it.
        raise CaseErased(case_id=str(case.id))
    active = await reads.active(session, tenant=case.tenant, case_id=case.id, opened_by=opened_by, now=now)
    if active is not None:
        raise AlreadyOpened(break_glass_id=str(active.id), until=active.until.isoformat())
    officers = await register.data_protection_officers(session, tenant=case.tenant)
    told = [officer for officer in officers if officer.id != opened_by]
    if not told:
        raise NobodyToTell
    policy = await policies.in_force(session, tenant=case.tenant)
    access = BreakGlass(
        id=uuid7(),
        tenant=case.tenant,
        case_id=case.id,
        opened_by=opened_by,
        created_at=now,
        until=policy.after(now, policy.settings.break_glass),
        told=[officer.id for officer in told],
    )
    await vault.seal(session, access, BreakGlassFields(reason=reason))
    session.add(access)
    await session.flush()
    fact = events.BreakGlassOpened(
        case_id=case.id, break_glass_id=access.id, opened_by=opened_by, until=access.until
    )
    await case_access.decide(vault, fact, tenant=access.tenant)
    await _publish(session, access, fact, now)
    await notifying.notify_officers(
        session, vault, case, told, break_glass_id=access.id, until=access.until, now=now
    )
    return access


async def close(session: AsyncSession, *, access: BreakGlass, now: datetime) -> None:
    """End an access before its time; an ended one stays as it is."""
    if access.closed_at is not None or access.until <= now:
        return
    access.closed_at = now
    await session.flush()
    fact = events.BreakGlassClosed(
        case_id=access.case_id,
        break_glass_id=access.id,
        opened_by=access.opened_by,
        until=access.until,
        closed_at=now,
    )
    await _publish(session, access, fact, now)


async def close_all(session: AsyncSession, *, case: Case, now: datetime) -> None:
    """End every access to a case that is erased."""
    for access in await reads.active_of_case(session, tenant=case.tenant, case_id=case.id, now=now):
        await close(session, access=access, now=now)


async def _publish(
    session: AsyncSession,
    access: BreakGlass,
    fact: events.BreakGlassOpened | events.BreakGlassClosed,
    now: datetime,
) -> None:
    # Here it counts at once; the other services learn it from the event.
    await outbox.publish(
        session, fact, stream=access.case_id, tenant=access.tenant, case=access.case_id, now=now
    )
