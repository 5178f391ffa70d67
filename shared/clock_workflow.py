"""The workflow of clocks that only need a warning and a breach, safe to import in the sandbox."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from shared.clock_activities import breach, warn
    from shared.deadlines import WorkflowInput

from shared.workflow import DeadlineWorkflow


@workflow.defn(name="Clock")
class ClockWorkflow(DeadlineWorkflow):
    """Warn about a clock, and record when its deadline has passed."""

    @workflow.run
    async def run(self, given: WorkflowInput) -> None:
        """Take both steps, unless the clock is stopped before."""
        async for due in self.deadlines(given):
            match due.what:
                case "warn":
                    await self.step(warn, due)
                case "due":
                    await self.step(breach, due)
