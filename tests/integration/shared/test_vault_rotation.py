"""Replacing the master key: everything still opens and is found, and what was destroyed stays so."""

import asyncio
from uuid import uuid4

import pytest
import pytest_asyncio

from shared.database import Database
from shared.vault import Erased, KeyStore, MasterKey, Vault, VaultError
from tests.support.backing import KEYS, PLATFORM, Databases
from tests.support.notes import Note, NoteRow

OLD, NEW = MasterKey(b"o" * 32), MasterKey(b"n" * 32)
NOTE = uuid4()
INDEX_KEY = b"i" * 32


class World:
    """A service's database and the store of keys."""

    def __init__(self, database: Database, keys: Database) -> None:
        self.database, self.keys = database, keys

    def store(self, master: MasterKey, *previous: MasterKey) -> KeyStore:
        return KeyStore(self.keys, master=master, previous=previous)

    def vault(self, master: MasterKey, *previous: MasterKey) -> Vault:
        store = self.store(master, *previous)
        return Vault(service="network", store=store, index_key=INDEX_KEY)

    async def seal(self, vault: Vault, words: str) -> bytes:
        row = NoteRow(id=NOTE, person=NOTE)
        async with self.database.transaction() as session:
            await vault.seal(session, row, Note(words=words))
        return row.sealed

    async def open(self, vault: Vault, sealed: bytes) -> str:
        row = NoteRow(id=NOTE, person=NOTE, sealed=sealed)
        async with self.database.transaction() as session:
            return (await vault.open(session, row)).words


@pytest_asyncio.fixture
async def world(databases: Databases) -> World:
    """A world with no keys yet."""
    return World(await databases.fresh(PLATFORM), await databases.fresh(KEYS))


class TestRewrap:
    async def test_everything_opens_and_is_found_without_the_old_master_key(self, world: World) -> None:
        before = world.vault(OLD)
        sealed = await world.seal(before, "oud")
        answer = before.seal_answer(b"kept", bound_to="here")
        assert await world.store(NEW, OLD).rewrap(owner="network", batch=7) > 7
        after = world.vault(NEW)
        assert await world.open(after, sealed) == "oud"
        assert after.open_answer(answer, bound_to="here") == b"kept"

    async def test_services_go_on_sealing_meanwhile(self, world: World) -> None:
        first = await world.seal(world.vault(OLD), "eerst")
        busy = [world.vault(NEW, OLD) for _ in range(5)]
        sealed, _ = await asyncio.gather(
            asyncio.gather(*(world.seal(vault, f"{n}") for n, vault in enumerate(busy))),
            world.store(NEW, OLD).rewrap(owner="network", batch=3),
        )
        after = world.vault(NEW)
        assert await world.open(after, first) == "eerst"
        assert [await world.open(after, each) for each in sealed] == [f"{n}" for n in range(5)]

    async def test_a_second_time_changes_nothing(self, world: World) -> None:
        await world.store(OLD).make(5, owner="network")
        store = world.store(NEW, OLD)
        assert await store.rewrap(owner="network", batch=2) == 5
        assert await store.rewrap(owner="network", batch=2) == 0
        assert await store.counts(owner="network") == ({NEW.id: 5}, 0)

    async def test_goes_on_where_it_stopped(self, world: World) -> None:
        await world.store(OLD).make(2, owner="network")
        await world.store(MasterKey(b"x" * 32)).make(1, owner="network")
        with pytest.raises(VaultError, match="which is not here"):
            await world.store(NEW, OLD).rewrap(owner="network", batch=1)
        assert await world.store(NEW, OLD, MasterKey(b"x" * 32)).rewrap(owner="network", batch=1) == 1
        assert await world.store(NEW).counts(owner="network") == ({NEW.id: 3}, 0)

    async def test_never_brings_back_what_was_destroyed(self, world: World) -> None:
        before = world.vault(OLD)
        sealed = await world.seal(before, "weg")
        [(key_id, _)] = await world.store(OLD).make(1, owner="network")
        sealed_id = sealed[1:17]
        erasure = uuid4()
        await world.store(OLD).decide([("case", erasure)])
        await before.destroy_keys([type(key_id)(bytes=sealed_id), key_id], erased=erasure)
        await world.store(NEW, OLD).rewrap(owner="network")
        assert (await world.store(NEW).counts(owner="network"))[1] == 2
        with pytest.raises(Erased):
            await world.open(world.vault(NEW), sealed)
