"""Moving a check of the year to another day."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import CHECK_INS, CheckInState, check_day, check_moving
from services.plans.models import CheckIn
from services.plans.operations.reviewing import keep_words, read_check_in
from services.plans.operations.timing import CHECK_IN, FOLLOW_UP, clocks, time_to_ask
from services.plans.schemas.checks import NewDay
from services.plans.settings import policies
from shared.clock_rows import Clock
from shared.errors import OtherVersion
from shared.vault import Vault


async def move_check_in(
    session: AsyncSession,
    vault: Vault,
    *,
    check_in_id: UUID,
    case_id: UUID,
    tenant: UUID,
    new: NewDay,
    now: datetime,
) -> tuple[CheckIn, Clock]:
    """Move a check to another day between its neighbours; its clock and what waits for it move along.

    Raises: OtherVersion, CheckInNotMovable, DayNotBetween, FollowUpOver, CaseStopped.
    """
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    check_in = await read_check_in(session, check_in_id)
    await queries.running_plan(session, check_in.plan_id)
    check_moving(check_in.kind, CheckInState(check_in.state))
    policy = await policies.for_case(session, case_id=case_id)
    if new.instead_of is not None:
        moments = await queries.check_in_moments(session, [check_in.id])
        day = policy.calendar.day_of(moments[check_in.id][0])
        if new.instead_of != day:
            raise OtherVersion(on=day.isoformat())
    at = policy.calendar.at(new.on, policy.settings.morning_time)
    before, after = await _beside(session, check_in)
    check_day(at, after=max(now, before) if before else now, before=after)
    await keep_words(session, vault, check_in, moved_reason=new.reason)
    await session.flush()
    limit = time_to_ask(policy, at)
    return check_in, await clocks.move(session, kind=CHECK_IN, subject=check_in.id, limit=limit, now=now)


async def _beside(session: AsyncSession, check_in: CheckIn) -> tuple[datetime | None, datetime]:
    """Return the times of the previous and the next check; the last comes before the follow-up ends."""
    year = {each.kind: each.id for each in await queries.year_of(session, check_in)}
    moments = await queries.check_in_moments(session, list(year.values()))
    kinds = list(CHECK_INS)
    place = kinds.index(check_in.kind)
    before, _ = moments.get(year.get(kinds[place - 1], check_in.id), (None, None))
    if place + 1 < len(kinds):
        return before, moments[year[kinds[place + 1]]][0]
    end = await clocks.find(session, kind=FOLLOW_UP, subject=check_in.plan_id)
    if end is None:
        raise LookupError("the end of a follow-up that runs")
    return before, end.due_at
