"""When a person is reminded of their invitation, is asked for their own consent, and when a request or survey ends."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from services.network import data_requests
    from services.network.domain import INVITATION_CLOCK
    from services.network.domain import surveys as rules
    from services.network.domain.consents import BIRTHDAYS
    from services.network.operations import ages, ending_requests, invitations, surveys
    from shared.clock_activities import breach, warn
    from shared.deadlines import WorkflowInput

from shared.workflow import DeadlineWorkflow


@workflow.defn
class Invitation(DeadlineWorkflow):
    """One invitation: one reminder for the silent, then the coordinator takes over."""

    kinds = (INVITATION_CLOCK,)

    @workflow.run
    async def run(self, given: WorkflowInput) -> None:
        """Remind once, then mark as silent, unless it is answered or cancelled before."""
        async for due in self.deadlines(given):
            match due.what:
                case "warn":
                    await self.step(invitations.remind, due)
                case "due":
                    await self.step(invitations.give_up_waiting, due)


@workflow.defn
class ComingOfAge(DeadlineWorkflow):
    """The birthdays from which a person's own consent is asked: a warning, then the question."""

    kinds = tuple(BIRTHDAYS)

    @workflow.run
    async def run(self, given: WorkflowInput) -> None:
        """Warn of each birthday and ask on the day, as long as the person belongs to the case."""
        async for due in self.deadlines(given):
            match due.what:
                case "warn":
                    await self.step(warn, due)
                case "due":
                    await self.step(ages.come_of_age, due)


@workflow.defn
class DataRequest(DeadlineWorkflow):
    """One request about personal data, to its end: a warning, the escalation, and the effects of an approval."""

    kinds = (data_requests.DATA_REQUEST_CLOCK, data_requests.ERASE_CLOCK, data_requests.COPY_CLOCK)

    @workflow.run
    async def run(self, given: WorkflowInput) -> None:
        """Warn and escalate until there is an answer; then erase, or put the copy away."""
        async for due in self.deadlines(given):
            match due.kind, due.what:
                case data_requests.DATA_REQUEST_CLOCK, "warn":
                    await self.step(warn, due)
                case data_requests.DATA_REQUEST_CLOCK, "due":
                    await self.step(breach, due)
                case data_requests.ERASE_CLOCK, _:
                    await self.step(ending_requests.erase, due)
                case data_requests.COPY_CLOCK, _:
                    await self.step(ending_requests.put_copy_away, due)


@workflow.defn
class Survey(DeadlineWorkflow):
    """The survey after a conference: asked, reminded once, added up."""

    kinds = (rules.OPENING_CLOCK, rules.ANSWERS_CLOCK)

    @workflow.run
    async def run(self, given: WorkflowInput) -> None:
        """Ask, remind those who did not answer, and add up the answers."""
        async for due in self.deadlines(given):
            match due.kind, due.what:
                case rules.OPENING_CLOCK, _:
                    await self.step(surveys.open_survey, due)
                case rules.ANSWERS_CLOCK, "warn":
                    await self.step(surveys.remind, due)
                case rules.ANSWERS_CLOCK, _:
                    await self.step(surveys.close, due)


WORKFLOWS: list[type[DeadlineWorkflow]] = [Invitation, ComingOfAge, DataRequest, Survey]
