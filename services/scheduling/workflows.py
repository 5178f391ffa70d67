"""What waits and decides when: the preparation of a conference, from the coordinator's assignment to the meeting."""

from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel, ConfigDict

    from services.scheduling.activities import Activities, Attempt, PreparationRef
    from services.scheduling.operations import Facts, Next
    from shared.workflow import ACTIVITY, LookAgain

_ATTEMPTS = {
    "warn-of-target": Activities.warn_of_target,
    "breach-target": Activities.breach_target,
    "chase-silent": Activities.chase_silent,
    "close-poll": Activities.close_poll,
}


class PreparationInput(BaseModel):
    """Which preparation; the rest is what a continued run takes along."""

    model_config = ConfigDict(frozen=True)

    tenant: UUID
    case_id: UUID
    preparation_no: int
    attempts: int = 0
    seen: tuple[str, ...] = ()


def preparation_id(case_id: UUID, preparation_no: int) -> str:
    """Return the id of the workflow of a preparation."""
    return f"preparation/{case_id}/{preparation_no}"


@workflow.defn(name="ConferencePreparation")
class ConferencePreparation(LookAgain):
    """Warns before the conference is late and tells when it is, chases the silent, closes the poll in time."""

    @workflow.init
    def __init__(self, preparing: PreparationInput) -> None:
        super().__init__(preparing.seen)
        self._attempts = preparing.attempts
        self._ref = PreparationRef(
            tenant=preparing.tenant, case_id=preparing.case_id, preparation_no=preparing.preparation_no
        )

    @workflow.run
    async def run(self, preparing: PreparationInput) -> None:
        """Go on until the conference was held or cancelled, or the case stopped."""
        while True:
            if workflow.info().is_continue_as_new_suggested():
                carried = preparing.model_copy(update={"attempts": self._attempts, "seen": self.seen})
                workflow.continue_as_new(carried)
            facts = await self._look()
            until = None if facts.next is None else facts.next.at
            self.show(facts.phase, until)
            if facts.ended:
                return
            if not await self.wait(until) and facts.next is not None:
                await self._attempt(facts.next)

    async def _look(self) -> Facts:
        return await workflow.execute_activity_method(Activities.look, self._ref, **ACTIVITY)

    async def _attempt(self, moment: Next) -> None:
        self._attempts += 1
        attempt = Attempt(**self._ref.model_dump(), at=moment.at, ordinal=self._attempts)
        await workflow.execute_activity_method(_ATTEMPTS[moment.what], attempt, **ACTIVITY)
