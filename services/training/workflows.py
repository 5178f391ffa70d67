"""When what happens to a registration that awaits its payment."""

from temporalio import workflow

from shared.workflow import ACTIVITY, LookAgain

with workflow.unsafe.imports_passed_through():
    from services.training.activities import Activities
    from services.training.workflow_inputs import Moment, RegistrationInput, Standing


@workflow.defn(name="Registration")
class Registration(LookAgain):
    """Waits for a place and for the payment: reminds once, and in the end lets the registration expire."""

    @workflow.init
    def __init__(self, given: RegistrationInput) -> None:
        super().__init__(given.seen)
        self._given = given

    @workflow.run
    async def run(self, given: RegistrationInput) -> str:
        """Return the state in which the registration left this round."""
        while True:
            standing = await self._look()
            self.show(standing.state, standing.next_at)
            if standing.over:
                return standing.state
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(given.model_copy(update={"seen": self.seen}))
            if not await self.wait(standing.next_at) and standing.next_at is not None:
                await self._reach(Moment(registration=given, at=standing.next_at))

    async def _look(self) -> Standing:
        return await workflow.execute_activity_method(Activities.look, self._given, **ACTIVITY)

    async def _reach(self, moment: Moment) -> None:
        await workflow.execute_activity_method(Activities.reach_moment, moment, **ACTIVITY)
