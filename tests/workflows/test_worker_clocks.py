"""A worker whose clock lags behind the server's or leads it changes nothing: the same steps, effects and waits."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory

from tests.support.backing import Databases
from tests.workflows.record import PLAYS, played
from tests.workflows.skipping import kinds_of

# What a step is taken about and what came of it; the rest are ids and times.
_TOLD = ("kind", "what", "done", "rows")


def course(history: WorkflowHistory) -> list[str]:
    """Return what a run did and what it heard, in order: timers, activities with what came of them, signals."""
    found = []
    for event, kind in zip(history.events, kinds_of(history), strict=True):
        attributes = getattr(event, event.WhichOneof("attributes") or "")
        told, payloads = [kind], []
        if kind == "activity_task_scheduled":
            told, payloads = [attributes.activity_type.name], attributes.input.payloads
        elif kind == "activity_task_completed":
            payloads = attributes.result.payloads
        for data in (json.loads(payload.data) for payload in payloads):
            told += [f"{key}={data[key]}" for key in _TOLD if key in data]
        if not kind.startswith("workflow_task"):
            found.append(" ".join(told))
    return found


@pytest.mark.parametrize("name", PLAYS)
async def test_changes_nothing(name: str, databases: Databases, secrets_dir: Path) -> None:
    right, lagging, leading = [
        await played(name, databases, secrets_dir, worker_by=timedelta(hours=hours)) for hours in (0, -1, 1)
    ]
    for found in (lagging, leading):
        assert {end: course(run) for end, run in found.runs.items()} == {
            end: course(run) for end, run in right.runs.items()
        }
        assert found.published == right.published
