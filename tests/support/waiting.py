"""A workflow that only waits, for tests of what workflows are built on."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from temporalio import activity, workflow

from shared.errors import Conflict
from shared.workflow import ACTIVITY, LookAgain

CANARY = "Fatima Canary"


class Input(BaseModel):
    model_config = ConfigDict(frozen=True)
    subject: str
    until: datetime


class Refused(Conflict):
    code = "refused-here"


@activity.defn(name="look")
async def look(subject: str) -> str:
    if subject == "refused":
        raise Refused(CANARY)
    return subject


@workflow.defn(name="Waits")
class Waits(LookAgain):
    @workflow.run
    async def run(self, given: Input) -> str:
        await workflow.execute_activity(look, given.subject, **ACTIVITY)
        self.show("waiting", given.until)
        return "news" if await self.wait(given.until) else "moment"
