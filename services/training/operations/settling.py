"""What finance must settle: a clock per bank statement, for as long as one of its payments waits for a person."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.domain import SERVICE, SETTLING_CLOCK
from services.training.settings import policies
from shared import locks
from shared.clocks import Clocks

clocks = Clocks(SERVICE)


async def follow(session: AsyncSession, *, tenant: UUID, now: datetime) -> None:
    """Start and stop the clocks as payments wait for a person: the last step of every change of payments.

    Locked until the commit, so that of two changes the second sees the payments as the first left them.
    """
    await locks.hold(session, "settling", tenant)
    wanted = await queries.statements_to_settle(session, tenant=tenant)
    open_ones = await queries.open_clocks(session, tenant=tenant, kind=SETTLING_CLOCK)
    for statement_id in sorted(open_ones - wanted):
        await clocks.stop(session, kind=SETTLING_CLOCK, subject=statement_id, now=now)
    if not wanted - open_ones:
        return
    policy = await policies.in_force(session, tenant=tenant, at=now)
    for statement_id in sorted(wanted - open_ones):
        await clocks.start(
            session,
            kind=SETTLING_CLOCK,
            subject=statement_id,
            tenant=tenant,
            owner="finance",
            escalate_to="administrator",
            now=now,
            limit=policy.limit(now, policy.settings.settle),
        )
