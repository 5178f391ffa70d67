"""Removes the oldest seals and their entries so that the rest still verifies: a cut marks where it begins.

Only the owner of the tables can: services may only append to their audit log and read it. A cut holds number
and digest of the last removed seal, with a MAC of the chain's key; without the key nobody can make a cut, so an
audit log shortened in another way shows as broken.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database, Scope, set_scope
from shared.tables import audit_cut, audit_log, audit_seal

_AT_ONCE = 100
_LAST = select(audit_cut.c.number, audit_cut.c.digest, audit_cut.c.cut_at, audit_cut.c.mac)
# Verification must see the state before or after, never between.
_LOCK = text("LOCK TABLE audit_seal IN SHARE ROW EXCLUSIVE MODE")


class CutNotReal(Exception):
    """A cut was not made with the key of the chain."""


@dataclass(frozen=True)
class Shortened:
    """What was removed: the number of seals and entries."""

    seals: int
    entries: int


def mac_of_cut(key: bytes, *, number: int, digest: bytes, cut_at: datetime) -> bytes:
    """Return the MAC that a genuine cut carries."""
    content = [number, digest.hex(), cut_at]
    return hmac.digest(key, b"cut|" + orjson.dumps(content), sha256)


async def beginning(session: AsyncSession, *, key: bytes) -> tuple[int, bytes] | None:
    """Return the number and digest that the first seal follows, None if it is the first of all. Raises: CutNotReal."""
    row = (await session.execute(_LAST.order_by(audit_cut.c.number.desc()).limit(1))).first()
    if row is None:
        return None
    if not hmac.compare_digest(
        row.mac, mac_of_cut(key, number=row.number, digest=row.digest, cut_at=row.cut_at)
    ):
        raise CutNotReal
    return row.number, row.digest


async def shorten(database: Database, *, key: bytes, before: datetime, now: datetime) -> Shortened:
    """Remove what was sealed before a moment, a few seals per transaction; the newest seal always stays."""
    seals = entries = 0
    while True:
        async with database.transaction() as session:
            await session.execute(_LOCK)
            old = await _oldest(session, before)
            if not old:
                return Shortened(seals, entries)
            entries += await _take_away(session, old)
            last = old[-1]
            mac = mac_of_cut(key, number=last.number, digest=last.digest, cut_at=now)
            cut = {"number": last.number, "digest": last.digest, "cut_at": now, "mac": mac}
            await session.execute(audit_cut.insert().values(cut))
            await session.execute(delete(audit_seal).where(audit_seal.c.number <= last.number))
            seals += len(old)


async def _oldest(session: AsyncSession, before: datetime) -> Sequence[Any]:
    newest = select(audit_seal.c.number).order_by(audit_seal.c.number.desc()).limit(1).scalar_subquery()
    query = (
        select(audit_seal).where(audit_seal.c.number < newest).order_by(audit_seal.c.number).limit(_AT_ONCE)
    )
    rows = (await session.execute(query)).all()
    # From the oldest end without a gap, even if a clock once went backwards.
    return [
        row for number, row in enumerate(rows) if all(each.sealed_at < before for each in rows[: number + 1])
    ]


async def _take_away(session: AsyncSession, seals: Sequence[Any]) -> int:
    ids: list[UUID] = [entry for seal in seals for entry in seal.entries]
    gone = 0
    for tenant in sorted({tenant for seal in seals for tenant in seal.tenants}):
        # Row policies apply to the owner too.
        await set_scope(session, Scope(tenant=tenant))
        done: Any = await session.execute(
            delete(audit_log).where(audit_log.c.tenant == tenant, audit_log.c.id.in_(ids))
        )
        gone += done.rowcount
    return gone
