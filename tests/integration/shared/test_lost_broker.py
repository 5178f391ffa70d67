"""A broker that is lost at any moment: whatever was under way, a service receives again from all of its queues."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aio_pika
import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from shared import broker, retrying
from shared.consumer import Consumer
from shared.context import Context
from shared.database import Database
from shared.events import intake
from shared.events.base import Received
from shared.settings import Settings
from shared.subscriptions import Subscriptions
from tests.support.eventually import eventually
from tests.support.line import Line
from tests.support.platform import bare_context

MakeDatabase = Callable[[str], Awaitable[Database]]
CUTS = 8


@pytest.fixture
def subscriptions() -> Subscriptions:
    made = Subscriptions("platform")

    async def handle(_session: AsyncSession, _event: Received[Any], _context: Context) -> None:
        raise AssertionError("what the test sends is signed by nobody")

    for data in (intake.BaselineRecorded, intake.CaseOpened, intake.CaseWithdrawn, intake.CaseClosed):
        made.writes(data, case="any")(handle)
    return made


class TestAConsumer:
    async def test_receives_from_all_queues_wherever_its_connection_was_cut(
        self, database: MakeDatabase, settings: Settings, subscriptions: Subscriptions
    ) -> None:
        db = await database("platform")
        async with _behind_a_line(db, settings, subscriptions) as (line, queues, context):
            async with _running(Consumer(subscriptions, context)):
                await queues.are_received("at first")
            whole = line.said
            for cut in range(1, CUTS):
                where = f"after a cut at {cut}/{CUTS} of what a start takes"
                line.cut_at = line.said + whole * cut // CUTS
                async with _running(Consumer(subscriptions, context)):
                    await queues.are_received(f"by a new process {where}")
                    line.cut()
                    line.cut_at = line.said + whole * cut // CUTS
                    await queues.are_received(f"by the same {where}")

    async def test_receives_wherever_the_broker_fell_silent_at_its_start(
        self,
        database: MakeDatabase,
        settings: Settings,
        subscriptions: Subscriptions,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(broker, "ANSWER_SECONDS", 0.5)
        monkeypatch.setattr(retrying, "_CLOSE_SECONDS", 0.1)
        db = await database("platform")
        async with _behind_a_line(db, settings, subscriptions) as (line, queues, context):
            async with _running(Consumer(subscriptions, context)):
                await queues.are_received("at first")
            whole = line.said
            for part in range(1, CUTS):
                line.stall_at = line.said + whole * part // CUTS
                async with _running(Consumer(subscriptions, context)):
                    await queues.are_received(f"after silence from {part}/{CUTS} of a start on")


@asynccontextmanager
async def _behind_a_line(
    database: Database, settings: Settings, subscriptions: Subscriptions
) -> AsyncIterator[tuple[Line, "_Queues", Context]]:
    """Yield a line to the broker, the queues, and a service's context in which the broker is at the end of the line."""
    url = settings.broker_url.get_secret_value()
    await broker.declare(url, {"platform": subscriptions.bindings()})
    async with Line.to(urlsplit(url).port or 0) as line, _Queues.of(url, subscriptions) as queues:
        near = SecretStr(url.replace(f":{urlsplit(url).port}/", f":{line.port}/"))
        behind = settings.model_copy(update={"broker_url": near})
        yield line, queues, bare_context(database=database, settings=behind)


@asynccontextmanager
async def _running(consumer: Consumer) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(consumer.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(running, 60)


class _Queues:
    """The queues of a service, and what it made of messages without a signature: dead letters."""

    def __init__(self, channel: Any, names: list[str]) -> None:
        self._channel = channel
        self._names = names
        self._sent = 0

    @classmethod
    @asynccontextmanager
    async def of(cls, url: str, subscriptions: Subscriptions) -> AsyncIterator["_Queues"]:
        async with await aio_pika.connect(url) as connection:
            names = [broker.queue_of("platform", event_type) for event_type, _ in subscriptions.bindings()]
            yield cls(await connection.channel(), names)

    async def are_received(self, when: str) -> None:
        """Send a message to each, and wait until all were received."""
        for name in self._names:
            await self._channel.default_exchange.publish(aio_pika.Message(b"{}"), routing_key=name)
        self._sent += len(self._names)
        await eventually(self._is_received, f"the messages to be received {when}")

    async def _is_received(self) -> bool:
        dead = await self._channel.declare_queue(broker.dead_queue_of("platform"), passive=True)
        return bool(dead.declaration_result.message_count >= self._sent)
