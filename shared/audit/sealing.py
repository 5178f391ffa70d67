"""Seals entries into a chain: each seal covers its entries and the previous seal, with a key the database lacks.

An entry waits in `audit_pending` from the transaction that wrote it until a seal covers it, so that entries
that commit late are not missed, whatever their numbers or ids. One process seals at a time, held by a lock.
"""

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
import structlog
from prometheus_client import Counter
from sqlalchemy import text

from shared import locks
from shared.database import Database
from shared.errors import Operational

log = structlog.get_logger(__name__)

FAILED = Counter("kring_audit_seals_failed_total", "Seals that could not be made", ["service"])
SEAL_SECONDS = 5.0
MAC_BYTES = 32
_BATCH = 1000

_TAKE = text(
    "DELETE FROM audit_pending WHERE entry_id IN (SELECT entry_id FROM audit_pending ORDER BY entry_id LIMIT :batch)"
    " RETURNING entry_id, tenant, mac"
)
_LAST = text("SELECT number, digest FROM audit_seal ORDER BY number DESC LIMIT 1")
_SEAL = text(
    "INSERT INTO audit_seal (number, sealed_at, entries, tenants, macs, digest)"
    " VALUES (:number, :sealed_at, :entries, :tenants, :macs, :digest)"
)


@dataclass(frozen=True)
class Seal:
    """One link of the chain."""

    number: int
    sealed_at: datetime
    entries: Sequence[UUID]
    tenants: Sequence[UUID]
    macs: bytes
    digest: bytes

    @property
    def macs_by_entry(self) -> dict[UUID, bytes]:
        """Return each entry's MAC as of when it was written."""
        parts = (self.macs[at : at + MAC_BYTES] for at in range(0, len(self.macs), MAC_BYTES))
        return dict(zip(self.entries, parts, strict=True))

    def digest_after(self, previous: bytes, *, key: bytes) -> bytes:
        """Return the digest this seal must have, given the digest of the previous one."""
        # asyncpg has a UUID type of its own: hence str.
        content = [self.number, self.sealed_at, self.entries, self.tenants, self.macs.hex(), previous.hex()]
        return hmac.digest(key, orjson.dumps(content, default=str), sha256)


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
                # A row that does not fit, which nothing here writes. The service goes on; `verify` reports the break.
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
            rows = sorted((await session.execute(_TAKE, {"batch": _BATCH})).all())
            if not rows:
                return 0
            last = (await session.execute(_LAST)).first()
            seal = self._next(rows, last)
            await session.execute(_SEAL, vars(seal))
        # Logged too, so that a log archive can later prove that the chain was this long.
        log.info("audit.sealed", number=seal.number, entries=len(seal.entries), digest=seal.digest.hex())
        return len(rows)

    def _next(self, rows: Sequence[Any], last: Any) -> Seal:
        draft = Seal(
            number=1 if last is None else last.number + 1,
            # The machine's clock: the time of sealing affects no business date.
            sealed_at=datetime.now(UTC),
            entries=[row.entry_id for row in rows],
            tenants=sorted({row.tenant for row in rows}),
            macs=b"".join(row.mac for row in rows),
            digest=b"",
        )
        previous = first_digest(self._service, key=self._key) if last is None else last.digest
        return Seal(**{**vars(draft), "digest": draft.digest_after(previous, key=self._key)})
