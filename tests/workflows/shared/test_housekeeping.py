"""Housekeeping as it runs: round after round, also after a worker or the workflow itself was ended."""

from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from shared.housekeeping.workflows import Housekeeping
from shared.temporal import data_converter
from shared.worker import sandbox
from tests.support.rooms import ROWS
from tests.workflows.shared.keeping import Keeping

HISTORIES = sorted(Path(__file__).with_name("histories").glob("*.json"))
OLD = timedelta(minutes=1)


async def fill(house: Keeping) -> None:
    for table in ROWS:
        await house.rooms.fill(table, older=OLD, count=3)


async def left(house: Keeping) -> int:
    return sum([await house.rooms.left(table) for table in ROWS])


class TestHousekeeping:
    async def test_comes_round_every_day(self, house: Keeping) -> None:
        await fill(house)
        async with await house.worker():
            await house.begin()
            await house.resting()
            assert await left(house) == 0
            first = await house.run_id()
            await fill(house)
            await house.skip(timedelta(hours=25))
            await house.resting()
            assert await left(house) == 0
            assert await house.run_id() != first

    async def test_is_one_however_often_workers_start(self, house: Keeping) -> None:
        async with await house.worker():
            await house.begin()
            await house.resting()
            first = await house.run_id()
            await house.begin()
            assert await house.run_id() == first

    async def test_goes_on_with_another_worker(self, house: Keeping) -> None:
        async with await house.worker():
            await house.begin()
            await house.resting()
        await fill(house)
        async with await house.worker():
            await house.skip(timedelta(hours=25))
            await house.resting()
        assert await left(house) == 0

    async def test_begins_again_after_it_was_ended_by_hand(self, house: Keeping) -> None:
        async with await house.worker():
            await house.begin()
            await house.resting()
            await (await house.handle()).terminate()
            await fill(house)
            await house.begin()
            await house.resting()
            assert await left(house) == 0


@pytest.mark.parametrize("history", HISTORIES, ids=lambda path: path.stem)
async def test_replays(history: Path) -> None:
    replayer = Replayer(
        workflows=[Housekeeping], workflow_runner=sandbox(), data_converter=data_converter(None)
    )
    await replayer.replay_workflow(WorkflowHistory.from_json("housekeeping", history.read_text()))


def test_there_is_a_history() -> None:
    assert HISTORIES
