"""Adjusting a plan: what a circle decided at a check is written in the plan within a known time.

The coordinator must see to it, or the regional manager where the case has none: a coordinator writes the next version
of the plan, and those who may change an agreement can do that themselves. Either ends it; so do a later check with
another decision, and a new round. Plan B does not: it is in the plan already.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.plans.models import Plan
from services.plans.operations.calling import calls_are_made
from services.plans.operations.timing import ADJUST, awaited, clocks, expect_version, publish
from shared.events import plans as events


async def follow_decision(session: AsyncSession, plan: Plan, *, decision: str, now: datetime) -> None:
    """Expect what the circle wants to adjust, or nothing any more: its latest decision counts."""
    if decision != "adjust":
        await expect_no_more(session, plan, now=now)
        return
    if await awaited(session, plan, ADJUST) is not None:
        return
    await expect_version(session, plan, kind=ADJUST, within=lambda settings: settings.adjust, now=now)


async def expect_no_more(session: AsyncSession, plan: Plan, *, now: datetime) -> bool:
    """Stop expecting that a plan is adjusted; return whether it was expected."""
    return await clocks.stop(session, kind=ADJUST, subject=plan.id, now=now) is not None


async def note_version(session: AsyncSession, plan: Plan, *, now: datetime) -> None:
    """Publish that a new version adjusts a plan as its circle wanted, if that was expected."""
    if await expect_no_more(session, plan, now=now):
        ends_task = await calls_are_made(session, plan)
        fact = events.PlanAdjusted(
            case_id=plan.case_id, plan_id=plan.id, version=plan.version, ends_task=ends_task
        )
        await publish(session, plan, fact, now=now)
