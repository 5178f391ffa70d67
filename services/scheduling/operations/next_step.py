"""What comes next where a round brought no plan: a to-do until another round begins, a plan comes, or the case ends."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import queries
from services.scheduling.models import CaseInfo, Preparation
from services.scheduling.operations.base import NEXT_CLOCK, clocks
from services.scheduling.settings import policies
from shared import case_state
from shared.case_access import coordinator_or_manager
from shared.errors import NotYet


async def begin(session: AsyncSession, preparation: Preparation, *, now: datetime) -> None:
    """Ask whoever coordinates what comes next, unless the case has a plan, which is followed up.

    The caller holds the lock of the preparation that ended.
    """
    case_id = preparation.case_id
    info = await queries.case_info(session, tenant=preparation.tenant, case_id=case_id)
    if info is not None and info.has_plan:
        return
    policy = await policies.for_case(session, case_id=case_id)
    await clocks.start(
        session,
        kind=NEXT_CLOCK,
        subject=case_id,
        tenant=preparation.tenant,
        case=case_id,
        owner=await coordinator_or_manager(session, case_id),
        escalate_to="regional-manager",
        now=now,
        limit=policy.limit(now, policy.settings.next_step, warn=policy.settings.next_step_warn),
    )


async def end(session: AsyncSession, *, case_id: UUID, now: datetime) -> None:
    """Ask no more: it is known what comes next."""
    await clocks.stop(session, kind=NEXT_CLOCK, subject=case_id, now=now)


async def note_plan(session: AsyncSession, *, case_id: UUID, now: datetime) -> None:
    """Store that a case has a plan. Raises: NotYet if the opening of the case is not known here yet."""
    await case_state.read(session, case_id, hold=True)
    statement = update(CaseInfo).where(CaseInfo.case_id == case_id).values(has_plan=True)
    if (await session.scalars(statement.returning(CaseInfo.case_id))).one_or_none() is None:
        raise NotYet("the opening of the case")
    await end(session, case_id=case_id, now=now)
