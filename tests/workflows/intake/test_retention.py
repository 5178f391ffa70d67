"""Retention as it runs: for a year, for thirty-five, and past everything that happens meanwhile."""

from datetime import timedelta

from shared.calendar import BRUSSELS
from tests.support.eventually import eventually
from tests.support.world import Case
from tests.workflows.intake.cases import Cases


class TestRetention:
    async def test_erases_an_adult_after_five_years_having_warned(self, cases: Cases) -> None:
        async with cases.skipped.worker():
            case = await cases.withdrawn(await cases.world.refer_oneself())
            await cases.skipped.waits(cases.retention)
            due_at = (await cases.clock(case.id)).due_at
            await cases.skipped.skip_to(due_at - timedelta(days=60))

            async def warned() -> bool:
                return (await cases.clock(case.id)).warned_at is not None

            await eventually(warned, "the warning")
            assert await cases.state(case) == "withdrawn"
            await cases.skipped.waits(cases.retention)
            await cases.skipped.skip_to(due_at)
            await cases.erased(case)
            await cases.skipped.ended(cases.retention)
            assert len(await cases.world.published("intake.case.erased.v1", case=case)) == 1

    async def test_erases_a_young_person_when_they_are_thirty_five(self, cases: Cases) -> None:
        async with cases.skipped.worker():
            case = await cases.withdrawn()
            await cases.skipped.waits(cases.retention)
            await cases.skipped.skip(days=365 * 20)
            assert await cases.state(case) == "withdrawn"
            await cases.skipped.waits(cases.retention)
            await cases.skipped.skip_to((await cases.clock(case.id)).due_at)
            await cases.erased(case)
            assert (await cases.world.now()).astimezone(BRUSSELS).year == 2048

    async def test_goes_on_with_another_worker_years_later(self, cases: Cases) -> None:
        async with cases.skipped.worker():
            case = await cases.withdrawn(await cases.world.refer_oneself())
            await cases.skipped.waits(cases.retention)
        due_at = (await cases.clock(case.id)).due_at
        async with cases.skipped.worker():
            await cases.skipped.skip_to(due_at)
            await cases.erased(case)

    async def test_takes_every_file_in_its_turn(self, cases: Cases) -> None:
        async with cases.skipped.worker():
            found: list[Case] = []
            # More than it attends to at a time.
            for _ in range(25):
                found.append(await cases.withdrawn(await cases.world.refer_oneself()))  # noqa: PERF401
            await cases.skipped.waits(cases.retention)
            await cases.skipped.skip_to((await cases.clock(found[-1].id)).due_at)
            await cases.erased(*found)
            await cases.skipped.ended(cases.retention)

    async def test_is_begun_again_by_the_next_file(self, cases: Cases) -> None:
        async with cases.skipped.worker():
            first = await cases.withdrawn(await cases.world.refer_oneself())
            await cases.skipped.waits(cases.retention)
            await cases.skipped.skip_to((await cases.clock(first.id)).due_at)
            await cases.erased(first)
            await cases.skipped.ended(cases.retention)
            second = await cases.withdrawn(await cases.world.refer_oneself())
            await cases.skipped.waits(cases.retention)
            await cases.skipped.skip_to((await cases.clock(second.id)).due_at)
            await cases.erased(second)


class TestHolds:
    async def test_keep_a_file_past_its_time(self, cases: Cases) -> None:
        async with cases.skipped.worker():
            case = await cases.withdrawn(await cases.world.refer_oneself())
            await cases.skipped.waits(cases.retention)
            hold = await cases.hold(case)
            await cases.skipped.skip(days=365 * 8)
            assert await cases.state(case) == "withdrawn"
            await cases.lift(hold)
            await cases.skipped.waits(cases.retention)
            await cases.skipped.skip(days=59)
            assert await cases.state(case) == "withdrawn"
            await cases.skipped.skip(days=2)
            await cases.erased(case)

    async def test_end_by_themselves_after_their_last_day(self, cases: Cases) -> None:
        async with cases.skipped.worker():
            case = await cases.withdrawn(await cases.world.refer_oneself())
            now = await cases.world.now()
            hold = await cases.hold(case, until=str((now + timedelta(days=365 * 6)).date()))
            await cases.skipped.waits(cases.retention)
            await cases.skipped.skip_to((await cases.clock(hold)).due_at)

            async def lifted() -> bool:
                return bool(await cases.world.published("intake.hold.lifted.v1", case=case))

            await eventually(lifted, "the hold to end")
            await cases.skipped.deliver()
            await cases.skipped.waits(cases.retention)
            assert (await cases.clock(case.id)).state == "running"
            await cases.skipped.skip_to((await cases.clock(case.id)).due_at)
            await cases.erased(case)
            said = await cases.world.published("intake.hold.lifted.v1", case=case)
            assert said[0].data["reason"] == "expired"

    async def test_hold_one_file_and_no_other(self, cases: Cases) -> None:
        async with cases.skipped.worker():
            held = await cases.withdrawn(await cases.world.refer_oneself())
            other = await cases.withdrawn(await cases.world.refer_oneself())
            await cases.hold(held)
            await cases.skipped.waits(cases.retention)
            await cases.skipped.skip_to((await cases.clock(other.id)).due_at)
            await cases.erased(other)
            assert await cases.state(held) == "withdrawn"


class TestErasure:
    async def test_that_is_not_confirmed_is_warned_of_and_then_late(self, cases: Cases) -> None:
        async with cases.skipped.worker():
            case = await cases.withdrawn(await cases.world.refer_oneself())
            body = {"reason": "asked"}
            await cases.world.do("POST", f"/v1/cases/{case.id}/erase", cases.dpo(), json=body)
            await cases.skipped.deliver()
            await cases.skipped.waits(f"clock/erasure/{case.id}")

            async def said() -> list[str]:
                rows = await cases.world.rows(
                    "SELECT type FROM outbox WHERE type LIKE 'intake.clock.%' AND data->>'kind' = 'erasure'"
                    " ORDER BY position"
                )
                return [row.type.split(".")[2] for row in rows]

            async def has_said(*what: str) -> bool:
                return await said() == list(what)

            assert await said() == ["started"]
            (clock,) = await cases.world.rows("SELECT warn_at, due_at FROM clock WHERE kind = 'erasure'")
            await cases.skipped.skip_to(clock.warn_at)
            await eventually(lambda: has_said("started", "warned"), "the warning")
            await cases.skipped.waits(f"clock/erasure/{case.id}")
            await cases.skipped.skip_to(clock.due_at)
            await eventually(lambda: has_said("started", "warned", "breached"), "the erasure to be late")
