"""Receives a service's messages through FastStream, and decides what happens to each.

It is acknowledged, tried again later through the retry queues, or put among the dead letters with its cause.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import structlog
from aio_pika import Message, connect
from aio_pika.abc import AbstractConnection
from faststream import AckPolicy
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitMessage, RabbitQueue
from prometheus_client import Counter, Gauge, Histogram

from shared import broker as topology
from shared import inbox, telemetry
from shared.context import Context
from shared.errors import NotYet, Operational
from shared.places import Places
from shared.relay import OwnEvents
from shared.retrying import close_in_time, first_of, in_time, told_as_lost, until_stopped
from shared.signing import HEADER, Forged, Signatures
from shared.subscriptions import Malformed, Subscriptions, note

log = structlog.get_logger(__name__)

ATTEMPT = "kring-attempt"
# How often each kind of failure is tried before it becomes a dead letter. Operational failures are retried for ever.
_TRIES = {"not-yet": 30, "bug": 5, "malformed": 1, "forged": 1}
# An operational failure is first retried in place: most outages are shorter than this.
_PATIENCE_SECONDS = 20.0
_CONNECT_SECONDS = 10.0

HANDLED = Counter("kring_events_total", "Deliveries dealt with", ["service", "type", "outcome"])
FORGED = Counter(
    "kring_events_forged_total", "Messages refused that no service may have sent", ["service", "type"]
)
SECONDS = Histogram("kring_event_seconds", "Time to deal with a delivery", ["service", "type"])
IN_HAND = Gauge("kring_events_in_hand", "Deliveries being dealt with", ["service"])


class Consumer:
    """One service's connection to its queues."""

    def __init__(self, subscriptions: Subscriptions, context: Context) -> None:
        self._subscriptions = subscriptions
        self._context = context
        self._service = subscriptions.service
        self._scale = context.settings.retry_scale
        # Fewer concurrent handlers than connections: an exhausted pool would look like an outage.
        self._places = Places(max(1, context.settings.database_pool - 2))
        self._background = {event_type for event_type, each in subscriptions.all().items() if each.background}
        self._signatures = Signatures.load(context.settings.secrets_of(context.service) / "issuers.json")
        self._in_hand: set[asyncio.Task[Any]] = set()
        self._url = context.settings.broker_for(context.service)
        self._subscribers: Sequence[Any] = ()
        self._connection: AbstractConnection | None = None
        self._lost = asyncio.Event()
        self._closing: set[asyncio.Task[None]] = set()

    def _new_broker(self, lost: asyncio.Event) -> RabbitBroker:
        def close(connection: AbstractConnection | None, _: BaseException | None) -> None:
            # Before aio_pika connects again by itself.
            lost.set()
            if connection is None:
                return
            task = asyncio.create_task(close_in_time(connection.close))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

        broker = RabbitBroker(
            self._url,
            timeout=_CONNECT_SECONDS,
            default_channel=Channel(prefetch_count=20, publisher_confirms=True, on_return_raises=True),
            logger=None,
            on_close=[close],
            # Those in progress are waited for in `stop`, all together.
            graceful_timeout=0,
        )
        for event_type, _ in self._subscriptions.bindings():
            self._subscribe(broker, event_type)
        return broker

    def _subscribe(self, broker: RabbitBroker, event_type: str) -> None:
        queue = _queue_of(self._service, event_type)

        async def receive(_body: bytes, message: RabbitMessage) -> None:
            await self._receive(event_type, message)

        subscriber = broker.subscriber(
            queue, ack_policy=AckPolicy.MANUAL, decoder=_undecoded, parser=None, title=event_type
        )
        subscriber(receive)

    @property
    def own(self) -> OwnEvents:
        """The handler for events that the relay passes on directly from the outbox, and where failed ones go."""
        return OwnEvents(self._subscriptions.own(), self._handle_own, topology.retry_exchange(1, self._scale))

    async def run(self, stop: asyncio.Event) -> None:
        """Receive until `stop` is set, over a new connection after each loss, then stop.

        aio_pika's own way to restore a connection is not relied on: it has no limit of time.
        """
        while await until_stopped(stop, self.start, what="consumer"):
            await first_of(stop.wait(), self._lost.wait())
            if not stop.is_set():
                log.warning("consumer.disconnected", service=self._service)
                await self._close()
        await self.stop()

    async def start(self) -> None:
        """Begin to receive.

        Raises: an AMQPError while the queues are not all declared; Operational or an OSError if the broker is lost.
        """
        with told_as_lost():
            started = await in_time(self._start(), topology.ANSWER_SECONDS)
        self._subscribers, self._connection, self._lost = started

    async def _start(self) -> tuple[Sequence[Any], AbstractConnection, asyncio.Event]:
        asking = await connect(self._url, timeout=_CONNECT_SECONDS)
        try:
            await topology.require_declared(await asking.channel())
        finally:
            await close_in_time(asking.close)
        lost = asyncio.Event()
        broker = self._new_broker(lost)
        connection = await broker.connect()
        try:
            # FastStream's start has no limit of time, whatever happens to the connection.
            await first_of(broker.start(), lost.wait())
            if lost.is_set():
                raise Operational("broker: lost at the start")
            for event_type, _ in self._subscriptions.bindings()[:1]:
                # All are received over one channel, which the broker may also close alone.
                queue = await broker.declare_queue(_queue_of(self._service, event_type))
                queue.channel.close_callbacks.add(lambda *_: lost.set())
        except BaseException:
            await close_in_time(connection.close)
            raise
        return broker.subscribers, connection, lost

    async def stop(self) -> None:
        """Stop receiving, give messages in progress a bounded time, and return the rest (they are delivered again)."""
        await asyncio.gather(*(close_in_time(subscriber.stop) for subscriber in self._subscribers))
        if self._in_hand:
            await asyncio.wait(self._in_hand, timeout=self._context.settings.stop_seconds / 2)
        for task in self._in_hand:
            task.cancel()
        await self._close()
        await asyncio.gather(*self._closing)

    async def _close(self) -> None:
        if self._connection is not None:
            await close_in_time(self._connection.close)

    async def _receive(self, event_type: str, message: RabbitMessage) -> None:
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._in_hand.add(task)
        try:
            async with self._handling(event_type, message.headers.get("traceparent")):
                await self._settle(event_type, message)
        finally:
            self._in_hand.discard(task)

    async def _handle_own(self, event_type: str, body: bytes, traceparent: str | None) -> None:
        async with self._handling(event_type, traceparent):
            started = time.perf_counter()
            outcome = await self._subscriptions.deliver(body, event_type, self._context)
            self._count(event_type, outcome, started)

    @contextlib.asynccontextmanager
    async def _handling(self, event_type: str, traceparent: Any) -> AsyncIterator[None]:
        async with self._places.take(background=event_type in self._background):
            with (
                IN_HAND.labels(self._service).track_inprogress(),
                telemetry.consuming(event_type, traceparent),
            ):
                yield

    def _count(self, event_type: str, outcome: str, started: float) -> None:
        SECONDS.labels(self._service, event_type).observe(time.perf_counter() - started)
        HANDLED.labels(self._service, event_type, outcome).inc()

    async def _settle(self, event_type: str, message: RabbitMessage) -> None:
        started = time.perf_counter()
        try:
            signer = self._signatures.check(message.headers.get(HEADER), event_type, message.body)
            outcome = await self._deliver_patiently(event_type, message.body, signer)
        except Forged as error:
            FORGED.labels(self._service, event_type).inc()
            outcome = await self._later(event_type, message, "forged", str(error))
        except NotYet as error:
            outcome = await self._later(event_type, message, "not-yet", str(error))
        except Operational as error:
            outcome = await self._later(event_type, message, "operational", str(error))
        except Malformed as error:
            outcome = await self._later(event_type, message, "malformed", str(error))
        except Exception as error:
            log.exception("event.bug", type=event_type, message_id=message.message_id)
            outcome = await self._later(event_type, message, "bug", _where(error))
        await message.ack()
        self._count(event_type, outcome, started)

    async def _deliver_patiently(self, event_type: str, body: bytes, signer: str) -> str:
        give_up_at = time.monotonic() + _PATIENCE_SECONDS
        pause = 0.1
        while True:
            try:
                return await self._subscriptions.deliver(body, event_type, self._context, signed_by=signer)
            except Operational as error:
                if time.monotonic() + pause > give_up_at:
                    raise
                log.warning("event.waits", type=event_type, cause=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 3)

    async def _later(self, event_type: str, message: RabbitMessage, kind: str, cause: str) -> str:
        attempt = int(message.headers.get(ATTEMPT, 0)) + 1
        queue = topology.queue_of(self._service, event_type)
        headers = {**_own_headers(message.headers), ATTEMPT: attempt}
        if attempt >= _TRIES.get(kind, 1_000_000):
            await self._bury(
                event_type, message, queue, {**headers, "kring-kind": kind, "kring-cause": cause}
            )
            return "dead"
        if kind != "not-yet" or attempt > 5:
            log.warning("event.later", type=event_type, kind=kind, cause=cause, attempt=attempt)
        await self._publish(message, topology.retry_exchange(attempt, self._scale), queue, headers)
        return kind

    async def _bury(
        self, event_type: str, message: RabbitMessage, queue: str, headers: dict[str, Any]
    ) -> None:
        log.error("event.dead", type=event_type, kind=headers["kring-kind"], cause=headers["kring-cause"])
        headers |= {"kring-queue": queue, "kring-died-at": datetime.now(UTC).isoformat(timespec="seconds")}
        await self._publish(message, topology.DEAD, topology.dead_queue_of(self._service), headers)
        if headers["kring-kind"] == "forged":
            # Its id may belong to an event that is yet to come.
            return
        with contextlib.suppress(Operational, ValueError, TypeError):
            # Recorded so that every event's outcome can be counted; a replay removes the record.
            await note(self._context.database, event_type, UUID(message.message_id), inbox.DEAD, None)

    async def _publish(
        self, message: RabbitMessage, exchange: str, routing_key: str, headers: dict[str, Any]
    ) -> None:
        raw = message.raw_message
        copy = Message(
            message.body,
            content_type=message.content_type,
            delivery_mode=2,
            message_id=message.message_id,
            type=raw.type,
            headers=headers,
        )
        channel = raw.channel
        confirmed = await channel.basic_publish(
            copy.body,
            exchange=exchange,
            routing_key=routing_key,
            properties=copy.properties,
            mandatory=True,
            timeout=10,
        )
        log.debug("event.moved", exchange=exchange, confirmed=type(confirmed).__name__)


def _queue_of(service: str, event_type: str) -> RabbitQueue:
    # Declared and bound by `kring migrate`: a service may do neither.
    return RabbitQueue(
        topology.queue_of(service, event_type), queue_type=QueueType.QUORUM, durable=True, declare=False
    )


async def _undecoded(message: Any) -> bytes:
    return bytes(message.body)


def _own_headers(headers: dict[str, Any]) -> dict[str, Any]:
    """Keep our own headers: the broker's x-death and the like would grow with each round."""
    return {name: value for name, value in headers.items() if name in ("traceparent", HEADER, ATTEMPT)}


def _where(error: BaseException) -> str:
    """Return the type and place of an exception: its text may hold values."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f" at {frame.tb_frame.f_globals.get('__name__')}:{frame.tb_lineno}" if frame is not None else ""
    return f"{type(error).__name__}{place}"
