"""What waits and decides when: the preparation of a conference, from the coordinator's assignment to the meeting."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from services.scheduling.operations import base, deadlines
    from shared.clock_activities import breach, warn
    from shared.deadlines import WorkflowInput

from shared.workflow import DeadlineWorkflow


@workflow.defn(name="ConferencePreparation")
class ConferencePreparation(DeadlineWorkflow):
    """One preparation, as long as its target or a poll is waited for. A poll that opens later starts it again."""

    kinds = (base.TARGET_CLOCK, base.POLL_CLOCK, base.ANSWERED_CLOCK)

    @workflow.run
    async def run(self, given: WorkflowInput) -> None:
        """Warn before the conference is late, note when it is; remind the silent, and close the poll in time."""
        async for due in self.deadlines(given):
            match due.kind, due.what:
                case base.TARGET_CLOCK, "warn":
                    await self.step(warn, due)
                case base.TARGET_CLOCK, "due":
                    await self.step(breach, due)
                case base.POLL_CLOCK, "warn":
                    await self.step(deadlines.remind_silent, due)
                case base.POLL_CLOCK, "due":
                    await self.step(deadlines.close_when_due, due)
                case base.ANSWERED_CLOCK, _:
                    await self.step(deadlines.close_when_answered, due)


WORKFLOWS: list[type[DeadlineWorkflow]] = [ConferencePreparation]
