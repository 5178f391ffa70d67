"""The one workflow of a service's housekeeping: a round, a rest, and the same again as a new run."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict
from temporalio import workflow

from shared.housekeeping.activities import Housekeeper, Part
from shared.workflow import ACTIVITY, LookAgain


class House(BaseModel):
    """Whose house is kept."""

    model_config = ConfigDict(frozen=True)

    service: str


def housekeeping_workflow_id(service: str) -> str:
    """Return the id of the workflow that keeps a service's house."""
    return f"housekeeping/{service}"


@workflow.defn(name="Housekeeping")
class Housekeeping:
    """Purge one kind of rows after another, rest, and begin anew. What one round leaves, the next one finds."""

    @workflow.run
    async def run(self, house: House) -> None:
        """Keep house once, and go on as a new run."""
        plan = await workflow.execute_activity_method(Housekeeper.plan, **ACTIVITY)
        for what in plan.what:
            part: Part | None = Part(what=what)
            while part is not None:
                if workflow.info().is_continue_as_new_suggested():
                    workflow.continue_as_new(house)
                purged = await workflow.execute_activity_method(Housekeeper.purge, part, **ACTIVITY)
                part = purged.next
        LookAgain.show("resting", workflow.now() + plan.rest)
        await workflow.sleep(max(plan.rest, timedelta(seconds=1)))
        workflow.continue_as_new(house)
