"""Runs a service's workflows and activities, and rewrites activities' exceptions so that no value reaches a history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from shared.audit import ITSELF, Actor, acting
from shared.clock_activities import ClockActivities
from shared.clock_workflow import ClockWorkflow
from shared.context import Context
from shared.errors import DomainError, NotYet, Operational
from shared.housekeeping.activities import Housekeeper
from shared.housekeeping.sweeping import Sweep
from shared.housekeeping.workflows import Housekeeping
from shared.steps import activities
from shared.temporal import task_queue_of

log = structlog.get_logger(__name__)

# Every service's worker runs these besides its own.
SHARED_WORKFLOWS: tuple[type, ...] = (ClockWorkflow, Housekeeping)

# Imported once for all workflows instead of once for each: some of these cannot be imported twice, and workflow code
# calls none of them except pydantic and shared.workflow.
_PASSED_THROUGH = (
    "shared",
    "pydantic",
    "pydantic_core",
    "annotated_types",
    "sqlalchemy",
    "cryptography",
    "structlog",
)


def sandbox() -> SandboxedWorkflowRunner:
    """Return the sandbox for running workflows, and for replaying recorded histories."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*_PASSED_THROUGH)
    )


class ServerClock:
    """Business time in activities: that of Temporal's server, which also decided that a deadline was reached.

    So it does not matter if a worker's own clock lags or leads.
    """

    async def now(self) -> datetime:
        """Return when the server let this attempt of the activity begin."""
        return activity.info().started_time


class _Rewriting(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        info = activity.info()
        step = Actor(
            kind=ITSELF, operation=info.activity_type, purpose=info.activity_type, request=info.workflow_id
        )
        with (
            structlog.contextvars.bound_contextvars(
                workflow_id=info.workflow_id, activity=info.activity_type
            ),
            acting(step),
        ):
            try:
                return await super().execute_activity(input)
            except (ApplicationError, CancelledError):
                raise
            except DomainError as error:
                # Retried like all else: ending the workflow would leave nobody to wait for its clocks.
                raise ApplicationError(error.code, type=error.code) from None
            except (Operational, NotYet) as error:
                raise ApplicationError(type(error).__name__, type=type(error).__name__) from None
            except Exception as error:
                log.exception("activity.bug")
                raise ApplicationError("unexpected failure", type=type(error).__name__) from None


class RewriteFailures(Interceptor):
    """Lets only codes out of activities: exception texts may hold values."""

    def intercept_activity(
        self,
        next: ActivityInboundInterceptor,  # noqa: A002 - the SDK's name
    ) -> ActivityInboundInterceptor:
        """Wrap an activity's execution."""
        return _Rewriting(next)


def make_worker(
    client: Client,
    context: Context,
    *,
    workflows: Sequence[type],
    sweeps: Mapping[str, Sweep] | None = None,
    stop_seconds: float,
    workflow_cache: int = 1000,
    more: Sequence[Callable[..., Any]] = (),
) -> Worker:
    """Return the worker of a service: its workflows, those of every service, and the steps of all of them.

    `more`: activities that are no steps. On exit, activities in progress get half the stop time.
    """
    context = replace(context, clock=ServerClock())
    own = [*ClockActivities(context).all(), *Housekeeper(context, sweeps=sweeps).all()]
    return Worker(
        client,
        task_queue=task_queue_of(context.service),
        workflows=[*workflows, *SHARED_WORKFLOWS],
        activities=[*activities(context).values(), *own, *more],
        workflow_runner=sandbox(),
        interceptors=[RewriteFailures()],
        # Nothing goes by it: otherwise the SDK makes one by reading the code of all loaded modules again.
        build_id="kring",
        graceful_shutdown_timeout=timedelta(seconds=stop_seconds / 2),
        max_concurrent_activities=20,
        max_cached_workflows=workflow_cache,
        # A task that waits for its local activity is dropped when another comes and there is no room for both.
        max_concurrent_workflow_tasks=None if workflow_cache else 1,
    )
