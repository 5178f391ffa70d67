"""Destroying the keys of subjects as an erasure does, without an erasure."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from sqlalchemy import select

from shared import case_access
from shared.context import Context
from shared.database import Database
from shared.events import intake, network
from shared.events.base import DecisionKind, EventData
from shared.settings import Settings
from shared.tables import subject_key
from shared.vault import KeyStore, MasterKey, Vault


async def destroy(vault: Vault, database: Database, keys: Database, *subjects: UUID) -> None:
    """Destroy the keys of subjects; `keys` is the store as its owner reaches it, who may decide everything."""
    erasure = uuid4()
    await KeyStore(keys, master=MasterKey(bytes(32))).decide([("case", erasure)])
    query = select(subject_key.c.key_id).where(subject_key.c.subject.in_(subjects))
    async with database.transaction() as session:
        ids = list((await session.execute(query)).scalars())
    await vault.destroy_keys(ids, erased=erasure)


async def destroy_in(context: Context, *subjects: UUID) -> None:
    """Destroy the keys of subjects of a running service."""
    async with _keys(context.settings) as keys:
        await destroy(context.vault, context.database, keys, *subjects)


async def decide(settings: Settings, event: EventData, *, tenant: UUID) -> None:
    """Decide what an event of another service tells of, as that service has."""
    decided: tuple[DecisionKind, UUID]
    access = case_access.decision_of(event, tenant=tenant)
    match event:
        case intake.CaseErased():
            decided = ("case", event.case_id)
        case network.PersonErased():
            decided = ("person", event.person_id)
        case intake.ContactErased():
            decided = (event.kind, event.contact_id)
        case _ if access is not None:
            decided = ("access", access)
        case _:
            return
    async with _keys(settings) as keys:
        await KeyStore(keys, master=MasterKey(bytes(32))).decide([decided])


@asynccontextmanager
async def _keys(settings: Settings) -> AsyncIterator[Database]:
    keys = Database.connect(settings.database_of("keys"), application_name="test-keys", pool_size=1)
    try:
        yield keys
    finally:
        await keys.close()
