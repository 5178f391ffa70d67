"""The workflow that sleeps to the moments of one clock, safe to import in the sandbox."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from shared.deadlines import WORKFLOW, Deadline, Deadlines
    from shared.workflow import ACTIVITY, LookAgain


@workflow.defn(name=WORKFLOW)
class DeadlineWorkflow(LookAgain):
    """Warn, and call late. Nobody tells it of a clock that stopped: at its next moment it sees that and ends."""

    @workflow.run
    async def run(self, deadline: Deadline) -> None:
        """Look, wait and act, until the clock has no moment left."""
        while True:
            ahead = await workflow.execute_activity_method(Deadlines.look, deadline, **ACTIVITY)
            self.show("warning" if ahead.warns else "running", ahead.next_at)
            if ahead.next_at is None:
                return
            if await self.wait(ahead.next_at):
                continue
            step = Deadlines.warn if ahead.warns else Deadlines.breach
            await workflow.execute_activity_method(step, deadline, **ACTIVITY)
