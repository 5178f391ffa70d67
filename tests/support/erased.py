"""Destroying the keys of subjects as an erasure does, without an erasure."""

from uuid import UUID, uuid4

from sqlalchemy import select

from shared.context import Context
from shared.database import Database
from shared.tables import subject_key
from shared.vault import KeyStore, MasterKey, Vault


async def destroy(vault: Vault, database: Database, keys: Database, *subjects: UUID) -> None:
    """Destroy the keys of subjects; `keys` is the store as its owner reaches it, for whom all is ordered."""
    erasure = uuid4()
    await KeyStore(keys, master=MasterKey(bytes(32))).order([(erasure, "case")])
    query = select(subject_key.c.key_id).where(subject_key.c.subject.in_(subjects))
    async with database.transaction() as session:
        ids = list((await session.execute(query)).scalars())
    await vault.destroy_keys(ids, erased=erasure)


async def destroy_in(context: Context, *subjects: UUID) -> None:
    """Destroy the keys of subjects of a running service."""
    keys = Database.connect(context.settings.database_of("keys"), application_name="test-keys", pool_size=1)
    try:
        await destroy(context.vault, context.database, keys, *subjects)
    finally:
        await keys.close()
