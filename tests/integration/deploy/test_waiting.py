"""`kring deadlines` and `kring outbox`: ids, codes and times of what is late or stuck, whose turn it is, since when."""

import argparse
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text

from deploy.commands import waiting
from deploy.commands.databases import with_database
from deploy.local.errors import PlatformError
from shared.clocks import Clocks
from shared.database import Database
from shared.deadlines import TimeLimit
from shared.ids import uuid7
from shared.settings import Settings

TENANT, CASE = uuid7(), uuid7()


@pytest_asyncio.fixture
async def plans(
    settings: Settings, database: Callable[[str], Awaitable[Database]], monkeypatch: pytest.MonkeyPatch
) -> Database:
    """The database of plans, which the commands find by the environment."""
    made = await database("plans")
    monkeypatch.setenv("KRING_DATABASE_URL", settings.database_url.get_secret_value())
    return made


def asked(**more: object) -> argparse.Namespace:
    """Return what was typed, of plans."""
    given = {"service": "plans", "kind": None, "late": False, "most": 100, "json": False}
    return argparse.Namespace(**{**given, **more})


class TestDeadlines:
    @pytest_asyncio.fixture
    async def started(self, plans: Database) -> None:
        """Start three clocks: late by a bit over three days, due in five hours, and late but paused."""
        now, clocks = datetime.now(UTC), Clocks("plans")
        async with plans.transaction() as session:
            for kind, due in (("sharing", -73), ("check-in", 5.5), ("accepting", -48)):
                await clocks.start(
                    session,
                    kind=kind,
                    subject=CASE,
                    stream=CASE,
                    tenant=TENANT,
                    case=CASE,
                    owner="coordinator",
                    escalate_to="regional_manager",
                    now=now - timedelta(days=9),
                    limit=TimeLimit(now + timedelta(hours=due)),
                )
            await clocks.pause(session, kind="accepting", subject=CASE, now=now, reason="case-paused")

    @pytest.mark.usefixtures("started")
    async def test_says_what_is_late_by_how_much_and_whose_turn_it_is(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert await waiting.deadlines(asked(late=True)) == 1
        assert capsys.readouterr().out == (
            "plans       sharing  late by 3 days; turn of: coordinator, then regional_manager;"
            f" of {CASE}, case {CASE}\n"
            "1 late deadlines.\n"
        )
        assert await waiting.deadlines(asked(late=True, kind="check-in")) == 0
        assert capsys.readouterr().out == "None.\n"

    @pytest.mark.usefixtures("started")
    async def test_lists_the_others_too_the_earliest_first(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert await waiting.deadlines(asked()) == 0
        lines = [line.split(";")[0][12:] for line in capsys.readouterr().out.splitlines()[:-1]]
        assert lines == ["sharing  late by 3 days", "accepting  paused", "check-in  due in 5 h"]
        await waiting.deadlines(asked(json=True))
        (first, *_) = json.loads(capsys.readouterr().out)["plans"]
        assert (first["kind"], first["state"], first["tenant"]) == ("sharing", "late", str(TENANT))


class TestOutbox:
    async def test_says_what_is_stuck_since_when_and_what_waits_behind_it(
        self, plans: Database, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert await waiting.outbox(asked()) == 0
        assert capsys.readouterr().out == "Everything is published.\n"

        now, clocks = datetime.now(UTC) - timedelta(minutes=7, seconds=20), Clocks("plans")
        async with plans.transaction() as session:
            for kind in ("sharing", "check-in"):
                await clocks.start(
                    session,
                    kind=kind,
                    subject=CASE,
                    stream=CASE,
                    tenant=TENANT,
                    case=CASE,
                    owner="coordinator",
                    now=now,
                    limit=TimeLimit(now + timedelta(days=9)),
                )
        # Events are written at the end of their transaction.
        async with plans.transaction() as session:
            await session.execute(text("UPDATE outbox SET attempts = 3 WHERE sequence = 1"))
        assert await waiting.outbox(asked()) == 1
        said = capsys.readouterr().out
        assert said.startswith("plans       plans.clock.started.v1 ")
        assert (
            f" for 7 min: failed 3 times; 1 events wait behind it in stream {CASE}\n2 events are unpublished"
            in said
        )
        await waiting.outbox(asked(json=True))
        (found,) = json.loads(capsys.readouterr().out)["plans"]
        assert (found["attempts"], found["waiting"], found["case_id"]) == (3, 2, str(CASE))


class TestServicesHere:
    @pytest.mark.usefixtures("plans")
    async def test_are_those_with_a_database(self, settings: Settings) -> None:
        assert "plans" in await with_database(settings)
        with pytest.raises(PlatformError, match="no database of circles here"):
            await with_database(settings, "circles")
