"""What a circle decided at a check and is yet to come: a change of its plan, or a meeting that it holds by itself.

The coordinator must see to it, or the regional manager where the case has none. A change is written in the plan within
a known time: a coordinator writes the next version, and those who may change an agreement can do that themselves. Of a
meeting they hear in time what came of it. A next version ends both; so do a later check with another decision, and a
new round. Plan B does not: it is in the plan already.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.plans.models import Plan
from services.plans.operations.calling import calls_are_made
from services.plans.operations.reviewing import review_anew
from services.plans.operations.timing import (
    ADJUST,
    OWN_MEETING,
    ask_at,
    awaited,
    clocks,
    expect_version,
    publish,
)
from services.plans.settings import policies
from shared.case_access import coordinator_or_manager
from shared.events import plans as events


async def follow_decision(session: AsyncSession, plan: Plan, *, decision: str, now: datetime) -> None:
    """Expect what the circle decided, or nothing any more: its latest decision counts."""
    adjusts = decision == "adjust" and await awaited(session, plan, ADJUST) is not None
    await _stop(session, plan, kinds=(OWN_MEETING,) if adjusts else (ADJUST, OWN_MEETING), now=now)
    if decision == "own-meeting":
        await _expect_meeting(session, plan, now=now)
    elif decision == "adjust" and not adjusts:
        await expect_version(session, plan, kind=ADJUST, within=lambda settings: settings.adjust, now=now)


async def _expect_meeting(session: AsyncSession, plan: Plan, *, now: datetime) -> None:
    policy = await policies.for_case(session, case_id=plan.case_id)
    await ask_at(
        session,
        plan,
        kind=OWN_MEETING,
        subject=plan.id,
        owner=await coordinator_or_manager(session, plan.case_id),
        asked_at=policy.after(now, policy.settings.own_meeting),
        now=now,
        policy=policy,
    )
    await review_anew(session, plan, now=now)


async def expect_no_more(session: AsyncSession, plan: Plan, *, now: datetime) -> bool:
    """Expect no change of a plan and no meeting any more; return whether one was expected."""
    return await _stop(session, plan, kinds=(ADJUST, OWN_MEETING), now=now)


async def _stop(session: AsyncSession, plan: Plan, *, kinds: tuple[str, ...], now: datetime) -> bool:
    stopped = [await clocks.stop(session, kind=kind, subject=plan.id, now=now) for kind in kinds]
    return any(clock is not None for clock in stopped)


async def note_version(session: AsyncSession, plan: Plan, *, now: datetime) -> None:
    """Publish that a new version says what its circle decided, if that was expected."""
    if await expect_no_more(session, plan, now=now):
        ends_task = await calls_are_made(session, plan)
        fact = events.PlanAdjusted(
            case_id=plan.case_id, plan_id=plan.id, version=plan.version, ends_task=ends_task
        )
        await publish(session, plan, fact, now=now)
