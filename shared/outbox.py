"""The outbox: events are rows of the transaction that they are about, published by a relay (`shared.relay`)."""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from shared import case_access, telemetry
from shared.audit import note_facts
from shared.database import Database, fetch, write_last
from shared.events.base import EventData
from shared.ids import uuid7
from shared.trail import causation

SHARDS = 16
# Where a session records the cases it published about.
CASES = "outbox.cases"
# Where it records the events that every other service must handle: type and id.
FOLLOWED = "outbox.followed"
CHANNEL = "kring_outbox"

# All events of a transaction. The rows of their streams are locked here, last of all and in one order everywhere,
# until the commit: sequences have no gaps and commit in order.
_INSERT = """
    WITH event AS (
        SELECT *, row_number() OVER (PARTITION BY stream ORDER BY nth) - count(*) OVER (PARTITION BY stream) AS place
        FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (
            id uuid, stream uuid, shard smallint, exchange text, type text, time timestamptz, tenant uuid, case_id uuid,
            causation_id uuid, traceparent text, data jsonb
        )) WITH ORDINALITY AS event (
            id, stream, shard, exchange, type, time, tenant, case_id, causation_id, traceparent, data, nth
        )
    ), next AS (
        INSERT INTO stream AS known (id, last) SELECT stream, count(*) FROM event GROUP BY stream ORDER BY stream
        ON CONFLICT (id) DO UPDATE SET last = known.last + excluded.last RETURNING id, last
    )
    INSERT INTO outbox (id, stream, sequence, shard, exchange, type, time, tenant, case_id, causation_id, traceparent,
                        data)
    SELECT event.id, stream, next.last + place, shard, exchange, type, time, tenant, case_id, causation_id, traceparent,
           data
    FROM event JOIN next ON next.id = event.stream ORDER BY stream, nth
"""

_PENDING = "SELECT count(*) AS events, min(time) AS oldest FROM outbox WHERE published_at IS NULL"
_HELD_BACK = """
    SELECT id AS event_id, type AS event_type, time AS since, attempts, retry_at FROM outbox
    WHERE published_at IS NULL AND retry_at IS NOT NULL ORDER BY time, position LIMIT $1
"""


async def publish(
    session: AsyncSession,
    data: EventData,
    *,
    stream: UUID,
    tenant: UUID,
    now: datetime,
    case: UUID | None = None,
) -> UUID:
    """Write an event or command at the end of the caller's transaction and return its id.

    `stream` is what orders the event: the case, registration, session or coordinator. One round trip for all
    events of a transaction, and one more for those about access to a case.
    """
    event_id = uuid7()
    row = {
        "id": event_id,
        "stream": stream,
        "shard": stream.int % SHARDS,
        "exchange": data.EXCHANGE,
        "type": data.TYPE,
        "time": now,
        "tenant": tenant,
        "case_id": case,
        "causation_id": causation(),
        "traceparent": telemetry.current_traceparent(),
        "data": orjson.Fragment(data.model_dump_json()),
    }
    write_last(session, _INSERT, row)
    await case_access.note(session, data, tenant=tenant)
    if case is not None:
        session.info.setdefault(CASES, set()).add(case)
    if data.TYPE in case_access.FOLLOWED:
        session.info.setdefault(FOLLOWED, []).append(f"{data.TYPE}:{event_id}")
    if case is not None and ".internal." not in data.TYPE:
        note_facts(session, "changed", case=case, what=data.TYPE)
    return event_id


def envelope(row: Any, source: str) -> bytes:
    """Return the CloudEvents 1.0 structured-mode body of an outbox row."""
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(row["id"]),
        "source": source,
        "type": row["type"],
        "time": row["time"].isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "sequence": str(row["sequence"]),
        "tenant": str(row["tenant"]),
    }
    for name, column in (("caseid", "case_id"), ("causationid", "causation_id")):
        if row[column] is not None:
            attributes[name] = str(row[column])
    if row["traceparent"]:
        attributes["traceparent"] = row["traceparent"]
    attributes["data"] = orjson.Fragment(row["data"])
    return orjson.dumps(attributes)


class Announcer:
    """Notifies relays in other processes of waiting events: one NOTIFY for all commits since the last."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting = asyncio.Event()
        database.after_events(self._waiting.set)

    async def run(self) -> None:
        """Notify until cancelled; a lost notification only delays the relay until its next regular check."""
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            with contextlib.suppress(Exception):
                async with self._database.engine.connect() as connection:
                    driver: Any = (await connection.get_raw_connection()).driver_connection
                    await driver.execute(f"NOTIFY {CHANNEL}")


@dataclass(frozen=True)
class HeldBack:
    """An event that could not be published; later events of its stream wait for it."""

    event_id: UUID
    event_type: str
    since: datetime
    attempts: int
    retry_at: datetime


@dataclass(frozen=True)
class Pending:
    """What waits: how many events, since when the oldest waits, and the first failed ones, longest first."""

    pending_events: int
    since: datetime | None
    held_back: list[HeldBack]


async def pending(session: AsyncSession, *, most: int = 20) -> Pending:
    """Return what waits in this outbox, of all tenants."""
    (total,) = await fetch(session, _PENDING)
    failed = await fetch(session, _HELD_BACK, most)
    return Pending(total["events"], total["oldest"], [HeldBack(**row) for row in failed])
