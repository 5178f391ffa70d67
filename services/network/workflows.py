"""When a person is reminded of their invitation, is asked themselves, and when a request must have been answered."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel, ConfigDict

    from services.network.activities import (
        Activities,
        BirthdayActivities,
        BirthdayFacts,
        BirthdayStep,
        DataRequestFacts,
        DataRequestStep,
        Done,
        InvitationFacts,
        InvitationStep,
        RequestActivities,
    )
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


class ComingOfAgeInput(BaseModel):
    """Which clock of a birthday."""

    model_config = ConfigDict(frozen=True)

    tenant: UUID
    clock_id: UUID


@workflow.defn
class ComingOfAge(LookAgain):
    """One birthday from which somebody's own consent is asked: a warning, then the question. It ends with its clock."""

    @workflow.init
    def __init__(self, given: ComingOfAgeInput) -> None:
        super().__init__()
        self._given = given
        self._steps = 0

    @workflow.run
    async def run(self, given: ComingOfAgeInput) -> None:
        """Wait for the warning and for the day, unless the clock stops before."""
        del given
        while (facts := await self._look()).waiting:
            self.show("waiting" if facts.warns else "near", facts.next_at)
            if not await self.wait(facts.next_at):
                await self._do(
                    BirthdayActivities.warn_of_birthday if facts.warns else BirthdayActivities.come_of_age
                )
        self.show("ended", None)

    async def _look(self) -> BirthdayFacts:
        return await workflow.execute_activity_method(
            BirthdayActivities.look_at_birthday, self._step(), **ACTIVITY
        )

    async def _do(self, activity: Callable[[BirthdayActivities, BirthdayStep], Awaitable[Done]]) -> None:
        self._steps += 1
        await workflow.execute_activity_method(activity, self._step(), **ACTIVITY)

    def _step(self) -> BirthdayStep:
        return BirthdayStep(tenant=self._given.tenant, clock_id=self._given.clock_id, ordinal=self._steps)


class DataRequestInput(BaseModel):
    """Which request; `seen` and `steps` carry on from a run that was continued."""

    model_config = ConfigDict(frozen=True)

    tenant: UUID
    request_id: UUID
    seen: tuple[str, ...] = ()
    steps: int = 0


@workflow.defn
class DataRequest(LookAgain):
    """One request about somebody's data, to its end: a warning, the escalation, and what an approval brings about."""

    @workflow.init
    def __init__(self, given: DataRequestInput) -> None:
        super().__init__(given.seen)
        self._given = given
        self._steps = given.steps

    @workflow.run
    async def run(self, given: DataRequestInput) -> None:
        """Wait for news or the next moment, and take the step that is due, until the request has ended."""
        del given
        while (facts := await self._look()).open:
            self.show(facts.state, facts.next_at)
            if await self.wait(facts.next_at):
                self._continue_if_long()
            elif facts.next_step is not None:
                await self._do(_STEPS[facts.next_step])
        self.show("ended", None)

    async def _look(self) -> DataRequestFacts:
        return await workflow.execute_activity_method(
            RequestActivities.look_at_data_request, self._step(), **ACTIVITY
        )

    async def _do(self, activity: Callable[[RequestActivities, DataRequestStep], Awaitable[Done]]) -> None:
        self._steps += 1
        await workflow.execute_activity_method(activity, self._step(), **ACTIVITY)

    def _step(self) -> DataRequestStep:
        return DataRequestStep(
            tenant=self._given.tenant, request_id=self._given.request_id, ordinal=self._steps
        )

    def _continue_if_long(self) -> None:
        if workflow.info().is_continue_as_new_suggested():
            workflow.continue_as_new(self._given.model_copy(update={"seen": self.seen, "steps": self._steps}))


_STEPS: dict[str, Callable[[RequestActivities, DataRequestStep], Awaitable[Done]]] = {
    "warn": RequestActivities.warn_of_data_request,
    "escalate": RequestActivities.escalate_data_request,
    "put-away": RequestActivities.put_copy_away,
    "erase": RequestActivities.erase_as_asked,
}
