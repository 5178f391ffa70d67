"""Training running on all the real parts: its consumer, relay and worker, a mail server, and a hand on the time."""

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from aiosmtpd.smtp import SMTP

from services.training.consumer import subscriptions
from services.training.domain import registration_workflow_id, statement_workflow_id
from shared import broker
from shared.consumer import Consumer
from shared.outbox import envelope
from shared.relay import Relay
from shared.settings import Settings
from shared.signing import Signer
from tests.integration.training.bank import Line, digits, statement
from tests.support.eventually import eventually
from tests.support.world import Worlds
from tests.support.world.training import Training
from tests.workflows.skipping import Skipped


@dataclass
class Postbox:
    """A mail server that keeps what it gets."""

    messages: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    def kinds_for(self, address: str) -> list[str]:
        """Return the kinds of the mails to an address since it confirmed its registration, in the order they came."""
        kinds = [str(one["Kring-Kind"]) for one in self.messages if address in str(one["To"])]
        return [kind for kind in kinds if kind != "registration-requested"]


def workflow_of(registered: dict[str, Any]) -> str:
    """Return the id of a registration's workflow."""
    return registration_workflow_id(UUID(registered["registration_id"]))


@dataclass
class Running:
    """The service and its surroundings."""

    skipped: Skipped[Training]
    postbox: Postbox = field(default_factory=Postbox)

    @property
    def world(self) -> Training:
        """The service."""
        return self.skipped.world

    async def comes_to(self, registered: dict[str, Any], state: str, *mails: str) -> None:
        """Wait until a registration is in a state, and exactly these mails have reached its participant."""
        seen = await self.world.registration(registered["registration_id"])

        async def there() -> bool:
            now = await self.world.state(registered)
            assert (now, self.postbox.kinds_for(seen["email"])) == (state, list(mails))
            return True

        await eventually(there, f"{seen['first_name']} to be {state} with {mails}")

    async def reach(self, registered: dict[str, Any]) -> None:
        """Skip to the next deadline of a registration, once its workflow waits for it, and until it was reached."""
        await self.started(registered)
        await self.skipped.reach(workflow_of(registered))

    async def started(self, registered: dict[str, Any]) -> None:
        """Wait until a registration's workflow was started."""

        async def probe() -> bool:
            return bool(await self.skipped.kinds(workflow_of(registered)))

        await eventually(probe, "the workflow to start")

    async def ended(self, registered: dict[str, Any]) -> None:
        """Wait until the workflow of a registration has ended well."""
        await self.skipped.ended(workflow_of(registered))

    async def deliver_again(self, *, backwards: bool = False) -> set[str]:
        """Deliver everything that was published once more, and return what came of it."""
        found = await self.world.rows(
            "SELECT id, type, time, sequence, tenant, case_id, causation_id, traceparent, data::text AS data"
            " FROM outbox ORDER BY position"
        )
        known = subscriptions.all()
        return {
            await self.world.deliver(envelope(row._mapping, "urn:kring:training"), row.type)
            for row in (reversed(found) if backwards else found)
            if row.type in known
        }

    async def a_reminded_payment(self) -> str:
        """Play a registration that is reminded of and paid, and return the workflow's id."""
        registered = await self.world.register(await self.world.session(days=80), "Hilde")
        await self.skipped.deliver()
        await self.reach(registered)
        await self.world.import_file(statement(Line(communication=digits(registered["payment"]))))
        await self.skipped.deliver()
        await self.ended(registered)
        return workflow_of(registered)

    async def a_statement(self) -> str:
        """Play the import of a file, and return the workflow's id."""
        registered = await self.world.register(await self.world.session(days=80), "Noor")
        content = statement(Line(communication=digits(registered["payment"])))
        imported = await self.world.send_file(content)
        await self.skipped.deliver()
        workflow_id = statement_workflow_id(UUID(imported["statement_id"]))
        await self.skipped.ended(workflow_id)
        return workflow_id

    async def an_expiry(self) -> str:
        """Play a registration that is never paid, and return the workflow's id."""
        registered = await self.world.register(await self.world.session(days=80), "Sofie")
        await self.skipped.deliver()
        await self.reach(registered)
        await self.reach(registered)
        await self.ended(registered)
        return workflow_of(registered)


async def _nothing() -> None:
    """Deliver nothing: the broker does."""


@asynccontextmanager
async def running(
    worlds: Worlds, settings: Settings, parts: dict[str, Any], *, listening: bool = True
) -> AsyncIterator[Running]:
    """Yield the service with its relay, consumer and worker, on a broker, and a mail server.

    Not `listening`, it gets only what is delivered to it.
    """
    postbox = Postbox()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(postbox, enable_SMTPUTF8=True), "127.0.0.1", 0
    )
    settings = settings.model_copy(update={"smtp_port": server.sockets[0].getsockname()[1]})
    broker_url = settings.broker_url.get_secret_value()
    await broker.declare_all(broker_url, {"training": subscriptions.bindings()}, scale=settings.retry_scale)
    async with worlds.open(Training, settings, **parts) as world:
        consumer = Consumer(subscriptions, world.context)
        relay = Relay(
            service="training",
            database_url=settings.database_of("training"),
            broker_url=broker_url,
            signer=Signer.load(settings.secrets_dir / "training" / "signing_key"),
            own=consumer.own if listening else None,
        )
        world.context.database.after_events(relay.wake)
        relaying = asyncio.create_task(relay.run())
        if listening:
            await consumer.start()
        skipped = Skipped(world, world.context, _nothing)
        try:
            async with skipped.worker():
                yield Running(skipped, postbox)
        finally:
            if listening:
                await consumer.stop()
            relay.stop()
            await relaying
            server.close()
            await server.wait_closed()
