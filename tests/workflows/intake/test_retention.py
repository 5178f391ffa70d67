"""Retention as it runs: for a year, for thirty-five, and past everything that happens meanwhile."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio
from pydantic import SecretStr

from deploy.local.postgres import PostgreSQL
from deploy.local.temporal import TimeSkippingServer
from shared.calendar import BRUSSELS
from shared.clock import SkippedClock
from shared.database import Database
from shared.settings import Settings
from shared.temporal import prepare_namespace
from tests.integration.intake.house import Case, opened
from tests.support.backing import KEYS, Databases
from tests.support.eventually import eventually
from tests.workflows.intake.keeping import Keeping


@pytest_asyncio.fixture
async def files(
    postgres: PostgreSQL,
    databases: Databases,
    database: Callable[[str], Awaitable[Database]],
    fresh_temporal: TimeSkippingServer,
    secrets_dir: Path,
) -> AsyncIterator[Keeping]:
    """Intake without a worker; each test says when one runs."""
    await databases.recreate(KEYS)
    settings = Settings(
        database_url=SecretStr(postgres.url),
        temporal_address=fresh_temporal.address,
        temporal_namespace=fresh_temporal.namespace,
        secrets_dir=secrets_dir,
        local=True,
    )
    await prepare_namespace(address=fresh_temporal.address, namespace=fresh_temporal.namespace)
    others: dict[str, Any] = {"clock": SkippedClock(fresh_temporal.address)}
    async with opened(settings, await database("intake"), **others) as house:
        await house.furnish()
        yield Keeping(house)


class TestRetention:
    async def test_erases_an_adult_after_five_years_having_warned(self, files: Keeping) -> None:
        async with await files.worker():
            case = await files.withdrawn(await files.house.refer_oneself())
            await files.waiting()
            due_at = (await files.clock(case.id)).due_at
            await files.skip_to(due_at - timedelta(days=60))

            async def warned() -> bool:
                return (await files.clock(case.id)).warned_at is not None

            await eventually(warned, "the warning")
            assert await files.state(case) == "withdrawn"
            await files.waiting()
            await files.skip_to(due_at)
            await files.erased(case)
            await files.ended()
            assert len(await files.house.said(case, "intake.case.erased.v1")) == 1

    async def test_erases_a_young_person_when_they_are_thirty_five(self, files: Keeping) -> None:
        async with await files.worker():
            case = await files.withdrawn()
            await files.waiting()
            await files.skip(days=365 * 20)
            assert await files.state(case) == "withdrawn"
            await files.waiting()
            await files.skip_to((await files.clock(case.id)).due_at)
            await files.erased(case)
            assert (await files.house.context.clock.now()).astimezone(BRUSSELS).year == 2048

    async def test_goes_on_with_another_worker_years_later(self, files: Keeping) -> None:
        async with await files.worker():
            case = await files.withdrawn(await files.house.refer_oneself())
            await files.waiting()
        due_at = (await files.clock(case.id)).due_at
        async with await files.worker():
            await files.skip_to(due_at)
            await files.erased(case)

    async def test_takes_every_file_in_its_turn(self, files: Keeping) -> None:
        async with await files.worker():
            cases: list[Case] = []
            # More than it attends to at a time.
            for _ in range(25):
                cases.append(await files.withdrawn(await files.house.refer_oneself()))  # noqa: PERF401
            await files.waiting()
            await files.skip_to((await files.clock(cases[-1].id)).due_at)
            await files.erased(*cases)
            await files.ended()

    async def test_is_begun_again_by_the_next_file(self, files: Keeping) -> None:
        async with await files.worker():
            first = await files.withdrawn(await files.house.refer_oneself())
            await files.waiting()
            await files.skip_to((await files.clock(first.id)).due_at)
            await files.erased(first)
            await files.ended()
            second = await files.withdrawn(await files.house.refer_oneself())
            await files.waiting()
            await files.skip_to((await files.clock(second.id)).due_at)
            await files.erased(second)


class TestHolds:
    async def test_keep_a_file_past_its_time(self, files: Keeping) -> None:
        async with await files.worker():
            case = await files.withdrawn(await files.house.refer_oneself())
            await files.waiting()
            hold = await files.hold(case)
            await files.skip(days=365 * 8)
            assert await files.state(case) == "withdrawn"
            await files.lift(hold)
            await files.waiting()
            await files.skip(days=59)
            assert await files.state(case) == "withdrawn"
            await files.skip(days=2)
            await files.erased(case)

    async def test_end_by_themselves_after_their_last_day(self, files: Keeping) -> None:
        async with await files.worker():
            case = await files.withdrawn(await files.house.refer_oneself())
            now = await files.house.context.clock.now()
            hold = await files.hold(case, until=str((now + timedelta(days=365 * 6)).date()))
            await files.waiting()
            await files.skip_to((await files.clock(hold)).due_at)

            async def lifted() -> bool:
                return bool(await files.house.said(case, "intake.hold.lifted.v1"))

            await eventually(lifted, "the hold to end")
            await files.hear()
            await files.waiting()
            assert (await files.clock(case.id)).state == "running"
            await files.skip_to((await files.clock(case.id)).due_at)
            await files.erased(case)
            said = await files.house.said(case, "intake.hold.lifted.v1")
            assert said[0].data["because"] == "expired"

    async def test_hold_one_file_and_no_other(self, files: Keeping) -> None:
        async with await files.worker():
            held = await files.withdrawn(await files.house.refer_oneself())
            other = await files.withdrawn(await files.house.refer_oneself())
            await files.hold(held)
            await files.waiting()
            await files.skip_to((await files.clock(other.id)).due_at)
            await files.erased(other)
            assert await files.state(held) == "withdrawn"


class TestErasure:
    async def test_that_is_not_confirmed_is_warned_of_and_then_late(self, files: Keeping) -> None:
        async with await files.worker():
            case = await files.withdrawn(await files.house.refer_oneself())
            body = {"because": "asked"}
            await files.house.do("POST", f"/v1/cases/{case.id}/erase", files.dpo(), json=body)
            await files.hear()
            await files.waiting()

            async def said() -> list[str]:
                rows = await files.house.rows(
                    "SELECT type FROM outbox WHERE type LIKE 'intake.clock.%' AND data->>'kind' = 'erasure'"
                    " ORDER BY position"
                )
                return [row.type.split(".")[2] for row in rows]

            async def has_said(*what: str) -> bool:
                return await said() == list(what)

            assert await said() == ["started"]
            (clock,) = await files.house.rows("SELECT warn_at, due_at FROM clock WHERE kind = 'erasure'")
            await files.skip_to(clock.warn_at)
            await eventually(lambda: has_said("started", "warned"), "the warning")
            await files.waiting()
            await files.skip_to(clock.due_at)
            await eventually(lambda: has_said("started", "warned", "breached"), "the erasure to be late")
