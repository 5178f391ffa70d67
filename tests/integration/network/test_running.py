"""Network as it runs: relay, broker, consumer, worker and mail server, with nothing delivered by hand."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import aio_pika
import pytest_asyncio

from services.network import worker
from services.network.consumer import subscriptions
from shared import broker
from shared.clock import SkippedClock
from shared.consumer import Consumer
from shared.events import intake, network
from shared.events.base import EventData
from shared.relay import Relay
from shared.settings import Settings
from shared.signing import Signer
from shared.temporal import prepare_namespace
from shared.worker import make_worker
from tests.integration.network.conftest import Sink
from tests.support.backing import Databases
from tests.support.eventually import eventually
from tests.support.signed import signed
from tests.support.world import Case
from tests.support.world.network import Network


@pytest_asyncio.fixture
async def whole(settings: Settings, databases: Databases, mail_server: Sink) -> AsyncIterator[Network]:
    """Network with all its roles in this process."""
    await databases.recreate("network")
    settings = settings.model_copy(update={"smtp_port": mail_server.port})
    url = settings.broker_url.get_secret_value()
    await prepare_namespace(address=settings.temporal_address, namespace=settings.temporal_namespace)
    await broker.declare_all(url, {"network": subscriptions.bindings()}, scale=settings.retry_scale)
    async with Network.open(settings, clock=SkippedClock(settings.temporal_address)) as world:
        consumer = Consumer(subscriptions, world.context)
        relay = Relay(
            service="network",
            database_url=settings.database_of("network"),
            broker_url=url,
            signer=Signer.load(settings.secrets_dir / "network" / "signing_key"),
            own=consumer.own,
        )
        world.context.database.after_events(relay.wake)
        running = make_worker(
            await world.context.temporal.client(),
            world.context,
            workflows=worker.workflows,
            stop_seconds=2,
        )
        async with running:
            await consumer.start()
            relaying = asyncio.create_task(relay.run())
            yield world
            relay.stop()
            await consumer.stop()
            with contextlib.suppress(asyncio.CancelledError):
                await relaying


async def _publish(world: Network, case: Case, data: EventData, *, twice: bool = False) -> None:
    await world.decide(data, case=case)
    connection = await aio_pika.connect(world.context.settings.broker_url.get_secret_value())
    async with connection:
        channel = await connection.channel(publisher_confirms=True)
        exchange = await channel.get_exchange(data.EXCHANGE)
        body = await world.message(data, case=case)
        for _ in range(2 if twice else 1):
            headers = signed(
                world.context.settings.secrets_dir, data.TYPE, body, service=world.publisher_of(data)
            )
            message = aio_pika.Message(
                body, message_id=str(uuid4()), type=data.TYPE, delivery_mode=2, headers=dict(headers)
            )
            await exchange.publish(message, routing_key=data.TYPE)


async def _people(world: Network, case: Case) -> bool:
    answer = await world.ask("GET", f"/v1/cases/{case.id}/persons", world.coordinator(case))
    return answer.status_code == 200 and len(answer.json()["items"]) > 0


def _mails_to(sink: Sink, address: str) -> list[Any]:
    return [mail for mail in sink.mails if address in mail["To"]]


class TestNetworkRunning:
    async def test_takes_a_case_from_its_opening_to_its_end(self, whole: Network, sink: Sink) -> None:
        case = Case(tenant=whole.tenant)
        whole.others.people[case.id] = [
            {"person_id": str(case.central), "role": "central", "first_name": "Ilyas", "last_name": "Testman",
             "email": "ilyas@example.org", "language": "nl", "parental_authority": False}
        ]  # fmt: skip
        # The assignment comes before the opening, and both come twice.
        await _publish(whole, case, case.assigned(), twice=True)
        await _publish(whole, case, case.opened(), twice=True)

        async def copied() -> bool:
            return await _people(whole, case)

        await eventually(copied, "the persons of the referral")
        aunt = await whole.add(case, "Nadia")
        await whole.invite(case, aunt)

        async def invited() -> bool:
            return len(_mails_to(sink, "nadia@example.org")) == 1

        await eventually(invited, "the invitation's mail")
        text = _mails_to(sink, "nadia@example.org")[0].get_body(("plain",)).get_content()
        token = text.partition("/l/")[2].partition("?")[0]
        access = (await whole.http.post("/v1/links/exchange", json={"token": token})).json()
        headers = {"authorization": f"Bearer {access['access_token']}"}
        answer = await whole.ask("POST", "/v1/me/invitation/answer", headers, json={"answer": "yes"})
        assert answer.status_code == 200
        client = await whole.context.temporal.client()
        handle = client.get_workflow_handle(f"invitation/{answer.json()['invitation_id']}")
        await asyncio.wait_for(handle.result(), timeout=60)
        ready = await whole.ask("POST", f"/v1/cases/{case.id}/circle-ready", whole.coordinator(case))
        assert len(ready.json()["members"]) == 2
        told = network.NotifyPeople(
            case_id=case.id, person_ids=(aunt,), kind="plan-shared", link_target="plans/1"
        )
        await _publish(whole, case, told, twice=True)
        withdrawn = intake.CaseWithdrawn(case_id=case.id, reason="family-wish", by="central-person")

        async def shared() -> bool:
            return [mail["Kring-Kind"] for mail in _mails_to(sink, "nadia@example.org")][1:] == [
                "plan-shared"
            ]

        await eventually(shared, "the mail about the plan")
        await _publish(whole, case, withdrawn, twice=True)

        async def stopped() -> bool:
            return sorted(mail["To"] for mail in sink.mails if mail["Kring-Kind"] == "case-stopped") == [
                "Ilyas <ilyas@example.org>",
                "Nadia <nadia@example.org>",
            ]

        await eventually(stopped, "the mails that the case stopped")
        assert len(_mails_to(sink, "nadia@example.org")) == 3
        outcomes = {row.outcome for row in await whole.rows("SELECT outcome FROM inbox")}
        # That the last emails arrived changes nothing any more: the case has stopped.
        assert outcomes - {"case-stopped"} == {"handled"}
