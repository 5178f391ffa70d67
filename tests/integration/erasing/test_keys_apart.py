"""The store of keys on a server of its own, whose backups can be kept for another time than the others'."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from deploy.commands import vault as vault_commands
from deploy.commands.migrate import migrate
from deploy.local.errors import PlatformError
from deploy.local.ports import free_port
from deploy.local.postgres import PostgreSQL
from shared.database import Database, Scope
from shared.runtime import connected
from shared.settings import Settings
from tests.support.backing import Backing, Databases
from tests.support.notes import Note, NoteRow

_ERASED = text(
    "INSERT INTO erasure_ledger (erased, key_id, subject, kind, reason, at, tenant) VALUES"
    " (gen_random_uuid(), :key_id, gen_random_uuid(), 'case', 'asked', now(), gen_random_uuid())"
)


def surroundings(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Say to the commands where the parts are."""
    keys = settings.keys_database_url
    assert keys is not None
    monkeypatch.setenv("KRING_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("KRING_KEYS_DATABASE_URL", keys.get_secret_value())
    monkeypatch.setenv("KRING_SECRETS_DIR", str(settings.secrets_dir))


async def keys_in(database: Database) -> int:
    """Return how many keys a store holds."""
    async with database.transaction() as session:
        return int((await session.execute(text("SELECT count(*) FROM data_key"))).scalar_one())


class TestKeysOnAServerOfTheirOwn:
    async def test_are_made_and_used_there_and_nowhere_else(
        self,
        settings: Settings,
        databases: Databases,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        for name in ("network", "intake"):
            await databases.fresh(name)
        erased = uuid4()
        async with databases.owned("intake").transaction() as session:
            # Intake has no role on the new server yet.
            await session.execute(_ERASED, {"key_id": erased})
        parts = Backing(tmp_path)
        try:
            own = (await parts.get("postgres", PostgreSQL)).url
            apart = settings.model_copy(update={"keys_database_url": SecretStr(own)})
            surroundings(monkeypatch, apart)
            await migrate(["network"], wait_seconds=5, parts=["databases"])

            scope, row = Scope(tenant=uuid4(), subject=None), NoteRow(person=uuid4())
            async with connected("network", apart) as context:
                async with context.database.transaction(scope) as session:
                    await context.vault.seal(session, row, Note(words="apart"))
                async with context.database.transaction(scope) as session:
                    assert (await context.vault.open(session, row)).words == "apart"

            there = Database.connect(apart.database_of("keys"), application_name="test-keys", pool_size=1)
            assert (await keys_in(there) > 0, await keys_in(databases.owned("keys"))) == (True, 0)
            async with there.transaction() as session:
                destroyed = text("SELECT id FROM data_key WHERE destroyed_at IS NOT NULL")
                assert erased in (await session.execute(destroyed)).scalars().all()
            await there.close()
            assert await vault_commands.status() == 0
            assert re.search(r"\b[1-9]\d* keys ", capsys.readouterr().out)
        finally:
            await parts.stop()
            await databases.close()

    async def test_that_does_not_answer_is_named(
        self, settings: Settings, databases: Databases, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        nowhere = f"postgresql://kring:secret@127.0.0.1:{free_port()}"
        surroundings(monkeypatch, settings.model_copy(update={"keys_database_url": SecretStr(nowhere)}))
        with pytest.raises(PlatformError, match="KRING_KEYS_DATABASE_URL") as told:
            await migrate(["network"], wait_seconds=0, parts=["databases"])
        assert "secret" not in str(told.value)
        await databases.close()
