"""The workflow of clocks that need nothing but to be watched, safe to import in the sandbox."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from shared.clock_activities import breach, warn
    from shared.deadlines import WorkflowInput

from shared.workflow import DeadlineWorkflow


@workflow.defn(name="Clock")
class ClockWorkflow(DeadlineWorkflow):
    """Warn of a clock, and note when its time is over."""

    @workflow.run
    async def run(self, given: WorkflowInput) -> None:
        """Take both steps, unless the clock is stopped before."""
        async for due in self.deadlines(given):
            match due.what:
                case "warn":
                    await self.step(warn, due)
                case "due":
                    await self.step(breach, due)
