"""What the follow-up's workflow has done: looking at the case's clocks, and taking the step that is due."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from temporalio import activity

from services.plans import queries
from services.plans.domain import FollowUpState
from services.plans.operations.stepping import Outcome, take_step
from shared import effects
from shared.context import Context
from shared.database import Scope


class CaseRef(BaseModel):
    """A case of a tenant."""

    model_config = ConfigDict(frozen=True)

    tenant: UUID
    case_id: UUID


class Step(CaseRef):
    """A moment of one of the case's clocks, to be acted on once it has come."""

    kind: str
    subject: UUID
    at: datetime
    ordinal: int = 0


class FollowUpFacts(BaseModel):
    """Whether the follow-up goes on, and what it waits for next (nothing while the case is paused)."""

    model_config = ConfigDict(frozen=True)

    over: bool
    next: Step | None = None


class Activities:
    """The activities of plans."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def all(self) -> list[Callable[..., Any]]:
        """Return every activity."""
        return [self.look_at_follow_up, self.take_step]

    @activity.defn(name="plans.look-at-follow-up")
    async def look_at_follow_up(self, case: CaseRef) -> FollowUpFacts:
        """Return what the follow-up of a case waits for."""
        async with self._context.database.transaction(Scope(tenant=case.tenant)) as session:
            plan = await queries.plan_of_case(session, case_id=case.case_id, tenant=case.tenant)
            if plan is None or plan.follow_up != FollowUpState.RUNNING:
                return FollowUpFacts(over=True)
            moment = await queries.next_moment(session, case_id=case.case_id, tenant=case.tenant)
        if moment is None:
            return FollowUpFacts(over=False)
        step = Step(
            tenant=case.tenant,
            case_id=case.case_id,
            kind=moment.kind,
            subject=moment.subject,
            at=moment.at,
        )
        return FollowUpFacts(over=False, next=step)

    @activity.defn(name="plans.take-step")
    async def take_step(self, step: Step) -> Outcome:
        """Do what a clock's moment asks for, if it still asks for it."""
        now = await self._context.clock.now()
        async with self._context.database.transaction(Scope(tenant=step.tenant)) as session:
            return await effects.once(
                session,
                key=f"{activity.info().workflow_id}/step/{step.ordinal}",
                result=Outcome,
                operation=lambda: take_step(
                    session,
                    case_id=step.case_id,
                    tenant=step.tenant,
                    kind=step.kind,
                    subject=step.subject,
                    at=step.at,
                    now=now,
                ),
            )
