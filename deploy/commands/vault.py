"""`kring vault`: which master key wraps subjects' keys, rewrapping all with the current one; the ledger."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from deploy.commands import erasures
from deploy.commands.databases import reach
from deploy.local.errors import PlatformError
from shared.database import Database, Scope
from shared.errors import Operational
from shared.secrets import Secrets
from shared.services import SERVICES
from shared.settings import Settings
from shared.vault import KeyStore, Vault, VaultError, wrappers_of

_TENANTS = text("SELECT tenant FROM tenant_seen UNION SELECT tenant FROM outbox WHERE tenant IS NOT NULL")
_WRAPS = "wraps new keys"


async def status() -> int:
    """Print how many keys of each service each master key wraps, and how many were destroyed; never a key."""
    settings = await _settings()
    for service in SERVICES:
        async with _store(settings, service) as (store, names):
            by_master, destroyed = await store.counts(owner=service)
        for master_id in sorted({*names, *by_master}):
            state = names.get(master_id, "not here")
            print(f"{service:<10}  {master_id}  {by_master.get(master_id, 0)} keys  {state}")
        print(f"{service:<10}  destroyed: {destroyed} keys")
    return 0


async def rotate() -> int:
    """Rewrap every key with the current master key or key management service; print how many were changed.

    Raises: PlatformError if keys are wrapped by a master key that is not here.
    """
    settings = await _settings()
    changed = others = 0
    for service in SERVICES:
        async with _store(settings, service) as (store, names):
            try:
                changed += await store.rewrap(owner=service)
            except VaultError as error:
                raise PlatformError(f"Not all keys could be rewrapped: {error}.") from None
            except Operational as error:
                raise PlatformError(f"Not all keys could be rewrapped: {error}. Begin again later.") from None
            by_master, _ = await store.counts(owner=service)
        others += sum(count for master, count in by_master.items() if names.get(master) != _WRAPS)
    print(f"rewrapped: {changed} keys")
    if others:
        print(f"still under another master key: {others} keys; a service makes new ones with it")
        return 1
    return 0


async def apply_ledger(kept: Path | None) -> int:
    """Repeat erasures, and print what there was to do. Raises: PlatformError."""
    applied = await erasures.apply_ledger(await _settings(), kept=kept)
    print(f"named in ledgers: {applied.keys} keys, destroyed now: {applied.destroyed}")
    print(f"decisions repeated: {applied.decided} assignments and opened files")
    if kept is not None:
        print(f"erasures repeated in restored databases: {applied.repeated}")
    return 0


async def export_ledger(file: Path) -> int:
    """Append erasures to a file, and print how many lines are new. Raises: PlatformError."""
    print(f"added to {file}: {await erasures.export_ledger(await _settings(), file)} lines")
    return 0


async def reindex() -> int:
    """Renew indexes of older versions, a few per commit, and print how many there were in each service."""
    from shared.runtime import connected

    settings = await _settings()
    for service, again in reindexed().items():
        changed = 0
        async with connected(service, settings) as context:
            async with context.database.transaction() as session:
                tenants = (await session.execute(_TENANTS)).scalars().all()
            for tenant in tenants:
                while True:
                    async with context.database.transaction(Scope(tenant=tenant)) as session:
                        done = await again(session, context.vault, tenant=tenant)
                    if not done:
                        break
                    changed += done
        print(f"{service}: reindexed: {changed}")
    return 0


class Reindex(Protocol):
    """Renews some older indexes of a tenant; returns how many, 0 when none is left."""

    async def __call__(self, session: AsyncSession, vault: Vault, *, tenant: UUID) -> int:
        """Take the service's database and its keys."""


def reindexed() -> dict[str, Reindex]:
    """Return, by service, the function that renews its indexes."""
    from services.intake.operations.indexing import reindex_referrals
    from services.training.operations.reindexing import reindex_registrations

    return {"intake": reindex_referrals, "training": reindex_registrations}


async def _settings() -> Settings:
    """Return the settings, once the servers they name accept a login. Raises: PlatformError."""
    settings = Settings()
    await reach(settings.database_url)
    if settings.keys_database_url is not None:
        await reach(settings.keys_database_url, "KRING_KEYS_DATABASE_URL")
    return settings


@contextlib.asynccontextmanager
async def _store(settings: Settings, service: str) -> AsyncIterator[tuple[KeyStore, dict[str, str]]]:
    """Yield the key store with a service's wrappers, and the role of each wrapper, by its id."""
    master, previous = wrappers_of(settings, Secrets.load(settings.secrets_of(service)))
    database = Database.connect(settings.database_of("keys"), application_name="kring-vault", pool_size=1)
    store = KeyStore(database, master=master, previous=previous)
    try:
        yield store, {**{key.id: "opens older keys" for key in previous}, master.id: _WRAPS}
    finally:
        await store.close()
