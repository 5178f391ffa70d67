"""Every clock is waited for by one type of workflow, which has a step at each of its deadlines."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import pytest
import temporalio.workflow

from shared.clock_workflow import ClockWorkflow
from shared.deadlines import Deadline, WorkflowInput
from shared.ids import uuid7
from shared.services import SERVICES
from shared.workflow import DeadlineWorkflow

OF_SERVICES: dict[str, list[type[DeadlineWorkflow]]] = {
    service: import_module(f"services.{service}.workflows").WORKFLOWS for service in SERVICES
}
KINDS = [(ClockWorkflow, "any")] + [
    (workflow, kind) for found in OF_SERVICES.values() for workflow in found for kind in workflow.kinds
]

PAGE = Path(__file__).parents[2] / "docs" / "workflows-and-clocks.md"


def test_the_page_names_every_workflow() -> None:
    named = re.findall(r"^\| `(\w+)` \(([\w ]+)\) \| ", PAGE.read_text(), re.MULTILINE)
    ours = {(workflow.__name__, service) for service, found in OF_SERVICES.items() for workflow in found}
    assert set(named) == ours | {("Clock", "every service"), ("Housekeeping", "every service")}


@pytest.mark.parametrize("service", SERVICES)
def test_no_two_workflows_wait_for_one_kind_of_clock(service: str) -> None:
    kinds = [kind for workflow in OF_SERVICES[service] for kind in workflow.kinds]
    assert len(kinds) == len(set(kinds))


@pytest.mark.parametrize("what", ["warn", "due"])
@pytest.mark.parametrize(("workflow", "kind"), KINDS)
async def test_each_deadline_has_one_step(
    workflow: type[DeadlineWorkflow], kind: str, what: Literal["warn", "due"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(temporalio.workflow, "patched", lambda _change: True)
    given, at = WorkflowInput(tenant=uuid7()), "2026-03-02T09:00:00Z"
    due = Deadline.model_validate(
        {"tenant": given.tenant, "case_id": None, "clock_id": uuid7(), "subject": uuid7(), "at": at}
        | {"kind": kind, "what": what}
    )
    taken: list[Any] = []

    class Stepping(workflow):  # type: ignore[misc, valid-type]
        async def deadlines(self, _given: WorkflowInput) -> Any:
            yield due

        async def step(self, operation: Any, _due: Deadline) -> None:
            taken.append(operation)

    await Stepping().run(given)
    assert len(taken) == 1
