"""A workflow that only waits, for tests of the connection to Temporal."""

import asyncio
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from temporalio import activity, workflow

from shared.errors import Conflict
from shared.workflow import ACTIVITY

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
class Waits:
    def __init__(self) -> None:
        self._news = 0

    @workflow.signal(name="look-again")
    def look_again(self) -> None:
        self._news += 1

    @workflow.run
    async def run(self, given: Input) -> str:
        await workflow.execute_activity(look, given.subject, **ACTIVITY)
        # The first start says so too, as does the second.
        try:
            await workflow.wait_condition(lambda: self._news > 2, timeout=given.until - workflow.now())
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK raises
            return "deadline"
        return "news"
