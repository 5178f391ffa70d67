"""The preparation workflow of a conference, from the coordinator's assignment to its outcome: it decides only when."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from services.scheduling.operations import base, deadlines
    from shared.clock_activities import breach, warn
    from shared.deadlines import WorkflowInput

from shared.workflow import DeadlineWorkflow


@workflow.defn(name="ConferencePreparation")
class ConferencePreparation(DeadlineWorkflow):
    """One preparation, for as long as one of its steps is open. A poll that opens later starts it again.

    A step taken in time stops its clock, so that nothing is done here; otherwise it is warned about, and then
    late.
    """

    kinds = (
        base.CONTACT_CLOCK,
        base.TALK_CLOCK,
        base.BASELINE_CLOCK,
        base.CIRCLE_CLOCK,
        base.POLL_CLOCK,
        base.ANSWERED_CLOCK,
        base.DATE_CLOCK,
        base.TARGET_CLOCK,
        base.REMINDER_CLOCK,
        base.OUTCOME_CLOCK,
        base.NEWS_CLOCK,
        base.MISSING_CLOCK,
    )

    @workflow.run
    async def run(self, given: WorkflowInput) -> None:
        """Wait for each step: contact, the talk, baseline, circle, date, the day, and the outcome."""
        async for due in self.deadlines(given):
            match due.kind, due.what:
                case base.POLL_CLOCK, "warn":
                    await self.step(deadlines.remind_silent, due)
                case base.POLL_CLOCK, "due":
                    await self.step(deadlines.close_when_due, due)
                case base.ANSWERED_CLOCK, _:
                    await self.step(deadlines.close_when_answered, due)
                case base.REMINDER_CLOCK, _:
                    await self.step(deadlines.remind_of_day, due)
                # First contact, baseline talked through and told, circle ready, date set, conference held, its outcome
                # recorded; late changes decided on and told; and whether it goes on without somebody.
                case _, "warn":
                    await self.step(warn, due)
                case _, "due":
                    await self.step(breach, due)


WORKFLOWS: list[type[DeadlineWorkflow]] = [ConferencePreparation]
