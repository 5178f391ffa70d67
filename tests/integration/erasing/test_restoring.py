"""Backups from before an erasure: what was erased stays so, whichever of the databases is restored from them."""

import asyncio
import json
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text

from deploy.commands import erasures
from deploy.commands.migrate import migrate
from deploy.local.errors import PlatformError
from deploy.local.postgres import binary
from shared.ids import uuid7
from shared.services import SERVICES_WITH_CASES
from shared.settings import Settings
from tests.support.world.platform import CasePlatform, Story

ALL = (*SERVICES_WITH_CASES, "keys")


class Backups:
    """Dumps of databases as `pg_dump` makes them, and restoring one in the place of what is there."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        self._server, self._directory = settings.database_url.get_secret_value(), directory

    async def take(self) -> None:
        """Dump all databases."""
        for name in ALL:
            await self._run("pg_dump", f"{self._server}/kring_{name}", "--file", str(self._file(name)))

    async def restore(self, name: str) -> None:
        """Replace a database by its dump."""
        admin = await asyncpg.connect(f"{self._server}/postgres")
        await admin.execute(f'DROP DATABASE "kring_{name}" WITH (FORCE)')
        await admin.execute(f'CREATE DATABASE "kring_{name}" TEMPLATE template0')
        await admin.close()
        database = f"{self._server}/kring_{name}"
        await self._run("psql", database, "--quiet", "-v", "ON_ERROR_STOP=1", "-f", str(self._file(name)))

    def _file(self, name: str) -> Path:
        return self._directory / f"{name}.sql"

    @staticmethod
    async def _run(program: str, *arguments: str) -> None:
        running = await asyncio.create_subprocess_exec(
            str(binary(program)),
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, error = await running.communicate()
        assert running.returncode == 0, error.decode()


@pytest.fixture
def backups(platform: CasePlatform, tmp_path: Path) -> Backups:
    """Where backups lie."""
    return Backups(platform.settings, tmp_path)


@pytest_asyncio.fixture
async def erased(platform: CasePlatform, backups: Backups) -> Story:
    """A case that was erased after the backups were taken."""
    story = await platform.story()
    await backups.take()
    await platform.close(story)
    await platform.erase(story)
    await platform.settle()
    return story


async def restore(platform: CasePlatform, backups: Backups, *names: str) -> None:
    """Restore databases, and forget the connections to what they were."""
    for name in names:
        await backups.restore(name)
        await platform.let_go(name)


async def living(platform: CasePlatform, story: Story) -> int:
    """Return how many keys of a case can be used."""
    people = (story.case.id, story.central, story.mother, story.neighbour)
    return sum([len(await platform.living_keys(service, *people)) for service in SERVICES_WITH_CASES])


class TestRestoredKeys:
    async def test_are_destroyed_again_before_any_service_starts(
        self,
        platform: CasePlatform,
        backups: Backups,
        erased: Story,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        await restore(platform, backups, "keys")
        assert await living(platform, erased) == 8
        monkeypatch.setenv("KRING_DATABASE_URL", platform.settings.database_url.get_secret_value())
        monkeypatch.setenv("KRING_SECRETS_DIR", str(platform.settings.secrets_dir))
        await migrate(SERVICES_WITH_CASES, wait_seconds=5, parts=["databases"])
        assert await living(platform, erased) == 0
        assert "erased again: 8 keys" in capsys.readouterr().out
        again = await erasures.apply_ledger(platform.settings)
        assert (again.keys >= 8, again.destroyed) == (True, 0)

    async def test_know_again_who_was_let_near_a_case_since_then(
        self, platform: CasePlatform, backups: Backups
    ) -> None:
        story, tenant = await platform.story(), platform.intake.tenant
        await platform.intake.enter_staff(uuid7(), tenant, "dpo", tenant=tenant)
        await backups.take()
        path, people = f"/v1/cases/{story.case.id}/break-glass", f"/v1/cases/{story.case.id}/persons"
        await platform.do("intake", "POST", path, platform.manager(), json={"reason": "Nood"})
        known = await decisions(platform)
        await restore(platform, backups, "keys")
        assert await decisions(platform) < known
        assert (await erasures.apply_ledger(platform.settings)).decided >= len(known)
        assert await decisions(platform) == known
        # What waited for it is handled now.
        await platform.settle()
        await platform.do("network", "GET", people, platform.manager())


async def decisions(platform: CasePlatform) -> set[UUID]:
    """Return which accesses to cases were decided."""
    async with platform.keys.transaction() as session:
        found = await session.execute(text("SELECT id FROM decision WHERE kind = 'access'"))
        return set(found.scalars())


class TestARestoredDatabase:
    async def test_is_not_readable_without_the_keys_and_says_so(
        self, platform: CasePlatform, backups: Backups, erased: Story
    ) -> None:
        await restore(platform, backups, *SERVICES_WITH_CASES)
        who, central = platform.coordinator(erased), platform.person(erased, erased.central)
        people = await platform.do("network", "GET", f"/v1/cases/{erased.case.id}/persons", who)
        assert [person["first_name"] for person in people["items"]] == [None, None, None]
        for service, path, reader in (
            ("intake", f"/v1/referrals/{erased.case.referral_id}", platform.intake.referrer()),
            ("intake", f"/v1/cases/{erased.case.id}/baseline", who),
            ("network", "/v1/me", central),
            ("scheduling", f"/v1/conferences/{erased.conference}", who),
            ("plans", f"/v1/plans/{erased.plan}", who),
        ):
            assert await platform.code(service, "GET", path, reader) == (410, "erased"), path

    async def test_is_told_again_from_a_ledger_that_was_kept_elsewhere(
        self, platform: CasePlatform, backups: Backups, erased: Story, tmp_path: Path
    ) -> None:
        kept = tmp_path / "ledger.jsonl"
        assert await erasures.export_ledger(platform.settings, kept) == 8
        assert await erasures.export_ledger(platform.settings, kept) == 0
        await restore(platform, backups, *ALL)
        assert await living(platform, erased) == 8
        applied = await erasures.apply_ledger(platform.settings, kept=kept)
        assert (applied.destroyed, applied.repeated) == (8, 4)
        assert await living(platform, erased) == 0
        assert await platform.rows("scheduling", "SELECT 1 FROM poll_answer") == []
        assert await platform.rows("network", "SELECT 1 FROM contact") == []
        for service, path, who in (
            ("intake", f"/v1/cases/{erased.case.id}", platform.manager()),
            ("network", "/v1/me", platform.person(erased, erased.central)),
            ("scheduling", f"/v1/conferences/{erased.conference}", platform.manager()),
            ("plans", f"/v1/plans/{erased.plan}", platform.coordinator(erased)),
        ):
            assert await platform.code(service, "GET", path, who) == (410, "case-erased"), path
        assert (await erasures.apply_ledger(platform.settings, kept=kept)).repeated == 0

    async def test_a_person_erased_alone_is_erased_again_too(
        self, platform: CasePlatform, backups: Backups, tmp_path: Path
    ) -> None:
        story, kept = await platform.story(), tmp_path / "ledger.jsonl"
        await backups.take()
        path, body = f"/v1/persons/{story.neighbour}/erase", {"reason": "asked"}
        await platform.do("network", "POST", path, platform.officer(), json=body)
        await platform.settle()
        await erasures.export_ledger(platform.settings, kept)
        await restore(platform, backups, *ALL)
        assert (await erasures.apply_ledger(platform.settings, kept=kept)).repeated == 4
        who = platform.coordinator(story)
        shown = await platform.do("network", "GET", f"/v1/persons/{story.neighbour}", who)
        assert (shown["state"], shown["first_name"]) == ("erased", None)
        central = await platform.do("network", "GET", f"/v1/persons/{story.central}", who)
        assert central["first_name"] == "Wannes"


class TestTheFile:
    async def test_what_was_cut_off_by_a_crash_is_written_again(
        self, platform: CasePlatform, backups: Backups, erased: Story, tmp_path: Path
    ) -> None:
        kept = tmp_path / "ledger.jsonl"
        await erasures.export_ledger(platform.settings, kept)
        whole = kept.read_bytes()
        kept.write_bytes(whole[:-40])
        assert len(erasures.read_lines(kept)) == 7
        assert await erasures.export_ledger(platform.settings, kept) == 1
        assert kept.read_bytes() == whole

    @pytest.mark.parametrize(
        "line",
        [
            "{",
            "[]",
            "null",
            '"x"',
            json.dumps({"service": "intake"}),
            "\x00" * 9,
            json.dumps({"erased": "0198b5a2-0000-7000-8000-000000000001"}),
        ],
    )
    async def test_what_is_no_ledger_is_refused_and_changes_nothing(
        self, platform: CasePlatform, tmp_path: Path, line: str
    ) -> None:
        kept = tmp_path / "ledger.jsonl"
        kept.write_text(line + "\n")
        with pytest.raises(PlatformError, match="Line 1 of"):
            await erasures.apply_ledger(platform.settings, kept=kept)

    async def test_a_file_that_is_not_there(self, platform: CasePlatform, tmp_path: Path) -> None:
        with pytest.raises(PlatformError, match="cannot be read"):
            await erasures.apply_ledger(platform.settings, kept=tmp_path / "none")
