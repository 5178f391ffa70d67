"""The page on operations, followed to the letter: its commands back up one server and restore onto an empty one."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from importlib import import_module
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from pydantic import SecretStr

from deploy.commands import backups
from deploy.local.errors import PlatformError
from deploy.local.postgres import PostgreSQL, binary
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.temporal import TemporalServer
from shared.database import Database
from shared.runtime import connected
from shared.services import PORTAL, PROCESSES
from shared.settings import Settings
from tests.support.backing import ROOT, Backing, Databases
from tests.support.world.platform import CasePlatform, Story

_BLOCKS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def written(word: str) -> str:
    """Return the one block of commands of the page that holds a word."""
    (block,) = [
        found for found in _BLOCKS.findall((ROOT / "docs/operations.md").read_text()) if word in found
    ]
    return str(block)


class Hands:
    """Somebody who types what the page says."""

    def __init__(self, directory: Path) -> None:
        self.places = {name: directory / name.lower() for name in ("BACKUPS", "KEY_BACKUPS", "LEDGER")}
        for place in self.places.values():
            place.mkdir()

    async def type(self, commands: str, settings: Settings, **more: str) -> str:
        """Run commands against a server, and return what they print."""
        management = settings.broker_management_url
        path = os.pathsep.join((str(ROOT / ".venv/bin"), os.environ["PATH"]))
        environment = {
            "PATH": path,
            "LC_ALL": "C",
            "KRING_DATABASE_URL": settings.database_url.get_secret_value(),
            "KRING_BROKER_URL": settings.broker_url.get_secret_value(),
            "KRING_TEMPORAL_ADDRESS": settings.temporal_address,
            "KRING_TEMPORAL_NAMESPACE": settings.temporal_namespace,
            "KRING_SECRETS_DIR": str(settings.secrets_dir),
            **({"KRING_BROKER_MANAGEMENT_URL": management} if management else {}),
            **{name: str(place) for name, place in self.places.items()},
            **more,
        }
        typing = await asyncio.create_subprocess_exec(
            *("bash", "-euo", "pipefail", "-c", commands),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
            cwd=ROOT,
        )
        said, _ = await typing.communicate()
        assert typing.returncode == 0, said.decode()
        return said.decode()


@pytest.fixture
def hands(tmp_path: Path) -> Hands:
    """Somebody with three places to keep backups in."""
    return Hands(tmp_path)


@pytest_asyncio.fixture
async def new_server(
    settings: Settings, rabbitmq: RabbitMQ, temporal_dev: TemporalServer, tmp_path: Path
) -> AsyncIterator[Settings]:
    """Settings that name another server of PostgreSQL, on which there is nothing, and no role of a service."""
    parts = Backing(tmp_path)
    server = await parts.get("postgres", PostgreSQL)
    yield settings.model_copy(
        update={"database_url": SecretStr(server.url), "broker_management_url": rabbitmq.management}
    )
    await parts.stop()


async def read(
    platform: CasePlatform, settings: Settings, service: str, path: str, story: Story
) -> httpx2.Response:
    """Read something as the case's coordinator, from a service that runs on this server."""
    async with connected(service, settings) as context:
        app = import_module(f"services.{service}.api").create_app(context)
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url=f"http://{service}") as http:
            return await http.get(path, headers=platform.coordinator(story))


@pytest.mark.timeout(180)
class TestBackups:
    async def test_restore_onto_an_empty_server_all_but_what_was_erased_since(
        self,
        # Its settings come with an empty store of keys: before the platform.
        new_server: Settings,
        platform: CasePlatform,
        databases: Databases,
        hands: Hands,
        temporal_dev: TemporalServer,
    ) -> None:
        for name in ("training", PORTAL):
            await databases.fresh(name)
        kept, forgotten = await platform.story(), await platform.story()
        await hands.type(written("kring backup"), platform.settings)
        await platform.close(forgotten)
        await platform.erase(forgotten)
        await platform.settle()
        await hands.type('kring vault export-ledger "$LEDGER/ledger.jsonl"', platform.settings)

        (keys,) = hands.places["KEY_BACKUPS"].iterdir()
        # Migrating prepares a namespace, which only the server in real time has.
        temporal = {
            "KRING_TEMPORAL_ADDRESS": temporal_dev.address,
            "KRING_TEMPORAL_NAMESPACE": temporal_dev.namespace,
        }
        (lost,) = hands.places["BACKUPS"].glob("kring_network.*")
        aside = lost.rename(lost.with_name("aside"))
        with pytest.raises(AssertionError, match=f"There is no {lost}. If it was never run here"):
            await hands.type(written("kring restore"), new_server, DAY=keys.suffix[1:], **temporal)
        aside.rename(lost)
        said = await hands.type(written("kring restore"), new_server, DAY=keys.suffix[1:], **temporal)

        assert "kring_portal: restored from" in said
        assert "erasures repeated in restored databases: 4" in said
        people = await read(platform, new_server, "network", f"/v1/cases/{kept.case.id}/persons", kept)
        assert people.is_success, people.text
        assert {person["first_name"] for person in people.json()["items"]} >= {"Wannes", "Rachid"}
        plan = await read(platform, new_server, "plans", f"/v1/plans/{kept.plan}", kept)
        assert "Wannes slaapt thuis" in plan.text
        gone = await read(platform, new_server, "plans", f"/v1/plans/{forgotten.plan}", forgotten)
        assert gone.status_code == 410

    async def test_keys_older_than_a_week_are_thrown_away_and_nothing_else(
        self, platform: CasePlatform, databases: Databases, hands: Hands
    ) -> None:
        for name in ("training", PORTAL):
            await databases.fresh(name)
        old = {
            place: hands.places[place] / f"kring_{name}.2026-01-01"
            for place, name in (("KEY_BACKUPS", "keys"), ("BACKUPS", "intake"))
        }
        for file in old.values():
            file.write_bytes(b"")
            os.utime(file, (0, 0))
        await hands.type(written("kring backup"), platform.settings)
        assert not old["KEY_BACKUPS"].exists()
        assert old["BACKUPS"].exists()
        files = [file for place in hands.places.values() for file in place.iterdir()]
        assert len(files) == 7 + 1 + 1
        assert {file.stat().st_mode & 0o077 for file in files if file != old["BACKUPS"]} == {0}


class TestVerifying:
    @pytest.mark.parametrize(
        ("script", "said"),
        [
            ("echo 'server version mismatch' >&2; exit 1", "pg_dump of kring_intake failed: server version"),
            # A file of nothing, and success.
            (
                'for each; do case "$each" in --file=*) : > "${each#--file=}";; esac; done',
                "pg_restore of kring",
            ),
        ],
    )
    async def test_a_dump_that_is_none_is_no_backup(
        self,
        *,
        settings: Settings,
        database: Callable[[str], Awaitable[Database]],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        script: str,
        said: str,
    ) -> None:
        await database("intake")
        fake = tmp_path / "pg_dump"
        fake.write_text(f"#!/bin/sh\n{script}\n")
        fake.chmod(0o700)
        monkeypatch.setattr(
            backups, "_found", lambda program: str(fake if program == "pg_dump" else binary(program))
        )
        monkeypatch.setattr(backups, "with_database", _only_intake)
        monkeypatch.setattr(backups, "Settings", lambda: settings)
        old = tmp_path / "kring_keys.2026-01-01"
        old.touch()
        os.utime(old, (0, 0))
        with pytest.raises(PlatformError, match=said):
            await backups.backup(directory=tmp_path, keys=tmp_path, ledger=tmp_path / "ledger.jsonl")
        assert sorted(file.name for file in tmp_path.glob("kring_*")) == [old.name]

    async def test_a_dump_without_a_table_is_no_backup(
        self,
        settings: Settings,
        database: Callable[[str], Awaitable[Database]],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        await database("intake")
        program = tmp_path / "pg_dump"
        program.write_text(f'#!/bin/sh\nexec {binary("pg_dump")} --exclude-table=offer "$@"\n')
        program.chmod(0o700)
        monkeypatch.setattr(
            backups, "_found", lambda name: str(program if name == "pg_dump" else binary(name))
        )
        monkeypatch.setattr(backups, "with_database", _only_intake)
        monkeypatch.setattr(backups, "Settings", lambda: settings)
        with pytest.raises(PlatformError, match="lacks tables of kring_intake: offer"):
            await backups.backup(directory=tmp_path, keys=tmp_path, ledger=tmp_path / "ledger.jsonl")


async def _only_intake(_settings: Settings, *, among: Sequence[str]) -> list[str]:
    assert among == PROCESSES
    return ["intake"]
