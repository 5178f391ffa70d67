"""The way in: what is done once, what is tried again and where, what dies, and how the dead come back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared import broker, case_state, dead_letters, outbox
from shared.consumer import Consumer
from shared.context import Context
from shared.database import Database
from shared.errors import Conflict, NotYet, Operational
from shared.events import intake
from shared.events.base import Received
from shared.relay import Relay
from shared.settings import Settings
from shared.signing import Signer
from shared.subscriptions import Malformed, Subscriptions
from tests.support.eventually import eventually
from tests.support.platform import (
    NOW,
    TENANT,
    bare_context,
    open_case,
    outbox_body,
    rows,
)
from tests.support.signed import signed

MakeDatabase = Callable[[str], Awaitable[Database]]
RECORDED = intake.BaselineRecorded


class AlreadyThere(Conflict):
    code = "already-there"


class Handler:
    """Does what a test wants, and counts."""

    def __init__(self) -> None:
        self.seen: list[UUID] = []
        self.raises: list[Exception] = []

    async def __call__(self, _session: AsyncSession, event: Received[Any], _context: Context) -> None:
        self.seen.append(event.id)
        if self.raises:
            raise self.raises.pop(0)


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
def subscriptions(handler: Handler) -> Subscriptions:
    made = Subscriptions("platform")
    made.writes(RECORDED)(handler)
    return made


async def _assign(database: Database, case: UUID, *, tenant: UUID = TENANT) -> UUID:
    async with database.transaction() as session:
        await case_state.read(session, case, hold=True)
        fact = RECORDED(case_id=case, version=1, bottom_lines=())
        return await outbox.publish(session, fact, stream=case, tenant=tenant, case=case, now=NOW)


async def _opened(database: Database, subscriptions: Subscriptions, context: Context) -> UUID:
    async with database.transaction() as session:
        case = await open_case(session)
    found = await rows(database, "SELECT id FROM outbox WHERE stream = :case", case=case)
    body = await outbox_body(database, found[0].id)
    await subscriptions.deliver(body, intake.CaseOpened.TYPE, context)
    return case


async def _outcome(database: Database, event_id: UUID) -> str | None:
    found = await rows(database, "SELECT outcome FROM inbox WHERE event_id = :id", id=event_id)
    return found[0].outcome if found else None


class TestDeliver:
    async def test_handles_an_event_delivered_twice_once(
        self,
        database: MakeDatabase,
        settings: Settings,
        subscriptions: Subscriptions,
        handler: Handler,
    ) -> None:
        db = await database("platform")
        context = bare_context(database=db, settings=settings)
        event_id = await _assign(db, await _opened(db, subscriptions, context))
        body = await outbox_body(db, event_id)
        outcomes = [await subscriptions.deliver(body, RECORDED.TYPE, context) for _ in range(2)]
        assert outcomes == ["handled", "duplicate"]
        assert handler.seen == [event_id]

    async def test_handles_an_event_delivered_twice_at_once_once(
        self,
        database: MakeDatabase,
        settings: Settings,
        subscriptions: Subscriptions,
        handler: Handler,
    ) -> None:
        db = await database("platform")
        context = bare_context(database=db, settings=settings)
        event_id = await _assign(db, await _opened(db, subscriptions, context))
        body = await outbox_body(db, event_id)
        outcomes = await asyncio.gather(
            *(subscriptions.deliver(body, RECORDED.TYPE, context) for _ in range(4))
        )
        assert sorted(outcomes) == ["duplicate"] * 3 + ["handled"]
        assert handler.seen == [event_id]

    async def test_is_too_early_for_a_case_not_known_yet(
        self, database: MakeDatabase, settings: Settings, subscriptions: Subscriptions
    ) -> None:
        db = await database("platform")
        context = bare_context(database=db, settings=settings)
        event_id = await _assign(db, uuid4())
        with pytest.raises(NotYet):
            await subscriptions.deliver(await outbox_body(db, event_id), RECORDED.TYPE, context)
        assert await _outcome(db, event_id) is None

    async def test_notes_what_comes_for_a_case_that_stopped(
        self,
        database: MakeDatabase,
        settings: Settings,
        subscriptions: Subscriptions,
        handler: Handler,
    ) -> None:
        db = await database("platform")
        context = bare_context(database=db, settings=settings)
        case = await _opened(db, subscriptions, context)
        async with db.transaction() as session:
            stop = intake.CaseWithdrawn(case_id=case, reason="own-wish", by="central-person")
            stop_id = await outbox.publish(session, stop, stream=case, tenant=TENANT, case=case, now=NOW)
        await subscriptions.deliver(await outbox_body(db, stop_id), stop.TYPE, context)
        event_id = await _assign(db, case)
        outcome = await subscriptions.deliver(await outbox_body(db, event_id), RECORDED.TYPE, context)
        assert outcome == await _outcome(db, event_id) == "case-stopped"
        assert handler.seen == []

    async def test_a_stop_that_overtakes_the_opening_is_not_undone_by_it(
        self, database: MakeDatabase, settings: Settings, subscriptions: Subscriptions
    ) -> None:
        db = await database("platform")
        context = bare_context(database=db, settings=settings)
        async with db.transaction() as session:
            case = await open_case(session)
            stop = intake.CaseWithdrawn(case_id=case, reason="own-wish", by="central-person")
            await outbox.publish(session, stop, stream=case, tenant=TENANT, case=case, now=NOW)
        ids = [row.id for row in await rows(db, "SELECT id FROM outbox ORDER BY position")]
        for event_id, event_type in (
            (ids[1], stop.TYPE),
            (ids[0], intake.CaseOpened.TYPE),
        ):
            await subscriptions.deliver(await outbox_body(db, event_id), event_type, context)
        assert (await rows(db, "SELECT status FROM case_state"))[0].status == "stopped"

    async def test_notes_what_the_rules_refuse_and_keeps_nothing_of_it(
        self,
        database: MakeDatabase,
        settings: Settings,
        subscriptions: Subscriptions,
        handler: Handler,
    ) -> None:
        db = await database("platform")
        context = bare_context(database=db, settings=settings)
        event_id = await _assign(db, await _opened(db, subscriptions, context))
        handler.raises = [AlreadyThere()]
        outcome = await subscriptions.deliver(await outbox_body(db, event_id), RECORDED.TYPE, context)
        assert outcome == await _outcome(db, event_id) == "refused:already-there"

    async def test_names_the_fields_of_what_is_no_event_and_no_value(
        self, database: MakeDatabase, settings: Settings, subscriptions: Subscriptions
    ) -> None:
        context = bare_context(database=await database("platform"), settings=settings)
        with pytest.raises(Malformed) as caught:
            await subscriptions.deliver(b'{"id": "Fatima Canary"}', RECORDED.TYPE, context)
        assert "id" in str(caught.value)
        assert "Fatima" not in str(caught.value)


class TestConsumer:
    async def test_tries_again_in_the_one_queue_that_failed(
        self,
        database: MakeDatabase,
        settings: Settings,
        subscriptions: Subscriptions,
        handler: Handler,
    ) -> None:
        db = await database("platform")
        context = bare_context(database=db, settings=settings)
        other = Subscriptions("training")
        heard: list[UUID] = []

        @other.writes(RECORDED, case="any")
        async def hear(_session: AsyncSession, event: Received[Any], _context: Context) -> None:
            heard.append(event.id)

        other_db = await database("platform_two")
        handler.raises = [NotYet("a"), NotYet("b"), RuntimeError("Fatima Canary")]
        async with (
            _consuming(subscriptions, context),
            _consuming(other, bare_context(database=other_db, settings=settings)),
            _relaying(db, settings),
        ):
            event_id = await _assign(db, await _opened(db, subscriptions, context))
            await eventually(
                lambda: _is(db, event_id, "handled"),
                "the event to be handled at the fourth try",
            )
        assert handler.seen == [event_id] * 4
        assert heard == [event_id]

    async def test_waits_in_place_for_a_lost_connection(
        self,
        database: MakeDatabase,
        settings: Settings,
        subscriptions: Subscriptions,
        handler: Handler,
    ) -> None:
        db = await database("platform")
        context = bare_context(database=db, settings=settings)
        handler.raises = [Operational("database")] * 2
        async with _consuming(subscriptions, context), _relaying(db, settings):
            event_id = await _assign(db, await _opened(db, subscriptions, context))
            await eventually(lambda: _is(db, event_id, "handled"), "the event to be handled")
        assert len(handler.seen) == 3

    async def test_buries_a_bug_with_its_cause_and_no_value_and_brings_it_back(
        self,
        database: MakeDatabase,
        settings: Settings,
        subscriptions: Subscriptions,
        handler: Handler,
    ) -> None:
        db = await database("platform")
        context = bare_context(database=db, settings=settings)
        handler.raises = [ValueError("Fatima Canary")] * 5
        async with _consuming(subscriptions, context), _relaying(db, settings):
            event_id = await _assign(db, await _opened(db, subscriptions, context))
            await eventually(lambda: _is(db, event_id, "dead"), "the event to die")
            (letter,) = await dead_letters.listed(settings, services=["platform"])
            assert (letter.id, letter.type, letter.kind, letter.attempts) == (
                str(event_id),
                RECORDED.TYPE,
                "bug",
                5,
            )
            assert letter.cause.startswith("ValueError at ")
            assert "Fatima" not in str(letter)
            shown = await dead_letters.shown(settings, services=["platform"], letter_id=letter.id)
            assert shown is not None
            assert str(event_id) in (shown[1] or "")
            assert await dead_letters.replayed(context, services=["platform"], wanted=lambda _: True) == 1
            await eventually(lambda: _is(db, event_id, "handled"), "the replayed event to be handled")
        assert await dead_letters.listed(settings, services=["platform"]) == []

    async def test_buries_what_is_no_event_at_once(
        self, database: MakeDatabase, settings: Settings, subscriptions: Subscriptions
    ) -> None:
        context = bare_context(database=await database("platform"), settings=settings)
        async with _consuming(subscriptions, context):
            connection = await aio_pika.connect(settings.broker_url.get_secret_value())
            async with connection:
                channel = await connection.channel()
                body = b"\x00\xffnot json"
                headers: dict[str, Any] = dict(signed(settings.secrets_dir, RECORDED.TYPE, body))
                message = aio_pika.Message(body, message_id="no-uuid", type=RECORDED.TYPE, headers=headers)
                await channel.default_exchange.publish(message, broker.queue_of("platform", RECORDED.TYPE))

            async def dead() -> list[dead_letters.DeadLetter]:
                found = await dead_letters.listed(settings, services=["platform"])
                assert found, "no dead letter"
                return found

            (letter,) = await eventually(dead, "a dead letter")
        assert letter.kind == "malformed"
        shown = await dead_letters.shown(settings, services=["platform"], letter_id="no-uuid")
        assert shown is not None
        assert shown[1] is None
        assert await dead_letters.discarded(settings, services=["platform"], wanted=lambda _: True) == 1
        assert await dead_letters.listed(settings, services=["platform"]) == []

    async def test_takes_who_signed_for_the_source_whatever_the_message_says(
        self, database: MakeDatabase, settings: Settings, subscriptions: Subscriptions
    ) -> None:
        db = await database("platform")
        context = bare_context(database=db, settings=settings)
        other, heard = Subscriptions("training"), list[str]()

        @other.writes(RECORDED, case="any")
        async def hear(_session: AsyncSession, event: Received[Any], _context: Context) -> None:
            heard.append(event.publisher)

        event_id = await _assign(db, await _opened(db, subscriptions, context))
        body = await outbox_body(db, event_id, "urn:kring:plans")
        other_db = await database("platform_two")
        async with _consuming(other, bare_context(database=other_db, settings=settings)):
            connection = await aio_pika.connect(settings.broker_url.get_secret_value())
            async with connection:
                channel = await connection.channel()
                headers: dict[str, Any] = dict(signed(settings.secrets_dir, RECORDED.TYPE, body))
                message = aio_pika.Message(
                    body, message_id=str(event_id), type=RECORDED.TYPE, headers=headers
                )
                await channel.default_exchange.publish(message, broker.queue_of("training", RECORDED.TYPE))
            await eventually(lambda: _is(other_db, event_id, "handled"), "the event to be handled")
        assert heard == ["intake"]

    @pytest.mark.parametrize("signer", [None, "training", "another type"])
    async def test_refuses_what_its_source_has_not_signed(
        self,
        database: MakeDatabase,
        settings: Settings,
        subscriptions: Subscriptions,
        handler: Handler,
        signer: str | None,
    ) -> None:
        db = await database("platform")
        context = bare_context(database=db, settings=settings)
        event_id = await _assign(db, await _opened(db, subscriptions, context))
        body = await outbox_body(db, event_id)
        headers: dict[str, Any] = {
            None: {},
            "training": signed(settings.secrets_dir, RECORDED.TYPE, body, service="training"),
            "another type": signed(settings.secrets_dir, intake.CasePaused.TYPE, body),
        }[signer]
        async with _consuming(subscriptions, context):
            connection = await aio_pika.connect(settings.broker_url.get_secret_value())
            async with connection:
                channel = await connection.channel()
                message = aio_pika.Message(
                    body, message_id=str(event_id), type=RECORDED.TYPE, headers=headers
                )
                await channel.default_exchange.publish(message, broker.queue_of("platform", RECORDED.TYPE))

            async def dead() -> list[dead_letters.DeadLetter]:
                found = await dead_letters.listed(settings, services=["platform"])
                assert found, "no dead letter"
                return found

            (letter,) = await eventually(dead, "a dead letter")
        assert (letter.kind, letter.attempts) == ("forged", 1)
        assert handler.seen == []
        # The event itself may still come.
        assert await _outcome(db, event_id) is None

    async def test_hands_back_at_its_stop_what_it_could_not_finish(
        self, database: MakeDatabase, settings: Settings
    ) -> None:
        db = await database("platform")
        context = bare_context(database=db, settings=settings.model_copy(update={"stop_seconds": 0.4}))
        started, never = asyncio.Event(), asyncio.Event()
        subscriptions = Subscriptions("platform")

        @subscriptions.writes(RECORDED, case="any")
        async def hang(_session: AsyncSession, _event: Received[Any], _context: Context) -> None:
            started.set()
            await never.wait()

        async with _relaying(db, settings):
            async with _consuming(subscriptions, context):
                event_id = await _assign(db, uuid4())
                await asyncio.wait_for(started.wait(), 60)
            assert await _outcome(db, event_id) is None
            again = Subscriptions("platform")
            handler = Handler()
            again.writes(RECORDED, case="any")(handler)
            async with _consuming(again, context):
                await eventually(
                    lambda: _is(db, event_id, "handled"),
                    "the event to be handled by the next consumer",
                )


async def _is(database: Database, event_id: UUID, outcome: str) -> bool:
    return await _outcome(database, event_id) == outcome


@asynccontextmanager
async def _consuming(subscriptions: Subscriptions, context: Context) -> AsyncIterator[Consumer]:
    settings = context.settings
    url, bindings = settings.broker_url.get_secret_value(), {subscriptions.service: subscriptions.bindings()}
    await broker.declare(url, bindings, scale=settings.retry_scale)
    consumer = Consumer(subscriptions, context)
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


@asynccontextmanager
async def _relaying(database: Database, settings: Settings) -> AsyncIterator[None]:
    relay = Relay(
        service="platform",
        database_url=settings.database_of("platform"),
        broker_url=settings.broker_url.get_secret_value(),
        signer=Signer.load(settings.secrets_dir / "intake" / "signing_key"),
    )
    database.after_events(relay.wake)
    running = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        relay.stop()
        await asyncio.wait_for(running, 60)
