"""`kring vault`: which master key wraps the keys of subjects, and wrapping them all with today's; the ledger."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from sqlalchemy import text

from deploy.commands import erasures
from deploy.local.errors import PlatformError
from shared.database import Database, Scope
from shared.errors import Operational
from shared.secrets import Secrets
from shared.settings import Settings
from shared.vault import KeyStore, VaultError, wrappers_of

_TENANTS = text("SELECT tenant FROM tenant_seen UNION SELECT tenant FROM outbox WHERE tenant IS NOT NULL")


async def status() -> int:
    """Print how many keys each master key wraps, and how many were destroyed; never a key."""
    settings = Settings()
    async with _store(settings) as (store, names):
        by_master, destroyed = await store.counts()
    for master_id in sorted({*names, *by_master}):
        print(f"{master_id}  {by_master.get(master_id, 0)} keys  {names.get(master_id, 'not here')}")
    print(f"destroyed: {destroyed} keys")
    return 0


async def rotate() -> int:
    """Wrap every key with what wraps new ones (a master key, or a key management service); print how many were changed.

    Raises: PlatformError if the key of indexes has no file of its own, or if keys are wrapped by a master key
    that is not here.
    """
    settings = Settings()
    _refuse_without_index_key(settings.secrets_dir)
    async with _store(settings) as (store, _):
        try:
            changed = await store.rewrap()
        except VaultError as error:
            raise PlatformError(f"Not all keys could be wrapped anew: {error}.") from None
        except Operational as error:
            raise PlatformError(f"Not all keys could be wrapped anew: {error}. Begin again later.") from None
        by_master, _ = await store.counts()
    print(f"wrapped anew: {changed} keys")
    master, _ = wrappers_of(settings, Secrets.load(settings.secrets_dir))
    others = sum(count for master_id, count in by_master.items() if master_id != master.id)
    if others:
        print(f"still under another master key: {others} keys; a service makes new ones with it")
        return 1
    return 0


async def apply_ledger(kept: Path | None) -> int:
    """Erase again what was erased, and print what there was to do. Raises: PlatformError."""
    applied = await erasures.apply_ledger(Settings(), kept=kept)
    print(f"named in ledgers: {applied.keys} keys, destroyed now: {applied.destroyed}")
    if kept is not None:
        print(f"erased again in databases that had forgotten it: {applied.repeated}")
    return 0


async def export_ledger(file: Path) -> int:
    """Add what was erased to a file, and print how many lines are new. Raises: PlatformError."""
    print(f"added to {file}: {await erasures.export_ledger(Settings(), file)} lines")
    return 0


async def reindex() -> int:
    """Make indexes of an older version anew, a few in each commit, and print how many there were."""
    from services.training.operations.reindexing import reindex_registrations
    from shared.runtime import connected

    changed = 0
    async with connected("training", Settings()) as context:
        async with context.database.transaction() as session:
            tenants = (await session.execute(_TENANTS)).scalars().all()
        for tenant in tenants:
            while True:
                async with context.database.transaction(Scope(tenant=tenant)) as session:
                    done = await reindex_registrations(session, context.vault, tenant=tenant)
                if not done:
                    break
                changed += done
    print(f"indexed anew: {changed} registrations")
    return 0


@contextlib.asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[tuple[KeyStore, dict[str, str]]]:
    """Yield the store of keys, and what each master key that is here is, by its id."""
    master, previous = wrappers_of(settings, Secrets.load(settings.secrets_dir))
    database = Database.connect(settings.database_of("keys"), application_name="kring-vault", pool_size=1)
    store = KeyStore(database, master=master, previous=previous)
    try:
        yield store, {**{key.id: "opens older keys" for key in previous}, master.id: "wraps new keys"}
    finally:
        await store.close()


def _refuse_without_index_key(directory: Path) -> None:
    # Without the file it is made from the master key: once that is replaced, nothing indexed is found.
    if not (directory / "index_key").exists():
        raise PlatformError(
            f"There is no {directory / 'index_key'}. With the old key still as master_key, run"
            f" `kring secrets {directory}`, give the file to every service, and begin again."
        )
