"""What a service publishes and handles itself: not through the broker, and as safe as if it had come that way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared import broker, outbox
from shared.consumer import Consumer
from shared.context import Context
from shared.database import Database
from shared.events import intake
from shared.events.base import MESSAGE_QUEUED, EventData, Received
from shared.relay import Relay
from shared.settings import Settings
from shared.signing import Signer
from shared.subscriptions import Subscriptions
from tests.support.eventually import eventually
from tests.support.platform import NOW, TENANT, bare_context, rows

MakeDatabase = Callable[[str], Awaitable[Database]]
QUEUED = MESSAGE_QUEUED["intake"]
COUNTED = intake.ReferralDeclined


class Handler:
    """Does what a test wants, and counts."""

    def __init__(self) -> None:
        self.seen: list[UUID] = []
        self.raises: list[Exception] = []
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def __call__(self, _session: AsyncSession, event: Received[Any], _context: Context) -> None:
        self.seen.append(event.id)
        await self.goes_on.wait()
        if self.raises:
            raise self.raises.pop(0)

    async def has_begun(self, count: int = 1) -> bool:
        """Say whether so many events are or were in hand."""
        return len(self.seen) >= count


@pytest.fixture
def handler() -> Handler:
    return Handler()


class Service:
    """Intake's relay and queues, on a database of the test's."""

    def __init__(self, database: Database, settings: Settings, handler: Handler) -> None:
        self.database = database
        self._settings = settings
        subscriptions = Subscriptions("intake")
        subscriptions.writes(QUEUED, case="any")(handler)
        subscriptions.writes(COUNTED, case="any", background=True)(handler)
        self.subscriptions = subscriptions
        self.consumer = Consumer(
            subscriptions, bare_context(database=database, settings=settings, service="intake")
        )

    async def publish(self, count: int = 1, fact: EventData | None = None) -> list[UUID]:
        """Publish some events of one stream in one transaction."""
        stream = uuid4()
        async with self.database.transaction() as session:
            return [
                await outbox.publish(
                    session,
                    fact or QUEUED(message_id=uuid4(), kind="offer-made"),
                    stream=stream,
                    tenant=TENANT,
                    now=NOW,
                )
                for _ in range(count)
            ]

    async def declare(self) -> None:
        """Declare its queues."""
        url = self._settings.broker_url.get_secret_value()
        await broker.declare(url, {"intake": self.subscriptions.bindings()}, scale=self._settings.retry_scale)

    @asynccontextmanager
    async def relaying(self) -> AsyncIterator[asyncio.Task[None]]:
        """Run its relay, which is killed at the end if it still runs."""
        relay = Relay(
            service="intake",
            database_url=self._settings.database_of("platform"),
            broker_url=self._settings.broker_url.get_secret_value(),
            signer=Signer.load(self._settings.secrets_dir / "intake" / "signing_key"),
            own=self.consumer.own,
        )
        self.relay = relay
        self.database.after_events(relay.wake)
        running = asyncio.create_task(relay.run())
        try:
            yield running
        finally:
            relay.stop()
            await asyncio.gather(running, return_exceptions=True)

    async def are_in_hand(self, count: int) -> bool:
        """Say whether the relay has handed so many events over that were not handled yet."""
        return len(self.relay._in_hand) == count

    async def outcomes(self) -> dict[UUID, str]:
        """Return what was noted of each event."""
        return {row.event_id: row.outcome for row in await rows(self.database, "SELECT * FROM inbox")}

    async def pending(self) -> int:
        """Return how many events are unpublished."""
        return int(
            (await rows(self.database, "SELECT count(*) FROM outbox WHERE published_at IS NULL"))[0][0]
        )

    async def waits_for_another_try(self) -> bool:
        """Say whether an event waits for its time to be tried again."""
        return bool(await rows(self.database, "SELECT 1 FROM outbox WHERE attempts = 1 AND retry_at > now()"))

    async def has_left(self) -> bool:
        """Say whether no event is pending."""
        return not await self.pending()

    async def is_done(self, events: list[UUID]) -> bool:
        """Say whether all were handled, and none waits."""
        return await self.outcomes() == dict.fromkeys(events, "handled") and not await self.pending()


@pytest.fixture
async def service(database: MakeDatabase, settings: Settings, handler: Handler) -> Service:
    made = Service(await database("platform"), settings, handler)
    await made.declare()
    return made


class TestOwnEvents:
    async def test_are_handled_without_the_broker(self, service: Service, handler: Handler) -> None:
        # No consumer receives from any queue here.
        async with service.relaying():
            events = await service.publish(3)
            await eventually(lambda: service.is_done(events), "the events to be handled")
        assert sorted(handler.seen) == sorted(events)

    async def test_are_those_that_nobody_else_publishes(self) -> None:
        subscriptions = Subscriptions("network")
        own = subscriptions.own()
        assert intake.CaseOpened.TYPE not in own
        assert "network.clock.started.v1" in own
        exchanges = dict(subscriptions.bindings())
        assert exchanges["network.clock.started.v1"] is None
        assert exchanges[intake.CaseOpened.TYPE] == intake.CaseOpened.EXCHANGE

    async def test_come_to_the_queue_when_they_fail(self, service: Service, handler: Handler) -> None:
        handler.raises = [ValueError("a bug")]
        async with service.relaying():
            events = await service.publish()
            await eventually(service.has_left, "the event to leave")
            assert await service.outcomes() == {}
            await service.consumer.start()
            try:
                await eventually(lambda: service.is_done(events), "the event to be handled")
            finally:
                await service.consumer.stop()
        assert handler.seen == events * 2

    async def test_are_tried_again_where_the_way_to_the_queue_is_cancelled(
        self, service: Service, handler: Handler, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        handler.raises = [ValueError("a bug")]

        async def cancelled(*_given: Any) -> bool:
            # What aiormq raises in whoever publishes on a connection that closes.
            monkeypatch.undo()
            raise asyncio.CancelledError

        monkeypatch.setattr(Relay, "_publish_one", cancelled)
        async with service.relaying():
            events = await service.publish()
            await eventually(lambda: service.is_done(events), "the event to be handled")
        assert handler.seen == events * 2

    async def test_are_tried_again_later_where_no_queue_takes_them(
        self, service: Service, handler: Handler
    ) -> None:
        handler.raises = [ValueError("a bug")] * 50

        async def refuse(*_: Any) -> bool:
            return False

        async with service.relaying():
            service.relay._publish_one = refuse  # type: ignore[method-assign,assignment]
            await service.publish()
            await eventually(service.waits_for_another_try, "the failure to be noted")
        assert len(handler.seen) == 1

    async def test_wait_in_the_outbox_until_they_were_handled(
        self, service: Service, handler: Handler
    ) -> None:
        handler.goes_on.clear()
        async with service.relaying() as running:
            events = await service.publish()
            await eventually(handler.has_begun, "the handler to begin")
            assert await service.pending() == 1
            # As if the process were killed: nothing of what it did is kept.
            running.cancel()
        assert await service.outcomes() == {}
        handler.goes_on.set()
        async with service.relaying():
            await eventually(lambda: service.is_done(events), "the event to be handled")

    async def test_hold_up_nothing_of_their_stream(self, service: Service, handler: Handler) -> None:
        handler.goes_on.clear()
        async with service.relaying():
            first = await service.publish(2)
            second = await service.publish()
            await eventually(lambda: handler.has_begun(3), "all to be in hand")
            handler.goes_on.set()
            await eventually(lambda: service.is_done(first + second), "the events to be handled")

    async def test_are_handled_first_where_somebody_waits_for_them(
        self, database: MakeDatabase, settings: Settings, handler: Handler
    ) -> None:
        # One place for all.
        small = settings.model_copy(update={"database_pool": 3})
        service = Service(await database("platform"), small, handler)
        await service.declare()
        handler.goes_on.clear()
        async with service.relaying():
            begun = await service.publish()
            await eventually(handler.has_begun, "the place to be taken")
            counted = await service.publish(3, COUNTED(referral_id=uuid4(), reason="no-room"))
            await eventually(lambda: service.are_in_hand(4), "the events to wait for the place")
            waited_for = await service.publish(2)
            await eventually(lambda: service.are_in_hand(6), "the events to wait for the place")
            handler.goes_on.set()
            await eventually(lambda: service.is_done([*begun, *counted, *waited_for]), "all to be handled")
        assert handler.seen == [*begun, *waited_for, *counted]
