"""Housekeeping as it runs: round after round, also after a worker or the workflow itself was ended."""

from shared.housekeeping.workflows import start_housekeeping
from tests.support.world.network import Network
from tests.workflows.shared.purging import HOUSEKEEPING, fill, left, purged
from tests.workflows.skipping import Skipped


async def run_id(skipped: Skipped[Network]) -> str | None:
    """Return which run it is: the one before goes on as a new one."""
    return (await (await skipped.handle(HOUSEKEEPING)).describe()).run_id


class TestHousekeeping:
    async def test_comes_round_every_day(self, skipped: Skipped[Network]) -> None:
        await fill(skipped)
        async with skipped.worker():
            await start_housekeeping(skipped.context)
            await purged(skipped)
            assert await left(skipped) == 0
            first = await run_id(skipped)
            await fill(skipped)
            await skipped.skip(hours=25)
            await purged(skipped)
            assert await left(skipped) == 0
            assert await run_id(skipped) != first

    async def test_is_one_however_often_workers_start(self, skipped: Skipped[Network]) -> None:
        async with skipped.worker():
            await start_housekeeping(skipped.context)
            await purged(skipped)
            first = await run_id(skipped)
            await start_housekeeping(skipped.context)
            assert await run_id(skipped) == first

    async def test_goes_on_with_another_worker(self, skipped: Skipped[Network]) -> None:
        async with skipped.worker():
            await start_housekeeping(skipped.context)
            await purged(skipped)
        await fill(skipped)
        async with skipped.worker():
            await skipped.skip(hours=25)
            await purged(skipped)
        assert await left(skipped) == 0

    async def test_begins_again_after_it_was_ended_by_hand(self, skipped: Skipped[Network]) -> None:
        async with skipped.worker():
            await start_housekeeping(skipped.context)
            await purged(skipped)
            await (await skipped.handle(HOUSEKEEPING)).terminate()
            await fill(skipped)
            await start_housekeeping(skipped.context)
            await purged(skipped)
            assert await left(skipped) == 0
