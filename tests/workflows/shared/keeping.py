"""Housekeeping as it runs in a service, on a Temporal server whose time is skipped."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from google.protobuf.duration_pb2 import Duration
from temporalio.api.testservice.v1 import SleepRequest
from temporalio.client import WorkflowHandle
from temporalio.worker import Worker

from deploy.local.temporal import TimeSkippingServer
from shared.housekeeping.workflows import House, Housekeeping, housekeeping_workflow_id
from shared.temporal import Temporal, prepare_namespace
from shared.worker import make_worker
from tests.support.eventually import eventually
from tests.support.rooms import Rooms

SERVICE = "network"


@dataclass
class Keeping:
    """A service's database, and the workflow that keeps it clean."""

    rooms: Rooms
    temporal: Temporal

    async def begin(self) -> None:
        """Do what every worker does when it starts."""
        await self.temporal.keep_running(
            Housekeeping.__name__,
            House(service=SERVICE),
            id=housekeeping_workflow_id(SERVICE),
            service=SERVICE,
        )

    async def worker(self) -> Worker:
        """Return a worker that is not running yet. It remembers no workflow: none waits for it when it is gone."""
        return make_worker(
            await self.temporal.client(),
            service=SERVICE,
            workflows=[Housekeeping],
            activities=self.rooms.keeper().all(),
            stop_seconds=2,
            workflow_cache=0,
        )

    async def handle(self) -> WorkflowHandle[Any, Any]:
        """Return the workflow as it runs now."""
        return (await self.temporal.client()).get_workflow_handle(housekeeping_workflow_id(SERVICE))

    async def run_id(self) -> str | None:
        """Return which run it is: the one before goes on as a new one."""
        return (await (await self.handle()).describe()).run_id

    async def resting(self) -> None:
        """Wait until it rests."""

        async def probe() -> bool:
            events = (await (await self.handle()).fetch_history()).events
            return events[-1].HasField("timer_started_event_attributes")

        await eventually(probe, "housekeeping to rest")

    async def skip(self, length: timedelta) -> None:
        """Let the server's time pass."""
        duration = Duration()
        duration.FromTimedelta(length)
        client = await self.temporal.client()
        await client.test_service.unlock_time_skipping_with_sleep(SleepRequest(duration=duration))


@asynccontextmanager
async def keeping(
    rooms: Rooms, server: TimeSkippingServer, *, codec_key: bytes | None
) -> AsyncIterator[Keeping]:
    """Yield the connected parts; without a key what Temporal keeps is readable, for recording it."""
    await prepare_namespace(address=server.address, namespace=server.namespace)
    yield Keeping(rooms, Temporal(address=server.address, namespace=server.namespace, codec_key=codec_key))
