"""What waits and decides when: the preparation of a conference, from the coordinator's assignment to its outcome."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from services.scheduling.operations import base, deadlines
    from shared.clock_activities import breach, warn
    from shared.deadlines import WorkflowInput

from shared.workflow import DeadlineWorkflow


@workflow.defn(name="ConferencePreparation")
class ConferencePreparation(DeadlineWorkflow):
    """One preparation, as long as one of its steps is waited for. A poll that opens later starts it again.

    A step that is taken in time stops its clock, so that nothing is done here; one that is not is warned of, and late.
    """

    kinds = (
        base.CONTACT_CLOCK,
        base.BASELINE_CLOCK,
        base.CIRCLE_CLOCK,
        base.POLL_CLOCK,
        base.ANSWERED_CLOCK,
        base.DATE_CLOCK,
        base.TARGET_CLOCK,
        base.REMINDER_CLOCK,
        base.OUTCOME_CLOCK,
        base.NEWS_CLOCK,
    )

    @workflow.run
    async def run(self, given: WorkflowInput) -> None:
        """See that each step is taken in time: contact, baseline, circle, date, the day, and what came of it."""
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
                # First contact, baseline told, circle ready, date set, conference held, its outcome recorded; and what
                # came late decided on and told.
                case _, "warn":
                    await self.step(warn, due)
                case _, "due":
                    await self.step(breach, due)


WORKFLOWS: list[type[DeadlineWorkflow]] = [ConferencePreparation]
