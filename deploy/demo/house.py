"""The whole house as a story sees it: when it is quiet, what is due next, and the moving of its time.

Quiet: every event was published and dealt with by all who listen, no workflow has work in hand, and no clock's moment
has passed without anything coming of it. Only then may time move on; else a year would pass between two events.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

import asyncpg
from google.protobuf.duration_pb2 import Duration
from temporalio.api.testservice.v1 import SleepRequest
from temporalio.client import Client
from temporalio.service import RPCError

from deploy.demo.failures import NotQuiet, WentWrong
from deploy.demo.ledger import Ledger, Outcome
from deploy.demo.workflows import Workflows
from shared.clock import Clock as BusinessClock
from shared.clocks import Clock
from shared.errors import Operational

# A clock's moment is overshot by this, so that all that is due in the same second comes at once.
_BEYOND = timedelta(seconds=1)
_AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, RPCError, Operational, TimeoutError)


T = TypeVar("T")
_PAUSE_SECONDS = 0.1


class Time(Protocol):
    """Moves business time."""

    async def move(self, by: timedelta) -> None:
        """Let this much business time pass."""


class SkippedTime:
    """Business time of the test server: moved by asking it to."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def move(self, by: timedelta) -> None:
        """Skip."""
        duration = Duration()
        duration.FromTimedelta(by)
        await self._client.service_client.test_service.unlock_time_skipping_with_sleep(
            SleepRequest(duration=duration)
        )


class RealTime:
    """Business time that is everybody's: it passes by itself."""

    async def move(self, by: timedelta) -> None:
        """Wait."""
        await asyncio.sleep(by.total_seconds())


class House:
    """Watches one platform."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        workflows: Workflows,
        clock: BusinessClock,
        time: Time,
        expected_refusals: frozenset[str] = frozenset(),
        patience: float = 60.0,
        explain: Callable[[str], str] = lambda _service: "",
    ) -> None:
        """Take the parts to watch; `explain` returns the last log lines of a service."""
        self.ledger = ledger
        self.workflows = workflows
        self.patience = patience
        self._clock = clock
        self._time = time
        self._expected = expected_refusals
        self._explain = explain
        self._judged = 0
        self.moves = 0

    async def now(self) -> datetime:
        """Return the business time."""
        return await self._patiently(self._clock.now)

    async def quiet(self) -> None:
        """Wait until the house is quiet.

        Raises: NotQuiet with what is still awaited; WentWrong if a message died or was refused.
        """
        until = time.monotonic() + self.patience
        pause = 0.008
        while True:
            try:
                waiting = await self._look()
            except _AWAY as error:
                waiting = [f"a part is away: {type(error).__name__}"]
            self._judge()
            if not waiting:
                return
            if time.monotonic() > until:
                raise NotQuiet(self._unrest(waiting))
            await asyncio.sleep(pause)
            pause = min(pause * 1.4, 0.05)

    async def next_due(self) -> datetime | None:
        """Return the next moment of any running clock."""
        deadlines = [clock.deadline for clocks in (await self.clocks()).values() for clock in clocks]
        return min((deadline.at for deadline in deadlines if deadline is not None), default=None)

    async def clocks(self) -> dict[str, list[Clock]]:
        """Return all clocks by service."""
        return await self._patiently(self.ledger.clocks)

    async def messages(self) -> list[dict[str, Any]]:
        """Return every mail that a service decided on."""
        return await self._patiently(self.ledger.messages)

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until there is an answer: a part may be away for a moment. Raises: NotQuiet."""
        until = time.monotonic() + self.patience
        while True:
            try:
                return await ask()
            except _AWAY as error:
                if time.monotonic() > until:
                    raise NotQuiet(f"A part stays away: {type(error).__name__}.") from None
            await asyncio.sleep(_PAUSE_SECONDS)

    async def move_to(self, target: datetime) -> datetime:
        """Move to the next due moment or to the target, whichever comes first, and return the time reached.

        The house must be quiet before, and is not yet quiet after.
        """
        due = await self.next_due()
        goal = target if due is None else min(target, due + _BEYOND)
        now = await self.now()
        if goal > now:
            self.moves += 1
            await self._time.move(goal - now)
        return await self.now()

    async def _look(self) -> list[str]:
        waiting = await self.ledger.look()
        if waiting:
            return waiting
        known = len(self.ledger.events)
        self.workflows.learn(self.ledger.events)
        waiting = await self.workflows.look() + await self._passed()
        if waiting:
            return waiting
        # Again: what was said while we looked at the workflows.
        waiting = await self.ledger.look()
        return waiting or (["what was said just now"] if len(self.ledger.events) > known else [])

    async def _passed(self) -> list[str]:
        now = await self._clock.now()
        return [
            f"the clock {clock.kind} of {service} ({deadline.what} at {deadline.at:%Y-%m-%d %H:%M:%S}) has passed"
            " and nothing has come of it"
            for service, clocks in (await self.ledger.clocks()).items()
            for clock in clocks
            if (deadline := clock.deadline) is not None and deadline.at <= now
        ]

    def _judge(self) -> None:
        outcomes = self.ledger.outcomes[self._judged :]
        self._judged = len(self.ledger.outcomes)
        for outcome in outcomes:
            if outcome.is_bad and _name(outcome) not in self._expected:
                event = outcome.event
                what = "did not survive in" if outcome.outcome == "dead" else "was refused by"
                raise WentWrong(
                    f"{event.type} {what} {outcome.service} ({outcome.outcome}); event {event.id} of {event.service},"
                    f" said {event.time:%Y-%m-%d %H:%M} about case {event.case_id}.\n{self._explain(outcome.service)}"
                )

    def _unrest(self, waiting: list[str]) -> str:
        more = f"\n  and {len(waiting) - 8} more" if len(waiting) > 8 else ""
        lines = "".join(f"\n  {line}" for line in waiting[:8])
        services = sorted(
            {word for line in waiting[:8] for word in line.split() if word in self.ledger.services}
        )
        logs = "\n".join(filter(None, (self._explain(service) for service in services)))
        return (
            f"After {self.patience:.0f} seconds the house is not quiet. Still awaited:{lines}{more}\n{logs}"
        )


def _name(outcome: Outcome) -> str:
    return f"{outcome.event.type}/{outcome.outcome.removeprefix('refused:')}"


def as_day(moment: datetime) -> str:
    """Return a moment as a report's date."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
