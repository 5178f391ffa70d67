"""The steps of network's workflows: each one transaction, done once however often it is tried."""

from collections.abc import Callable
from functools import partial
from typing import Any

from temporalio import activity

from services.network.operations import ages, data_requests, invitations
from shared.context import Context
from shared.deadlines import Deadline, Done
from shared.effects import take


class Activities:
    """Network's activities, on the connected parts of one process."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def all(self) -> list[Callable[..., Any]]:
        """Return every activity."""
        return [
            self.remind_of_invitation,
            self.give_up_waiting,
            self.come_of_age,
            self.erase_as_asked,
            self.put_copy_away,
        ]

    @activity.defn(name="network.remind-of-invitation")
    async def remind_of_invitation(self, due: Deadline) -> Done:
        """Remind whoever is silent, once."""
        return await take(self._context, due, invitations.remind)

    @activity.defn(name="network.give-up-waiting")
    async def give_up_waiting(self, due: Deadline) -> Done:
        """Show whoever is silent to the coordinator."""
        return await take(self._context, due, invitations.give_up_waiting)

    @activity.defn(name="network.come-of-age")
    async def come_of_age(self, due: Deadline) -> Done:
        """Ask somebody who turned twelve or eighteen for their own consent."""
        return await take(self._context, due, partial(ages.come_of_age, vault=self._context.vault))

    @activity.defn(name="network.erase-as-asked")
    async def erase_as_asked(self, due: Deadline) -> Done:
        """Carry out an approved erasure."""
        return await take(self._context, due, partial(data_requests.erase, services=self._context.services))

    @activity.defn(name="network.put-copy-away")
    async def put_copy_away(self, due: Deadline) -> Done:
        """End a request whose copy was ready long enough."""
        return await take(self._context, due, data_requests.put_copy_away)
