"""The steps of a registration: each one transaction, done once however often it is tried."""

from collections.abc import Callable
from typing import Any

from temporalio import activity

from services.training.operations import registrations
from shared.context import Context
from shared.deadlines import Deadline, Done
from shared.effects import take


class Activities:
    """The activities of training."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def all(self) -> list[Callable[..., Any]]:
        """Return every activity."""
        return [self.remind_of_payment, self.expire]

    @activity.defn(name="training.remind-of-payment")
    async def remind_of_payment(self, due: Deadline) -> Done:
        """Remind whoever has not paid, once."""
        return await take(self._context, due, registrations.remind_of_payment)

    @activity.defn(name="training.expire-registration")
    async def expire(self, due: Deadline) -> Done:
        """Let a registration expire that was not paid in its time."""
        return await take(self._context, due, registrations.expire)
