"""Runs under way when the code changes must go on: recorded histories are replayed against today's workflow."""

import json
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from services.network import worker
from shared.temporal import data_converter

HISTORIES = sorted(Path(__file__).with_name("histories").glob("*.json"))


@pytest.mark.parametrize("history", HISTORIES, ids=lambda path: path.stem)
async def test_replays(history: Path) -> None:
    replayer = Replayer(workflows=worker.workflows, data_converter=data_converter(None))
    await replayer.replay_workflow(WorkflowHistory.from_json("invitation", history.read_text()))


def test_there_is_a_history_of_every_workflow() -> None:
    begun = [json.loads(history.read_text())["events"][0] for history in HISTORIES]
    names = {event["workflowExecutionStartedEventAttributes"]["workflowType"]["name"] for event in begun}
    assert names == {"Invitation", "ComingOfAge", "DataRequest", "Deadline"}
    assert len(names) == len(worker.workflows)
