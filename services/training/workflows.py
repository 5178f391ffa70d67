"""The workflows of a registration that awaits its payment, and of a file to be booked. They decide only when."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from services.training.activities import book_statement
    from services.training.domain import PAYMENT_CLOCK, STATEMENT_CLOCK
    from services.training.operations import registrations
    from shared.deadlines import WorkflowInput

from shared.workflow import DeadlineWorkflow


@workflow.defn(name="Registration")
class Registration(DeadlineWorkflow):
    """One registration, as long as it awaits its payment."""

    kinds = (PAYMENT_CLOCK,)

    @workflow.run
    async def run(self, given: WorkflowInput) -> None:
        """Remind of the payment once, and finally let the registration expire."""
        async for due in self.deadlines(given):
            match due.what:
                case "warn":
                    await self.step(registrations.remind_of_payment, due)
                case "due":
                    await self.step(registrations.expire, due)


@workflow.defn(name="Statement")
class Statement(DeadlineWorkflow):
    """One imported file, until all of it is booked."""

    kinds = (STATEMENT_CLOCK,)

    @workflow.run
    async def run(self, given: WorkflowInput) -> None:
        """Book part of it, as long as something is left: the deadline stays until then."""
        async for due in self.deadlines(given):
            await self.step(book_statement, due)


WORKFLOWS: list[type[DeadlineWorkflow]] = [Registration, Statement]
