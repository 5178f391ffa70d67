"""A service with its worker on a Temporal server whose time is skipped: the one way to test workflows over months."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Generic, TypeVar
from uuid import UUID

from google.protobuf.duration_pb2 import Duration
from temporalio.api.testservice.v1 import SleepRequest
from temporalio.client import WorkflowHandle, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from deploy.local.temporal import TimeSkippingServer
from shared.clock import Clock, SkippedClock
from shared.clocks import Clocks
from shared.context import Context
from shared.database import Scope
from shared.deadlines import Agenda
from shared.settings import Settings
from shared.temporal import Temporal
from shared.worker import make_worker
from tests.support.eventually import eventually

W = TypeVar("W")

# Seconds: servers that other tests share the machine with may be slow.
PATIENCE = 30
_TASKS = ("workflow_task_scheduled", "workflow_task_started")


@dataclass
class Shifted:
    """The clock of a worker that lags behind the server's, or leads it."""

    clock: Clock
    by: timedelta = field(default_factory=timedelta)

    async def now(self) -> datetime:
        """Return the time that the worker believes it is."""
        return await self.clock.now() + self.by


@dataclass
class Skipped(Generic[W]):
    """A service's world, its worker, and a hand on the clock of their Temporal server."""

    world: W
    context: Context
    # Delivers to the service what it published since the last time.
    deliver: Callable[[], Awaitable[Any]]

    def worker(self, *, clock: Clock | None = None, cache: int = 0) -> "_Working":
        """Return the service's worker, not running yet; one with a clock of its own believes that.

        It remembers no workflow, so each task replays all of its history, and none waits for a worker that is gone.
        """
        return _Working(self, self.context if clock is None else replace(self.context, clock=clock), cache)

    async def skip(self, **length: float) -> None:
        """Let the server's time pass."""
        await self._sleep(timedelta(**length))

    async def skip_to(self, moment: datetime) -> None:
        """Let the server's time pass until a little after a moment."""
        await self._sleep(max(moment - await self.now(), timedelta(0)) + timedelta(seconds=1))

    async def now(self) -> datetime:
        """Return the server's time."""
        return await SkippedClock(self.context.settings.temporal_address).now()

    async def agenda(self, workflow_id: str) -> Agenda:
        """Return what a workflow waits for, by the rows."""
        tenant = UUID(str(self.world.tenant))  # type: ignore[attr-defined]
        async with self.context.database.transaction(Scope(tenant=tenant)) as session:
            return await Clocks(self.context.service).agenda(session, workflow_id=workflow_id)

    async def reach(self, workflow_id: str) -> None:
        """Skip to the next deadline of a workflow, and wait until it has taken the step."""
        await self.waits(workflow_id)
        assert await self._reach_next(workflow_id, by=None), f"{workflow_id} waits for nothing"

    async def reach_all(self, workflow_id: str, *, by: datetime | None = None) -> None:
        """Skip from deadline to deadline of a workflow until none is left, or none `by` a time."""
        while True:
            # Of several at one moment, all but the first may be taken before one looks.
            await self.waits(workflow_id, or_is_over=True)
            if not await self._reach_next(workflow_id, by=by):
                return

    async def _reach_next(self, workflow_id: str, *, by: datetime | None) -> bool:
        before = await self.agenda(workflow_id)
        if before.next is None or (by is not None and before.next.at > by):
            return False
        await self.skip_to(before.next.at)

        async def taken() -> bool:
            return await self.agenda(workflow_id) != before

        await eventually(taken, f"the step at {before.next}", seconds=PATIENCE)
        await self.deliver()
        return True

    async def waits(self, workflow_id: str, *, or_is_over: bool = False) -> None:
        """Wait until a workflow waits for what is next, and has nothing to do."""

        async def probe() -> bool:
            agenda, kinds = await self.agenda(workflow_id), await self.kinds(workflow_id)
            if agenda.over and or_is_over:
                return True
            assert not agenda.over, f"{workflow_id} has nothing to wait for"
            shown = await self._shown(workflow_id)
            assert is_idle(kinds), f"busy: {kinds[-3:]}"
            assert shown == agenda.next, f"waits for {shown}, not {agenda.next}"
            return True

        await eventually(probe, f"{workflow_id} to wait", seconds=PATIENCE)

    async def paused(self, workflow_id: str) -> None:
        """Wait until a workflow waits for nothing but that its clocks are resumed."""
        await self.waits(workflow_id)
        assert (await self.agenda(workflow_id)).next is None

    async def ended(self, workflow_id: str) -> None:
        """Wait until a workflow has ended as it should."""

        async def probe() -> bool:
            kinds = await self.kinds(workflow_id)
            assert kinds[-1:] == ["workflow_execution_completed"], (
                f"waits for {await self.agenda(workflow_id)}"
            )
            return True

        await eventually(probe, f"{workflow_id} to end", seconds=PATIENCE)

    async def handle(self, workflow_id: str) -> WorkflowHandle[Any, Any]:
        """Return a workflow as it runs now."""
        return (await self.context.temporal.client()).get_workflow_handle(workflow_id)

    async def histories(self, workflow_id: str) -> list[WorkflowHistory]:
        """Return the histories of a workflow's runs, as far as one continued another, the first one first."""
        client, found = await self.context.temporal.client(), list[WorkflowHistory]()
        run_id: str | None = None
        while not found or run_id:
            handle = client.get_workflow_handle(workflow_id, run_id=run_id)
            found.insert(0, await handle.fetch_history())
            begun = found[0].events[0].workflow_execution_started_event_attributes
            run_id = begun.continued_execution_run_id
        return found

    async def kinds(self, workflow_id: str) -> list[str]:
        """Return what happened in a workflow's latest run; nothing, if it was not started."""
        try:
            history = await (await self.handle(workflow_id)).fetch_history()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return []
            raise
        return kinds_of(history)

    async def _shown(self, workflow_id: str) -> Any:
        """Return the deadline that the workflow's latest local activity found."""
        from shared.deadlines import Deadline

        client = await self.context.temporal.client()
        history = await (await self.handle(workflow_id)).fetch_history()
        markers = [
            event.marker_recorded_event_attributes
            for event in history.events
            if event.HasField("marker_recorded_event_attributes")
        ]
        # A patch leaves a marker too, which found nothing.
        results = [marker.details["result"].payloads for marker in markers if "result" in marker.details]
        if not results:
            return "nothing yet"
        payloads = results[-1]
        [agenda] = await client.data_converter.decode(payloads, [Agenda])
        found: Deadline | None = agenda.next
        return found

    async def _sleep(self, length: timedelta) -> None:
        duration = Duration()
        duration.FromTimedelta(length)
        client = await self.context.temporal.client()
        await client.test_service.unlock_time_skipping_with_sleep(SleepRequest(duration=duration))


class _Working:
    """A worker that runs while the context is open."""

    def __init__(self, skipped: Skipped[Any], context: Context, cache: int) -> None:
        self._skipped = skipped
        self._context = context
        self._cache = cache

    async def __aenter__(self) -> None:
        composed = import_module(f"services.{self._context.service}.worker")
        self._worker: Worker = make_worker(
            await self._context.temporal.client(),
            self._context,
            workflows=composed.workflows,
            stop_seconds=2,
            workflow_cache=self._cache,
        )
        await self._worker.__aenter__()

    async def __aexit__(self, *_error: object) -> None:
        await self._worker.__aexit__(None)


def skipped_parts(service: str, server: TimeSkippingServer, *, readable: bool = False) -> dict[str, Any]:
    """Return the parts of a world whose time is the server's; `readable`: histories are not encrypted."""
    parts: dict[str, Any] = {"clock": SkippedClock(server.address)}
    if readable:
        parts["temporal"] = Temporal(
            service=service, address=server.address, namespace=server.namespace, codec_keys=()
        )
    return parts


def skipped_settings(settings: Settings, server: TimeSkippingServer) -> Settings:
    """Return settings with this server."""
    return settings.model_copy(
        update={"temporal_address": server.address, "temporal_namespace": server.namespace}
    )


@asynccontextmanager
async def working(world: Any) -> AsyncIterator[Skipped[Any]]:
    """Yield a world with its worker at work; what it publishes it gets twice: nothing may come of the second time."""
    skipped = Skipped(world, world.context, lambda: world.deliver_published(times=2))
    async with skipped.worker():
        yield skipped


def kinds_of(history: WorkflowHistory) -> list[str]:
    """Return what happened in a run, in order."""
    return [
        (event.WhichOneof("attributes") or "").removesuffix("_event_attributes") for event in history.events
    ]


def is_idle(kinds: list[str]) -> bool:
    """Say whether a run waits for nothing but its clocks."""
    busy = kinds.count("activity_task_scheduled") - kinds.count("activity_task_completed")
    return bool(kinds) and kinds[-1] not in _TASKS and not busy
