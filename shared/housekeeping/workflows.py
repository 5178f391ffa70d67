"""The single workflow of a service's housekeeping: a round, a pause, and the same again as a new run."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict
from temporalio import workflow

from shared.context import Context
from shared.housekeeping.activities import Housekeeper, Plan, Progress
from shared.workflow import ACTIVITY, LOCAL_ACTIVITY, DeadlineWorkflow


class Database(BaseModel):
    """The service whose database is purged."""

    model_config = ConfigDict(frozen=True)

    service: str


def housekeeping_workflow_id(service: str) -> str:
    """Return the id of the workflow that purges a service's database."""
    return f"housekeeping/{service}"


async def start_housekeeping(context: Context) -> bool:
    """Start a service's housekeeping unless it runs, also after one that failed or was terminated.

    True if it had to be started. Raises: Operational.
    """
    given = Database(service=context.service)
    workflow_id = housekeeping_workflow_id(context.service)
    return await context.temporal.ensure(Housekeeping.run, given, id=workflow_id, tenant=None)


@workflow.defn(name="Housekeeping")
class Housekeeping:
    """Purge one kind of rows after another, pause, and start again. What one round leaves, the next one finds."""

    @workflow.signal(name="look-again")
    def look_again(self) -> None:
        """A worker has started; this workflow is already running."""

    @workflow.run
    async def run(self, database: Database) -> None:
        """Purge once, and continue as a new run."""
        plan = await self._plan()
        for what in plan.what:
            progress: Progress | None = Progress(what=what)
            while progress is not None:
                if workflow.info().is_continue_as_new_suggested():
                    workflow.continue_as_new(database)
                purged = await workflow.execute_activity_method(Housekeeper.purge, progress, **ACTIVITY)
                progress = purged.next
        DeadlineWorkflow.publish("waiting", workflow.now() + plan.rest)
        await workflow.sleep(max(plan.rest, timedelta(seconds=1)))
        workflow.continue_as_new(database)

    async def _plan(self) -> Plan:
        # It only reads settings: no separate task needed.
        if workflow.patched("housekeeping-plans-locally"):
            return await workflow.execute_local_activity_method(Housekeeper.plan, **LOCAL_ACTIVITY)
        return await workflow.execute_activity_method(Housekeeper.plan, **ACTIVITY)
