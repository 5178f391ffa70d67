"""A service made of the shared parts only, on real databases and brokers: for tests of those parts themselves."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid4

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import outbox
from shared.clock import SystemClock
from shared.context import Context
from shared.database import Database
from shared.events import intake
from shared.settings import Settings

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TENANT = UUID("0198b5a2-0000-7000-8000-0000000000aa")


def bare_context(*, database: Database, settings: Settings, service: str = "plans", **parts: Any) -> Context:
    """Return a context with a database and settings; other parts only if given."""
    context = Context(
        service=service,
        settings=settings,
        database=database,
        clock=SystemClock(),
        vault=cast("Any", None),
        temporal=cast("Any", None),
        services=cast("Any", None),
        issuer=cast("Any", None),
    )
    return replace(context, **parts)


async def open_case(session: AsyncSession, *, case: UUID | None = None) -> UUID:
    """Publish the opening of a case and return its id."""
    case = case or uuid4()
    await outbox.publish(
        session,
        intake.CaseOpened(case_id=case, referral_id=uuid4()),
        stream=case,
        tenant=TENANT,
        case=case,
        now=NOW,
    )
    return case


async def keep_published(connection: asyncpg.Connection, count: int) -> None:
    """Fill the outbox with so many rows that were published, as an installation keeps them for months."""
    await connection.execute(
        "INSERT INTO outbox (id, stream, sequence, shard, exchange, type, time, tenant, data, published_at)"
        " SELECT gen_random_uuid(), gen_random_uuid(), 1, number % 16, 'kring.events', 'test', now(),"
        f" gen_random_uuid(), '{{}}', now() FROM generate_series(1, {count}) AS number"
    )
    await connection.execute("VACUUM ANALYZE outbox")


async def rows(database: Database, statement: str, **values: Any) -> list[Any]:
    """Return what a query finds."""
    async with database.transaction() as session:
        return list((await session.execute(text(statement), values)).all())


async def outbox_body(database: Database, event_id: UUID, source: str = "urn:kring:test") -> bytes:
    """Return an event of the outbox as it would travel."""
    found = await rows(
        database,
        "SELECT id, type, time, sequence, tenant, case_id, causation_id, traceparent, data::text AS data"
        " FROM outbox WHERE id = :id",
        id=event_id,
    )
    return outbox.envelope(found[0]._mapping, source)
