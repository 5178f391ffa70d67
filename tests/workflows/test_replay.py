"""Runs under way when the code changes must go on: recorded histories are replayed against today's workflows.

How a workflow is changed: docs/changing-workflows.md.
"""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from shared.services import SERVICES
from shared.temporal import data_converter
from shared.worker import SHARED_WORKFLOWS, sandbox
from shared.workflow import DeadlineWorkflow

HISTORIES = sorted(Path(__file__).with_name("histories").glob("*.json"))
WORKFLOWS = [
    *SHARED_WORKFLOWS,
    *(workflow for service in SERVICES for workflow in import_module(f"services.{service}.worker").workflows),
]


def type_of(history: Path) -> str:
    """Return the type of workflow that a history is of."""
    begun = json.loads(history.read_text())["events"][0]["workflowExecutionStartedEventAttributes"]
    return str(begun["workflowType"]["name"])


async def replay(history: Path) -> None:
    """Run a history through today's code. Raises: RuntimeError if that fails or does something else."""
    replayer = Replayer(workflows=WORKFLOWS, workflow_runner=sandbox(), data_converter=data_converter(None))
    await replayer.replay_workflow(WorkflowHistory.from_json(history.stem, history.read_text()))


@pytest.mark.parametrize("history", HISTORIES, ids=lambda path: path.stem)
async def test_replays(history: Path) -> None:
    await replay(history)


def test_every_type_of_workflow_has_a_history() -> None:
    types = {workflow.__temporal_workflow_definition.name for workflow in WORKFLOWS}
    assert {type_of(history) for history in HISTORIES} == types


async def test_a_deadline_without_a_step_fails_the_task_and_spins_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def no_step(*_: Any) -> None: ...

    monkeypatch.setattr(DeadlineWorkflow, "step", no_step)
    with pytest.raises(RuntimeError, match="Unhandled"):
        await replay(next(history for history in HISTORIES if type_of(history) == "Clock"))
