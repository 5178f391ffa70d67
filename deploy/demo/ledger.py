"""What the five databases know: every event that was said, what each listener made of it, and which clocks run.

Only for knowing when the house is quiet and for reporting: nothing that is read here is used to act.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from deploy.catalogue import consumers
from shared.clocks import Clock
from shared.services import SERVICES
from shared.settings import Settings

# An event may become visible after a later one: its transaction took its number first and ended last.
_LOOK_BACK = 100
_EVENTS = """
    SELECT position, id, type, time, case_id, tenant, data::text AS data FROM outbox
    WHERE position > $1 AND NOT position = ANY($2::bigint[]) ORDER BY position
"""
_UNPUBLISHED = "SELECT type, attempts FROM outbox WHERE published_at IS NULL LIMIT 20"
_OUTCOMES = "SELECT consumer, event_id, outcome FROM inbox WHERE event_id = ANY($1::uuid[])"
_CLOCKS = """
    SELECT id, kind, subject, stream, tenant, case_id, owner, escalate_to, workflow_id, policy_version, state,
           started_at, warn_at, due_at, warned_at, breached_at, paused_at, pause_reason FROM clock
"""


@dataclass(frozen=True)
class Event:
    """An event as it stands in its service's outbox."""

    service: str
    position: int
    id: UUID
    type: str
    time: datetime
    case_id: UUID | None
    tenant: UUID | None
    data: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What a service noted about an event."""

    service: str
    event: Event
    outcome: str

    @property
    def is_bad(self) -> bool:
        """Say whether it needs somebody's attention."""
        return self.outcome == "dead" or self.outcome.startswith("refused:")


class Ledger:
    """Reads the databases of one platform, and remembers what it has read."""

    def __init__(self, settings: Settings) -> None:
        self._urls = {service: settings.database_of(service).replace("+asyncpg", "") for service in SERVICES}
        self._listeners = consumers()
        self._connections: dict[str, asyncpg.Connection] = {}
        self._locks = {service: asyncio.Lock() for service in SERVICES}
        self._seen: dict[str, dict[int, Event]] = {service: {} for service in SERVICES}
        self._begin = dict.fromkeys(SERVICES, 0)
        self._awaited: dict[str, dict[UUID, Event]] = {service: {} for service in SERVICES}
        self.services = SERVICES
        self.events: list[Event] = []
        self.outcomes: list[Outcome] = []

    async def close(self) -> None:
        """Close the connections."""
        for connection in self._connections.values():
            connection.terminate()
        self._connections.clear()

    async def begin(self) -> None:
        """Pass over what happened before: it belongs to another story."""
        for service in SERVICES:
            rows = await self._query(service, "SELECT coalesce(max(position), 0) AS last FROM outbox")
            self._begin[service] = rows[0]["last"]

    async def look(self) -> list[str]:
        """Read what is new and return what still travels; empty if every event has arrived everywhere.

        Raises: OSError, or asyncpg's errors when connecting, while a database is away.
        """
        await asyncio.gather(*(self._read_outcomes(service) for service in SERVICES))
        waiting = self._awaiting()
        if waiting:
            # What comes of these is still to be written: looking for it now would only keep the databases busy.
            return waiting
        unpublished = await asyncio.gather(*(self._query(service, _UNPUBLISHED) for service in SERVICES))
        await asyncio.gather(*(self._read_events(service) for service in SERVICES))
        return self._awaiting() + [
            f"{service} has not published {row['type']}"
            + (f" ({row['attempts']} tries)" if row["attempts"] else "")
            for service, rows in zip(SERVICES, unpublished, strict=True)
            for row in rows
        ]

    def _awaiting(self) -> list[str]:
        return [
            f"{service} has not dealt with {event.type}"
            for service, events in self._awaited.items()
            for event in events.values()
        ]

    async def clocks(self) -> dict[str, list[Clock]]:
        """Return all clocks by service."""
        rows = await asyncio.gather(*(self._query(service, _CLOCKS) for service in SERVICES))
        return {
            service: [Clock(**row) for row in found] for service, found in zip(SERVICES, rows, strict=True)
        }

    async def messages(self) -> list[dict[str, Any]]:
        """Return every mail that a service decided on: kind, recipient (an id), role, state."""
        statement = "SELECT id, kind, recipient, role, case_id, state, queued_at FROM message"
        rows = await asyncio.gather(*(self._query(service, statement) for service in SERVICES))
        return [
            {"service": service, **dict(row)}
            for service, found in zip(SERVICES, rows, strict=True)
            for row in found
        ]

    async def _read_events(self, service: str) -> None:
        seen = self._seen[service]
        after = max(max(seen, default=0) - _LOOK_BACK, self._begin[service])
        recent = [position for position in seen if position > after]
        for row in await self._query(service, _EVENTS, after, recent):
            event = Event(service=service, **{**row, "data": orjson.loads(row["data"])})
            seen[event.position] = event
            self.events.append(event)
            for listener in self._listeners.get(event.type, ()):
                self._awaited[listener][event.id] = event

    async def _read_outcomes(self, service: str) -> None:
        awaited = self._awaited[service]
        if not awaited:
            return
        for row in await self._query(service, _OUTCOMES, list(awaited)):
            event = awaited.get(row["event_id"])
            if event is not None and event.type == row["consumer"]:
                del awaited[event.id]
                self.outcomes.append(Outcome(service, event, row["outcome"]))

    async def _query(self, service: str, statement: str, *values: Any) -> list[Mapping[str, Any]]:
        async with self._locks[service]:
            connection = self._connections.get(service)
            if connection is None or connection.is_closed():
                connection = await asyncpg.connect(self._urls[service], timeout=5)
                self._connections[service] = connection
            try:
                return list(await connection.fetch(statement, *values, timeout=10))
            except Exception as error:  # noqa: BLE001 - whatever it was, it is raised again below
                # Whatever it was, this connection is not asked again.
                del self._connections[service]
                connection.terminate()
                raise ConnectionError(type(error).__name__) from None


def about(events: Iterable[Event], case_id: UUID) -> list[Event]:
    """Return the events of one case in the order in which they happened."""
    return sorted(
        (event for event in events if event.case_id == case_id), key=lambda event: (event.time, event.id)
    )
