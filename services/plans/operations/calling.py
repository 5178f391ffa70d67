"""Four weeks after the plan its referrer is called too: a clock and a short record of its own."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import CheckInState, NoReferrerToCall, may_call
from services.plans.models import Plan, ReferrerCall
from services.plans.operations.timing import (
    ADJUST,
    REFERRER_CALL,
    ask_at,
    awaited,
    publish,
    stop_clocks,
)
from services.plans.schemas.checks import NewReferrerCall
from services.plans.schemas.sealed import ReferrerCallWords
from services.plans.settings import Policy
from shared.case_access import coordinator_or_manager
from shared.clock_rows import Clock
from shared.events import plans as events
from shared.ids import uuid7
from shared.policies import PolicyInForce
from shared.vault import Vault


async def plan_call(
    session: AsyncSession, plan: Plan, *, now: datetime, policy: PolicyInForce[Policy]
) -> None:
    """Plan the call to the referrer after four weeks, if somebody referred the case for others."""
    await stop_clocks(session, subjects=[plan.id], kinds=(REFERRER_CALL,), now=now)
    if await queries.referrer_of(session, plan.case_id) is None:
        return
    await ask_at(
        session,
        plan,
        kind=REFERRER_CALL,
        subject=plan.id,
        owner=await coordinator_or_manager(session, plan.case_id),
        asked_at=policy.after(now, policy.settings.four_weeks),
        now=now,
        policy=policy,
    )


async def calls_are_made(session: AsyncSession, plan: Plan) -> bool:
    """Tell whether the family and the referrer were called, and the circle does not meet again."""
    family = await queries.last_family_call(session, plan)
    made = family is not None and family.state == CheckInState.RECORDED
    return (
        made
        and await awaited(session, plan, REFERRER_CALL) is None
        and not await queries.is_to_meet_again(session, plan)
    )


def can_be_made(waits: Clock | None, *, now: datetime) -> bool:
    """Say whether the referrer's answers can be recorded now: from a week before the call on."""
    # A clock that was handed over after its warning has no second one.
    return waits is not None and may_call(waits.warn_at or waits.started_at, now=now)


async def record_call(
    session: AsyncSession,
    vault: Vault,
    *,
    case_id: UUID,
    tenant: UUID,
    by: UUID,
    new: NewReferrerCall,
    now: datetime,
) -> ReferrerCall:
    """Record the referrer's answers about the plan; with the family's call it ends the coordinator's task.

    Raises: NoReferrerToCall, CaseStopped.
    """
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    plan = await queries.plan_of_case(session, case_id=case_id, tenant=tenant)
    if plan is None:
        raise NoReferrerToCall
    if not can_be_made(await awaited(session, plan, REFERRER_CALL), now=now):
        raise NoReferrerToCall
    call = ReferrerCall(
        id=uuid7(),
        tenant=tenant,
        case_id=case_id,
        plan_id=plan.id,
        going=new.going,
        new_needs=new.new_needs,
        called_by=by,
        called_at=now,
    )
    await vault.seal(session, call, ReferrerCallWords(note=new.note))
    session.add(call)
    await session.flush()
    await stop_clocks(session, subjects=[plan.id], kinds=(REFERRER_CALL,), now=now)
    fact = events.ReferrerCalled(
        case_id=case_id,
        plan_id=plan.id,
        going=new.going,
        new_needs=new.new_needs,
        ends_task=await calls_are_made(session, plan) and await awaited(session, plan, ADJUST) is None,
    )
    await publish(session, plan, fact, now=now)
    return call
