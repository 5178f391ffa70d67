"""The audit log: every transaction that opens or seals something personal is written down, and cannot be rewritten."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import Column, MetaData, Table, Uuid, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from deploy.commands.audit_log import shorten_all, verify
from deploy.local.errors import PlatformError
from shared.audit import (
    Actor,
    Recorder,
    Sealer,
    Unattributed,
    act_as,
    note_break_glass,
    note_facts,
)
from shared.audit.sealing import FAILED, FOREIGN
from shared.audit.shortening import Shortened, shorten
from shared.audit.verifying import Broken, Verification, Verified
from shared.clock import SystemClock
from shared.context import Context
from shared.database import Database, Scope
from shared.runtime import connected
from shared.secrets import Secrets
from shared.settings import Settings
from tests.support.backing import Databases
from tests.support.notes import Note, NoteRow
from tests.support.statements import count_statements

TENANT, OTHER = uuid4(), uuid4()
SERVICE = "network"
MANAGER = Actor(
    kind="staff", id=uuid4(), roles=("regional-manager",), operation="GET /v1/notes", request="r1"
)


@dataclass
class World:
    """A service's database: as its role reaches it, and as its owner does."""

    context: Context
    owner: Database
    key: bytes

    @property
    def database(self) -> Database:
        return self.context.database

    async def touch(self, *rows: NoteRow, tenant: UUID = TENANT, actor: Actor | None = MANAGER) -> None:
        """Seal something in each of these rows, in one transaction."""
        async with self.database.transaction(Scope(tenant=tenant)) as session:
            if actor is not None:
                act_as(session, actor)
            for row in rows:
                await self.context.vault.seal(session, row, Note(words="x"))

    async def entries(self, tenant: UUID = TENANT) -> list[Any]:
        async with self.owner.transaction(Scope(tenant=tenant)) as session:
            query = text("SELECT * FROM audit_log WHERE tenant = :tenant ORDER BY id")
            return list((await session.execute(query, {"tenant": tenant})).all())

    async def tamper(self, statement: str, **values: Any) -> None:
        """Do something as the owner of the database."""
        async with self.owner.transaction() as session:
            done: Any = await session.execute(text(statement), values)
            assert done.rowcount, "nothing was tampered with"

    async def seal(self) -> int:
        return await Sealer(self.database, service=SERVICE, key=self.key).seal()

    async def verify(self, kept: tuple[int, str] | None = None) -> Verified:
        return await Verification(self.owner, service=SERVICE, key=self.key).verify(kept=kept)


@pytest.fixture
def settings(settings_without_broker: Settings) -> Settings:
    """Nothing here speaks to the broker."""
    return settings_without_broker


@pytest_asyncio.fixture
async def world(
    databases: Databases, settings: Settings, database: Callable[[str], Awaitable[Database]]
) -> AsyncIterator[World]:
    """A service with an empty audit log."""
    owner = await database(SERVICE)
    del databases
    async with connected(SERVICE, settings) as context:
        key = Secrets.load(settings.secrets_of(SERVICE)).audit_key
        yield World(context, owner, key)


class Letter(NoteRow):
    """A row of another table."""

    __table__ = Table("letter", MetaData(), Column("id", Uuid, primary_key=True))


def of(case: UUID | None = None, person: UUID | None = None, kind: type[NoteRow] = NoteRow) -> NoteRow:
    """Return a row of a case, of a person, or of a person in a case."""
    return kind(case=case, person=person)


class TestRecording:
    @staticmethod
    async def read_and_fail(world: World, case: UUID) -> None:
        async with world.database.transaction(Scope(tenant=TENANT)) as session:
            act_as(session, MANAGER)
            note_facts(session, "read", case=case, what="facts")
            await session.execute(text("SELECT 1 / 0"))

    async def test_says_who_touched_what_of_which_case_and_whose_it_was(self, world: World) -> None:
        case, one, another = uuid4(), *sorted([uuid4(), uuid4()])
        await world.touch(of(case, one), of(case, another), of(case, kind=Letter))
        (entry,) = await world.entries()
        assert (entry.case_id, entry.persons, entry.what) == (case, [one, another], ["letter", "note"])
        assert (entry.actor, entry.roles, entry.action) == (MANAGER.id, ["regional-manager"], "changed")
        assert (entry.operation, entry.request) == ("GET /v1/notes", "r1")

    async def test_writes_one_entry_for_each_case_in_one_statement(self, world: World) -> None:
        sent: list[str] = []
        count_statements(world.database.engine, sent)
        await world.touch(*(of(uuid4()) for _ in range(100)))
        assert len([statement for statement in sent if "INTO audit_log" in statement]) == 1
        assert len(await world.entries()) == 100

    async def test_sends_nothing_if_nothing_personal_was_touched(self, world: World) -> None:
        sent: list[str] = []
        count_statements(world.database.engine, sent)
        async with world.database.transaction(Scope(tenant=TENANT)) as session:
            await session.execute(text("SELECT 1"))
        assert sent == ["SELECT 1"]

    async def test_tells_reading_from_changing(self, world: World) -> None:
        row = of(uuid4())
        async with world.database.transaction(Scope(tenant=TENANT)) as session:
            await world.context.vault.seal(session, row, Note(words="x"))
        async with world.database.transaction(Scope(tenant=TENANT)) as session:
            await world.context.vault.open(session, row)
        assert [entry.action for entry in await world.entries()] == ["changed", "read"]

    async def test_names_the_service_itself_where_nobody_asked(self, world: World) -> None:
        await world.touch(of(uuid4()), actor=None)
        (entry,) = await world.entries()
        assert (entry.actor_kind, entry.actor, entry.roles) == ("service-itself", None, [SERVICE])

    async def test_leaves_plain_facts_that_the_service_itself_changes_to_events(self, world: World) -> None:
        for actor, entries in ((None, 0), (MANAGER, 1)):
            async with world.database.transaction(Scope(tenant=TENANT)) as session:
                if actor is not None:
                    act_as(session, actor)
                note_facts(session, "changed", case=uuid4(), what="facts")
            assert len(await world.entries()) == entries

    async def test_says_by_which_opening_a_file_was_read(self, world: World) -> None:
        opened, closed, access = uuid4(), uuid4(), uuid4()
        async with world.database.transaction(Scope(tenant=TENANT)) as session:
            act_as(session, MANAGER)
            note_break_glass(session, case=opened, access=access)
            for case in (opened, closed):
                note_facts(session, "read", case=case, what="facts")
        assert {row.case_id: row.break_glass_id for row in await world.entries()} == {
            opened: access,
            closed: None,
        }

    async def test_goes_with_a_transaction_that_fails(self, world: World) -> None:
        case = uuid4()
        with pytest.raises(DBAPIError, match="division by zero"):
            await self.read_and_fail(world, case)
        assert await world.entries() == []

    async def test_refuses_to_commit_what_is_of_no_organisation(self, world: World) -> None:
        with pytest.raises(Unattributed, match="note"):
            async with world.database.transaction() as session:
                await world.context.vault.seal(session, of(uuid4()), Note(words="x"))

    def test_refuses_a_row_that_is_of_nobody(self) -> None:
        with pytest.raises(ValueError, match="of no case"):
            NoteRow.__sealed__.place(of())

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE audit_log SET at = at",
            "DELETE FROM audit_log",
            "TRUNCATE audit_log",
            "UPDATE audit_seal SET digest = digest",
            "DELETE FROM audit_seal",
            "DELETE FROM audit_cut",
        ],
    )
    async def test_cannot_be_rewritten_by_the_service(self, world: World, statement: str) -> None:
        await world.touch(of(uuid4()))
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with world.database.transaction(Scope(tenant=TENANT)) as session:
                await session.execute(text(statement))

    async def test_shows_an_organisation_its_own_entries(self, world: World) -> None:
        await world.touch(of(uuid4()))
        await world.touch(of(uuid4()), tenant=OTHER)
        async with world.database.transaction(Scope(tenant=OTHER)) as session:
            found = await session.execute(text("SELECT DISTINCT tenant FROM audit_log"))
            assert list(found.scalars()) == [OTHER]


class TestSealing:
    async def test_covers_every_entry_once_whoever_seals(self, world: World) -> None:
        for tenant in (TENANT, OTHER, TENANT):
            await world.touch(of(uuid4()), of(uuid4()), tenant=tenant)
        counts = await asyncio.gather(*(world.seal() for _ in range(4)))
        assert sum(counts) == 6
        assert await world.seal() == 0
        await world.touch(of(uuid4()))
        assert await world.seal() == 1
        assert await world.verify() == Verified(2, 7, 0, 2, (await world.verify()).digest)

    async def test_does_not_miss_an_entry_that_commits_late(self, world: World) -> None:
        written, go_on = asyncio.Event(), asyncio.Event()
        recorder = Recorder(service=SERVICE, clock=SystemClock(), key=world.key)

        async def slowly() -> None:
            async with world.database.transaction(Scope(tenant=TENANT)) as session:
                act_as(session, MANAGER)
                note_facts(session, "read", case=uuid4(), what="facts")
                await recorder.write(session)
                written.set()
                await go_on.wait()

        late = asyncio.create_task(slowly())
        await written.wait()
        await world.touch(of(uuid4()))
        assert await world.seal() == 1
        go_on.set()
        await late
        assert await world.seal() == 1
        assert (await world.verify()).entries == 2

    @pytest.mark.parametrize(
        "row",
        [
            # The highest number, that of the next seal, one that is written twice, and what is no seal at all.
            "SELECT 9223372036854775807, now(), '{}', '{}', '', '', ''",
            "SELECT number + 1, sealed_at, entries, tenants, macs, digest, digest FROM audit_seal",
            "SELECT 7, sealed_at, entries, tenants, macs, previous, digest FROM audit_seal",
            "SELECT 2, '4000-01-01 BC', entries, tenants, macs, digest, digest FROM audit_seal",
            "SELECT 2, now(), ARRAY[NULL::uuid], ARRAY[NULL::uuid], macs, digest, digest FROM audit_seal",
            "SELECT n, now(), '{}', '{}', '', '', '' FROM generate_series(2, 3000) n",
        ],
    )
    async def test_goes_on_whatever_is_put_among_the_seals(self, world: World, row: str) -> None:
        await world.touch(of(uuid4()))
        await world.seal()
        # What a service that was taken over may write.
        async with world.database.transaction() as session:
            columns = "number, sealed_at, entries, tenants, macs, previous, digest"
            put_in = await session.scalars(text(f"INSERT INTO audit_seal ({columns}) {row} RETURNING number"))
            foreign = list(put_in)
        met = FOREIGN.labels(SERVICE)._value.get()
        for _ in range(2):
            await world.touch(of(uuid4()))
            assert await world.seal() == 1
        assert FOREIGN.labels(SERVICE)._value.get() > met
        with pytest.raises(Broken, match="put in without the key") as broken:
            await world.verify()
        assert "removed" not in str(broken.value)
        # The owner takes it away; what was sealed meanwhile holds.
        await world.tamper("DELETE FROM audit_seal WHERE number = ANY(:foreign)", foreign=foreign)
        assert (await world.verify()).entries == 3

    async def test_of_what_is_no_entry_waits_and_holds_up_no_other(self, world: World) -> None:
        await world.touch(of(uuid4()))
        async with world.database.transaction() as session:
            await session.execute(
                text("INSERT INTO audit_pending VALUES (:low, :tenant, 'x')"),
                {"low": UUID(int=0), "tenant": TENANT},
            )
        assert await world.seal() == 1
        with pytest.raises(Broken, match="that waits for its seal was removed"):
            await world.verify()

    async def test_that_cannot_be_made_does_not_end_the_service(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await world.touch(of(uuid4()))
        sealer = Sealer(world.database, service=SERVICE, key=world.key)
        seal, tries = sealer.seal, iter([ValueError, OverflowError])

        async def fail_twice() -> int:
            for error in tries:
                raise error
            return await seal()

        monkeypatch.setattr(sealer, "seal", fail_twice)
        failed = FAILED.labels(SERVICE)._value.get()
        stopping = asyncio.Event()
        running = asyncio.create_task(sealer.run(stopping, seconds=0.01))
        async with asyncio.timeout(60):
            while (await world.verify()).seals == 0:
                pass
        stopping.set()
        await running
        assert FAILED.labels(SERVICE)._value.get() == failed + 2

    async def test_goes_on_until_asked_to_stop(self, world: World) -> None:
        await world.touch(of(uuid4()))
        stopping = asyncio.Event()
        running = asyncio.create_task(
            Sealer(world.database, service=SERVICE, key=world.key).run(stopping, seconds=0.01)
        )
        async with asyncio.timeout(60):
            while (await world.verify()).seals == 0:
                pass
        stopping.set()
        await running


class TestVerifying:
    @pytest_asyncio.fixture
    async def sealed(self, world: World) -> World:
        """A world with three seals of two entries each, and one entry that waits."""
        for _ in range(3):
            await world.touch(of(uuid4()), of(uuid4()))
            await world.seal()
        await world.touch(of(uuid4()))
        return world

    async def test_holds_for_what_nobody_touched(self, sealed: World) -> None:
        found = await sealed.verify()
        assert (found.seals, found.entries, found.waiting) == (3, 6, 1)
        assert await sealed.verify(kept=(3, found.digest)) == found

    @pytest.mark.parametrize(
        "change",
        ["roles = '{dpo}'", "at = at + interval '1 hour'", "case_id = gen_random_uuid()", "actor = NULL"],
    )
    async def test_names_an_entry_that_was_changed(self, sealed: World, change: str) -> None:
        entry = (await sealed.entries())[2]
        await sealed.tamper(f"UPDATE audit_log SET {change} WHERE id = :id", id=entry.id)
        with pytest.raises(Broken, match=f"entry {entry.id} of seal 2 was changed"):
            await sealed.verify()

    async def test_names_an_entry_that_was_removed(self, sealed: World) -> None:
        entry = (await sealed.entries())[3]
        await sealed.tamper("DELETE FROM audit_log WHERE id = :id", id=entry.id)
        with pytest.raises(Broken, match=f"entry {entry.id} of seal 2 was removed"):
            await sealed.verify()

    @pytest.mark.parametrize(
        ("statement", "said"),
        [
            ("UPDATE audit_log SET what = '{}' WHERE id = :id", "that waits for its seal was changed"),
            ("DELETE FROM audit_log WHERE id = :id", "that waits for its seal was removed"),
            ("DELETE FROM audit_pending WHERE entry_id = :id", "has no seal"),
        ],
    )
    async def test_watches_an_entry_before_it_is_sealed(
        self, sealed: World, statement: str, said: str
    ) -> None:
        entry = (await sealed.entries())[-1]
        await sealed.tamper(statement, id=entry.id)
        with pytest.raises(Broken, match=f"entry {entry.id} {said}"):
            await sealed.verify()

    @pytest.mark.parametrize("number", [1, 2])
    async def test_names_a_seal_that_was_removed(self, sealed: World, number: int) -> None:
        await sealed.tamper("DELETE FROM audit_seal WHERE number = :number", number=number)
        with pytest.raises(Broken, match=f"seal {number} was removed"):
            await sealed.verify()

    async def test_finds_a_chain_that_was_closed_over_a_removed_seal(self, sealed: World) -> None:
        await sealed.tamper(
            "DELETE FROM audit_log WHERE id IN (SELECT unnest(entries) FROM audit_seal WHERE number = 2)"
        )
        await sealed.tamper("DELETE FROM audit_seal WHERE number = 2")
        await sealed.tamper("UPDATE audit_seal SET number = 2 WHERE number = 3")
        with pytest.raises(Broken, match="seal 2 was changed"):
            await sealed.verify()

    async def test_finds_that_the_newest_seal_was_removed(self, sealed: World) -> None:
        await sealed.tamper("DELETE FROM audit_seal WHERE number = 3")
        with pytest.raises(Broken, match="has no seal"):
            await sealed.verify()

    async def test_finds_that_the_end_was_cut_off_by_what_was_noted_elsewhere(self, sealed: World) -> None:
        kept = (3, (await sealed.verify()).digest)
        await sealed.tamper(
            "DELETE FROM audit_log WHERE id IN (SELECT unnest(entries) FROM audit_seal WHERE number = 3)"
        )
        await sealed.tamper("DELETE FROM audit_seal WHERE number = 3")
        assert (await sealed.verify()).seals == 2
        with pytest.raises(Broken, match="seal 3 was removed: it was noted elsewhere"):
            await sealed.verify(kept=kept)
        with pytest.raises(Broken, match="seal 2 is not the one"):
            await sealed.verify(kept=(2, kept[1]))

    async def test_finds_so_too_when_a_later_seal_has_passed_over_its_number(self, sealed: World) -> None:
        kept = (3, (await sealed.verify()).digest)
        await sealed.tamper(
            "DELETE FROM audit_log WHERE id IN (SELECT unnest(entries) FROM audit_seal WHERE number = 3)"
        )
        await sealed.tamper("DELETE FROM audit_seal WHERE number = 3")
        await sealed.tamper(
            "INSERT INTO audit_seal SELECT 3, sealed_at, entries, tenants, macs, previous, digest"
            " FROM audit_seal WHERE number = 2"
        )
        assert await sealed.seal() == 1
        await sealed.tamper("DELETE FROM audit_seal WHERE number = 3")
        assert (await sealed.verify()).newest == 4
        with pytest.raises(Broken, match="seal 3 was removed: it was noted elsewhere"):
            await sealed.verify(kept=kept)

    async def test_finds_that_every_seal_was_removed(self, sealed: World) -> None:
        await sealed.tamper("DELETE FROM audit_seal")
        await sealed.tamper("DELETE FROM audit_pending")
        with pytest.raises(Broken, match="has no seal"):
            await sealed.verify()

    async def test_finds_an_entry_that_was_put_in(self, sealed: World) -> None:
        await sealed.tamper(
            "INSERT INTO audit_log SELECT gen_random_uuid(), tenant, at, actor_kind, actor, roles, organisation,"
            " case_id, persons, action, what, operation, request, purpose, break_glass_id FROM audit_log LIMIT 1"
        )
        with pytest.raises(Broken, match="has no seal"):
            await sealed.verify()

    async def test_is_told_by_a_command_service_by_service(
        self,
        sealed: World,
        settings: Settings,
        database: Callable[[str], Awaitable[Database]],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        await database("plans")
        monkeypatch.setenv("KRING_DATABASE_URL", settings.database_url.get_secret_value())
        monkeypatch.setenv("KRING_SECRETS_DIR", str(settings.secrets_dir))
        assert await verify([SERVICE, "plans"]) == 0
        said = capsys.readouterr().out
        assert f"{SERVICE}: holds; 6 entries in 3 seals, 1 wait; newest 3:" in said
        assert "plans: holds; 0 entries in 0 seals" in said
        kept = said.splitlines()[0].rpartition("newest ")[2]
        assert await verify([SERVICE], kept=kept) == 0
        await sealed.tamper("DELETE FROM audit_seal WHERE number = 2")
        assert await verify([SERVICE, "plans"]) == 1
        assert f"{SERVICE}: BROKEN: seal 2 was removed" in capsys.readouterr().out
        for wrong in ("3", "three:abc", ":"):
            with pytest.raises(PlatformError):
                await verify([SERVICE], kept=wrong)
        with pytest.raises(PlatformError):
            await verify([SERVICE, "plans"], kept=kept)

    async def test_needs_the_key(self, sealed: World) -> None:
        with pytest.raises(Broken, match="seal 1 was changed"):
            await Verification(sealed.owner, service=SERVICE, key=b"k" * 32).verify()


class TestShortening:
    @pytest_asyncio.fixture
    async def sealed(self, world: World) -> World:
        """A world with four seals, of two organisations' entries, and one entry that waits."""
        for _ in range(4):
            await world.touch(of(uuid4()))
            await world.touch(of(uuid4()), tenant=OTHER)
            await world.seal()
        await world.touch(of(uuid4()))
        return world

    async def shorten(self, world: World, *, until: int) -> Shortened:
        """Take away the seals before and with that number."""
        async with world.owner.transaction() as session:
            query = text("SELECT sealed_at FROM audit_seal WHERE number = :number")
            last: datetime = (await session.execute(query, {"number": until})).scalar_one()
        before = last + timedelta(microseconds=1)
        return await shorten(world.owner, key=world.key, before=before, now=datetime.now(UTC))

    async def test_takes_the_oldest_away_and_the_rest_holds(self, sealed: World) -> None:
        whole = await sealed.verify()
        assert await self.shorten(sealed, until=2) == Shortened(seals=2, entries=4)
        found = await sealed.verify(kept=(4, whole.digest))
        assert (found.seals, found.entries, found.waiting, found.newest) == (2, 4, 1, 4)
        assert (len(await sealed.entries()), len(await sealed.entries(OTHER))) == (3, 2)
        # The chain goes on where it was.
        assert await sealed.seal() == 1
        assert (await sealed.verify()).newest == 5

    async def test_leaves_the_newest_seal_for_the_chain_to_go_on_from(self, sealed: World) -> None:
        assert await self.shorten(sealed, until=4) == Shortened(seals=3, entries=6)
        assert await self.shorten(sealed, until=4) == Shortened(seals=0, entries=0)
        assert await sealed.seal() == 1
        assert (await sealed.verify()).newest == 5

    async def test_shortens_again_what_was_shortened(self, sealed: World) -> None:
        await self.shorten(sealed, until=1)
        assert await self.shorten(sealed, until=3) == Shortened(seals=2, entries=4)
        assert (await sealed.verify()).seals == 1

    async def test_needs_the_key(self, sealed: World) -> None:
        before = datetime.now(UTC)
        await shorten(sealed.owner, key=b"another", before=before, now=before)
        with pytest.raises(Broken, match="somebody without the key"):
            await sealed.verify()

    async def test_finds_that_more_went_than_the_cut_says(self, sealed: World) -> None:
        await self.shorten(sealed, until=1)
        await sealed.tamper(
            "DELETE FROM audit_log WHERE id IN (SELECT unnest(entries) FROM audit_seal WHERE number = 2)"
        )
        await sealed.tamper("DELETE FROM audit_seal WHERE number = 2")
        with pytest.raises(Broken, match="seal 2 was removed"):
            await sealed.verify()

    async def test_by_command_leaves_what_is_young_and_what_is_broken(
        self,
        sealed: World,
        settings: Settings,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setenv("KRING_DATABASE_URL", settings.database_url.get_secret_value())
        monkeypatch.setenv("KRING_SECRETS_DIR", str(settings.secrets_dir))
        assert await shorten_all([SERVICE], years=1) == 0
        assert "0 entries in 0 seals removed" in capsys.readouterr().out
        await sealed.tamper("UPDATE audit_log SET what = '{}'")
        assert await shorten_all([SERVICE], years=1) == 1
        assert "left as it is" in capsys.readouterr().out
        with pytest.raises(PlatformError, match="1 year at least"):
            await shorten_all([SERVICE], years=0)
