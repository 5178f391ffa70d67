"""The base of all workflows: they wait for the deadlines of the clocks that name them, and take a step at each.

The database says what is waited for, the workflow when it has come: by the time of Temporal's server alone, so
it does not matter if a worker's clock lags or leads. Safe to import in the sandbox of workflows.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey, SearchAttributeUpdate

with workflow.unsafe.imports_passed_through():
    from shared.clock_activities import ClockActivities
    from shared.deadlines import Agenda, Deadline, Done, WorkflowInput
    from shared.steps import name_of

# Facts are reloaded and effects are idempotent, so retrying is always right; the pauses grow to a minute.
ACTIVITY: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=30),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(milliseconds=200),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(minutes=1),
    ),
}
# A database outage longer than this is waited out by timers, without occupying the workflow's task.
LOCAL_ACTIVITY: dict[str, Any] = ACTIVITY | {"local_retry_threshold": timedelta(seconds=5)}
# No run is older, so a patch in workflow code can be removed a year after it was deployed. (The time-skipping server
# ends runs after ten years.)
RENEWED_AFTER = timedelta(days=365)

PHASE = SearchAttributeKey.for_keyword("KringPhase")
NEXT_DUE = SearchAttributeKey.for_datetime("KringNextDue")


class Unhandled(Exception):
    """`run` took no step at a deadline that it was given.

    The server retries the workflow's task, at growing intervals, until the code has a step for it.
    """


class DeadlineWorkflow(ABC):
    """A workflow whose `run` consists of the steps at the deadlines of its clocks.

    `kinds`: of the clocks that it waits for.
    """

    kinds: ClassVar[tuple[str, ...]] = ()
    _news = False
    _stepped = False

    @workflow.signal(name="look-again")
    def look_again(self) -> None:
        """A clock of this workflow has changed. An unnecessary signal does nothing."""
        self._news = True

    @abstractmethod
    async def run(self, given: WorkflowInput) -> None:
        """Take a step at each deadline."""

    async def deadlines(self, given: WorkflowInput) -> AsyncIterator[Deadline]:
        """Yield each deadline when the server's time has reached it, until no clock names this workflow any more.

        Continues as a new run, with the same input, when the server suggests it and after a year.
        """
        while True:
            # Signals of the same task are handled first, so that the next load shows what they announce.
            await asyncio.sleep(0)
            self._news = False
            agenda = await self._load(given)
            if self._news:
                continue
            self.publish(_phase(agenda), agenda.next.at if agenda.next is not None else None)
            if agenda.over:
                return
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(given)
            if await self._wait(given, agenda.next) and agenda.next is not None:
                self._stepped = False
                yield agenda.next
                if not self._stepped:
                    raise Unhandled(str(agenda.next))

    async def step(self, operation: Callable[..., Awaitable[bool | Done]], due: Deadline) -> None:
        """Take a step (`shared.steps`): an activity that is retried until it has settled the deadline."""
        await workflow.execute_activity(
            name_of(operation), due, result_type=Done, summary=str(due), **ACTIVITY
        )
        self._stepped = True

    @staticmethod
    def publish(phase: str, next_due: datetime | None) -> None:
        """Show operators where the workflow is, by its search attributes, if that has changed."""
        known = workflow.info().typed_search_attributes
        updates: list[SearchAttributeUpdate[Any]] = []
        if known.get(PHASE) != phase:
            updates.append(PHASE.value_set(phase))
        if known.get(NEXT_DUE) != next_due:
            updates.append(NEXT_DUE.value_unset() if next_due is None else NEXT_DUE.value_set(next_due))
        if updates:
            workflow.upsert_search_attributes(updates)

    async def _load(self, given: WorkflowInput) -> Agenda:
        return await workflow.execute_local_activity_method(
            ClockActivities.load_agenda, given, **LOCAL_ACTIVITY
        )

    async def _wait(self, given: WorkflowInput, deadline: Deadline | None) -> bool:
        """Wait for the deadline or for news; True if the deadline was reached first."""
        renew_at = workflow.info().start_time + RENEWED_AFTER
        at = renew_at if deadline is None else min(deadline.at, renew_at)
        summary = "a new run" if deadline is None or deadline.at > at else str(deadline)
        if at > workflow.now():
            try:
                await workflow.wait_condition(
                    lambda: self._news, timeout=at - workflow.now(), timeout_summary=summary
                )
            except asyncio.TimeoutError:  # noqa: UP041 - what the SDK raises
                pass
            else:
                return False
        if deadline is None or deadline.at > at:
            workflow.continue_as_new(given)
        return True


def _phase(agenda: Agenda) -> str:
    if agenda.next is not None:
        return f"{agenda.next.kind}:{agenda.next.what}"
    return "over" if agenda.over else "paused"
