"""Housekeeping: what is over its time goes, a little at a time, and nothing else does."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from pydantic import ValidationError
from sqlalchemy import text

from shared.database import Scope
from shared.errors import Operational
from shared.housekeeping import purging, retention_rules
from shared.housekeeping.activities import PURGED, Progress
from shared.retention import DEAD_LETTER_DAYS
from shared.runtime import connected
from shared.settings import Settings
from tests.support.backing import Databases
from tests.support.rooms import IN_USE, OURS, ROWS, THEIRS, Rooms


@pytest.fixture
def settings(settings_without_broker: Settings) -> Settings:
    """Nothing here speaks to the broker."""
    return settings_without_broker


@pytest_asyncio.fixture
async def rooms(databases: Databases, settings: Settings) -> AsyncIterator[Rooms]:
    """Network's database."""
    owner = await databases.fresh("network")
    async with connected("network", settings) as context:
        yield Rooms(context.database, owner, settings)
    await databases.close()


class TestPurge:
    @pytest.mark.parametrize("table", ROWS)
    async def test_takes_what_is_over_its_time_and_leaves_the_rest(self, rooms: Rooms, table: str) -> None:
        await rooms.fill(table, older=timedelta(minutes=1), count=3)
        await rooms.fill(table, older=-timedelta(minutes=1), count=2)
        await rooms.purge(table)
        assert await rooms.left(table) == 2

    async def test_knows_every_table_of_the_settings(self, rooms: Rooms) -> None:
        assert set((await rooms.keeper().plan()).what) == {*ROWS, "late clock"}

    @pytest.mark.parametrize("table", IN_USE)
    async def test_leaves_what_is_still_in_use(self, rooms: Rooms, table: str) -> None:
        await rooms.fill(table, older=timedelta(days=5000), count=3)
        await rooms.run(IN_USE[table])
        await rooms.purge(table)
        assert await rooms.left(table) == 3

    async def test_takes_clocks_that_were_late_too(self, rooms: Rooms) -> None:
        await rooms.fill("clock", older=timedelta(minutes=1))
        await rooms.run("UPDATE clock SET state = 'breached', breached_at = stopped_at, stopped_at = NULL")
        await rooms.purge("clock")
        assert await rooms.left("clock") == 1
        await rooms.purge("late clock")
        assert await rooms.left("clock") == 0

    @pytest.mark.parametrize("table", ["inbox", "message"])
    async def test_goes_on_where_the_part_before_ended(self, rooms: Rooms, table: str) -> None:
        for tenant in (OURS, THEIRS):
            for age in range(4):
                await rooms.fill(table, older=timedelta(minutes=1 + age), count=2, tenant=tenant)
        parts = await rooms.purge(table, batch=3, seconds=0)
        assert (parts > 3, await rooms.left(table)) == (True, 0)

    async def test_reaches_the_rows_of_every_tenant_that_was_ever_heard_of(self, rooms: Rooms) -> None:
        for tenant in (OURS, THEIRS):
            await rooms.fill("outbox", older=timedelta(minutes=1), tenant=tenant)
            await rooms.fill("message", older=timedelta(minutes=1), tenant=tenant)
        await rooms.run("DELETE FROM tenant_seen")
        await rooms.purge("message")
        assert await rooms.left("message") == 2
        await rooms.purge("outbox")
        await rooms.purge("message", batch=1)
        assert (await rooms.left("tenant_seen"), await rooms.left("message")) == (2, 0)

    async def test_passes_over_a_row_in_somebodys_hands(self, rooms: Rooms) -> None:
        await rooms.fill("effect", older=timedelta(minutes=1), count=2)
        async with rooms.owner.transaction() as session:
            await session.execute(text("SELECT 1 FROM effect LIMIT 1 FOR UPDATE"))
            await asyncio.wait_for(rooms.purge("effect"), 60)
            assert await rooms.left("effect") == 1
        await rooms.purge("effect")
        assert await rooms.left("effect") == 0

    async def test_keeps_what_is_done_when_it_is_cut_off(self, rooms: Rooms) -> None:
        """The database refuses the third batch: the two before it are gone for good, and the next try goes on."""
        await rooms.fill("inbox", older=timedelta(minutes=1), count=6)
        await rooms.run(
            "CREATE FUNCTION cut_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF (SELECT count(*) FROM inbox) <= 2 THEN RAISE EXCEPTION USING ERRCODE = '57P01'; END IF;"
            " RETURN OLD; END $$"
        )
        await rooms.run(
            "CREATE TRIGGER cut_off BEFORE DELETE ON inbox FOR EACH ROW EXECUTE FUNCTION cut_off()"
        )
        with pytest.raises(Operational):
            await rooms.purge("inbox", batch=2)
        assert await rooms.left("inbox") == 2
        await rooms.run("DROP TRIGGER cut_off ON inbox")
        await rooms.run("DROP FUNCTION cut_off")
        await rooms.purge("inbox", batch=2)
        assert await rooms.left("inbox") == 0

    async def test_two_at_once_do_not_disturb_each_other(self, rooms: Rooms) -> None:
        await rooms.fill("outbox", older=timedelta(minutes=1), count=40)
        await asyncio.gather(*(rooms.purge("outbox", batch=3) for _ in range(3)))
        assert await rooms.left("outbox") == 0

    async def test_a_table_that_another_version_planned_is_left_alone(self, rooms: Rooms) -> None:
        assert (await rooms.keeper().purge(Progress(what="case_state"))).next is None

    async def test_counts_what_it_took(self, rooms: Rooms) -> None:
        def counted() -> float:
            return float(PURGED.labels("network", "effect")._value.get())

        before = counted()
        await rooms.fill("effect", older=timedelta(minutes=1), count=4)
        await rooms.purge("effect", batch=3)
        assert counted() == before + 4

    @pytest.mark.parametrize("table", ROWS)
    async def test_finds_old_rows_by_an_index(self, rooms: Rooms, table: str) -> None:
        await rooms.fill(table, older=-timedelta(minutes=1), count=20_000)
        await rooms.fill(table, older=timedelta(minutes=1), count=5)
        await rooms.run(f"ANALYZE {table}")
        what = rooms.kept[table]
        statement = text(f"EXPLAIN {purging.statement_of(what).text}")
        scope = Scope(tenant=OURS) if what.of_tenants else Scope()
        values = {
            "after": purging.BEGINNING,
            "before": datetime.now(UTC) - what.length,
            "most": 500,
        }
        async with rooms.database.transaction(scope) as session:
            plan = "\n".join((await session.execute(statement, values)).scalars())
        assert f"Seq Scan on {table}" not in plan, plan
        assert "Index" in plan, plan


class TestLengths:
    def test_events_are_kept_until_no_dead_letter_can_bring_them_back(self) -> None:
        least = 2 * DEAD_LETTER_DAYS
        with pytest.raises(ValidationError):
            Settings(events_kept_days=least)
        assert Settings(events_kept_days=least + 1).events_kept_days > least

    def test_events_out_and_in_are_kept_equally_long(self) -> None:
        found = retention_rules(Settings(events_kept_days=77))
        assert found["outbox"].length == found["inbox"].length == timedelta(days=77)

    @pytest.mark.parametrize("name", ["messages_kept_days", "clocks_kept_days"])
    def test_what_belongs_to_tenants_outlives_the_events_that_tell_of_them(self, name: str) -> None:
        longest = Settings(events_kept_days=365).events_kept_days
        with pytest.raises(ValidationError):
            Settings.model_validate({name: longest})
