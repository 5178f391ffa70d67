"""(d) what the preparation of a conference costs beside the least workflow with the same number of steps."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor, Worker

from services.scheduling.operations import case as cases
from services.scheduling.operations import rounds
from services.scheduling.worker import workflows
from services.scheduling.workflows import ConferencePreparation
from shared import case_state
from shared.clock_activities import ClockActivities
from shared.database import Database, Scope
from shared.deadlines import WorkflowInput
from shared.runtime import connected
from shared.settings import Settings
from shared.steps import activities
from shared.temporal import prepare_namespace, task_queue_of
from shared.worker import RewriteFailures, sandbox
from tests.bench.bare_workflow import Bare, nothing
from tests.bench.measure import Result, compare
from tests.support.platform import TENANT

_AT_ONCE, _SIGNALS = 8, 5


class _Counting(ActivityInboundInterceptor):
    def __init__(self, next_one: ActivityInboundInterceptor, steps: "Steps") -> None:
        super().__init__(next_one)
        self._steps = steps

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        try:
            return await super().execute_activity(input)
        finally:
            await self._steps.took(activity.info().workflow_id or "")


class Steps(Interceptor):
    """Counts the activities that each workflow has had done."""

    def __init__(self) -> None:
        self._done: Counter[str] = Counter()
        self._changed = asyncio.Condition()

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """Count."""
        return _Counting(next, self)

    async def took(self, workflow_id: str) -> None:
        """Note a step."""
        async with self._changed:
            self._done[workflow_id] += 1
            self._changed.notify_all()

    async def reached(self, workflow_id: str, count: int) -> None:
        """Wait until a workflow has taken so many steps."""
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(lambda: self._done[workflow_id] >= count), 30)


async def preparations(settings: Settings, databases: Any) -> Result:
    """Compare starting, signalling and ending preparations with a workflow that does nothing as often."""
    database: Database = await databases.fresh("scheduling")
    await prepare_namespace(address=settings.temporal_address, namespace=settings.temporal_namespace)
    steps = Steps()
    async with connected("scheduling", settings) as context:
        client = await context.temporal.client()

        async def start_ours(case_id: UUID) -> WorkflowHandle[Any, Any]:
            given, workflow_id = WorkflowInput(tenant=TENANT), f"preparation/{case_id}/1"
            await context.temporal.start(ConferencePreparation.run, given, id=workflow_id, tenant=TENANT)
            return client.get_workflow_handle(workflow_id)

        async def stop(case_id: UUID) -> None:
            async with database.transaction(Scope(tenant=TENANT)) as session:
                await cases.stop_case(session, case_id=case_id, now=await context.clock.now())

        async def ours() -> float:
            ready = [await _prepared(database, await context.clock.now()) for _ in range(_AT_ONCE)]
            return await _timed(
                [_live(partial(start_ours, case), steps, partial(stop, case)) for case in ready]
            )

        async def start_bare(case_id: UUID) -> WorkflowHandle[Any, Any]:
            return await client.start_workflow(
                Bare.run, _SIGNALS + 1, id=f"bare/{case_id}", task_queue="bench"
            )

        async def bare() -> float:
            ready = [uuid4() for _ in range(_AT_ONCE)]
            return await _timed([_live(partial(start_bare, case), steps, _nothing_to_stop) for case in ready])

        async with (
            _worker(
                client,
                task_queue_of("scheduling"),
                workflows,
                [*activities(context).values(), *ClockActivities(context).all()],
                steps,
            ),
            _worker(client, "bench", [Bare], [nothing], steps),
        ):
            return await compare(
                "d. a ConferencePreparation",
                unit="workflows per second",
                ours=ours,
                baseline=bare,
                aim=0.6,
                better="higher",
                note=f"{_AT_ONCE} at once, {_SIGNALS + 1} signals and {_SIGNALS + 2} local activities each; one server",
            )


def _worker(client: Client, queue: str, kinds: list[type], doing: Any, steps: Steps) -> Worker:
    return Worker(
        client,
        task_queue=queue,
        workflows=kinds,
        activities=doing,
        interceptors=[RewriteFailures(), steps],
        workflow_runner=sandbox(),
        max_concurrent_activities=20,
    )


Start = Callable[[], Awaitable[WorkflowHandle[Any, Any]]]


async def _nothing_to_stop() -> None:
    return


async def _live(start: Start, steps: Steps, stop: Callable[[], Awaitable[None]]) -> None:
    handle = await start()
    await steps.reached(handle.id, 1)
    for number in range(_SIGNALS):
        await handle.signal("look-again")
        await steps.reached(handle.id, number + 2)
    await stop()
    await handle.signal("look-again")
    await handle.result()


async def _timed(lives: list[Any]) -> float:
    started = time.perf_counter()
    await asyncio.gather(*lives)
    return len(lives) / (time.perf_counter() - started)


async def _prepared(database: Database, now: Any) -> UUID:
    case_id = uuid4()
    async with database.transaction(Scope(tenant=TENANT)) as session:
        await case_state.raise_to(
            session, case_id=case_id, tenant=TENANT, status="open", version=1, opened_at=now
        )
        await rounds.begin_with_coordinator(session, tenant=TENANT, case_id=case_id, now=now)
    return case_id
