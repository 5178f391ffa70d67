"""BreakGlass a file by break-glass: for a stated reason and a short time, and never without somebody who is told."""

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
from shared import outbox
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
        # While we waited: an erasure ended every opening there was, and this one would outlive it.
        raise CaseErased(case_id=str(case.id))
    standing = await reads.standing(
        session, tenant=case.tenant, case_id=case.id, opened_by=opened_by, now=now
    )
    if standing is not None:
        raise AlreadyOpened(break_glass_id=str(standing.id), until=standing.until.isoformat())
    officers = await register.data_protection_officers(session, tenant=case.tenant)
    told = [officer for officer in officers if officer.id != opened_by]
    if not told:
        raise NobodyToTell
    policy = await policies.in_force(session, tenant=case.tenant)
    opening = BreakGlass(
        id=uuid7(),
        tenant=case.tenant,
        case_id=case.id,
        opened_by=opened_by,
        created_at=now,
        until=policy.after(now, policy.settings.break_glass),
    )
    await vault.seal(session, opening, BreakGlassFields(reason=reason))
    session.add(opening)
    await session.flush()
    fact = events.BreakGlassOpened(
        case_id=case.id, break_glass_id=opening.id, opened_by=opened_by, until=opening.until
    )
    await _publish(session, opening, fact, now)
    await notifying.notify_officers(
        session, vault, case, told, break_glass_id=opening.id, until=opening.until, now=now
    )
    return opening


async def close(session: AsyncSession, *, opening: BreakGlass, now: datetime) -> None:
    """End an opening before its time; one that is over already stays as it is."""
    if opening.closed_at is not None or opening.until <= now:
        return
    opening.closed_at = now
    await session.flush()
    fact = events.BreakGlassClosed(
        case_id=opening.case_id,
        break_glass_id=opening.id,
        opened_by=opening.opened_by,
        until=opening.until,
        closed_at=now,
    )
    await _publish(session, opening, fact, now)


async def close_all(session: AsyncSession, *, case: Case, now: datetime) -> None:
    """End every opening of a case that is erased."""
    for opening in await reads.standing_of_case(session, tenant=case.tenant, case_id=case.id, now=now):
        await close(session, opening=opening, now=now)


async def _publish(
    session: AsyncSession,
    opening: BreakGlass,
    fact: events.BreakGlassOpened | events.BreakGlassClosed,
    now: datetime,
) -> None:
    # Here it counts at once; the other services hear of it.
    await outbox.publish(
        session, fact, stream=opening.case_id, tenant=opening.tenant, case=opening.case_id, now=now
    )
