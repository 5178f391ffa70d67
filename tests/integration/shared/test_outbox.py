"""The way out: order within a stream, failures that hold back only their stream, several relays, lost connections."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import asyncpg
import pytest
from sqlalchemy import text

from deploy.local.postgres import PostgreSQL
from shared import broker, outbox
from shared import relay as relays
from shared.auth import generate_key
from shared.database import Database
from shared.events import intake, network
from shared.relay import _LOST as LOST
from shared.relay import BATCH, CLAIM, Relay
from shared.settings import database_url
from shared.signing import Signer
from tests.support.eventually import eventually
from tests.support.platform import NOW, TENANT, keep_published, open_case, rows
from tests.support.statements import count_statements

MakeDatabase = Callable[[str], Awaitable[Database]]
PAUSED = intake.CasePaused.TYPE


async def _pause(database: Database, case: UUID, count: int = 1) -> None:
    async with database.transaction() as session:
        for _ in range(count):
            fact = intake.CasePaused(case_id=case, reason="test")
            await outbox.publish(session, fact, stream=case, tenant=TENANT, case=case, now=NOW)


SIGNER = Signer(generate_key("intake"))


@asynccontextmanager
async def _catching(url: str, event_type: str) -> AsyncIterator[list[dict[str, Any]]]:
    """Collect every event of a type that passes through the broker."""
    caught: list[dict[str, Any]] = []
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel()
        exchanges = await broker.declare_exchanges(channel)
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(exchanges[intake.CasePaused.EXCHANGE], routing_key=event_type)

        async def note(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            caught.append(json.loads(message.body))

        await queue.consume(note, no_ack=True)
        yield caught


@asynccontextmanager
async def _relaying(postgres: PostgreSQL, url: str) -> AsyncIterator[Relay]:
    relay = Relay(
        service="intake",
        database_url=database_url(postgres.url, "kring_platform"),
        broker_url=url,
        signer=SIGNER,
    )
    running = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        relay.stop()
        await asyncio.wait_for(running, 60)


async def _waiting(database: Database) -> int:
    return int((await rows(database, "SELECT count(*) FROM outbox WHERE published_at IS NULL"))[0][0])


async def _is_waiting(database: Database, count: int) -> bool:
    return await _waiting(database) == count


class TestPublish:
    async def test_is_undone_with_its_transaction(self, database: MakeDatabase) -> None:
        db = await database("platform")
        with suppress(LookupError):
            async with db.transaction() as session:
                await open_case(session)
                raise LookupError
        assert await rows(db, "SELECT 1 FROM outbox") == []

    async def test_locks_streams_last_of_all_and_in_one_order(self, database: MakeDatabase) -> None:
        db = await database("platform")
        streams = sorted(uuid4() for _ in range(4))
        statements: list[str] = []
        count_statements(db.engine, statements)
        async with db.transaction() as session:
            for stream in [*reversed(streams), *streams]:
                fact = intake.CasePaused(case_id=stream, reason="test")
                await outbox.publish(session, fact, stream=stream, tenant=TENANT, now=NOW)
            await session.execute(text("UPDATE stream SET last = last"))
        assert ["INTO stream" in statement for statement in statements] == [False, True]
        found = await rows(db, "SELECT stream, sequence FROM outbox ORDER BY position")
        assert [tuple(row) for row in found] == [(stream, number) for stream in streams for number in (1, 2)]

    async def test_counts_each_stream_without_gaps_when_written_at_once(self, database: MakeDatabase) -> None:
        db = await database("platform")
        cases = [uuid4(), uuid4()]
        await asyncio.gather(*(_pause(db, cases[n % 2], count=3) for n in range(8)))
        for case in cases:
            found = await rows(
                db,
                "SELECT sequence FROM outbox WHERE stream = :case ORDER BY position",
                case=case,
            )
            assert [row.sequence for row in found] == list(range(1, 13))


class TestRelay:
    async def test_carries_events_in_the_order_of_their_stream(
        self, database: MakeDatabase, postgres: PostgreSQL, broker_url: str
    ) -> None:
        db = await database("platform")
        cases = [uuid4() for _ in range(5)]
        async with (
            _catching(broker_url, PAUSED) as caught,
            _relaying(postgres, broker_url) as relay,
        ):
            db.after_events(relay.wake)
            await asyncio.gather(*(_pause(db, case, count=20) for case in cases))
            await eventually(lambda: len(caught) == 100, lambda: f"100 events, {len(caught)} came")
        for case in cases:
            sequences = [int(event["sequence"]) for event in caught if event["caseid"] == str(case)]
            assert sequences == list(range(1, 21))
        assert caught[0]["specversion"] == "1.0"
        assert caught[0]["source"] == "urn:kring:intake"
        assert caught[0]["data"]["reason"] == "test"

    async def test_shares_the_work_with_other_relays_and_publishes_each_event_once(
        self, database: MakeDatabase, postgres: PostgreSQL, broker_url: str
    ) -> None:
        db = await database("platform")
        async with (
            _catching(broker_url, PAUSED) as caught,
            _relaying(postgres, broker_url) as first,
            _relaying(postgres, broker_url) as second,
        ):
            for relay in (first, second):
                db.after_events(relay.wake)
            await asyncio.gather(*(_pause(db, uuid4(), count=10) for _ in range(30)))
            await eventually(lambda: len(caught) >= 300, lambda: f"300 events, {len(caught)} came")
        assert len({event["id"] for event in caught}) == len(caught) == 300

    async def test_takes_a_fair_share_beside_others_and_all_when_alone(
        self, database: MakeDatabase, postgres: PostgreSQL, broker_url: str
    ) -> None:
        await database("platform")
        url = database_url(postgres.url, "kring_platform")
        first, second = (
            Relay(service="intake", database_url=url, broker_url=broker_url, signer=SIGNER) for _ in range(2)
        )
        async with first._connected() as (one, _):
            alone = await first.share(one, [])
            async with second._connected() as (two, _):
                kept = await first.share(one, alone)
                taken = await second.share(two, [])
            assert sorted(alone) == sorted(kept + taken) == list(range(outbox.SHARDS))
            assert len(kept) == len(taken)

            async def has_all() -> bool:
                return len(await first.share(one, kept)) == outbox.SHARDS

            await eventually(has_all, "the share of the relay that left")

    async def test_is_woken_by_another_process_that_announces(
        self,
        database: MakeDatabase,
        postgres: PostgreSQL,
        broker_url: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("shared.relay._LOOK_SECONDS", 3600)
        db = await database("platform")
        async with (
            _catching(broker_url, PAUSED) as caught,
            _relaying(postgres, broker_url),
        ):
            announcing = asyncio.create_task(outbox.Announcer(db).run())

            async def announced() -> bool:
                # Each commit announces; the first may come before the relay listens.
                await _pause(db, uuid4())
                return bool(caught)

            await eventually(announced, lambda: "an event after an announcement")
            announcing.cancel()

    async def test_a_command_nobody_receives_holds_back_its_stream_and_no_other(
        self, database: MakeDatabase, postgres: PostgreSQL, broker_url: str
    ) -> None:
        db = await database("platform")
        stuck, free = uuid4(), uuid4()
        command = network.NotifyPeople(
            case_id=stuck, person_ids=(uuid4(),), kind="plan-shared", link_target="plan"
        )
        async with db.transaction() as session:
            await outbox.publish(session, command, stream=stuck, tenant=TENANT, case=stuck, now=NOW)
        await _pause(db, stuck)
        async with (
            _catching(broker_url, PAUSED) as caught,
            _relaying(postgres, broker_url) as relay,
        ):
            db.after_events(relay.wake)
            await _pause(db, free)
            await eventually(lambda: len(caught) == 1, lambda: "the event of the other stream")
            assert caught[0]["caseid"] == str(free)
            await eventually(lambda: _is_waiting(db, 2), "the free stream to be marked")
            connection = await aio_pika.connect(broker_url)
            async with connection:
                channel = await connection.channel()
                await broker.declare_service(channel, "network", [(command.TYPE, command.EXCHANGE)])
            await eventually(lambda: len(caught) == 2, lambda: "the event behind the command")
        await eventually(lambda: _is_waiting(db, 0), "everything to be marked")

    async def test_publishes_again_what_was_published_but_not_marked(
        self, database: MakeDatabase, postgres: PostgreSQL, broker_url: str
    ) -> None:
        db = await database("platform")
        await _pause(db, uuid4(), count=3)
        async with _catching(broker_url, PAUSED) as caught:
            relay = Relay(
                service="intake",
                database_url=database_url(postgres.url, "kring_platform"),
                broker_url=broker_url,
                signer=SIGNER,
            )
            async with relay._connected() as (connection, exchanges):
                killer = await asyncpg.connect(f"{postgres.url}/kring_platform")
                publish_all = relay._publish_all

                async def publish_then_die(*given: Any) -> Any:
                    result = await publish_all(*given)
                    await killer.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
                    return result

                relay._publish_all = publish_then_die  # type: ignore[method-assign,assignment]
                shards = await relay.share(connection, [])
                with pytest.raises(LOST):
                    await relay.round(connection, exchanges, shards)
                await killer.close()
            assert await _waiting(db) == 3
            async with _relaying(postgres, broker_url):
                await eventually(
                    lambda: len(caught) == 6,
                    lambda: f"3 events twice, {len(caught)} came",
                )
        assert len({event["id"] for event in caught}) == 3

    async def test_connects_again_after_losing_the_database(
        self, database: MakeDatabase, postgres: PostgreSQL, broker_url: str
    ) -> None:
        db = await database("platform")
        async with (
            _catching(broker_url, PAUSED) as caught,
            _relaying(postgres, broker_url) as relay,
        ):
            db.after_events(relay.wake)
            await _pause(db, uuid4())
            await eventually(lambda: len(caught) == 1, lambda: "the first event")
            await rows(
                db,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'kring-intake-relay'",
            )
            await _pause(db, uuid4())
            # The first may come twice: it was lost between its publishing and its mark.
            await eventually(
                lambda: len({event["id"] for event in caught}) == 2,
                "the event after the loss",
            )

    async def test_connects_again_when_a_broker_answers_nothing(
        self,
        database: MakeDatabase,
        postgres: PostgreSQL,
        broker_url: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        db = await database("platform")
        connect, asked = aio_pika.connect, 0

        async def connect_to_what_hangs_once(*given: Any, **more: Any) -> Any:
            nonlocal asked
            asked += 1
            found = await connect(*given, **more)
            if asked == 1:
                monkeypatch.setattr(found, "channel", _never_answers)
            return found

        monkeypatch.setattr(aio_pika, "connect", connect_to_what_hangs_once)
        monkeypatch.setattr(relays, "ANSWER_SECONDS", 0.5)
        await _pause(db, uuid4(), count=1)
        async with _relaying(postgres, broker_url):

            async def left() -> bool:
                return not await rows(db, "SELECT 1 FROM outbox WHERE published_at IS NULL")

            await eventually(left, "the event to leave")
        assert asked == 2


async def _never_answers(*_given: Any, **_more: Any) -> Any:
    await asyncio.Event().wait()


class TestClaim:
    async def test_reads_no_published_row(self, database: MakeDatabase, postgres: PostgreSQL) -> None:
        kring = await database("platform")
        await _pause(kring, uuid4(), 3)
        url = database_url(postgres.url, "kring_platform").replace("+asyncpg", "")
        connection = await asyncpg.connect(url)
        try:
            await keep_published(connection, 20_000)
            explained = await connection.fetchval(
                f"EXPLAIN (FORMAT JSON) {CLAIM}", list(range(outbox.SHARDS)), BATCH, []
            )
        finally:
            await connection.close()
        nodes = _nodes(json.loads(explained)[0]["Plan"])
        tables = [node for node in nodes if "Relation Name" in node or "Index Name" in node]
        used = {node.get("Index Name", node["Node Type"]) for node in tables} - {"Bitmap Heap Scan"}
        assert used == {"ix_outbox_pending", "ix_outbox_held_back"}


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", []) for node in _nodes(part))]
