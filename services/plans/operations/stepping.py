"""What a moment of a case's clocks asks for, done as a guarded step: a moment that moved or passed changes nothing."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import FollowUpState
from services.plans.models import Plan
from services.plans.operations import agreements, check_ins
from services.plans.operations.ending import end_follow_up
from services.plans.operations.timing import AGREEMENT, CHECK_IN, FOLLOW_UP, GRACE, clocks
from shared.case_state import CaseErased, CaseStopped


class Outcome(BaseModel):
    """What came of a step. `moved`: the moment is no longer what it was, so look again."""

    model_config = ConfigDict(frozen=True)

    outcome: Literal["done", "moved", "over"]


async def take_step(
    session: AsyncSession,
    *,
    case_id: UUID,
    tenant: UUID,
    kind: str,
    subject: UUID,
    at: datetime,
    now: datetime,
) -> Outcome:
    """Do what a clock's moment asks for, if it is still the clock's next moment."""
    try:
        state = await queries.lock_case(session, case_id=case_id, tenant=tenant)
    except (CaseStopped, CaseErased):
        return Outcome(outcome="over")
    plan = await queries.plan_of_case(session, case_id=case_id, tenant=tenant)
    if plan is None or plan.follow_up != FollowUpState.RUNNING:
        return Outcome(outcome="over")
    clock = await clocks.find(session, kind=kind, subject=subject)
    if clock is None or clock.next_at != at:
        return Outcome(outcome="moved")
    # The workflow's server may be a little ahead of this machine: what was waited for has come.
    now = max(now, at)
    warns = clock.warn_at == at and clock.warned_at is None
    await _step(
        session, plan, kind=kind, subject=subject, warns=warns, now=now, paused=state.status == "paused"
    )
    return Outcome(outcome="done")


async def _step(
    session: AsyncSession, plan: Plan, *, kind: str, subject: UUID, warns: bool, now: datetime, paused: bool
) -> None:
    if kind == FOLLOW_UP:
        await end_follow_up(session, plan, outcome="followed-up", now=now)
    elif kind == CHECK_IN:
        check_in = await check_ins.read_check_in(session, subject)
        if warns:
            await check_ins.ask(session, plan, check_in, now=now)
        else:
            await check_ins.escalate(session, check_in, now=now)
    else:
        agreement = await agreements.read_agreement(session, subject)
        if kind == AGREEMENT:
            await agreements.fall_due(session, plan, agreement, now=now, paused=paused)
        elif kind == GRACE and warns:
            await agreements.remind(session, plan, agreement, now=now)
        elif kind == GRACE:
            await agreements.lapse(session, plan, agreement, now=now)
