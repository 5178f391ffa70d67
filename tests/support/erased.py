"""Destroying the keys of subjects as an erasure does, without an erasure."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from sqlalchemy import select

from shared.context import Context
from shared.database import Database
from shared.events import intake, network
from shared.events.base import EventData
from shared.settings import Settings
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
    async with _keys(context.settings) as keys:
        await destroy(context.vault, context.database, keys, *subjects)


async def order(settings: Settings, event: EventData) -> None:
    """Order the erasure that an event of another service tells of, as that service has."""
    match event:
        case intake.CaseErased():
            erasure = (event.case_id, "case")
        case network.PersonErased():
            erasure = (event.person_id, "person")
        case _:
            return
    async with _keys(settings) as keys:
        await KeyStore(keys, master=MasterKey(bytes(32))).order([erasure])


@asynccontextmanager
async def _keys(settings: Settings) -> AsyncIterator[Database]:
    keys = Database.connect(settings.database_of("keys"), application_name="test-keys", pool_size=1)
    try:
        yield keys
    finally:
        await keys.close()
