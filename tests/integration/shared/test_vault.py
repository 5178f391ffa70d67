"""Sealed fields: bound to their row, opened with their subject's key, unreadable once it is destroyed."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import select, text

from shared.database import Database
from shared.tables import subject_key
from shared.vault import (
    BlindIndex,
    Erased,
    KeyStore,
    MasterKey,
    Sealed,
    SealedFields,
    Vault,
    VaultError,
    data_key,
    index_subject,
    prepare_key_store,
)
from tests.support.backing import KEYS, PLATFORM, Databases
from tests.support.erased import destroy
from tests.support.notes import AnyRow

MASTER = MasterKey(b"m" * 32)
NOTE, OTHER_NOTE = uuid4(), uuid4()


class Note(SealedFields):
    """What a note holds today."""

    SCHEMA: ClassVar[int] = 2

    words: str
    mood: str = "calm"

    @classmethod
    def upgrade(cls, schema: int, values: dict[str, Any]) -> dict[str, Any]:
        """Notes of the first form called their words text."""
        return {"words": values["text"]} if schema == 1 else values


class FirstNote(SealedFields):
    """What a note held once."""

    text: str


class NoteRow(AnyRow):
    """A note; the tests seal what somebody wrote today, once, or by mistake."""

    __sealed__: ClassVar[Sealed[Any]] = Sealed(Note, subject="subject", person="person")


def row_of(subject: UUID, note: UUID = NOTE) -> NoteRow:
    """Return a note of a person."""
    return NoteRow(id=note, subject=subject, person=uuid4())


@dataclass
class World:
    """A service's database and its vault, twice: as two processes have them."""

    database: Database
    keys: Database
    vault: Vault
    other_process: Vault

    async def seal(self, fields: SealedFields, *, subject: UUID, note: UUID = NOTE) -> bytes:
        row = row_of(subject, note)
        async with self.database.transaction() as session:
            await self.vault.seal(session, row, fields)
        return row.sealed

    async def open(self, sealed: bytes, *, note: UUID = NOTE, vault: Vault | None = None) -> Note:
        row = row_of(uuid4(), note)
        row.sealed = sealed
        async with self.database.transaction() as session:
            found = await (vault or self.vault).open(session, row)
        assert isinstance(found, Note)
        return found

    async def destroy(self, subject: UUID) -> None:
        await destroy(self.vault, self.database, self.keys, subject)

    async def tie(self, subject: UUID) -> UUID:
        async with self.database.transaction() as session:
            query = select(subject_key.c.key_id).where(subject_key.c.subject == subject)
            found: UUID = (await session.execute(query)).scalar_one()
            return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stores(databases: Databases) -> AsyncIterator[tuple[Database, Database]]:
    """A service's database and the store of keys, made once."""
    yield await databases.fresh(PLATFORM), await databases.fresh(KEYS)
    await databases.close()


@pytest_asyncio.fixture
async def world(stores: tuple[Database, Database]) -> World:
    """A world with no keys yet."""
    platform, keys = stores
    for database, table in ((platform, "subject_key"), (keys, "data_key")):
        async with database.transaction() as session:
            await session.execute(text(f"TRUNCATE {table}"))

    def vault() -> Vault:
        return Vault(service="network", store=KeyStore(keys, master=MASTER), index_key=b"i" * 32)

    return World(platform, keys, vault(), vault())


class TestSeal:
    async def test_what_is_sealed_opens_again_also_in_another_process(self, world: World) -> None:
        sealed = await world.seal(Note(words="een stil woord"), subject=uuid4())
        assert (await world.open(sealed)).words == "een stil woord"
        assert (await world.open(sealed, vault=world.other_process)).words == "een stil woord"

    async def test_hides_the_words(self, world: World) -> None:
        assert b"stil" not in await world.seal(Note(words="een stil woord"), subject=uuid4())

    async def test_never_gives_the_same_bytes_twice(self, world: World) -> None:
        subject = uuid4()
        note = Note(words="x")
        assert await world.seal(note, subject=subject) != await world.seal(note, subject=subject)

    async def test_a_subject_keeps_its_key(self, world: World) -> None:
        subject = uuid4()
        first = await world.seal(Note(words="x"), subject=subject)
        second = await world.seal(Note(words="y"), subject=subject)
        assert first[1:17] == second[1:17] == (await world.tie(subject)).bytes

    async def test_two_subjects_have_two_keys(self, world: World) -> None:
        first = await world.seal(Note(words="x"), subject=uuid4())
        second = await world.seal(Note(words="x"), subject=uuid4())
        assert first[1:17] != second[1:17]

    async def test_keys_are_made_in_batches(self, world: World) -> None:
        for _ in range(3):
            await world.seal(Note(words="x"), subject=uuid4())
        async with world.keys.transaction() as session:
            made = set((await session.execute(select(data_key.c.made_at))).scalars())
        assert len(made) == 1

    async def test_many_subjects_at_once_cost_one_statement(self, world: World) -> None:
        subjects = [uuid4() for _ in range(70)]
        async with world.database.transaction() as session:
            await world.vault.prepare(session, subjects=subjects)
            rows = [row_of(subject) for subject in subjects]
            for n, row in enumerate(rows):
                await world.vault.seal(session, row, Note(words=str(n)))
            opened = await world.vault.open_many(session, rows)
        assert [note.words for note in opened] == [str(n) for n in range(70)]
        assert len({row.sealed[1:17] for row in rows}) == 70


class TestTie:
    async def test_two_transactions_at_once_agree_on_one_key(self, world: World) -> None:
        subject = uuid4()
        first_sealed = asyncio.Event()

        async def first() -> bytes:
            async with world.database.transaction() as session:
                row = row_of(subject)
                await world.vault.seal(session, row, Note(words="a"))
                first_sealed.set()
                await asyncio.wait_for(waiting(), 60)
                return row.sealed

        async def waiting() -> None:
            # Until the other transaction hangs on ours: only then is this the race that is meant.
            while True:
                async with world.database.transaction() as session:
                    query = text(
                        "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
                    )
                    if (await session.execute(query)).scalar_one():
                        return

        async def second() -> bytes:
            await first_sealed.wait()
            async with world.database.transaction() as session:
                row = row_of(subject, OTHER_NOTE)
                await world.other_process.seal(session, row, Note(words="b"))
                return row.sealed

        one, two = await asyncio.gather(first(), second())
        assert one[1:17] == two[1:17]
        assert (await world.open(one)).words == "a"
        assert (await world.open(two, note=OTHER_NOTE)).words == "b"

    async def test_is_gone_with_the_transaction_that_rolled_back(self, world: World) -> None:
        subject = uuid4()
        with suppress(RuntimeError):
            async with world.database.transaction() as session:
                await world.vault.seal(session, row_of(subject), Note(words="x"))
                raise RuntimeError
        sealed = await world.seal(Note(words="y"), subject=subject)
        assert sealed[1:17] == (await world.tie(subject)).bytes

    async def test_is_made_again_after_a_savepoint_rolled_back(self, world: World) -> None:
        subject = uuid4()
        async with world.database.transaction() as session:
            with suppress(RuntimeError):
                async with session.begin_nested():
                    await world.vault.seal(session, row_of(subject), Note(words="x"))
                    raise RuntimeError
            row = row_of(subject)
            await world.vault.seal(session, row, Note(words="y"))
        assert row.sealed[1:17] == (await world.tie(subject)).bytes


class TestOpen:
    @pytest.mark.parametrize("place", [0, 5, 17, 18, 19, 25, 31, 40, -1])
    async def test_refuses_a_value_that_was_changed(self, world: World, place: int) -> None:
        sealed = bytearray(await world.seal(Note(words="een stil woord"), subject=uuid4()))
        sealed[place] ^= 1
        with pytest.raises(VaultError):
            await world.open(bytes(sealed))

    async def test_refuses_a_value_of_another_row(self, world: World) -> None:
        sealed = await world.seal(Note(words="x"), subject=uuid4(), note=NOTE)
        with pytest.raises(VaultError):
            await world.open(sealed, note=OTHER_NOTE)

    async def test_refuses_a_value_of_another_service(self, world: World) -> None:
        sealed = await world.seal(Note(words="x"), subject=uuid4())
        elsewhere = Vault(service="plans", store=KeyStore(world.keys, master=MASTER), index_key=b"i" * 32)
        with pytest.raises(VaultError):
            await world.open(sealed, vault=elsewhere)

    async def test_refuses_a_value_that_is_too_short(self, world: World) -> None:
        for short in (b"", b"\x01", b"\x01" * 31):
            with pytest.raises(VaultError):
                await world.open(short)

    async def test_reads_what_an_older_form_wrote(self, world: World) -> None:
        sealed = await world.seal(FirstNote(text="van vroeger"), subject=uuid4())
        assert await world.open(sealed) == Note(words="van vroeger")

    async def test_tells_nothing_of_fields_that_do_not_fit(self, world: World) -> None:
        class Strange(SealedFields):
            SCHEMA: ClassVar[int] = 2
            mood: str

        sealed = await world.seal(Strange(mood="geheim"), subject=uuid4())
        with pytest.raises(VaultError) as caught:
            await world.open(sealed)
        assert "geheim" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__


class TestDestroy:
    async def test_nobody_opens_it_any_more(self, world: World) -> None:
        subject = uuid4()
        sealed = await world.seal(Note(words="x"), subject=subject)
        await world.destroy(subject)
        for vault in (world.vault, world.other_process):
            with pytest.raises(Erased):
                await world.open(sealed, vault=vault)

    async def test_another_process_forgets_within_the_stated_time(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shared.vault.vault.CACHE_SECONDS", 0.0)
        subject = uuid4()
        sealed = await world.seal(Note(words="x"), subject=subject)
        await world.open(sealed, vault=world.other_process)
        await world.destroy(subject)
        with pytest.raises(Erased):
            await world.open(sealed, vault=world.other_process)

    async def test_nothing_new_is_sealed_for_it(self, world: World) -> None:
        subject = uuid4()
        await world.seal(Note(words="x"), subject=subject)
        await world.destroy(subject)
        with pytest.raises(Erased):
            await world.seal(Note(words="y"), subject=subject)

    async def test_a_neighbour_stays_readable(self, world: World) -> None:
        erased, kept = uuid4(), uuid4()
        rows = [row_of(erased), row_of(kept)]
        async with world.database.transaction() as session:
            for row, word in zip(rows, "xy", strict=True):
                await world.vault.seal(session, row, Note(words=word))
        await world.destroy(erased)
        async with world.database.transaction() as session:
            assert await world.vault.open_readable(session, rows) == [None, Note(words="y")]
            with pytest.raises(Erased):
                await world.vault.open_many(session, rows)

    async def test_leaves_no_key_in_the_store(self, world: World) -> None:
        subject = uuid4()
        await world.seal(Note(words="x"), subject=subject)
        key_id = await world.tie(subject)
        for _ in range(2):
            await world.destroy(subject)
        async with world.keys.transaction() as session:
            row = (await session.execute(select(data_key).where(data_key.c.id == key_id))).one()
        assert row.wrapped is None
        assert row.destroyed_at is not None


class TestKeyStore:
    async def test_a_new_master_key_still_reads_what_the_previous_wrapped(self, world: World) -> None:
        sealed = await world.seal(Note(words="x"), subject=uuid4())
        new = MasterKey(b"n" * 32)
        rotated = Vault(
            service="network", store=KeyStore(world.keys, master=new, previous=[MASTER]), index_key=b"i" * 32
        )
        assert (await world.open(sealed, vault=rotated)).words == "x"
        alone = Vault(service="network", store=KeyStore(world.keys, master=new), index_key=b"i" * 32)
        with pytest.raises(VaultError):
            await world.open(sealed, vault=alone)

    async def test_a_wrapped_key_put_under_another_id_is_refused(self, world: World) -> None:
        first = await world.seal(Note(words="x"), subject=uuid4())
        second = await world.seal(Note(words="y"), subject=uuid4())
        swap = text(
            "UPDATE data_key SET wrapped = (SELECT wrapped FROM data_key WHERE id = :other) WHERE id = :id"
        )
        async with world.keys.transaction() as session:
            await session.execute(swap, {"id": UUID(bytes=first[1:17]), "other": UUID(bytes=second[1:17])})
        with pytest.raises(VaultError):
            await world.open(first, vault=world.other_process)

    async def test_can_be_prepared_again_and_by_several_at_once(self, world: World) -> None:
        url = world.keys.engine.url.render_as_string(hide_password=False)
        await asyncio.gather(*(prepare_key_store(url, {}) for _ in range(3)))


class TestBlindIndex:
    async def index(self, world: World, tenant: UUID, vault: Vault | None = None) -> BlindIndex:
        async with world.database.transaction() as session:
            return await (vault or world.vault).blind_index(session, tenant=tenant)

    async def test_is_equal_for_what_people_take_as_equal(self, world: World) -> None:
        index = await self.index(world, uuid4())
        assert index.of("person", name="Renée  De Smet", e_mail=" Jan@Voorbeeld.be ") == index.of(
            "person", name="renee desmet", e_mail="jan@voorbeeld.BE"
        )
        assert index.of("mark", plain=" A  b ") == index.of("mark", plain="a B")

    async def test_differs_between_tenants_fields_values_and_parts(self, world: World) -> None:
        here, there = await self.index(world, uuid4()), await self.index(world, uuid4())
        indexes = {
            here.of("person", plain="a"),
            there.of("person", plain="a"),
            here.of("person", plain="b"),
            here.of("telephone", plain="a"),
            here.of("person", name="a", e_mail="b"),
            here.of("person", name="ab", e_mail=""),
        }
        assert len(indexes) == 6

    async def test_says_the_versions_of_its_key_and_of_the_normalisers(self, world: World) -> None:
        index = await self.index(world, uuid4())
        made = index.of("person", plain="a")
        assert (made[:3], len(made)) == (bytes([1, 1, 1]), 35)
        assert index.known("person", plain="a")[0] == made

    async def test_finds_what_was_indexed_before_there_were_versions(self, world: World) -> None:
        tenant = uuid4()
        # As it was made then.
        key = hmac.digest(b"i" * 32, tenant.bytes, sha256)
        before = hmac.digest(key, b"person\0jan jan@voorbeeld.be", sha256)
        index = await self.index(world, tenant)
        assert index.known("person", name="Jan", e_mail="Jan@voorbeeld.be")[-1] == before

    async def test_is_the_same_in_another_process_and_under_another_master_key(self, world: World) -> None:
        tenant = uuid4()
        made = (await self.index(world, tenant)).of("person", plain="a")
        assert (await self.index(world, tenant, world.other_process)).of("person", plain="a") == made
        new = MasterKey(b"n" * 32)
        await KeyStore(world.keys, master=new, previous=[MASTER]).rewrap(owner="network")
        rotated = Vault(service="network", store=KeyStore(world.keys, master=new), index_key=b"i" * 32)
        assert (await self.index(world, tenant, rotated)).of("person", plain="a") == made

    async def test_a_key_that_was_rolled_back_is_not_used_again(self, world: World) -> None:
        tenant = uuid4()
        async with world.database.transaction() as session:
            lost = (await world.vault.blind_index(session, tenant=tenant)).of("person", plain="a")
            await session.rollback()
        kept = (await self.index(world, tenant)).of("person", plain="a")
        assert kept == (await self.index(world, tenant, world.other_process)).of("person", plain="a")
        assert kept != lost

    async def test_nothing_is_found_any_more_when_the_tenants_key_is_destroyed(self, world: World) -> None:
        tenant, other = uuid4(), uuid4()
        await self.index(world, tenant)
        await self.index(world, other)
        await world.destroy(index_subject(tenant))
        with pytest.raises(Erased):
            await self.index(world, tenant)
        await self.index(world, other)


class TestSealedFields:
    def test_print_nothing_of_what_they_hold(self) -> None:
        note = Note(words="geheim")
        assert "geheim" not in f"{note} {note!r} {[note]}"

    def test_change_by_validated_copy(self) -> None:
        assert Note(words="x").replaced(mood="glad") == Note(words="x", mood="glad")
