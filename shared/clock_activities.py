"""Activities that all workflows share: loading what is waited for, and recording reached deadlines."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from shared.clocks import Clocks
from shared.context import Context
from shared.database import Scope
from shared.deadlines import Agenda, Deadline, WorkflowInput
from shared.steps import step


class ClockActivities:
    """The shared activities of clocks, on the connections of one process."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._clocks = Clocks(context.service)

    def all(self) -> Sequence[Callable[..., Any]]:
        """Return the activities."""
        return [self.load_agenda]

    @activity.defn(name="clock.load-agenda")
    async def load_agenda(self, given: WorkflowInput) -> Agenda:
        """Return the next deadline of the clocks that name the calling workflow."""
        workflow_id = activity.info().workflow_id or ""
        async with self._context.database.transaction(Scope(tenant=given.tenant)) as session:
            return await self._clocks.agenda(session, workflow_id=workflow_id)


@step("clock.warn")
async def warn(session: AsyncSession, *, due: Deadline, now: datetime, service: str) -> bool:
    """Record that the warning was given; subscribers to the clock see its event."""
    return await Clocks(service).reach(session, due, now=now) is not None


@step("clock.breach")
async def breach(session: AsyncSession, *, due: Deadline, now: datetime, service: str) -> bool:
    """Record that the deadline has passed; subscribers to the clock see its event."""
    return await Clocks(service).reach(session, due, now=now) is not None
