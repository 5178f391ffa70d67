"""(d) what the preparation of a conference costs beside the least workflow; (n) what one more costs among many."""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
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
_FEW_OPEN, _MANY_OPEN, _ONE_MORE = 100, 10_000, 100
# So many are started at once while it fills up.
_FILLING = 20


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
    namespace = settings.namespace_of("scheduling")
    await prepare_namespace(address=settings.temporal_address, namespace=namespace)
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


async def one_more(settings: Settings, databases: Any, server: int | None) -> Result:
    """Compare starting one more preparation among 10,000 that are open with the same among 100.

    `server`: the process of Temporal, whose memory is told too. The worker keeps as many workflows in memory as in an
    installation, and is this process.
    """
    database: Database = await databases.fresh("scheduling")
    namespace = settings.namespace_of("scheduling")
    await prepare_namespace(address=settings.temporal_address, namespace=namespace)
    steps = Steps()
    async with connected("scheduling", settings) as context:
        client = await context.temporal.client()

        async def start() -> float:
            case_id = await _prepared(database, await context.clock.now())
            begun = time.perf_counter()
            given, workflow_id = WorkflowInput(tenant=TENANT), f"preparation/{case_id}/1"
            await context.temporal.start(ConferencePreparation.run, given, id=workflow_id, tenant=TENANT)
            await steps.reached(workflow_id, 1)
            return (time.perf_counter() - begun) * 1000

        async def fill(until: int, since: int = 0) -> None:
            left = iter(range(until - since))

            async def some() -> None:
                for _ in left:
                    await start()

            await asyncio.gather(*(some() for _ in range(_FILLING)))

        doing = [*activities(context).values(), *ClockActivities(context).all()]
        async with _worker(client, task_queue_of("scheduling"), workflows, doing, steps):
            await fill(_FEW_OPEN)
            few = [await start() for _ in range(_ONE_MORE)]
            memory = {
                f"server_mb_among_{_FEW_OPEN}": _memory(server),
                f"worker_mb_among_{_FEW_OPEN}": _memory(),
            }
            await fill(_MANY_OPEN, _FEW_OPEN + _ONE_MORE)
            many = [await start() for _ in range(_ONE_MORE)]
            memory |= {
                f"server_mb_among_{_MANY_OPEN}": _memory(server),
                f"worker_mb_among_{_MANY_OPEN}": _memory(),
            }
    ours, baseline = statistics.median(many), statistics.median(few)
    return Result(
        f"n. one preparation more among {_MANY_OPEN:,}",
        "milliseconds (median)",
        round(ours, 1),
        round(baseline, 1),
        ours / baseline,
        1.2,
        "lower",
        1,
        f"until its first step is done; baseline: among {_FEW_OPEN}; each of {_ONE_MORE}, one after the other, on the"
        " development server of Temporal, which keeps everything in one SQLite file",
        memory,
    )


def _memory(pid: int | None = None) -> float:
    """Return how many megabytes of memory a process has; this one if none is named."""
    status = Path(f"/proc/{pid or 'self'}/status").read_text()
    return round(int(status.partition("VmRSS:")[2].split()[0]) / 1024, 1)


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
