"""(k) what a whole case costs: the CPU of everything that runs, beside that of its bare parts in the same numbers.

The case is the first of `deploy/stories`: a referral, a circle of ten, a conference, a plan and what follows. Counted
are the rows and transactions that it wrote, the messages published and delivered, and the steps of its workflows. The
bare parts do without the rest: HTTP requests, reading, encryption, mail. Playing the case costs something too: before
each step the player asks PostgreSQL and Temporal whether all has settled. What PostgreSQL spends on that is not
counted; the rest is (the business clock and descriptions of workflows, in Temporal).
"""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import aio_pika
import asyncpg
from aio_pika.abc import AbstractIncomingMessage
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.worker import Worker

from deploy.demo.player import UNDISTURBED, story_on
from deploy.local.platform import Platform
from deploy.stories.first import first_case
from deploy.stories.people import Cast
from deploy.watch.ledger import WATCHING
from shared.ids import uuid7
from shared.services import SERVICES
from shared.settings import database_url
from shared.worker import sandbox
from tests.bench.bare_workflow import Stepping, Steps, nothing
from tests.bench.measure import Result

# Not the mailbox, which stands for somebody else's mail server.
_BACKING = ("postgresql", "rabbitmq", "temporal")
_TICKS = os.sysconf("SC_CLK_TCK")
_WRITTEN = (
    "SELECT coalesce(sum(n_tup_ins), 0)::int AS inserted, coalesce(sum(n_tup_upd), 0)::int AS updated,"
    " coalesce(sum(n_tup_del), 0)::int AS deleted FROM pg_stat_user_tables"
)
_ROW = json.dumps({"what": "a row of the usual size", "words": "x" * 300})


@dataclass(frozen=True)
class _Written:
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    transactions: int = 0

    def since(self, before: "_Written") -> "_Written":
        """Return what came in between."""
        return _Written(**{name: count - getattr(before, name) for name, count in asdict(self).items()})


async def whole_case() -> Result:
    """Play the case on all five services, then do its parts on the same database, broker and Temporal server."""
    platform = Platform(skipped_time=True, extra=UNDISTURBED)
    async with platform:
        async with story_on(platform) as story:
            cast = Cast(story)
            await story.begins("monday")
            urls = [
                database_url(story.watch.settings.database_url.get_secret_value(), f"kring_{name}")
                for name in (*SERVICES, "keys")
            ]
            before, ledger, processor = await _written(urls), story.watch.ledger, _processor(platform)
            watched = await _watching(urls[-1])
            events, handled = len(ledger.events), len(ledger.outcomes)
            await story.together(cast, first_case)
            await story.watch.settle()
            ours = {name: used - processor[name] for name, used in _processor(platform).items()}
            watching = await _watching(urls[-1]) - watched
            ours["postgresql"] -= watching
            written = (await _written(urls)).since(before)
            published, delivered = len(ledger.events) - events, len(ledger.outcomes) - handled
            await story.watch.workflows.read_histories()
            runs = [_steps(run) for each in story.watch.workflows.by_id.values() for run in each.histories]
        await asyncio.gather(*(platform.parts[name].stop() for name in SERVICES))
        settings, client = story.watch.settings, story.watch.client_of("network")
        processor, own = _processor(platform), _own()
        await asyncio.gather(
            _write(urls[-1], written),
            _carry(settings.broker_url.get_secret_value(), published, delivered),
            _take_steps(client, runs),
        )
        bare = sum(_processor(platform)[name] - processor[name] for name in _BACKING) + _own() - own
    total = sum(ours.values())
    steps = Counter[str]()
    for run in runs:
        steps.update(asdict(run))
    return Result(
        "k. a whole case",
        "seconds of CPU",
        round(total, 2),
        round(bare, 2),
        total / bare,
        2.0,
        "lower",
        1,
        f"bare: {asdict(written)}, {published} messages with {delivered} deliveries, {len(runs)} workflow runs with"
        f" {dict(steps)}",
        {name: round(used, 2) for name, used in ours.items()} | {"watching": round(watching, 2)},
    )


def _own() -> float:
    spent = os.times()
    return spent.user + spent.system


def _processes() -> Iterator[tuple[int, int, float]]:
    """Yield every process with its parent, and the seconds of CPU that it and its children that ended have used."""
    for entry in Path("/proc").iterdir():
        # What ends meanwhile is counted with its parent.
        with suppress(OSError):
            if entry.name.isdigit():
                # After the name, which may hold anything but a closing bracket at its end.
                values = (entry / "stat").read_text().rpartition(")")[2].split()
                yield int(entry.name), int(values[1]), sum(map(int, values[11:15])) / _TICKS


def _processor(platform: Platform) -> dict[str, float]:
    """Return by part the seconds of CPU that it and its processes have used, also those that have ended."""
    children: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for process, parent, seconds in _processes():
        children.setdefault(parent, []).append(process)
        used[process] = seconds

    def tree(pid: int) -> float:
        return used.get(pid, 0.0) + sum(map(tree, children.get(pid, ())))

    parts = (*_BACKING, *SERVICES)
    return {name: tree(pid) for name in parts if (pid := platform.parts[name].pid) is not None}


async def _watching(url: str) -> float:
    """Return the seconds of CPU that PostgreSQL has used for who watches the platform."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        query = "SELECT pid FROM pg_stat_activity WHERE application_name = $1"
        watching = {row["pid"] for row in await connection.fetch(query, WATCHING)}
    finally:
        await connection.close()
    return sum(seconds for pid, _, seconds in _processes() if pid in watching)


async def _written(urls: Sequence[str]) -> _Written:
    total = Counter[str]()
    for url in urls:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            # Backends report what they wrote once a second at most.
            await connection.execute("SELECT pg_stat_clear_snapshot()")
            total.update(dict(await connection.fetchrow(_WRITTEN) or {}))
            # Every transaction that writes takes a number, in all databases of a server.
            total["transactions"] = await connection.fetchval(
                "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::int"
            )
        finally:
            await connection.close()
    return _Written(**total)


def _steps(history: Sequence[HistoryEvent]) -> Steps:
    kinds = Counter(event.event_type for event in history)
    return Steps(
        timers=kinds[EventType.EVENT_TYPE_TIMER_STARTED],
        activities=kinds[EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED],
        local_activities=sum(
            event.marker_recorded_event_attributes.marker_name == "core_local_activity" for event in history
        ),
        signals=kinds[EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED],
    )


async def _write(url: str, written: _Written) -> None:
    """Write as many rows in as many transactions."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    ids: list[UUID] = []
    share: Callable[[int, int], range] = lambda count, number: range(  # noqa: E731 - the rows of one transaction
        count * number // written.transactions, count * (number + 1) // written.transactions
    )
    try:
        await connection.execute(
            "CREATE TABLE bare (id uuid PRIMARY KEY, owner uuid NOT NULL, data jsonb); CREATE INDEX ON bare (owner)"
        )
        for number in range(written.transactions):
            async with connection.transaction():
                for _ in share(written.inserted, number):
                    ids.append(uuid7())
                    await connection.execute(
                        "INSERT INTO bare VALUES ($1, $2, $3)", ids[-1], ids[len(ids) // 2], _ROW
                    )
                for index in share(written.updated, number):
                    changed = ids[index % len(ids)]
                    await connection.execute("UPDATE bare SET data = $2 WHERE id = $1", changed, _ROW)
                for index in share(written.deleted, number):
                    await connection.execute("DELETE FROM bare WHERE id = $1", ids[index % len(ids)])
    finally:
        await connection.close()


async def _carry(url: str, published: int, delivered: int) -> None:
    """Publish as many messages, confirmed, to so many queues that about as many are delivered and acknowledged."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(publisher_confirms=True)
        exchange = await channel.declare_exchange("bare", aio_pika.ExchangeType.FANOUT, durable=True)
        count, expected = max(1, round(delivered / published)), 0
        left = asyncio.Semaphore(0)

        async def take(message: AbstractIncomingMessage) -> None:
            await message.ack()
            left.release()

        for number in range(count):
            queue = await channel.declare_queue(
                f"bare-{number}", durable=True, arguments={"x-queue-type": "quorum"}
            )
            await queue.bind(exchange)
            await queue.consume(take)
        body = b"x" * 600
        for _ in range(published):
            await exchange.publish(aio_pika.Message(body, delivery_mode=2), routing_key="")
            expected += count
        for _ in range(expected):
            await left.acquire()


async def _take_steps(client: Client, runs: Sequence[Steps]) -> None:
    """Run as many workflows with as many timers, activities and signals each."""
    async with Worker(
        client,
        task_queue="bare",
        workflows=[Stepping],
        activities=[nothing],
        workflow_runner=sandbox(),
    ):
        for number, steps in enumerate(runs):
            handle = await client.start_workflow(
                Stepping.run, steps, id=f"bare/{number}", task_queue="bare", run_timeout=timedelta(days=1)
            )
            for _ in range(steps.signals):
                await handle.signal(Stepping.look_again)
            await handle.result()
