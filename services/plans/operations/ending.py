"""The end of a follow-up: after its year, earlier by the circle's choice, or because the case stopped."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import OPEN_CHECK_INS, STANDING, AgreementState, CheckInState, FollowUpState
from services.plans.models import Agreement, CheckIn, Plan, Resource
from services.plans.operations.timing import (
    ACCEPTANCE,
    ADJUST,
    AMENDMENT,
    OF_AGREEMENTS,
    OWN_MEETING,
    REVIEW,
    clocks,
    publish,
)
from shared.events import plans as events
from shared.tables import clock


async def waits(session: AsyncSession, plan: Plan, *, year_over: bool = False) -> bool:
    """Tell whether something in a case keeps its follow-up from ending by itself.

    The circle is to meet or to review its plan, an agreement has time left, or the plan awaits its acceptance, a change
    or a meeting of the circle by itself, however late that is: each is somebody's to-do. What the circle asked of
    others is nobody's here: it counts until the year is over.
    """
    to_come = clock.c.kind.in_((REVIEW, *OF_AGREEMENTS)) & clock.c.state.in_(("running", "paused"))
    owed = clock.c.kind.in_((ACCEPTANCE, AMENDMENT, ADJUST, OWN_MEETING)) & (clock.c.state != "stopped")
    timed = exists().where(clock.c.case_id == plan.case_id, to_come | owed)
    reviewed = exists().where(
        CheckIn.plan_id == plan.id, CheckIn.kind == "review", CheckIn.state.in_(OPEN_CHECK_INS)
    )
    asked = exists().where(
        Resource.plan_id == plan.id, Resource.until_version.is_(None), Resource.state == "asked"
    )
    found = timed | reviewed if year_over else timed | reviewed | asked
    return await queries.is_to_meet_again(session, plan) or bool(await session.scalar(select(found)))


async def end_follow_up(
    session: AsyncSession, plan: Plan, *, outcome: Literal["followed-up", "closed-early"], now: datetime
) -> None:
    """End the follow-up of a plan and publish how."""
    plan.follow_up, plan.outcome, plan.ended_at = FollowUpState.ENDED, outcome, now
    await session.flush()
    await _call_off(session, plan, now=now)
    await publish(session, plan, events.FollowUpEnded(case_id=plan.case_id, outcome=outcome), now=now)


async def stop_follow_up(session: AsyncSession, *, case_id: UUID, tenant: UUID, now: datetime) -> None:
    """End the follow-up because the case stopped or was closed."""
    plan = await queries.plan_of_case(session, case_id=case_id, tenant=tenant)
    if plan is None or plan.follow_up != FollowUpState.RUNNING:
        # A plan that was still to be written is no longer expected.
        await clocks.stop_all(session, case=case_id, now=now)
        return
    plan.follow_up, plan.ended_at = FollowUpState.STOPPED, now
    await session.flush()
    await _call_off(session, plan, now=now)


async def _call_off(session: AsyncSession, plan: Plan, *, now: datetime) -> None:
    await session.execute(
        update(Agreement)
        .where(Agreement.plan_id == plan.id, Agreement.state.in_(STANDING))
        .values(state=AgreementState.CANCELLED, settled_at=now)
        .execution_options(synchronize_session=False)
    )
    await call_off_checks(session, plan)
    await clocks.stop_all(session, case=plan.case_id, now=now)


async def call_off_checks(session: AsyncSession, plan: Plan) -> list[UUID]:
    """Cancel the future checks of a plan; return their ids, whose clocks the caller stops."""
    open_ones = update(CheckIn).where(CheckIn.plan_id == plan.id, CheckIn.state.in_(OPEN_CHECK_INS))
    called_off = open_ones.values(state=CheckInState.CANCELLED).returning(CheckIn.id)
    return list(await session.scalars(called_off.execution_options(synchronize_session=False)))
