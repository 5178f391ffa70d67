"""What waits and decides when: the follow-up of a case's plan, for a year and a little."""

from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel, ConfigDict

    from services.plans.activities import Activities, CaseRef, FollowUpFacts, Step
    from shared.workflow import ACTIVITY, LookAgain


class FollowUpInput(BaseModel):
    """Which case is followed up; the rest is what a continued run takes along."""

    model_config = ConfigDict(frozen=True)

    tenant: UUID
    case_id: UUID
    steps: int = 0
    seen: tuple[str, ...] = ()


def follow_up_id(case_id: UUID) -> str:
    """Return the id of the workflow that follows up a case."""
    return f"follow-up/{case_id}"


@workflow.defn(name="FollowUp")
class FollowUp(LookAgain):
    """Waits for the next moment of the case's clocks, does it, and looks again, until all is over."""

    @workflow.init
    def __init__(self, following: FollowUpInput) -> None:
        super().__init__(following.seen)
        self._case = CaseRef(tenant=following.tenant, case_id=following.case_id)
        self._steps = following.steps

    @workflow.run
    async def run(self, following: FollowUpInput) -> None:
        """Follow up until the year is over, the circle closes, or the case stops."""
        while True:
            if workflow.info().is_continue_as_new_suggested():
                carried = following.model_copy(update={"steps": self._steps, "seen": self.seen})
                workflow.continue_as_new(carried)
            facts = await self._look()
            if facts.over:
                self.show("over", None)
                return
            until = None if facts.next is None else facts.next.at
            self.show("resting" if until is None else "following-up", until)
            if not await self.wait(until) and facts.next is not None:
                await self._take(facts.next)

    async def _look(self) -> FollowUpFacts:
        return await workflow.execute_activity_method(Activities.look_at_follow_up, self._case, **ACTIVITY)

    async def _take(self, step: Step) -> None:
        self._steps += 1
        taken = step.model_copy(update={"ordinal": self._steps})
        await workflow.execute_activity_method(Activities.take_step, taken, **ACTIVITY)
