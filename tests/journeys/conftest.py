"""One platform, on which the first story is played once for all tests here, with everything that it left behind."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import aio_pika
import asyncpg
import httpx2
import pytest
import pytest_asyncio
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload

from deploy.demo.browser import chromium, hand_of
from deploy.demo.player import FIRST, UNDISTURBED, play, story_on
from deploy.demo.report import Report
from deploy.demo.story import Story
from deploy.local.platform import Platform
from deploy.local.postgres import binary
from deploy.watch.watch import settings_of
from shared.broker import declare_exchanges
from shared.secrets import Secrets
from shared.services import PROCESSES, SERVICES
from shared.temporal import Codec
from tests.journeys.finding import searchable
from tests.journeys.words import Listening
from tests.support.eventually import eventually


@dataclass(frozen=True)
class Played:
    """A story that was played, and what can be found of it afterwards."""

    story: Story
    words: set[str]
    report: dict[str, Any]
    broker_messages: list[bytes]
    raw_histories: list[bytes]
    readable_histories: list[bytes]
    logs: dict[str, str]
    metrics: dict[str, bytes]
    traces: list[bytes]
    dead_letters: list[aio_pika.abc.AbstractIncomingMessage]
    dumps: dict[str, bytes]


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def platform(traces_file: Path) -> AsyncIterator[Platform]:
    """A whole platform, on which time skips, and whose services write down their spans."""
    extra = {**UNDISTURBED, "KRING_TRACES_FILE": str(traces_file)}
    async with Platform(skipped_time=True, extra=extra) as platform:
        yield platform


@pytest.fixture(scope="package")
def traces_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the services' spans go, a line each."""
    return tmp_path_factory.mktemp("traces") / "spans.jsonl"


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def played(platform: Platform, traces_file: Path) -> Played:
    """The first story, played to its end in a browser."""
    report = Report("first")
    listening = Listening()
    async with (
        listening_to(platform.environment["KRING_BROKER_URL"]) as messages,
        chromium() as browser,
        story_on(
            platform,
            patience=90,
            listeners=[listening],
            hand=hand_of(browser, platform),
        ) as story,
    ):
        await play(FIRST, story, report)
    report.addresses = dict(platform.addresses)
    histories = [
        event
        for workflow in story.watch.workflows.by_id.values()
        for events in workflow.histories
        for event in events
    ]
    named = min(searchable(listening.words))
    await provoke_errors(platform, named)
    settings = settings_of(platform)
    codec = Codec([Secrets.load(settings.secrets_of(name)).codec_keys[0] for name in SERVICES])
    readable = codec.readable([payload for event in histories for payload in payloads_in(event)])
    return Played(
        story=story,
        words=listening.words,
        report=report.as_dict(),
        broker_messages=messages,
        raw_histories=[event.SerializeToString() for event in histories],
        readable_histories=[payload.SerializeToString() for payload in readable],
        logs={
            path.stem: path.read_text(errors="replace")
            for path in sorted({part.part.log for part in platform.parts.values() if part.part.log.exists()})
        },
        traces=traces_file.read_bytes().splitlines(),
        dead_letters=await dead_letters_with(platform, named),
        metrics={name: await metrics_of(platform.addresses[f"{name}-internal"]) for name in PROCESSES},
        dumps={name: await dump_of(platform, f"kring_{name}") for name in (*PROCESSES, "keys")},
    )


async def provoke_errors(platform: Platform, named: str) -> None:
    """Let databases and broker refuse what holds a name, in as many ways as they would report it."""
    server = platform.environment["KRING_DATABASE_URL"]
    connection = await asyncpg.connect(f"{server}/kring_training")
    for statement in (
        f"SELECT '{named}'::uuid",
        f'SELECT "{named}"',
        f"INSERT INTO policy (tenant) VALUES ('{named}')",
        f"INSERT INTO subject_key SELECT key_id, key_id FROM subject_key, (SELECT '{named}') AS x",
        f"DO $$ BEGIN RAISE EXCEPTION '{named}'; END $$",
    ):
        with contextlib.suppress(asyncpg.PostgresError):
            await connection.execute(statement)
    with contextlib.suppress(asyncpg.PostgresError):
        await connection.fetch("SELECT $1::text::uuid", named)
    await connection.close()
    broker = await aio_pika.connect(platform.environment["KRING_BROKER_URL"])
    async with broker:
        channel = await broker.channel()
        with contextlib.suppress(aio_pika.exceptions.AMQPError):
            exchange = await channel.declare_exchange(
                "refused", aio_pika.ExchangeType.TOPIC, auto_delete=True
            )
            await exchange.publish(
                aio_pika.Message(named.encode(), headers={"x": named}, expiration=0), "nobody"
            )
        with contextlib.suppress(aio_pika.exceptions.AMQPError):
            await channel.declare_queue("intake.dead", arguments={"x-max-length": 1})


async def dead_letters_with(platform: Platform, named: str) -> list[aio_pika.abc.AbstractIncomingMessage]:
    """Let a service fail on messages that hold a name in every place, and return them as they died."""
    event = "intake.coordinator.assigned.v1"
    bodies = (
        named,
        f'{{"specversion": "1.0", "type": "{event}", "id": "{named}", "data": {{"case_id": "{named}"}}}}',
        f'{{"data": {{"{named}": ["{named}"]}}}}',
    )
    dead: list[aio_pika.abc.AbstractIncomingMessage] = []
    async with await aio_pika.connect(platform.environment["KRING_BROKER_URL"]) as connection:
        channel = await connection.channel()
        for body in bodies:
            message = aio_pika.Message(
                body.encode(), headers={"x-named": named, named: 1}, message_id=str(uuid4())
            )
            await channel.default_exchange.publish(message, f"network/{event}")
        queue = await channel.get_queue("network.dead", ensure=False)

        async def all_dead() -> bool:
            found = await queue.get(fail=False, no_ack=True)
            if found is not None:
                dead.append(found)
            return len(dead) == len(bodies)

        await eventually(all_dead, "the messages to die")
    return dead


async def metrics_of(address: str) -> bytes:
    """Return what a service tells of itself in figures."""
    async with httpx2.AsyncClient(base_url=address) as http:
        return (await http.get("/metrics")).raise_for_status().content


async def dump_of(platform: Platform, database: str) -> bytes:
    """Return a database as `pg_dump` writes it, as the plainest of backups."""
    url = f"{platform.environment['KRING_DATABASE_URL']}/{database}"
    dumping = await asyncio.create_subprocess_exec(
        str(binary("pg_dump")), url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, error = await dumping.communicate()
    assert dumping.returncode == 0, error.decode()
    return out


@contextlib.asynccontextmanager
async def listening_to(broker_url: str) -> AsyncIterator[list[bytes]]:
    """Give a list that fills with every message that is published, headers included."""
    heard: list[bytes] = []
    connection = await aio_pika.connect(broker_url)
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        for exchange in (await declare_exchanges(channel)).values():
            await queue.bind(exchange, routing_key="#")

        async def hear(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            heard.append(message.body + repr((message.routing_key, dict(message.headers))).encode())

        await queue.consume(hear, no_ack=True)
        yield heard


def payloads_in(message: Message) -> Iterator[Payload]:
    """Return every payload anywhere inside a protobuf message."""
    if isinstance(message, Payload):
        yield message
        return
    for field, value in message.ListFields():
        if field.type != FieldDescriptor.TYPE_MESSAGE:
            continue
        if isinstance(value, Message):
            values = [value]
        else:
            values = list(value.values()) if hasattr(value, "values") else list(value)
        for item in values:
            if isinstance(item, Message):
                yield from payloads_in(item)
