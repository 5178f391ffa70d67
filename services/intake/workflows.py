"""Intake's workflows: the search for a coordinator, and how long files are kept. They decide only when."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from services.intake.activities import sweep_files
    from services.intake.domain import codes
    from services.intake.operations import offers
    from shared.clock_activities import breach
    from shared.deadlines import WorkflowInput

from shared.workflow import DeadlineWorkflow


@workflow.defn(name="CoordinatorAssignment")
class CoordinatorAssignment(DeadlineWorkflow):
    """Ask one coordinator at a time, in order of fit, until one accepts or the case stops."""

    kinds = (codes.ALLOCATION_CLOCK, codes.OFFER_CLOCK, codes.SEARCH_CLOCK)

    @workflow.run
    async def run(self, given: WorkflowInput) -> None:
        """Offer, remind, let the offer expire and ask the next; escalate if the search takes too long."""
        async for due in self.deadlines(given):
            match due.kind, due.what:
                case codes.SEARCH_CLOCK, _:
                    await self.step(offers.offer_to_next, due)
                case codes.OFFER_CLOCK, "warn":
                    await self.step(offers.remind_of_offer, due)
                case codes.OFFER_CLOCK, "due":
                    await self.step(offers.expire_offer, due)
                case codes.ALLOCATION_CLOCK, _:
                    await self.step(breach, due)


@workflow.defn(name="Retention")
class Retention(DeadlineWorkflow):
    """Watch how long a tenant's files are kept, for decades; it ends when no file is kept."""

    kinds = (codes.RETENTION_CLOCK, codes.HOLD_CLOCK)

    @workflow.run
    async def run(self, given: WorkflowInput) -> None:
        """Sweep whenever a file is to be warned of or erased, or a hold ends: all deadlines that were reached."""
        async for due in self.deadlines(given):
            await self.step(sweep_files, due)


WORKFLOWS: list[type[DeadlineWorkflow]] = [CoordinatorAssignment, Retention]
