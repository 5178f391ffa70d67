"""Deletes expired rows: a limited number per transaction, the oldest first, continuing where the last one ended."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.housekeeping.rules import RetentionRule

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)

_VISIT = text("INSERT INTO tenant_seen (tenant) VALUES (:tenant) ON CONFLICT DO NOTHING")
_TENANTS = text("SELECT tenant FROM tenant_seen WHERE tenant > :after ORDER BY tenant LIMIT :most")


@cache
def statement_of(kept: RetentionRule) -> TextClause:
    """Return the statement that deletes some old rows, and reports their number and the age of the youngest.

    A row that is locked is skipped: it is deleted another day.
    """
    columns = ", ".join(kept.key)
    same = " AND ".join(f"row.{column} = old.{column}" for column in kept.key)
    # Events carry their tenant and are visible to all: the deleted ones show which tenants may have rows to purge.
    tenant, learn = "", ""
    if kept.table == "outbox":
        tenant = ", row.tenant"
        learn = (
            ", learned AS (INSERT INTO tenant_seen (tenant) SELECT DISTINCT tenant FROM gone WHERE tenant IS NOT NULL"
            " ORDER BY tenant ON CONFLICT DO NOTHING)"
        )
    return text(
        f"""
        WITH old AS (
            SELECT {columns}, {kept.age} AS age FROM {kept.table}
            WHERE {kept.only} AND {kept.age} >= :after AND {kept.age} < :before
            ORDER BY {kept.age} LIMIT :most FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM {kept.table} AS row USING old WHERE {same} RETURNING old.age{tenant}
        ){learn}
        SELECT count(*) AS rows, max(age) AS youngest FROM gone
        """  # noqa: S608 - names of our own tables
    )


async def purge(
    session: AsyncSession, kept: RetentionRule, *, after: datetime, before: datetime, most: int
) -> tuple[int, datetime]:
    """Delete up to so many rows between two ages; return how many, and the age at which to continue."""
    row = (await session.execute(statement_of(kept), {"after": after, "before": before, "most": most})).one()
    return row.rows, row.youngest or after


async def visit(session: AsyncSession, *, tenant: UUID) -> None:
    """Tell housekeeping about a tenant before it would learn of it from purged events."""
    await session.execute(_VISIT, {"tenant": tenant})


async def tenants_after(session: AsyncSession, *, after: UUID, most: int) -> Sequence[UUID]:
    """Return the next tenants that may have rows to purge, in the order of their ids."""
    return (await session.execute(_TENANTS, {"after": after, "most": most})).scalars().all()
