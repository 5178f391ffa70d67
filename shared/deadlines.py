"""The steps of a clock that has only to be looked after: its owner is warned, and when its time is over it is late."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from temporalio import activity

from shared import effects
from shared.clocks import Clocks
from shared.context import Context
from shared.database import Scope
from shared.events.base import ClockFact, Received

WORKFLOW = "Deadline"


class Deadline(BaseModel):
    """Which clock. One that starts anew on the same subject has another id, and is another's to look after."""

    model_config = ConfigDict(frozen=True)

    tenant: UUID
    clock_id: UUID
    kind: str
    subject: UUID


class Ahead(BaseModel):
    """What comes next; `next_at` None: it stopped, or is late already."""

    model_config = ConfigDict(frozen=True)

    next_at: datetime | None
    warns: bool = False


class Reached(BaseModel):
    """Whether the moment still counted."""

    model_config = ConfigDict(frozen=True)

    done: bool


def workflow_id(clock_id: UUID) -> str:
    """Return the id of the workflow that looks after a clock."""
    return f"deadline/{clock_id}"


async def look_after(event: Received[ClockFact], context: Context) -> None:
    """Start the workflow that looks after a clock that has started."""
    if event.tenant is None:
        raise LookupError(f"{event.type} without a tenant")
    fact = event.data
    await context.temporal.start(
        WORKFLOW,
        Deadline(tenant=event.tenant, clock_id=fact.clock_id, kind=fact.kind, subject=fact.subject),
        id=workflow_id(fact.clock_id),
        service=context.service,
        tenant=event.tenant,
    )


class Deadlines:
    """The activities, on the connected parts of one process."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._clocks = Clocks(context.service)

    def all(self) -> Sequence[Callable[..., Any]]:
        """Return the activities."""
        return [self.look, self.warn, self.breach]

    @activity.defn(name="deadline.look")
    async def look(self, deadline: Deadline) -> Ahead:
        """Return where the clock stands."""
        async with self._context.database.transaction(Scope(tenant=deadline.tenant)) as session:
            clock = await self._clocks.find(session, kind=deadline.kind, subject=deadline.subject)
        if clock is None or clock.id != deadline.clock_id:
            return Ahead(next_at=None)
        return Ahead(next_at=clock.next_at, warns=clock.warn_at is not None and clock.warned_at is None)

    @activity.defn(name="deadline.warn")
    async def warn(self, deadline: Deadline) -> Reached:
        """Note that the warning was given."""
        return await self._once(deadline, "warn")

    @activity.defn(name="deadline.breach")
    async def breach(self, deadline: Deadline) -> Reached:
        """Note that the time is over."""
        return await self._once(deadline, "breach")

    async def _once(self, deadline: Deadline, what: str) -> Reached:
        now = await self._context.clock.now()
        async with self._context.database.transaction(Scope(tenant=deadline.tenant)) as session:

            async def run() -> Reached:
                change = self._clocks.warn if what == "warn" else self._clocks.breach
                changed = await change(session, kind=deadline.kind, subject=deadline.subject, now=now)
                return Reached(done=changed is not None)

            key = f"{workflow_id(deadline.clock_id)}/{what}"
            return await effects.once(session, key=key, result=Reached, operation=run)
