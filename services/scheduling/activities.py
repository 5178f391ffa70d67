"""The steps of a preparation: each one transaction, done once however often it is tried."""

from collections.abc import Callable
from typing import Any

from temporalio import activity

from services.scheduling import operations
from shared.context import Context
from shared.deadlines import Deadline, Done
from shared.effects import take


class Activities:
    """The activities of scheduling."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def all(self) -> list[Callable[..., Any]]:
        """Return every activity."""
        return [self.remind_silent, self.close_poll]

    @activity.defn(name="scheduling.remind-silent")
    async def remind_silent(self, due: Deadline) -> Done:
        """Remind those who have not answered which dates suit."""
        return await take(self._context, due, operations.remind_silent)

    @activity.defn(name="scheduling.close-poll")
    async def close_poll(self, due: Deadline) -> Done:
        """Close the poll whose time is over."""
        return await take(self._context, due, operations.close_when_due)
