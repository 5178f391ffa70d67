"""What the databases contain: every event, each subscriber's outcome, clocks, and emails decided on.

Only for detecting what is in flight and for checks: nobody acts on what is read here.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self
from uuid import UUID

import asyncpg
import orjson

from deploy.catalogue import consumers
from shared.clock_rows import Clock
from shared.services import SERVICES
from shared.settings import Settings

# The name that distinguishes these connections from those of services in PostgreSQL.
WATCHING = "kring-watch"
# An event may become visible after a later one: its transaction took its number first and committed last.
_LOOK_BACK = 100
_EVENTS = """
    SELECT position, id, type, time, case_id, tenant, data::text AS data FROM outbox
    WHERE position > $1 AND NOT position = ANY($2::bigint[]) ORDER BY position
"""
_CLOCKS = f"SELECT {', '.join(field.name for field in fields(Clock))} FROM clock"  # noqa: S608
_NEXT = "SELECT kind, next_at FROM clock WHERE state = 'running' ORDER BY next_at LIMIT 8"
# What an event names besides its case.
_NAMED = ("referral_id", "registration_id", "session_id", "course_id", "subject")


@dataclass(frozen=True)
class Event:
    """An event in its service's outbox."""

    service: str
    position: int
    id: UUID
    type: str
    time: datetime
    case_id: UUID | None
    tenant: UUID | None
    data: dict[str, Any]


@dataclass(frozen=True)
class InboxEntry:
    """A subscriber's outcome for an event: `handled`, `case-<status>`, `refused:<code>` or `dead`."""

    service: str
    event: Event
    outcome: str


class Ledger:
    """Reads the databases of one platform, and remembers the events and outcomes that it has read."""

    def __init__(self, pools: dict[str, asyncpg.Pool]) -> None:
        self._pools = pools
        self._subscribers = consumers()
        self._seen: dict[str, set[int]] = {service: set() for service in SERVICES}
        self._begin = dict.fromkeys(SERVICES, 0)
        self._awaited: dict[str, dict[UUID, Event]] = {service: {} for service in SERVICES}
        self.events: list[Event] = []
        self._about: defaultdict[str, list[int]] = defaultdict(list)
        self.outcomes: list[InboxEntry] = []

    @classmethod
    @contextlib.asynccontextmanager
    async def of(cls, settings: Settings) -> AsyncIterator[Self]:
        """Watch a platform from now on: earlier events are skipped."""
        async with contextlib.AsyncExitStack() as stack:
            pools = {}
            for service in SERVICES:
                url = settings.database_of(service).replace("+asyncpg", "")
                pool = asyncpg.create_pool(
                    url,
                    min_size=0,
                    max_size=1,
                    timeout=5,
                    command_timeout=10,
                    server_settings={"application_name": WATCHING},
                )
                pools[service] = await stack.enter_async_context(pool)
            ledger = cls(pools)
            last = await ledger._everywhere("SELECT coalesce(max(position), 0) AS last FROM outbox")
            ledger._begin = {service: rows[0]["last"] for service, rows in last.items()}
            yield ledger

    async def in_flight(self) -> list[str]:
        """Read what is new and return which events are still in flight, in words.

        Raises: OSError, TimeoutError or asyncpg's errors while a database is away.
        """
        await asyncio.gather(*(self._read_outcomes(service) for service in SERVICES))
        if waiting := self._waiting():
            # Their effects are still to be written: reading further would only keep the databases busy.
            return waiting
        unpublished = await self.unpublished()
        await asyncio.gather(*(self._read_events(service) for service in SERVICES))
        return self._waiting() + unpublished

    async def unpublished(self) -> list[str]:
        """Return some events that their services have not published, in words. Raises: as `in_flight`."""
        found = await self._everywhere("SELECT type FROM outbox WHERE published_at IS NULL LIMIT 20")
        return [
            f"{service} has not published {row['type']}" for service, rows in found.items() for row in rows
        ]

    def _waiting(self) -> list[str]:
        return [
            f"{service} has not handled {event.type}"
            for service, events in self._awaited.items()
            for event in events.values()
        ]

    async def clocks(self) -> dict[str, list[Clock]]:
        """Return all clocks by service. Raises: as `in_flight`."""
        found = await self._everywhere(_CLOCKS)
        return {service: [Clock(**row) for row in rows] for service, rows in found.items()}

    async def next_deadlines(self) -> dict[str, list[tuple[str, datetime]]]:
        """Return by service its first deadlines: the kind of the clock, and when. Raises: as `in_flight`."""
        found = await self._everywhere(_NEXT)
        return {service: [(row["kind"], row["next_at"]) for row in rows] for service, rows in found.items()}

    def about(self, ids: Iterable[UUID]) -> list[Event]:
        """Return the events whose case or subject has one of these ids, in the order in which they were read."""
        return [
            self.events[place]
            for place in sorted({place for each in ids for place in self._about[str(each)]})
        ]

    async def messages(self) -> list[dict[str, Any]]:
        """Return every email that a service decided on: the service, and its row."""
        found = await self._everywhere(
            "SELECT id, kind, recipient, case_id, parameters::text AS parameters, state, queued_at FROM message"
        )
        return [{"service": service, **row} for service, rows in found.items() for row in rows]

    async def _read_events(self, service: str) -> None:
        seen = self._seen[service]
        after = max(max(seen, default=0) - _LOOK_BACK, self._begin[service])
        seen -= {position for position in seen if position <= after}
        for row in await self._pools[service].fetch(_EVENTS, after, list(seen)):
            event = Event(service=service, **{**row, "data": orjson.loads(row["data"])})
            seen.add(event.position)
            for named in {str(event.case_id), *(str(event.data.get(name)) for name in _NAMED)}:
                self._about[named].append(len(self.events))
            self.events.append(event)
            for subscriber in self._subscribers.get(event.type, ()):
                self._awaited[subscriber][event.id] = event

    async def _read_outcomes(self, service: str) -> None:
        awaited = self._awaited[service]
        if not awaited:
            return
        statement = "SELECT consumer, event_id, outcome FROM inbox WHERE event_id = ANY($1::uuid[])"
        for row in await self._pools[service].fetch(statement, list(awaited)):
            event = awaited.get(row["event_id"])
            if event is not None and event.type == row["consumer"]:
                del awaited[event.id]
                self.outcomes.append(InboxEntry(service, event, row["outcome"]))

    async def _everywhere(self, statement: str) -> dict[str, list[dict[str, Any]]]:
        rows = await asyncio.gather(*(self._pools[service].fetch(statement) for service in SERVICES))
        return {service: [dict(row) for row in found] for service, found in zip(SERVICES, rows, strict=True)}
