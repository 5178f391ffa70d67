"""(b) how fast the relay empties an outbox; (c) how long an event takes from one service's commit to the next one's."""

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import broker, inbox, outbox
from shared.consumer import Consumer
from shared.context import Context
from shared.database import Database
from shared.events import intake
from shared.events.base import Received
from shared.relay import BATCH, CLAIM, Relay
from shared.settings import Settings
from shared.signing import Signer
from shared.subscriptions import Subscriptions
from tests.bench.measure import Result, compare
from tests.support.platform import NOW, TENANT, bare_context, keep_published

_EVENTS, _STREAMS = 2000, 400
_BATCH = 500
_PENDING, _PUBLISHED, _CLAIMS = 5_000, 1_000_000, 20
_TRIPS = 60
FACT = intake.CasePaused


def _signer(settings: Settings) -> Signer:
    return Signer.load(settings.secrets_dir / "intake" / "signing_key")


async def relay_throughput(settings: Settings, database: Database) -> Result:
    """Compare emptying an outbox with confirmed publishes of the same bytes in batches of the same size."""
    url = settings.broker_url.get_secret_value()
    await broker.declare_all(url, {"bench-relay": [(FACT.TYPE, FACT.EXCHANGE)]})
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchanges = await broker.declare_exchanges(channel)
        queue = await channel.get_queue(broker.queue_of("bench-relay", FACT.TYPE))
        relay = Relay(
            service="bench",
            database_url=settings.database_of("platform"),
            broker_url=url,
            signer=_signer(settings),
        )

        async def ours() -> float:
            await _fill(database)
            async with relay._connected() as (postgres, own_exchanges):
                shards = await relay.share(postgres, [])
                started = time.perf_counter()
                while await relay.round(postgres, own_exchanges, shards):
                    pass
                seconds = time.perf_counter() - started
            await queue.purge()
            return _EVENTS / seconds

        async def bare() -> float:
            bodies = await _bodies(database)
            started = time.perf_counter()
            for first in range(0, len(bodies), _BATCH):
                await asyncio.gather(
                    *(
                        exchanges[FACT.EXCHANGE].publish(
                            aio_pika.Message(body, delivery_mode=2, message_id=str(uuid4())),
                            routing_key=FACT.TYPE,
                            mandatory=True,
                        )
                        for body in bodies[first : first + _BATCH]
                    )
                )
            seconds = time.perf_counter() - started
            await queue.purge()
            return _EVENTS / seconds

        await _fill(database)
        return await compare(
            "b. relay throughput",
            unit="events per second",
            ours=ours,
            baseline=bare,
            aim=0.6,
            better="higher",
            note=f"{_EVENTS} events of {_STREAMS} cases; bare: the same bytes, confirmed, {_BATCH} at a time",
        )


async def claiming(database: Database, url: str) -> Result:
    """Compare claiming from 5,000 pending events among 1,000,000 published ones with the same without those."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        await _fill(database, events=_PENDING)
        await connection.execute(
            "CREATE TABLE small (LIKE outbox INCLUDING ALL);"
            " INSERT INTO small OVERRIDING SYSTEM VALUE SELECT * FROM outbox"
        )
        await keep_published(connection, _PUBLISHED)
        await connection.execute("ANALYZE small")
        shards = list(range(outbox.SHARDS))

        async def claim(query: str) -> float:
            started = time.perf_counter()
            for _ in range(_CLAIMS):
                assert len(await connection.fetch(query, shards, BATCH, [])) == BATCH
            return (time.perf_counter() - started) / _CLAIMS * 1000

        return await compare(
            "j. claiming from the outbox",
            unit="milliseconds for 500 of 5,000 pending",
            ours=lambda: claim(CLAIM),
            baseline=lambda: claim(CLAIM.replace("FROM outbox", "FROM small")),
            aim=1.5,
            better="lower",
            note="among 1,000,000 published rows; bare: in a table without any",
        )
    finally:
        await connection.execute("DROP TABLE IF EXISTS small; TRUNCATE outbox, stream")
        await connection.close()


async def _fill(database: Database, *, events: int = _EVENTS) -> None:
    async with database.transaction() as session:
        await session.execute(text("TRUNCATE outbox, stream"))
        cases = [uuid4() for _ in range(_STREAMS)]
        for number in range(events):
            case = cases[number % _STREAMS]
            fact = FACT(case_id=case, reason="benchmark")
            await outbox.publish(session, fact, stream=case, tenant=TENANT, case=case, now=NOW)


async def _bodies(database: Database) -> list[bytes]:
    async with database.transaction() as session:
        found = await session.execute(
            text(
                "SELECT id, type, time, sequence, tenant, case_id, causation_id, traceparent, data::text AS data"
                " FROM outbox ORDER BY position"
            )
        )
        return [outbox.envelope(row._mapping, "urn:kring:bench") for row in found]


_NOTE_ROW = text("INSERT INTO effect (key, done_at) VALUES (:key, :now)")
_INSERT = text(
    "INSERT INTO outbox (id, stream, sequence, shard, exchange, type, time, tenant, case_id, data, published_at)"
    " VALUES (:id, :case, 1, 0, '', :type, :now, :tenant, :case, '{}', :now)"
)


class _Trips:
    """Waits for each event's commit at the other side, and keeps the times."""

    def __init__(self) -> None:
        self._arrived: dict[UUID, asyncio.Future[float]] = {}

    def expect(self, case: UUID) -> asyncio.Future[float]:
        return self._arrived.setdefault(case, asyncio.get_running_loop().create_future())

    def arrived(self, case: UUID) -> None:
        if case in self._arrived:
            self._arrived.pop(case).set_result(time.perf_counter())


async def commit_to_commit(settings: Settings, database: Database) -> Result:
    """Compare outbox, relay, broker and inbox with a publish right after the commit and a bare consumer."""
    trips = _Trips()
    times: list[float] = []
    bare_times: list[float] = []
    await broker.declare_all(settings.broker_url.get_secret_value(), {"bench": [(FACT.TYPE, FACT.EXCHANGE)]})
    async with _our_way(settings, database, trips), _bare_way(settings, database, trips) as publish:

        async def ours() -> float:
            return await _round(times, lambda case: _commit_event(database, case), trips)

        async def bare() -> float:
            async def write_and_publish(case: UUID) -> float:
                async with database.transaction() as session:
                    values = {"id": uuid4(), "case": case, "type": "bench", "tenant": TENANT, "now": NOW}
                    await session.execute(_INSERT, values)
                committed = time.perf_counter()
                await publish(case)
                return committed

            return await _round(bare_times, write_and_publish, trips)

        result = await compare(
            "c. commit to consumer's commit",
            unit="milliseconds (median)",
            ours=ours,
            baseline=bare,
            aim=2.0,
            better="lower",
            note=f"{_TRIPS} events a round, one at a time; bare: publish after commit, consume, the same two rows",
        )
    result.extra = {
        "p99_ms": round(_p99(times), 3),
        "baseline_p99_ms": round(_p99(bare_times), 3),
    }
    return result


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


async def _round(times: list[float], send: Any, trips: _Trips) -> float:
    here = []
    for _ in range(_TRIPS):
        case = uuid4()
        arrival = trips.expect(case)
        committed: float = await send(case)
        here.append((await asyncio.wait_for(arrival, 10) - committed) * 1000)
    times.extend(here)
    return statistics.median(here)


async def _commit_event(database: Database, case: UUID) -> float:
    async with database.transaction() as session:
        fact = FACT(case_id=case, reason="benchmark")
        await outbox.publish(session, fact, stream=case, tenant=TENANT, case=None, now=NOW)
    return time.perf_counter()


@contextlib.asynccontextmanager
async def _our_way(settings: Settings, database: Database, trips: _Trips) -> AsyncIterator[None]:
    class Timed(Subscriptions):
        async def deliver(
            self, body: bytes, event_type: str, context: Context, *, signed_by: str | None = None
        ) -> str:
            outcome = await super().deliver(body, event_type, context, signed_by=signed_by)
            trips.arrived(self.last)
            return outcome

        last: UUID = UUID(int=0)

    subscriptions = Timed("bench")

    @subscriptions.writes(FACT, case="any")
    async def note(session: AsyncSession, event: Received[intake.CasePaused], _context: Context) -> None:
        await session.execute(_NOTE_ROW, {"key": str(event.id), "now": NOW})
        subscriptions.last = event.data.case_id

    consumer = Consumer(subscriptions, bare_context(database=database, settings=settings, service="bench"))
    await consumer.start()
    relay = Relay(
        service="bench",
        database_url=settings.database_of("platform"),
        broker_url=settings.broker_url.get_secret_value(),
        signer=_signer(settings),
    )
    database.after_events(relay.wake)
    running = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        relay.stop()
        await running
        await consumer.stop()


@contextlib.asynccontextmanager
async def _bare_way(settings: Settings, database: Database, trips: _Trips) -> AsyncIterator[Any]:
    connection = await aio_pika.connect(settings.broker_url.get_secret_value())
    async with connection:
        channel = await connection.channel(publisher_confirms=True)
        await channel.set_qos(20)
        queue = await channel.declare_queue("bench-bare", durable=True, arguments={"x-queue-type": "quorum"})

        async def consume(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            event_id, case = uuid4(), UUID(bytes=message.body)
            async with database.transaction() as session:
                await inbox.accept(session, consumer="bare", event_id=event_id)
                await session.execute(_NOTE_ROW, {"key": str(event_id), "now": NOW})
            trips.arrived(case)
            await message.ack()

        tag = await queue.consume(consume)

        async def publish(case: UUID) -> None:
            message = aio_pika.Message(case.bytes, delivery_mode=2, message_id=str(case))
            await channel.default_exchange.publish(message, routing_key="bench-bare")

        yield publish
        await queue.cancel(tag)
