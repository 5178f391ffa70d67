"""Runs under way when the code changes must go on: recorded histories are replayed against today's workflow."""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from services.scheduling import worker
from shared.temporal import data_converter

HISTORIES = sorted(Path(__file__).with_name("histories").glob("*.json"))


@pytest.mark.parametrize("history", HISTORIES, ids=lambda path: path.stem)
async def test_replays(history: Path) -> None:
    replayer = Replayer(workflows=worker.workflows, data_converter=data_converter(None))
    await replayer.replay_workflow(WorkflowHistory.from_json("preparation", history.read_text()))


def test_there_is_a_history() -> None:
    assert HISTORIES
