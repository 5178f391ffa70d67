"""A service's database with old and young rows in it, for tests of housekeeping."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from shared.database import Database
from shared.housekeeping import retention_rules
from shared.housekeeping.activities import Housekeeper, Progress
from shared.settings import Settings
from tests.support.platform import bare_context

OURS, THEIRS = sorted((uuid4(), uuid4()))
ROWS = {
    "outbox": "INSERT INTO outbox (id, stream, sequence, shard, exchange, type, time, tenant, data, published_at)"
    " SELECT gen_random_uuid(), gen_random_uuid(), 1, 0, 'kring.events', 'a.b.c.v1', :at, :tenant, '{}', :at"
    " FROM generate_series(1, :count)",
    "inbox": "INSERT INTO inbox (consumer, event_id, outcome, handled_at)"
    " SELECT 'a.b.c.v1', gen_random_uuid(), 'handled', :at FROM generate_series(1, :count)",
    "effect": "INSERT INTO effect (key, done_at)"
    " SELECT gen_random_uuid()::text, :at FROM generate_series(1, :count)",
    "idempotency_key": "INSERT INTO idempotency_key (tenant, principal, key, request, made_at)"
    " SELECT :tenant, 'somebody', gen_random_uuid()::text, '', :at FROM generate_series(1, :count)",
    "rate_limit": "INSERT INTO rate_limit (key, window_at, hits)"
    " SELECT decode(md5(random()::text), 'hex'), :at, 1 FROM generate_series(1, :count)",
    "message": "INSERT INTO message (id, kind, recipient, role, tenant, stream, parameters, state, queued_at,"
    " settled_at) SELECT gen_random_uuid(), 'a', gen_random_uuid(), 'b', :tenant, gen_random_uuid(), '{}', 'sent',"
    " :at, :at FROM generate_series(1, :count)",
    "closed_question": "INSERT INTO closed_question (about, person, tenant, sequence, closed_at)"
    " SELECT gen_random_uuid(), gen_random_uuid(), :tenant, 1, :at FROM generate_series(1, :count)",
    "clock": "INSERT INTO clock (id, kind, subject, stream, tenant, owner, workflow_id, policy_version, unit,"
    " state, started_at, due_at, stopped_at) SELECT gen_random_uuid(), 'a', gen_random_uuid(), gen_random_uuid(),"
    " :tenant, 'b', 'clock/a/b', 1, 'days', 'stopped', :at, :at, :at FROM generate_series(1, :count)",
}
# What may not go however old it is.
IN_USE = {
    "outbox": "UPDATE outbox SET published_at = NULL",
    "message": "UPDATE message SET state = 'queued', settled_at = NULL",
    "clock": "UPDATE clock SET state = 'running', stopped_at = NULL",
}


class Rooms:
    """The database of a service, reached by the service's own role, and by its owner to see what is left."""

    def __init__(self, database: Database, owner: Database, settings: Settings) -> None:
        self.database = database
        self.owner = owner
        self.settings = settings
        self.kept = retention_rules(settings)

    def keeper(self, **changes: Any) -> Housekeeper:
        return Housekeeper(
            bare_context(database=self.database, settings=self.settings, service="network"), **changes
        )

    async def fill(self, table: str, *, older: timedelta, count: int = 1, tenant: UUID = OURS) -> None:
        """Write rows that are this much older than what is kept (or younger)."""
        now = datetime.now(UTC)
        values = {"at": now - self.kept[table].length - older, "count": count, "tenant": tenant}
        async with self.owner.transaction() as session:
            statement = text(ROWS[table])
            named = {name: value for name, value in values.items() if f":{name}" in ROWS[table]}
            await session.execute(statement, named)
            await session.execute(
                text("INSERT INTO tenant_seen VALUES (:tenant) ON CONFLICT DO NOTHING"), {"tenant": tenant}
            )

    async def run(self, statement: str) -> None:
        async with self.owner.transaction() as session:
            await session.execute(text(statement))

    async def left(self, table: str) -> int:
        async with self.owner.transaction() as session:
            return int((await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())

    async def purge(self, table: str, **changes: Any) -> int:
        """Purge a table to its end, and return how many parts that took."""
        part: Progress | None = Progress(what=table)
        parts = 0
        while part is not None:
            part = (await self.keeper(**changes).purge(part)).next
            parts += 1
        return parts
