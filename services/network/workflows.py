"""When a person is reminded of their invitation, and when the coordinator takes over."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel, ConfigDict

    from services.network.activities import Activities, Done, InvitationFacts, InvitationStep
    from shared.workflow import ACTIVITY, LookAgain


class InvitationInput(BaseModel):
    """Which invitation; `seen` and `steps` carry on from a run that was continued."""

    model_config = ConfigDict(frozen=True)

    tenant: UUID
    invitation_id: UUID
    seen: tuple[str, ...] = ()
    steps: int = 0


@workflow.defn
class Invitation(LookAgain):
    """One invitation from its mail to the answer: one reminder for the silent, then the coordinator's turn."""

    @workflow.init
    def __init__(self, given: InvitationInput) -> None:
        super().__init__(given.seen)
        self._given = given
        self._steps = given.steps

    @workflow.run
    async def run(self, given: InvitationInput) -> None:
        """Mail, wait, remind once, wait, show as silent, wait for the answer or the end."""
        if given.steps == 0:
            await self._do(Activities.begin_invitation)
        while (facts := await self._look()).waiting:
            self.show(_phase(facts), facts.next_at)
            if await self.wait(facts.next_at):
                self._continue_if_long()
            elif facts.reminded:
                await self._do(Activities.give_up_waiting)
            else:
                await self._do(Activities.remind_of_invitation)
        self.show("ended", None)

    async def _look(self) -> InvitationFacts:
        return await workflow.execute_activity_method(Activities.look_at_invitation, self._step(), **ACTIVITY)

    async def _do(self, activity: Callable[[Activities, InvitationStep], Awaitable[Done]]) -> None:
        self._steps += 1
        await workflow.execute_activity_method(activity, self._step(), **ACTIVITY)

    def _step(self) -> InvitationStep:
        return InvitationStep(
            tenant=self._given.tenant, invitation_id=self._given.invitation_id, ordinal=self._steps
        )

    def _continue_if_long(self) -> None:
        if workflow.info().is_continue_as_new_suggested():
            workflow.continue_as_new(self._given.model_copy(update={"seen": self.seen, "steps": self._steps}))


def _phase(facts: InvitationFacts) -> str:
    if facts.next_at is None:
        return "waiting-for-coordinator" if facts.reminded else "resting"
    return "reminded" if facts.reminded else "invited"
