"""Training running on all the real parts: its consumer, relay and worker, a mail server, and a hand on the time."""

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from aiosmtpd.smtp import SMTP
from google.protobuf.duration_pb2 import Duration
from temporalio.api.testservice.v1 import SleepRequest
from temporalio.service import RPCError, RPCStatusCode

from services.training import worker
from services.training.consumer import subscriptions
from services.training.workflow_inputs import workflow_id
from shared import broker
from shared.clock import SkippedClock
from shared.consumer import Consumer
from shared.database import Database
from shared.outbox import Relay, envelope
from shared.settings import Settings
from shared.temporal import Temporal, prepare_namespace
from shared.worker import make_worker
from tests.support.eventually import eventually
from tests.support.world.training import Training


@dataclass
class Postbox:
    """A mail server that keeps what it gets."""

    messages: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    def kinds_for(self, address: str) -> list[str]:
        """Return the kinds of the mails to an address, in the order they came."""
        return [str(one["Kring-Kind"]) for one in self.messages if address in str(one["To"])]


@dataclass
class Running:
    """The service and its surroundings."""

    house: Training
    postbox: Postbox

    async def comes_to(self, registered: dict[str, Any], state: str, *mails: str) -> None:
        """Wait until a registration is in a state, and exactly these mails have reached its participant."""
        seen = await self.house.registration(registered["registration_id"])

        async def there() -> bool:
            now = await self.house.state(registered)
            assert (now, self.postbox.kinds_for(seen["email"])) == (state, list(mails))
            return True

        await eventually(there, f"{seen['first_name']} to be {state} with {mails}", seconds=20)

    async def pass_moment(self, registered: dict[str, Any], what: str, *, number: int = 1) -> None:
        """Skip to a moment ("warn_at", "due_at") of a registration's clock, once its workflow waits for one."""
        await self.waits(registered, number)
        [clock] = await self.house.rows(
            "SELECT warn_at, due_at FROM clock WHERE subject = :id AND state = 'running'",
            id=UUID(registered["registration_id"]),
        )
        length = getattr(clock, what) - await self.house.now() + timedelta(seconds=1)
        duration = Duration()
        duration.FromTimedelta(length)
        client = await self.house.context.temporal.client()
        await client.test_service.unlock_time_skipping_with_sleep(SleepRequest(duration=duration))

    async def history(self, registered: dict[str, Any], number: int = 1) -> Any:
        """Return the history of the workflow of a registration's first wait, or of a later one; None if not started."""
        client = await self.house.context.temporal.client()
        handle = client.get_workflow_handle(workflow_id(UUID(registered["registration_id"]), number))
        try:
            return await handle.fetch_history()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise

    async def waits(self, registered: dict[str, Any], number: int = 1) -> None:
        """Wait until the workflow of a registration waits for a moment."""

        async def timer_runs() -> bool:
            history = await self.history(registered, number)
            assert history is not None
            kinds = [event.WhichOneof("attributes") for event in history.events]
            over = kinds.count("timer_fired_event_attributes") + kinds.count(
                "timer_canceled_event_attributes"
            )
            return kinds.count("timer_started_event_attributes") > over

        await eventually(timer_runs, "the workflow to wait for a moment")

    async def deliver_again(self, *, backwards: bool = False) -> set[str]:
        """Deliver everything that was said once more, and return what came of it."""
        found = await self.house.rows(
            "SELECT id, type, time, sequence, tenant, case_id, causation_id, traceparent, data::text AS data"
            " FROM outbox ORDER BY position"
        )
        known = subscriptions.all()
        return {
            await subscriptions.deliver(
                envelope(row._mapping, "urn:kring:training"), row.type, self.house.context
            )
            for row in (reversed(found) if backwards else found)
            if row.type in known
        }

    async def ended(self, registered: dict[str, Any]) -> None:
        """Wait until the workflow of a registration has ended well."""

        async def over() -> bool:
            history = await self.history(registered)
            assert history is not None
            return bool(history.events[-1].HasField("workflow_execution_completed_event_attributes"))

        await eventually(over, "the workflow to end")


@asynccontextmanager
async def running(
    settings: Settings, database: Database, *, readable: bool = False, listening: bool = True
) -> AsyncIterator[Running]:
    """Yield the running service.

    `readable` leaves histories unencrypted, for recording them; not `listening`, it hears only what is delivered to it.
    """
    postbox = Postbox()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(postbox, enable_SMTPUTF8=True), "127.0.0.1", 0
    )
    settings = settings.model_copy(update={"smtp_port": server.sockets[0].getsockname()[1]})
    address, namespace = settings.temporal_address, settings.temporal_namespace
    await prepare_namespace(address=address, namespace=namespace)
    parts: dict[str, Any] = {}
    if readable:
        parts["temporal"] = Temporal(address=address, namespace=namespace, codec_key=None)
    broker_url = settings.broker_url.get_secret_value()
    await broker.declare_all(broker_url, {"training": subscriptions.bindings()}, scale=settings.retry_scale)
    async with Training.open(settings, clock=SkippedClock(address), **parts) as house:
        consumer = Consumer(subscriptions, house.context)
        relay = Relay(
            service="training", database_url=settings.database_of("training"), broker_url=broker_url
        )
        database.after_events(relay.wake)
        working = make_worker(
            await house.context.temporal.client(),
            service="training",
            workflows=worker.workflows,
            activities=worker.activities(house.context),
            stop_seconds=2,
        )
        relaying = asyncio.create_task(relay.run())
        if listening:
            await consumer.start()
        try:
            async with working:
                yield Running(house, postbox)
        finally:
            if listening:
                await consumer.stop()
            relay.stop()
            await relaying
            server.close()
            await server.wait_closed()
