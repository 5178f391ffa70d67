"""What Temporal knows: which workflows there are, whether any has work in hand, and how each ended.

The ids come from events, because the time-skipping server cannot list workflows.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, WorkflowExecutionStatus
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from deploy.watch.ledger import Event

_TASK_ENDED = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
_TASK_FAILED = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
_TASK = frozenset(
    {EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED, _TASK_ENDED}
    | {_TASK_FAILED, EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT}
)
_ACTIVITY_ENDED = frozenset(
    {EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED}
    | {EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT, EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED}
)


def workflow_id_after(event: Event) -> str | None:
    """Return the id of the workflow that an event starts, if it starts one."""
    starts = event.type.endswith(".clock.started.v1")
    return event.data.get("wakes") if starts else None


def work_in_hand(events: Sequence[HistoryEvent]) -> str:
    """Return the immediate work in a history, in words; empty if the workflow waits or has ended."""
    started = sum(event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED for event in events)
    if started > sum(event.event_type in _ACTIVITY_ENDED for event in events):
        return "an activity"
    tasks = [event.event_type for event in events if event.event_type in _TASK]
    # A failed task is retried without another line in the history.
    if not tasks or tasks[-1] == _TASK_ENDED:
        return ""
    failed = [event for event in events if event.event_type == _TASK_FAILED]
    reason = failed[-1].workflow_task_failed_event_attributes.failure.message if failed else ""
    return f"a workflow task that failed before: {reason}" if failed else "a workflow task"


@dataclass
class Workflow:
    """A workflow as last seen; `status` is "missing" until the server knows it."""

    id: str
    client: Client = field(repr=False)
    case_id: UUID | None = None
    type: str = ""
    status: str = "missing"
    run_id: str = ""
    idle_at: int = -1
    histories: list[Sequence[HistoryEvent]] = field(default_factory=list, repr=False)

    @property
    def is_over(self) -> bool:
        """Tell whether it has ended, in whatever way."""
        return self.status not in ("missing", "running")

    @property
    def timers_fired(self) -> int:
        """Return how many of its timers fired; the histories must have been read."""
        fired = EventType.EVENT_TYPE_TIMER_FIRED
        return sum(event.event_type == fired for events in self.histories for event in events)


class Workflows:
    """The workflows of one story, by id."""

    def __init__(self, client_of: Callable[[str], Client]) -> None:
        """Take what returns a client for the namespace of a service."""
        self._client_of = client_of
        self.by_id: dict[str, Workflow] = {}
        self._read_to = 0

    def learn(self, events: list[Event]) -> None:
        """Record the workflows that new events start; `events` is the ledger's growing list."""
        for event in events[self._read_to :]:
            workflow_id = workflow_id_after(event)
            if workflow_id is None:
                continue
            client = self._client_of(event.type.partition(".")[0])
            workflow = self.by_id.setdefault(workflow_id, Workflow(workflow_id, client, event.case_id))
            if workflow.is_over:
                # A workflow that ends when there is nothing to do, and is started again under its old id.
                workflow.status, workflow.idle_at = "missing", -1
        self._read_to = len(events)

    async def in_flight(self) -> list[str]:
        """Return which workflows have work in hand, in words. Raises: RPCError while the server is away."""
        running = [workflow for workflow in self.by_id.values() if not workflow.is_over]
        work = await asyncio.gather(*(self._work_of(workflow) for workflow in running))
        return [
            f"workflow {workflow.id} is busy with {what}"
            for workflow, what in zip(running, work, strict=True)
            if what
        ]

    async def _work_of(self, workflow: Workflow) -> str:
        try:
            # Not the handle's own description: it cannot read the search attributes of the time-skipping server.
            answer = await workflow.client.workflow_service.describe_workflow_execution(
                DescribeWorkflowExecutionRequest(
                    namespace=workflow.client.namespace, execution=WorkflowExecution(workflow_id=workflow.id)
                )
            )
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return ""
            raise
        found = answer.workflow_execution_info
        workflow.type, workflow.run_id = found.type.name, found.execution.run_id
        status = WorkflowExecutionStatus.Name(found.status)
        workflow.status = status.removeprefix("WORKFLOW_EXECUTION_STATUS_").lower().replace("_", "-")
        if workflow.is_over or workflow.idle_at == found.history_length:
            return ""
        events = await self._history(workflow, workflow.run_id)
        what = work_in_hand(events)
        workflow.idle_at = -1 if what else len(events)
        if len(events) != found.history_length:
            # Newer than the description: it may have ended in between.
            return what or "what came of its last step"
        return what

    async def read_histories(self) -> None:
        """Read the history of every run of every workflow, for the report."""
        found = [workflow for workflow in self.by_id.values() if workflow.status != "missing"]
        await asyncio.gather(*(self._read_histories(workflow) for workflow in found))

    async def _read_histories(self, workflow: Workflow) -> None:
        workflow.histories = []
        run_id = workflow.run_id
        while run_id:
            events = await self._history(workflow, run_id)
            if not events:
                break
            workflow.histories.insert(0, events)
            run_id = events[0].workflow_execution_started_event_attributes.continued_execution_run_id

    async def _history(self, workflow: Workflow, run_id: str) -> Sequence[HistoryEvent]:
        """Return the events of a run; empty if the server has lost it with its data."""
        handle = workflow.client.get_workflow_handle(workflow.id, run_id=run_id)
        try:
            return (await handle.fetch_history()).events
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return []
            raise
