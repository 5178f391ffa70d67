"""Seals entries into a chain: each seal covers its entries and the previous seal, with a key the database lacks.

An entry waits in `audit_pending` from the transaction that wrote it until a seal covers it, so that entries
that commit late are not missed, whatever their numbers or ids. One process seals at a time, held by a lock.

Whoever takes a service over can put rows among the seals, but makes none with the key: sealing goes on after the
newest seal that was made with it, and `verify` reports the others.
"""

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
import structlog
from prometheus_client import Counter
from sqlalchemy import and_, delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import locks
from shared.database import Database
from shared.errors import Operational
from shared.tables import audit_pending, audit_seal

log = structlog.get_logger(__name__)

FAILED = Counter("kring_audit_seals_failed_total", "Seals that could not be made", ["service"])
FOREIGN = Counter(
    "kring_audit_seals_foreign_total", "Rows met among the seals, made without the key", ["service"]
)
SEAL_SECONDS = 5.0
MAC_BYTES = 32
_BATCH = 1000
_FEW = 10

# What is no MAC was put in, and would make a seal that cannot be read: it waits, and `verify` reports it.
_WAITING = (
    select(audit_pending.c.entry_id)
    .where(func.octet_length(audit_pending.c.mac) == MAC_BYTES)
    .order_by(audit_pending.c.entry_id)
    .limit(_BATCH)
)
_TAKE = (
    delete(audit_pending)
    .where(audit_pending.c.entry_id.in_(_WAITING))
    .returning(audit_pending.c.entry_id, audit_pending.c.tenant, audit_pending.c.mac)
)
# Only what has the shape of a seal is read: anything may have been put in, also times that Python does not know.
SHAPED = and_(
    func.cardinality(audit_seal.c.entries).between(1, _BATCH),
    func.cardinality(audit_seal.c.tenants).between(1, _BATCH),
    func.octet_length(audit_seal.c.macs) == MAC_BYTES * func.cardinality(audit_seal.c.entries),
    func.octet_length(audit_seal.c.previous) == MAC_BYTES,
    func.octet_length(audit_seal.c.digest) == MAC_BYTES,
    audit_seal.c.sealed_at.between(datetime(2000, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)),
)
_NEWEST_FIRST = select(audit_seal).where(SHAPED).order_by(audit_seal.c.number.desc())
_HIGHEST = 2**63 - 1
# The number that nothing has, after that of the newest seal.
_FREE = text(
    "SELECT number FROM (SELECT CAST(:last AS bigint) + 1 AS number UNION ALL"
    " SELECT number + 1 FROM audit_seal WHERE number > :last AND number < :highest) AS candidate"
    " WHERE NOT EXISTS (SELECT FROM audit_seal AS taken WHERE taken.number = candidate.number)"
    " ORDER BY number LIMIT 1"
)
_ABOVE = text("SELECT count(*) FROM audit_seal WHERE number > :last")
_SEAL = text(
    "INSERT INTO audit_seal (number, sealed_at, entries, tenants, macs, previous, digest)"
    " VALUES (:number, :sealed_at, :entries, :tenants, :macs, :previous, :digest)"
)


@dataclass(frozen=True)
class Seal:
    """One link of the chain."""

    number: int
    sealed_at: datetime
    entries: Sequence[UUID]
    tenants: Sequence[UUID]
    macs: bytes
    previous: bytes
    digest: bytes

    @property
    def macs_by_entry(self) -> dict[UUID, bytes]:
        """Return each entry's MAC as of when it was written."""
        parts = (self.macs[at : at + MAC_BYTES] for at in range(0, len(self.macs), MAC_BYTES))
        return dict(zip(self.entries, parts, strict=True))

    def digest_with(self, key: bytes) -> bytes:
        """Return the digest this seal must have."""
        # asyncpg has a UUID type of its own: hence str.
        content = [
            self.number, self.sealed_at, self.entries, self.tenants, self.macs.hex(), self.previous.hex()
        ]  # fmt: skip
        return hmac.digest(key, orjson.dumps(content, default=str), sha256)

    def is_made_with(self, key: bytes) -> bool:
        """Tell whether this is a seal as it was made with the key."""
        return hmac.compare_digest(self.digest, self.digest_with(key))


def first_digest(service: str, *, key: bytes) -> bytes:
    """Return what the first seal of a chain follows."""
    return hmac.digest(key, f"first|{service}".encode(), sha256)


class Sealer:
    """Seals the entries of one service's database."""

    def __init__(self, database: Database, *, service: str, key: bytes) -> None:
        """Take the service's database and its key for the chain."""
        self._database = database
        self._service = service
        self._key = key

    async def run(self, stopping: asyncio.Event, *, seconds: float = SEAL_SECONDS) -> None:
        """Seal what waits, repeatedly, until asked to stop."""
        while not stopping.is_set():
            try:
                while await self.seal() == _BATCH and not stopping.is_set():
                    pass
            except Operational:
                log.warning("audit.seal-later")
            except Exception:
                # Nothing here writes what cannot be sealed. The service goes on, and `verify` reports the break.
                FAILED.labels(self._service).inc()
                log.exception("audit.seal-failed")
            try:
                await asyncio.wait_for(stopping.wait(), timeout=seconds)
            except TimeoutError:
                continue

    async def seal(self) -> int:
        """Seal at most one batch; return the number of entries, 0 if another process is sealing."""
        async with self._database.transaction() as session:
            if not await locks.try_hold(session, "audit-log-seals"):
                return 0
            rows = sorted((await session.execute(_TAKE)).all())
            if not rows:
                return 0
            seal = await self._next(session, rows)
            await session.execute(_SEAL, vars(seal))
        # Logged too, so that a log archive can later prove that the chain was this long.
        log.info("audit.sealed", number=seal.number, entries=len(seal.entries), digest=seal.digest.hex())
        return len(rows)

    async def _next(self, session: AsyncSession, rows: Sequence[Any]) -> Seal:
        last = await self._newest(session)
        after = 0 if last is None else last.number
        foreign = (await session.execute(_ABOVE, {"last": after})).scalar_one()
        if foreign:
            FOREIGN.labels(self._service).inc(foreign)
            log.error("audit.foreign-seals", rows=foreign, newest=after)
        draft = Seal(
            number=(await session.execute(_FREE, {"last": after, "highest": _HIGHEST})).scalar_one(),
            # The machine's clock: the time of sealing affects no business date.
            sealed_at=datetime.now(UTC),
            entries=[row.entry_id for row in rows],
            tenants=sorted({row.tenant for row in rows}),
            macs=b"".join(row.mac for row in rows),
            previous=first_digest(self._service, key=self._key) if last is None else last.digest,
            digest=b"",
        )
        return replace(draft, digest=draft.digest_with(self._key))

    async def _newest(self, session: AsyncSession) -> Seal | None:
        """Return the newest seal that was made with the key."""
        found = await session.stream(_NEWEST_FIRST.execution_options(yield_per=_FEW))
        try:
            async for row in found:
                seal = Seal(**row._mapping)
                if seal.is_made_with(self._key):
                    return seal
        finally:
            await found.close()
        return None
