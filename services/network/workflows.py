"""When a person is reminded of their invitation, is asked themselves, and when a request must have been answered."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from services.network import data_requests
    from services.network.activities import Activities
    from shared.clock_activities import ClockActivities
    from shared.deadlines import WorkflowInput

from shared.workflow import DeadlineWorkflow


@workflow.defn
class Invitation(DeadlineWorkflow):
    """One invitation: one reminder for the silent, then the coordinator's turn."""

    @workflow.run
    async def run(self, given: WorkflowInput) -> None:
        """Remind once, then show as silent, unless there is an answer or the end before."""
        async for due in self.deadlines(given):
            match due.what:
                case "warn":
                    await self.step(Activities.remind_of_invitation, due)
                case "due":
                    await self.step(Activities.give_up_waiting, due)


@workflow.defn
class ComingOfAge(DeadlineWorkflow):
    """The birthdays from which somebody's own consent is asked: a warning, then the question."""

    @workflow.run
    async def run(self, given: WorkflowInput) -> None:
        """Warn of each birthday and ask on the day, as long as the person belongs to the case."""
        async for due in self.deadlines(given):
            match due.what:
                case "warn":
                    await self.step(ClockActivities.warn, due)
                case "due":
                    await self.step(Activities.come_of_age, due)


@workflow.defn
class DataRequest(DeadlineWorkflow):
    """One request about somebody's data, to its end: a warning, the escalation, and what an approval brings about."""

    @workflow.run
    async def run(self, given: WorkflowInput) -> None:
        """Warn and escalate until there is an answer; then erase, or put the copy away."""
        async for due in self.deadlines(given):
            match due.kind, due.what:
                case data_requests.DATA_REQUEST_CLOCK, "warn":
                    await self.step(ClockActivities.warn, due)
                case data_requests.DATA_REQUEST_CLOCK, "due":
                    await self.step(ClockActivities.breach, due)
                case data_requests.ERASE_CLOCK, _:
                    await self.step(Activities.erase_as_asked, due)
                case data_requests.COPY_CLOCK, _:
                    await self.step(Activities.put_copy_away, due)
