"""When business time may move: only once the platform has settled, else a year would pass between two events.

Settled: every event was published and handled by all its subscribers, no workflow has work in hand, and no
clock is past its due time without an effect.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2
from google.protobuf.duration_pb2 import Duration
from temporalio.api.testservice.v1 import SleepRequest
from temporalio.client import Client

from deploy.local.platform import Platform
from deploy.watch.failures import AWAY, NotSettled, WentWrong, patiently
from deploy.watch.inbox import Inbox
from deploy.watch.ledger import Ledger
from deploy.watch.workflows import Workflows
from shared.clock import clock_from
from shared.clock_rows import Clock
from shared.settings import Settings

# A clock's due time is overshot by this, so that everything due in the same second comes at once.
_BEYOND = timedelta(seconds=1)
_SHOWN = 8


def settings_of(platform: Platform) -> Settings:
    """Return the settings of a platform's services, whatever this process's own environment says."""
    known = {name: value for name, value in platform.environment.items() if name.startswith("KRING_")}
    return Settings(**{name.removeprefix("KRING_").lower(): value for name, value in known.items()})  # type: ignore[arg-type]


class Watch:
    """Watches one platform and moves its time. `patience`: how many seconds it may take to settle."""

    def __init__(
        self,
        platform: Platform,
        *,
        settings: Settings,
        client: Client,
        ledger: Ledger,
        inbox: Inbox,
        patience: float,
    ) -> None:
        self.platform = platform
        self.addresses = platform.addresses
        self.settings = settings
        self.patience = patience
        self.clock = clock_from(settings)
        self.ledger = ledger
        self.workflows = Workflows(self.client_of)
        self.inbox = inbox
        self._client = client
        self._judged = 0

    @classmethod
    @contextlib.asynccontextmanager
    async def over(cls, platform: Platform, *, patience: float = 60.0) -> AsyncIterator[Self]:
        """Watch a platform from now on: earlier events and emails are skipped."""
        settings = settings_of(platform)
        client = await Client.connect(settings.temporal_address)
        page = httpx2.AsyncClient(base_url=platform.addresses["mailbox"], timeout=10, trust_env=False)
        async with Ledger.of(settings) as ledger, page:
            inbox = Inbox(page)
            await inbox.skip()
            yield cls(
                platform, settings=settings, client=client, ledger=ledger, inbox=inbox, patience=patience
            )

    def client_of(self, service: str) -> Client:
        """Return a client for the workflows of a service."""
        return Client(self._client.service_client, namespace=self.settings.namespace_of(service))

    async def now(self) -> datetime:
        """Return the business time."""
        return await patiently(self.clock.now, "the business clock", seconds=self.patience)

    async def clocks(self) -> list[Clock]:
        """Return all clocks of all services."""
        found = await patiently(self.ledger.clocks, "a database", seconds=self.patience)
        return [clock for clocks in found.values() for clock in clocks]

    async def messages(self) -> list[dict[str, Any]]:
        """Return every email that a service decided on (`Ledger.messages`)."""
        return await patiently(self.ledger.messages, "a database", seconds=self.patience)

    async def settle(self) -> None:
        """Wait until nothing is in flight, and read the mailbox.

        Raises: NotSettled; WentWrong if a message died or was refused.
        """
        until = time.monotonic() + self.patience
        pause = 0.008
        while True:
            try:
                waiting = await self._in_flight()
            except AWAY as error:
                waiting = [f"a part is away: {type(error).__name__}"]
            self._judge()
            if not waiting:
                return await self.read_inbox()
            if time.monotonic() > until:
                raise NotSettled(self._describe(waiting + await self._whereabouts()))
            await asyncio.sleep(pause)
            pause = min(pause * 1.4, 0.05)

    async def read_inbox(self) -> None:
        """Read the emails that have come."""
        await patiently(self.inbox.read, "the mailbox", seconds=self.patience)

    async def move_towards(self, target: datetime) -> datetime:
        """Move to the next due time of any clock or to the target, whichever is first; return the time reached.

        The platform must be settled before, and is not afterwards.
        """
        first = await patiently(self.ledger.next_deadlines, "a database", seconds=self.patience)
        due = [at + _BEYOND for deadlines in first.values() for _, at in deadlines]
        goal, now = min([target, *due]), await self.now()
        if goal > now and self.settings.clock == "skipped":
            duration = Duration()
            duration.FromTimedelta(goal - now)
            skip = self._client.service_client.test_service.unlock_time_skipping_with_sleep
            await skip(SleepRequest(duration=duration))
        elif goal > now:
            await asyncio.sleep((goal - now).total_seconds())
        return await self.now()

    async def _in_flight(self) -> list[str]:
        if waiting := await self.ledger.in_flight():
            return waiting
        known = len(self.ledger.events)
        self.workflows.learn(self.ledger.events)
        if waiting := await self.workflows.in_flight() + await self._overdue():
            return waiting
        # Again: something may have been published while we looked at the workflows.
        waiting = await self.ledger.in_flight()
        return waiting or (["what was published just now"] if len(self.ledger.events) > known else [])

    async def _overdue(self) -> list[str]:
        now = await self.clock.now()
        return [
            f"{service} has done nothing about its clock {kind} of {at:%Y-%m-%d %H:%M:%S}"
            for service, deadlines in (await self.ledger.next_deadlines()).items()
            for kind, at in deadlines
            if at <= now
        ]

    def _judge(self) -> None:
        outcomes = self.ledger.outcomes[self._judged :]
        self._judged = len(self.ledger.outcomes)
        for each in outcomes:
            if each.outcome == "dead" or each.outcome.startswith("refused:"):
                raise WentWrong(
                    f"{each.event.type} was not handled by {each.service} ({each.outcome}); event {each.event.id},"
                    f" published {each.event.time:%Y-%m-%d %H:%M} about case {each.event.case_id}."
                    + self._log_of(each.service)
                )

    async def _whereabouts(self) -> list[str]:
        """Return, in words, what is unpublished, and the queues that hold messages."""
        given = self.platform.environment
        with contextlib.suppress(*AWAY):
            unpublished = await self.ledger.unpublished()
            account = urlsplit(given["KRING_BROKER_URL"])
            who = (account.username or "", account.password or "")
            async with httpx2.AsyncClient(auth=who, timeout=10, trust_env=False) as http:
                queues = await http.get(f"{given['KRING_BROKER_MANAGEMENT_URL']}/api/queues")
            return unpublished + [
                f"{queue['name']}: {queue['messages_ready']} ready,"
                f" {queue['messages_unacknowledged']} not acknowledged, {queue['consumers']} consumers"
                for queue in queues.json()
                if queue.get("messages")
            ]
        return []

    def _describe(self, waiting: list[str]) -> str:
        shown = [f"\n  {line}" for line in waiting[:_SHOWN]]
        more = [f"\n  and {len(waiting) - _SHOWN} more"] if len(waiting) > _SHOWN else []
        logs = [
            self._log_of(name) for name in self.platform.parts if any(name in each.split() for each in shown)
        ]
        return "".join([f"After {self.patience:.0f} seconds there is still in flight:", *shown, *more, *logs])

    def _log_of(self, name: str) -> str:
        part = self.platform.parts.get(name)
        return "" if part is None else f"\nThe log of {name} says: {part.part.telling_log_line()}"
