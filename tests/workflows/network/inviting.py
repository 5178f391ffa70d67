"""Invitations that really run: network with its worker, on a Temporal server whose time is skipped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from google.protobuf.duration_pb2 import Duration
from temporalio.api.testservice.v1 import SleepRequest
from temporalio.client import WorkflowHandle

from deploy.local.temporal import TimeSkippingServer
from services.network import worker
from services.network.consumer import subscriptions
from services.network.domain import invitation_workflow_id
from shared.clock import SkippedClock
from shared.outbox import envelope
from shared.settings import Settings
from shared.temporal import Temporal, prepare_namespace
from shared.worker import make_worker
from tests.support.eventually import eventually
from tests.support.world import Case
from tests.support.world.network import Network

# Mails are decided on here and sent elsewhere.
_NOT_HEARD = {"network.internal.message.queued.v1"}


@dataclass
class Inviting:
    """The service, and a hand on the clock of its Temporal server."""

    house: Network
    heard: int = 0

    async def hear_own_events(self) -> None:
        """Deliver what network has said since the last time to network itself, as the broker would, but twice."""
        rows = await self.house.rows(
            "SELECT position, id, type, time, sequence, tenant, case_id, causation_id, traceparent,"
            " data::text AS data FROM outbox WHERE position > :heard ORDER BY position",
            heard=self.heard,
        )
        known = subscriptions.all().keys() - _NOT_HEARD
        for row in rows:
            self.heard = row.position
            for _ in range(2 if row.type in known else 0):
                await self.house.deliver(envelope(row._mapping, "urn:kring:network"), row.type)

    async def invited(self, case: Case, first_name: str) -> tuple[UUID, UUID]:
        """Return somebody of the circle and the invitation that was mailed to them."""
        person = await self.house.add(case, first_name)
        invitation = await self.house.invite(case, person)
        await self.hear_own_events()
        await self.waits(invitation)
        return person, invitation

    async def skip(self, **length: float) -> None:
        """Let the server's time pass."""
        duration = Duration()
        duration.FromTimedelta(timedelta(**length))
        client = await self.house.context.temporal.client()
        await client.test_service.unlock_time_skipping_with_sleep(SleepRequest(duration=duration))

    async def handle(self, invitation: UUID) -> WorkflowHandle[Any, Any]:
        """Return the workflow of an invitation."""
        client = await self.house.context.temporal.client()
        return client.get_workflow_handle(invitation_workflow_id(invitation))

    async def waits(self, invitation: UUID, *, timers: int = 1) -> None:
        """Wait until the workflow waits for a moment (or, with no timers, for news only)."""

        async def probe() -> bool:
            return await self._timers(invitation) == timers and await self._is_idle(invitation)

        await eventually(probe, f"{timers} timers of the invitation")

    async def ended(self, invitation: UUID) -> None:
        """Wait until the workflow has ended as it should."""
        await asyncio.wait_for((await self.handle(invitation)).result(), timeout=10)

    async def kinds(self, case: Case) -> list[str]:
        """Return the kinds of mails decided on, in order."""
        return [mail.kind for mail in await self.house.emails(case=case)]

    async def state(self, case: Case, first_name: str) -> str:
        """Return where somebody's invitation stands."""
        return str((await self.house.people(case))[first_name]["invitation"]["state"])

    async def _timers(self, invitation: UUID) -> int:
        kinds = await self._kinds_of_events(invitation)
        over = kinds.count("timer_fired_event_attributes") + kinds.count("timer_canceled_event_attributes")
        return kinds.count("timer_started_event_attributes") - over

    async def _is_idle(self, invitation: UUID) -> bool:
        kinds = await self._kinds_of_events(invitation)
        begun = kinds.count("activity_task_scheduled_event_attributes")
        return 0 < begun == kinds.count("activity_task_completed_event_attributes")

    async def _kinds_of_events(self, invitation: UUID) -> list[str | None]:
        handle = await self.handle(invitation)
        return [event.WhichOneof("attributes") async for event in handle.fetch_history_events()]


@asynccontextmanager
async def inviting(
    settings: Settings, server: TimeSkippingServer, *, readable: bool = False
) -> AsyncIterator[Inviting]:
    """Yield network with its worker; `readable` leaves histories unencrypted, for recording them."""
    await prepare_namespace(address=server.address, namespace=server.namespace)
    others: dict[str, Any] = {}
    if readable:
        others["temporal"] = Temporal(address=server.address, namespace=server.namespace, codec_key=None)
    async with Network.open(settings, clock=SkippedClock(server.address), **others) as house:
        running = make_worker(
            await house.context.temporal.client(),
            service="network",
            workflows=worker.workflows,
            activities=worker.activities(house.context),
            stop_seconds=2,
        )
        async with running:
            yield Inviting(house)
