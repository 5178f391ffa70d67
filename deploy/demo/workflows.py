"""What Temporal knows: which workflows there are, whether any has work in hand, and what became of each.

The ids come from events, because the server that skips time cannot list workflows.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, WorkflowExecutionStatus
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    GetWorkflowExecutionHistoryRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from deploy.demo.ledger import Event

_CLOSED: dict[int, str] = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: "completed",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: "failed",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT: "timed-out",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED: "canceled",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED: "terminated",
}
_TASK = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
    }
)
_ACTIVITY_BEGUN = frozenset({EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED})
_ACTIVITY_ENDED = frozenset(
    {
        EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
        EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED,
    }
)


def workflow_id_after(event: Event) -> str | None:
    """Return the id of the workflow that an event starts, if it starts one."""
    starts = event.type.endswith(".clock.started.v1")
    return event.data.get("wakes") if starts else None


@dataclass
class Workflow:
    """A workflow as last seen; `status` is "missing" until the server knows it."""

    id: str
    case_id: UUID | None = None
    type: str = ""
    status: str = "missing"
    run_id: str = ""
    length: int = 0
    idle_at: int = -1
    busy_with: str = ""
    timers_fired: int = 0
    histories: list[list[HistoryEvent]] = field(default_factory=list, repr=False)

    @property
    def is_over(self) -> bool:
        """Say whether it has ended, in whatever way."""
        return self.status not in ("missing", "running")


class Workflows:
    """The workflows of one story."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.by_id: dict[str, Workflow] = {}
        self._read_to = 0

    def learn(self, events: list[Event]) -> None:
        """Take note of the workflows that new events start; `events` is the ledger's growing list."""
        for event in events[self._read_to :]:
            workflow_id = workflow_id_after(event)
            if workflow_id is None:
                continue
            workflow = self.by_id.setdefault(workflow_id, Workflow(workflow_id, event.case_id))
            if workflow.is_over:
                # One that sleeps when there is nothing to do, and is begun again under its old id.
                workflow.status, workflow.idle_at = "missing", -1
        self._read_to = len(events)

    async def look(self) -> list[str]:
        """Return which workflows have work in hand. Raises: RPCError while the server is away."""
        open_ones = [workflow for workflow in self.by_id.values() if not workflow.is_over]
        await asyncio.gather(*(self._look_at(workflow) for workflow in open_ones))
        return [
            f"workflow {workflow.id} is busy with {workflow.busy_with}"
            for workflow in open_ones
            if workflow.busy_with
        ]

    async def _look_at(self, workflow: Workflow) -> None:
        try:
            answer = await self._client.workflow_service.describe_workflow_execution(
                DescribeWorkflowExecutionRequest(
                    namespace=self._client.namespace, execution=WorkflowExecution(workflow_id=workflow.id)
                )
            )
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return
            raise
        info = answer.workflow_execution_info
        workflow.type = info.type.name
        workflow.run_id = info.execution.run_id
        workflow.status = _status(info.status)
        workflow.length = info.history_length
        workflow.busy_with = ", ".join(sorted(each.activity_type.name for each in answer.pending_activities))
        if workflow.busy_with or workflow.is_over or workflow.idle_at == workflow.length:
            return
        events = await self._events(workflow.id)
        workflow.busy_with = work_in_hand(events)
        if not workflow.busy_with:
            workflow.idle_at = len(events)
            # Younger than the description: it may have ended in between.
            workflow.status = _CLOSED.get(events[-1].event_type, workflow.status)

    async def read_histories(self) -> None:
        """Read every workflow's history, for the report."""
        found = [workflow for workflow in self.by_id.values() if workflow.status != "missing"]
        await asyncio.gather(*(self._read_history(workflow) for workflow in found))

    async def _read_history(self, workflow: Workflow) -> None:
        workflow.histories = []
        run_id: str | None = workflow.run_id
        while run_id:
            events = await self._events(workflow.id, run_id)
            workflow.histories.insert(0, events)
            run_id = events[0].workflow_execution_started_event_attributes.continued_execution_run_id
        workflow.timers_fired = sum(
            event.event_type == EventType.EVENT_TYPE_TIMER_FIRED
            for events in workflow.histories
            for event in events
        )

    async def _events(self, workflow_id: str, run_id: str = "") -> list[HistoryEvent]:
        events: list[HistoryEvent] = []
        token = b""
        while True:
            answer = await self._client.workflow_service.get_workflow_execution_history(
                GetWorkflowExecutionHistoryRequest(
                    namespace=self._client.namespace,
                    execution=WorkflowExecution(workflow_id=workflow_id, run_id=run_id),
                    next_page_token=token,
                )
            )
            events.extend(answer.history.events)
            token = answer.next_page_token
            if not token:
                return events


def work_in_hand(events: list[HistoryEvent]) -> str:
    """Return what a history says is to be done at once.

    Activities too: the server's own list of them was read a moment before, when a task may still have been deciding.
    """
    activities = sum(
        (event.event_type in _ACTIVITY_BEGUN) - (event.event_type in _ACTIVITY_ENDED) for event in events
    )
    if activities > 0:
        return "an activity"
    tasks = [event.event_type for event in events if event.event_type in _TASK]
    # A task that failed is tried again without another line in the history.
    if not tasks or tasks[-1] == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
        return ""
    failures = [
        event.workflow_task_failed_event_attributes.failure.message
        for event in events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
    ]
    return "a workflow task" + (f" that failed before: {failures[-1]}" if failures else "")


def _status(value: Any) -> str:
    return (
        WorkflowExecutionStatus.Name(value)
        .removeprefix("WORKFLOW_EXECUTION_STATUS_")
        .lower()
        .replace("_", "-")
    )


def count_by_type(workflows: Iterable[Workflow]) -> dict[str, int]:
    """Return how many workflows there are of each type."""
    counts: dict[str, int] = {}
    for workflow in workflows:
        counts[workflow.type] = counts.get(workflow.type, 0) + 1
    return counts
