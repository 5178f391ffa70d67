"""The year of a plan: its checks and its end. Each new conference of the circle begins another."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import CHECK_INS, CheckInState, owner_now
from services.plans.models import CheckIn, Plan
from services.plans.operations.calling import plan_call
from services.plans.operations.ending import call_off_checks, end_follow_up, waits
from services.plans.operations.timing import (
    CHECK_IN,
    FOLLOW_UP,
    ask_at,
    clocks,
    start_clock,
    stop_clocks,
    waiting_plan,
)
from services.plans.settings import Policy, policies
from shared.case_access import has_coordinator
from shared.deadlines import Deadline
from shared.ids import uuid7
from shared.policies import PolicyInForce
from shared.steps import step


async def begin_year(
    session: AsyncSession, plan: Plan, *, now: datetime, policy: PolicyInForce[Policy]
) -> None:
    """Plan the checks of the year that begins with the current version, and its end."""
    coordinator = await has_coordinator(session, case_id=plan.case_id)
    monitor = await queries.current_monitor(session, plan) is not None
    check_ins = [
        CheckIn(
            id=uuid7(),
            tenant=plan.tenant,
            case_id=plan.case_id,
            plan_id=plan.id,
            plan_version=plan.version,
            kind=kind,
            owner=owner_now(owner, coordinator=coordinator, monitor=monitor),
            state=CheckInState.PLANNED,
            created_at=now,
        )
        for kind, owner in CHECK_INS.items()
    ]
    session.add_all(check_ins)
    await session.flush()
    for check_in in check_ins:
        await ask_at(
            session,
            plan,
            kind=CHECK_IN,
            subject=check_in.id,
            owner=check_in.owner,
            asked_at=policy.after(now, policy.settings.until(check_in.kind)),
            now=now,
            policy=policy,
        )
    await plan_call(session, plan, now=now, policy=policy)
    ends_at = policy.after(policy.after(now, policy.settings.twelve_months), policy.settings.follow_up_cap)
    await _end_year(session, plan, at=ends_at, now=now, policy=policy)


async def _end_year(
    session: AsyncSession,
    plan: Plan,
    *,
    at: datetime,
    now: datetime,
    policy: PolicyInForce[Policy],
) -> None:
    await start_clock(
        session,
        plan,
        kind=FOLLOW_UP,
        subject=plan.id,
        owner="regional-manager",
        now=now,
        limit=policy.until(at, unit="days"),
    )


async def begin_another_year(
    session: AsyncSession, plan: Plan, *, now: datetime, policy: PolicyInForce[Policy]
) -> None:
    """Start another year of follow-up for a plan from a new conference; what was planned before is cancelled."""
    planned = await call_off_checks(session, plan)
    await stop_clocks(session, subjects=[*planned, plan.id], kinds=(CHECK_IN, FOLLOW_UP), now=now)
    await begin_year(session, plan, now=now, policy=policy)


@step("plans.complete-follow-up")
async def complete_follow_up(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """End the follow-up whose year is over; if something in the case waits, check again later."""
    plan = await waiting_plan(session, due)
    if plan is None:
        return False
    if not await waits(session, plan, year_over=True):
        await end_follow_up(session, plan, outcome="followed-up", now=now)
        return True
    policy = await policies.for_case(session, case_id=plan.case_id)
    await clocks.meet(session, due, now=now)
    later = policy.after(now, policy.settings.check_in_grace)
    await _end_year(session, plan, at=later, now=now, policy=policy)
    return True
