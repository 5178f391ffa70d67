"""Runs under way when the code changes must go on: recorded histories are replayed against today's workflows.

How a workflow is changed: docs/changing-workflows.md.
"""

import ast
import inspect
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from shared.services import SERVICES
from shared.temporal import data_converter
from shared.worker import SHARED_WORKFLOWS, sandbox
from shared.workflow import DeadlineWorkflow

HISTORIES = sorted(Path(__file__).with_name("histories").glob("*.json"))
WORKFLOWS = [
    *SHARED_WORKFLOWS,
    *(one for service in SERVICES for one in import_module(f"services.{service}.worker").workflows),
]


def type_of(history: Path) -> str:
    """Return the type of workflow that a history is of."""
    begun = json.loads(history.read_text())["events"][0]["workflowExecutionStartedEventAttributes"]
    return str(begun["workflowType"]["name"])


def patches() -> list[str]:
    """Return the names of the patches in the code of workflows."""
    modules = {base.__module__ for one in WORKFLOWS for base in one.__mro__} & {
        name for name in sys.modules if name.startswith(("shared.", "services."))
    }
    calls = [
        node
        for name in sorted(modules)
        for node in ast.walk(ast.parse(inspect.getsource(sys.modules[name])))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "workflow.patched"
    ]
    return [ast.literal_eval(call.args[0]) for call in calls]


async def replay(history: Path) -> None:
    """Run a history through today's code. Raises: RuntimeError if that fails or does something else."""
    # The one workflow: each that is given is first tried in the sandbox, which takes longer than most histories.
    workflows = [one for one in WORKFLOWS if one.__temporal_workflow_definition.name == type_of(history)]
    replayer = Replayer(workflows=workflows, workflow_runner=sandbox(), data_converter=data_converter(()))
    await replayer.replay_workflow(WorkflowHistory.from_json(history.stem, history.read_text()))


@pytest.mark.parametrize("history", HISTORIES, ids=lambda path: path.stem)
async def test_replays(history: Path) -> None:
    await replay(history)


def test_every_type_of_workflow_has_a_history() -> None:
    types = {one.__temporal_workflow_definition.name for one in WORKFLOWS}
    assert {type_of(history) for history in HISTORIES} == types


async def stopped_by(monkeypatch: pytest.MonkeyPatch, patch: str, *, new: bool) -> list[Path]:
    """Return the histories that cannot go on where a change has no patch: only its `new` way is there, or the old."""
    known, found = workflow.patched, []
    with monkeypatch.context() as changed:
        changed.setattr(workflow, "patched", lambda name: new if name == patch else known(name))
        for history in HISTORIES:
            try:
                await replay(history)
            except workflow.NondeterminismError:
                found.append(history)
    return found


@pytest.mark.parametrize("patch", patches())
async def test_a_change_without_its_patch_fails(patch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await stopped_by(monkeypatch, patch, new=True)
    after = await stopped_by(monkeypatch, patch, new=False)
    # Each type of workflow that the change touches has histories from before and after it.
    assert {type_of(history) for history in before} == {type_of(history) for history in after} != set()


async def test_a_history_that_grows_long_goes_on_in_a_new_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflow.Info, "is_continue_as_new_suggested", lambda _: True)
    with pytest.raises(workflow.NondeterminismError, match="Continue as new"):
        await replay(next(history for history in HISTORIES if type_of(history) == "FollowUp"))


async def test_a_deadline_without_a_step_fails_the_task_and_spins_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def no_step(*_: Any) -> None: ...

    monkeypatch.setattr(DeadlineWorkflow, "step", no_step)
    with pytest.raises(RuntimeError, match="Unhandled"):
        await replay(next(history for history in HISTORIES if type_of(history) == "Clock"))
