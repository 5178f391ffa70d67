"""Publishes outboxes to the broker, and passes a service's own events to their handlers.

Rules: a stream's events leave in order; one that fails holds back its stream and no other; an event published
but not marked is published again. Several relays may run: each holds a fair share of the shards by locks of its
connection, which end with it. A relay is woken by the process's own commits and by NOTIFY from others, and
checks every second in case a wake-up was lost or a shard became free.

Events that only this service publishes and subscribes to do not go through the broker: the relay passes them to
the handler. The row stays pending until it was handled, so that after a crash the next process handles it; a
failure goes to the service's queue, and from there on like every failure.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

import aio_pika
import asyncpg
import structlog
from aio_pika.exceptions import DeliveryError
from prometheus_client import Counter

from shared.broker import ANSWER_SECONDS, exchanges_of, queue_of, require_declared
from shared.database import DRIVER_ERRORS
from shared.events.base import EVENTS, source_of
from shared.outbox import CHANNEL, SHARDS, envelope
from shared.retrying import close_in_time, told_as_lost
from shared.signing import HEADER, Signer

log = structlog.get_logger(__name__)

_LOCK_CLASS = 746_101
BATCH = 500
_LOOK_SECONDS = 1.0
# How many of its own events a service handles or holds at once; more wait in its queue.
_IN_HAND = 200
# How long a relay that stops, or gives shards back, lets them be handled.
_HAND_OVER_SECONDS = 10.0
# Handled events are marked together with those handled soon after.
_MARK_SECONDS = 0.02
_LOST = (*DRIVER_ERRORS, aio_pika.exceptions.AMQPError)

PUBLISHED = Counter(
    "kring_outbox_published_total",
    "Events confirmed by the broker, or handled where they come from",
    ["service"],
)
UNROUTED = Counter("kring_outbox_unrouted_total", "Events that no queue wanted", ["type"])
FAILED = Counter("kring_outbox_failed_total", "Publishes that failed and will be tried again", ["service"])

# Pending rows in order, of these shards ($1), $2 at most, except those in progress ($3); streams that wait for a
# retry are left out. The cost depends on what is pending and not on what was published: both parts read only the
# partial indexes of `outbox`.
CLAIM = """
    SELECT position, id, stream, sequence, exchange, type, time, tenant, case_id, causation_id, traceparent,
           data::text AS data
    FROM outbox
    WHERE published_at IS NULL AND shard = ANY($1::smallint[])
      AND position <> ALL($3::bigint[])
      AND stream NOT IN (SELECT stream FROM outbox WHERE published_at IS NULL AND retry_at > now())
    ORDER BY position LIMIT $2
"""

_TRY_LATER = """
    UPDATE outbox SET attempts = attempts + 1,
        retry_at = now() + least(60, power(2, least(attempts, 6))) * interval '1 second'
    WHERE position = ANY($1)
"""


@dataclass(frozen=True)
class OwnEvents:
    """The handler of a service's own events.

    `handle` takes type, body and traceparent, and raises on failure; failures go to the service's queue through
    the exchange `retries`.
    """

    types: frozenset[str]
    handle: Callable[[str, bytes, str | None], Awaitable[None]]
    retries: str


class Relay:
    """Publishes one service's outbox to the broker, and passes its own events to their handlers."""

    def __init__(
        self,
        *,
        service: str,
        database_url: str,
        broker_url: str,
        signer: Signer,
        own: OwnEvents | None = None,
    ) -> None:
        self._service = service
        self._source = source_of(service)
        self._database_url = database_url.replace("+asyncpg", "")
        self._broker_url = broker_url
        self._signer = signer
        self._name = f"kring-{service}-relay"
        self._own = own
        # By position: events in progress, and finished or failed ones that are still to be marked.
        self._in_hand: dict[int, asyncio.Task[None]] = {}
        self._handled: set[int] = set()
        self._failed: set[int] = set()
        self._lost = False
        self._wake = asyncio.Event()
        self._stopping = False

    def wake(self, *_: object) -> None:
        """Check the outbox now."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the round under way, then return from run()."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Relay until stopped; after a lost connection, reconnect with growing pauses."""
        pause = 0.1
        try:
            while not self._stopping:
                try:
                    with told_as_lost():
                        async with self._connected() as (connection, exchanges):
                            pause, self._lost = 0.1, False
                            await self._relay(connection, exchanges)
                            await self._let_finish(connection)
                except _LOST as error:
                    log.warning("outbox.disconnected", service=self._service, cause=type(error).__name__)
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._stopped(), pause)
                    pause = min(pause * 2, 1)
        finally:
            for task in self._in_hand.values():
                # It is handled again, by the shard's next holder.
                task.cancel()

    async def _stopped(self) -> None:
        while not self._stopping:
            self._wake.clear()
            await self._wake.wait()

    @contextlib.asynccontextmanager
    async def _connected(self) -> Any:
        connection = await asyncpg.connect(
            self._database_url,
            timeout=5,
            command_timeout=ANSWER_SECONDS,
            server_settings={"application_name": self._name},
        )
        broker = None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                broker = await aio_pika.connect(self._broker_url, timeout=5)
                channel = await broker.channel(publisher_confirms=True, on_return_raises=True)
                await require_declared(channel)
                exchanges = await exchanges_of(channel)
                if self._own is not None:
                    exchanges[self._own.retries] = await channel.get_exchange(self._own.retries)
                connection.add_termination_listener(self.wake)
                channel.close_callbacks.add(self.wake)
                await connection.add_listener(CHANNEL, self.wake)
            yield connection, exchanges
        finally:
            for each in (broker, connection):
                if each is not None:
                    await close_in_time(each.close)

    async def _relay(self, connection: asyncpg.Connection, exchanges: dict[str, Any]) -> None:
        shards: list[int] = []
        looked = float("-inf")
        while not self._stopping:
            self._wake.clear()
            if time.monotonic() - looked >= _LOOK_SECONDS:
                shards, looked = await self.share(connection, shards), time.monotonic()
            # Later commits wake it again.
            while await self.round(connection, exchanges, shards) >= BATCH:
                if self._stopping:
                    return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _LOOK_SECONDS)

    async def share(self, connection: asyncpg.Connection, held: Sequence[int]) -> list[int]:
        """Take free shards up to a fair share, give back any more, and return those held now."""
        relays = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1",
            self._name,
        )
        fair = -(-SHARDS // max(1, relays))
        if len(held) > fair:
            await self._let_finish(connection)
        for shard in held[fair:]:
            await connection.execute("SELECT pg_advisory_unlock($1::int, $2::int)", _LOCK_CLASS, shard)
        kept = list(held[:fair])
        for shard in range(SHARDS):
            if len(kept) >= fair:
                break
            if shard not in kept and await connection.fetchval(
                "SELECT pg_try_advisory_lock($1::int, $2::int)", _LOCK_CLASS, shard
            ):
                kept.append(shard)
        return kept

    async def round(
        self, connection: asyncpg.Connection, exchanges: dict[str, Any], shards: Sequence[int]
    ) -> int:
        """Publish one batch of these shards, pass on the service's own events, and return how many events left."""
        await self._mark(connection, ())
        rows = await connection.fetch(CLAIM, shards, BATCH, list(self._in_hand))
        if not rows:
            return 0
        done, lost = await self._publish_all(rows, exchanges)
        left = set(done) | (self._in_hand.keys() & {row["position"] for row in rows})
        await self._mark(connection, done)
        if len(left) < len(rows) and lost is None:
            FAILED.labels(self._service).inc(len(rows) - len(left))
            await connection.execute(_TRY_LATER, self._first_of_each_stream(rows, left))
        if lost is not None or self._lost:
            # Confirmed events are marked; the rest is published again over a new connection.
            raise ConnectionError("the broker was lost during a round") from None
        return len(left)

    async def _mark(self, connection: asyncpg.Connection, published: Iterable[int]) -> None:
        """Mark published events, and those handled or failed since the last time."""
        handled, failed = set(self._handled), set(self._failed)
        if positions := [*published, *handled]:
            await connection.execute(
                "UPDATE outbox SET published_at = now() WHERE position = ANY($1)", positions
            )
            PUBLISHED.labels(self._service).inc(len(positions))
        if failed:
            FAILED.labels(self._service).inc(len(failed))
            await connection.execute(_TRY_LATER, [*failed])
        self._handled -= handled
        self._failed -= failed
        for position in handled | failed:
            del self._in_hand[position]

    async def _let_finish(self, connection: asyncpg.Connection) -> None:
        """Let events in progress finish, for a while, and mark them."""
        if self._in_hand:
            await asyncio.wait(self._in_hand.values(), timeout=_HAND_OVER_SECONDS)
            await self._mark(connection, ())

    @staticmethod
    def _first_of_each_stream(rows: Sequence[Any], done: set[int]) -> list[int]:
        first: dict[UUID, int] = {}
        for row in rows:
            if row["position"] not in done:
                first.setdefault(row["stream"], row["position"])
        return list(first.values())

    async def _publish_all(
        self, rows: Sequence[Any], exchanges: dict[str, Any]
    ) -> tuple[list[int], BaseException | None]:
        ordered = sorted(rows, key=lambda row: (row["stream"], row["position"]))
        streams = [list(group) for _, group in groupby(ordered, key=lambda row: row["stream"])]
        done: list[int] = []
        results = await asyncio.gather(
            *(self._publish_stream(stream, exchanges, done) for stream in streams), return_exceptions=True
        )
        return done, next((result for result in results if isinstance(result, BaseException)), None)

    async def _publish_stream(self, rows: Sequence[Any], exchanges: dict[str, Any], done: list[int]) -> None:
        for row in rows:
            own = self._own if self._own is not None and row["type"] in self._own.types else None
            # Internal events concern nobody else.
            wanted = own is None or ".internal." not in row["type"]
            if wanted and not await self._publish_one(row, exchanges[row["exchange"]], row["type"]):
                return
            if own is None:
                done.append(row["position"])
            else:
                handling = asyncio.create_task(self._hand_over(row, own, exchanges[own.retries]))
                self._in_hand[row["position"]] = handling

    async def _hand_over(self, row: Any, own: OwnEvents, retries: Any) -> None:
        """Handle an event; failures, and events beyond the limit, go to the service's queue."""
        handled = False
        try:
            handled = await self._handle(row, own) or await self._publish_one(
                row, retries, queue_of(self._service, row["type"])
            )
        except (Exception, asyncio.CancelledError):  # noqa: BLE001 - the next round connects again
            # aiormq also cancels whatever waits for an answer on a connection that closes. An event that was in
            # neither set would stay in progress for ever.
            self._lost = True
        finally:
            (self._handled if handled else self._failed).add(row["position"])
            asyncio.get_running_loop().call_later(_MARK_SECONDS, self.wake)

    async def _handle(self, row: Any, own: OwnEvents) -> bool:
        if len(self._in_hand) > _IN_HAND:
            return False
        try:
            await own.handle(row["type"], envelope(row, self._source), row["traceparent"])
        except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again from the queue
            log.info("event.to-queue", type=row["type"], event_id=str(row["id"]), cause=type(error).__name__)
            return False
        return True

    async def _publish_one(self, row: Any, exchange: Any, routing_key: str) -> bool:
        body = envelope(row, self._source)
        headers: dict[str, Any] = {HEADER: self._signer.sign(row["type"], body)}
        if row["traceparent"]:
            headers["traceparent"] = row["traceparent"]
        message = aio_pika.Message(
            body,
            content_type="application/cloudevents+json",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=str(row["id"]),
            type=row["type"],
            headers=headers,
        )
        try:
            await exchange.publish(message, routing_key=routing_key, mandatory=True, timeout=10)
        except DeliveryError as error:
            if exchange.name != EVENTS or error.frame is None or error.frame.name != "Basic.Return":
                log.warning(
                    "outbox.refused", service=self._service, type=row["type"], event_id=str(row["id"])
                )
                return False
            # An event without subscribers. Queues are declared before anything is published (kring migrate), so this
            # is a property of the type, not a loss.
            UNROUTED.labels(row["type"]).inc()
        return True
