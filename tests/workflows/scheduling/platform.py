"""Scheduling with its relay, consumer and worker on the real parts, and business time that is moved by hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from google.protobuf.duration_pb2 import Duration
from temporalio.api.testservice.v1 import SleepRequest
from temporalio.client import WorkflowHandle

from services.scheduling.subscribers import subscriptions
from services.scheduling.worker import activities, workflows
from services.scheduling.workflows import preparation_id
from shared import broker
from shared.clock import SkippedClock
from shared.consumer import Consumer
from shared.database import Database
from shared.events.network import TellPerson
from shared.outbox import Relay
from shared.settings import Settings
from shared.temporal import Temporal
from shared.worker import make_worker
from tests.support.eventually import eventually
from tests.support.world import Case
from tests.support.world.scheduling import Scheduling


@dataclass
class Platform:
    """The service, and what its workflows do."""

    house: Scheduling

    async def workflow(self, case: Case) -> WorkflowHandle[Any, Any]:
        """Return the preparation of a case."""
        client = await self.house.context.temporal.client()
        return client.get_workflow_handle(preparation_id(case.id, 1))

    async def started(self, case: Case) -> WorkflowHandle[Any, Any]:
        """Return the preparation of a case once it waits."""
        handle = await self.workflow(case)

        async def looked() -> bool:
            async for event in handle.fetch_history_events():
                if event.HasField("timer_started_event_attributes"):
                    return True
            return False

        async def known() -> bool:
            rows = await self.house.rows(
                "SELECT 1 FROM inbox WHERE consumer = 'scheduling.preparation.started.v1' AND event_id ="
                " (SELECT id FROM outbox WHERE case_id = :case AND type = 'scheduling.preparation.started.v1')",
                case=case.id,
            )
            return bool(rows)

        await eventually(known, "the start of the workflow")
        await eventually(looked, "the workflow to wait for its first moment")
        return handle

    async def ended(self, case: Case) -> None:
        """Return when the preparation of a case has ended."""
        await asyncio.wait_for((await self.workflow(case)).result(), 20)

    async def move_to(self, moment: datetime) -> None:
        """Move business time to a moment, or not at all if it has passed."""
        now = await self.house.now()
        await self.move(max(moment - now, timedelta(0)) + timedelta(seconds=1))

    async def move(self, by: timedelta) -> None:
        """Move business time."""
        await self._quiet()
        duration = Duration()
        duration.FromTimedelta(by)
        client = await self.house.context.temporal.client()
        await client.test_service.unlock_time_skipping_with_sleep(SleepRequest(duration=duration))

    async def _quiet(self) -> None:
        own = tuple(
            event_type for event_type, _ in subscriptions.bindings() if event_type.startswith("scheduling.")
        )

        async def settled() -> bool:
            rows = await self.house.rows(
                "SELECT 1 FROM outbox o WHERE published_at IS NULL OR (type = ANY(:own) AND NOT EXISTS"
                " (SELECT 1 FROM inbox WHERE event_id = o.id AND consumer = o.type))",
                own=list(own),
            )
            return not rows

        await eventually(settled, "every event to be dealt with")

    async def hold(self, case: Case) -> httpx.Response:
        """Record that the circle met on its date."""
        conference = await self.house.conference(case)
        begins, ends = conference["starts_at"], conference["ends_at"]
        return await self.house.post(
            case,
            f"/v1/conferences/{case.conference}/hold",
            attendance=[{"person_id": str(case.central), "mode": "in-person", "came": True}],
            parts={
                "information": {"from": begins, "to": begins},
                "private": {"from": begins, "to": ends},
                "presentation": {"from": ends, "to": ends},
            },
            outcome="plan",
        )

    async def reached(self, case: Case, kind: str, what: str) -> None:
        """Return when a clock of the case was warned of, or when its due moment was noted."""

        async def so() -> bool:
            return getattr((await self.house.clocks(case))[kind], f"{what}_at") is not None

        await eventually(so, f"the clock {kind} to be {what}")

    async def told(self, case: Case, kind: str, people: set[UUID]) -> None:
        """Return when exactly these people were told something, each once."""

        async def so() -> bool:
            found = await self.house.told(case, kind)
            assert sorted(found) == sorted(people), f"{kind} went to {len(found)}"
            return True

        await eventually(so, f"{kind} to {len(people)} people")


@asynccontextmanager
async def running(
    settings: Settings, database: Database, *, readable: bool = False
) -> AsyncIterator[Platform]:
    """Yield the service with all its parts at work; `readable`: nothing in histories is encrypted."""
    url = settings.broker_url.get_secret_value()
    queues = {"scheduling": subscriptions.bindings(), "network": [(TellPerson.TYPE, TellPerson.EXCHANGE)]}
    await broker.declare_all(url, queues, scale=settings.retry_scale)
    async with Scheduling.open(settings, clock=SkippedClock(settings.temporal_address)) as house:
        if readable:
            plain = Temporal(
                address=settings.temporal_address, namespace=settings.temporal_namespace, codec_key=None
            )
            house.context = replace(house.context, temporal=plain)
        relay = Relay(service="scheduling", database_url=settings.database_of("scheduling"), broker_url=url)
        database.after_events(relay.wake)
        relaying = asyncio.create_task(relay.run())
        consumer = Consumer(subscriptions, house.context)
        await consumer.start()
        worker = make_worker(
            await house.context.temporal.client(),
            service="scheduling",
            workflows=workflows,
            activities=activities(house.context),
            stop_seconds=2,
        )
        try:
            async with worker:
                yield Platform(house)
        finally:
            relay.stop()
            await consumer.stop()
            await relaying
