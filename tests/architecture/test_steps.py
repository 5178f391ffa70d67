"""Every kind of clock that a workflow waits for has a step, and every step is some workflow's."""

import ast
import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Literal, cast
from unittest.mock import patch
from uuid import UUID

import pytest
from temporalio import workflow as temporal

from services.portal import boards
from shared.clock_workflow import ClockWorkflow
from shared.context import Context
from shared.deadlines import Deadline, WorkflowInput, turn_of
from shared.services import SERVICES
from shared.steps import activities, name_of
from shared.workflow import DeadlineWorkflow
from tests.architecture.sources import sources, tree_of

_NOBODY = UUID(int=0)


def taken(workflow: type[DeadlineWorkflow], kind: str, what: Literal["warn", "due"]) -> set[str]:
    """Return the steps that a workflow takes at a deadline."""
    names: set[str] = set()

    class Stepping(workflow):  # type: ignore[misc, valid-type]
        async def deadlines(self, _given: WorkflowInput) -> AsyncIterator[Deadline]:
            yield Deadline(
                tenant=_NOBODY,
                case_id=None,
                clock_id=_NOBODY,
                kind=kind,
                subject=_NOBODY,
                what=what,
                at=datetime.now(UTC),
            )

        async def step(self, operation: Any, _due: Deadline) -> None:
            names.add(name_of(operation))

    with patch.object(temporal, "patched", lambda _change: True):
        asyncio.run(Stepping().run(WorkflowInput(tenant=_NOBODY)))
    return names


@pytest.mark.parametrize("service", SERVICES)
def test_every_step_is_taken_and_every_kind_of_clock_has_one(service: str) -> None:
    workflows = import_module(f"services.{service}.worker").workflows
    found: set[str] = taken(ClockWorkflow, "any", "warn") | taken(ClockWorkflow, "any", "due")
    for workflow in workflows:
        for kind in workflow.kinds:
            at_its_end = taken(workflow, kind, "due")
            assert at_its_end, f"{workflow.__name__} does nothing when a clock {kind} is due"
            found |= at_its_end | taken(workflow, kind, "warn")
    assert found == {*activities(cast("Context", SimpleNamespace(service=service)))}


def test_no_two_workflows_of_a_service_wait_for_clocks_of_the_same_kind() -> None:
    for service in SERVICES:
        kinds = [
            kind for each in import_module(f"services.{service}.worker").workflows for kind in each.kinds
        ]
        assert len(kinds) == len(set(kinds))


def test_the_portal_speaks_of_kinds_of_clocks_that_there_are() -> None:
    texts = {
        node.value
        for path in (*sources("services"), *sources("shared"))
        if "portal" not in path.parts
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert boards.TO_DO.keys() | boards.DONE_AT.keys() <= texts


def test_the_portal_has_a_sentence_for_every_kind_of_clock_that_is_somebodys_turn() -> None:
    kinds = {
        kind
        for service in SERVICES
        for workflow in import_module(f"services.{service}.worker").workflows
        for kind in workflow.kinds
        if turn_of(kind) != "never"
    }
    assert kinds - boards.TO_DO.keys() == set(), (
        "say in `TO_DO` of services/portal/boards.py what has to be done"
    )
