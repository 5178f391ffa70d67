"""Recomputes the chain of a service's audit log, and reports the places where it does not hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit.recording import COLUMNS, mac_of
from shared.audit.sealing import SHAPED, Seal, first_digest
from shared.audit.shortening import CutNotReal, beginning
from shared.auth import NO_TENANT
from shared.database import Database, Scope, set_scope
from shared.tables import audit_log, audit_pending, audit_seal

_LOOSE = text(
    "SELECT id FROM audit_log WHERE NOT EXISTS (SELECT FROM audit_pending WHERE entry_id = audit_log.id)"
    " AND NOT EXISTS (SELECT FROM (SELECT unnest(entries) AS entry FROM audit_seal) sealed WHERE entry = audit_log.id)"
    " ORDER BY id LIMIT 1"
)
# The tenants that may have entries even if every seal was removed; row policies hide unnamed tenants from the owner.
_TENANTS = text(
    "SELECT DISTINCT tenant FROM outbox WHERE tenant IS NOT NULL UNION SELECT tenant FROM tenant_seen"
)


# How many breaks a message names.
_NAMED = 10


class Broken(Exception):
    """The audit log is not as it was written; the text names the first breaks."""


@dataclass(frozen=True)
class Verified:
    """The length of a chain that holds."""

    seals: int
    entries: int
    waiting: int
    # The number of its last seal: higher than the count of seals once the oldest were removed.
    newest: int
    digest: str


class Verification:
    """One check of a service's whole audit log, at one moment, as the owner of its tables."""

    def __init__(self, database: Database, *, service: str, key: bytes) -> None:
        """Take the database with its owner's login, and the service's key for the chain."""
        self._database = database
        self._service = service
        self._key = key
        self._breaks: list[str] = []

    async def verify(self, *, kept: tuple[int, str] | None = None) -> Verified:
        """Return how long the chain is, if it holds; `kept`: the number and digest of a seal, stored elsewhere before.

        Raises: Broken.
        """
        async with self._database.transaction() as session:
            # One snapshot for all that follows: what is sealed meanwhile must not look like a break.
            await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            start, digest = await self._beginning(session)
            newest, seals, entries = start, 0, 0
            # Numbers have gaps where something else was put in: a number above the noted one proves nothing.
            met = kept is None or kept[0] <= start
            for number in await session.scalars(select(audit_seal.c.number).where(~SHAPED).limit(_NAMED)):
                self._breaks.append(f"seal {number} was changed, or put in without the key")
            found = await session.stream(select(audit_seal).where(SHAPED).order_by(audit_seal.c.number))
            tenants: set[UUID] = set()
            async for row in found:
                seal = Seal(**row._mapping)
                if not seal.is_made_with(self._key):
                    # Whoever put it in has silenced nothing: the others are checked all the same.
                    self._breaks.append(f"seal {seal.number} was changed, or put in without the key")
                    continue
                if seal.previous != digest:
                    gone = seal.number - newest > 1
                    missing = f"seal {newest + 1} was removed"
                    follows = f"seal {seal.number} does not follow the one before it"
                    self._breaks.append(missing if gone else follows)
                await self._check_entries(
                    session, seal.macs_by_entry, seal.tenants, where=f"of seal {seal.number}"
                )
                if kept is not None and kept[0] == seal.number:
                    met = True
                    if kept[1] != seal.digest.hex():
                        self._breaks.append(f"seal {seal.number} is not the one that was noted elsewhere")
                newest, entries, digest = seal.number, entries + len(seal.entries), seal.digest
                seals += 1
                tenants.update(seal.tenants)
            if kept is not None and not met:
                self._breaks.append(f"seal {kept[0]} was removed: it was noted elsewhere")
            pending = {row.entry_id: row for row in await session.execute(select(audit_pending))}
            waiting = {row.tenant for row in pending.values()}
            macs = {entry: row.mac for entry, row in pending.items()}
            await self._check_entries(session, macs, waiting, where="that waits for its seal")
            known = set((await session.execute(_TENANTS)).scalars())
            await self._check_loose(session, tenants | waiting | known)
            if self._breaks:
                more = len(self._breaks) - _NAMED
                raise Broken("; ".join(self._breaks[:_NAMED]) + (f"; and {more} more" if more > 0 else ""))
            return Verified(seals, entries, len(pending), newest, digest.hex())

    async def _beginning(self, session: AsyncSession) -> tuple[int, bytes]:
        try:
            found = await beginning(session, key=self._key)
        except CutNotReal:
            raise Broken("somebody without the key says that the oldest seals may be gone") from None
        return found or (0, first_digest(self._service, key=self._key))

    async def _check_entries(
        self, session: AsyncSession, macs: dict[UUID, bytes], tenants: Iterable[UUID], *, where: str
    ) -> None:
        found: dict[UUID, Any] = {}
        for tenant in tenants:
            query = _entries(audit_log.c.id.in_(list(macs)))
            found |= {row.id: row for row in await self._as_tenant(session, tenant, query)}
        for entry, mac in macs.items():
            if entry not in found:
                self._breaks.append(f"entry {entry} {where} was removed")
            elif mac_of(self._key, dict(found[entry]._mapping)) != mac:
                self._breaks.append(f"entry {entry} {where} was changed")

    async def _check_loose(self, session: AsyncSession, tenants: Iterable[UUID]) -> None:
        # Entries without a tenant first: an owner exempt from row policies sees all entries at once.
        for tenant in (NO_TENANT, *sorted(tenants)):
            loose = (await self._as_tenant(session, tenant, _LOOSE)).scalar()
            if loose is not None:
                self._breaks.append(
                    f"entry {loose} has no seal: the newest seals were removed, or it was put in"
                )

    @staticmethod
    async def _as_tenant(session: AsyncSession, tenant: UUID, query: Any) -> Any:
        # Row policies apply to the owner too.
        await set_scope(session, Scope(tenant=tenant))
        return await session.execute(query)


def _entries(where: ColumnElement[bool]) -> Select[Any]:
    return select(*(audit_log.c[name] for name in COLUMNS)).where(where)
