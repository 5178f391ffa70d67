"""Names and declarations of the broker's exchanges and queues: what must exist before anything is published.

One quorum queue per service and event type. What failed waits in one of a few queues shared by all, and returns by
the default exchange to the one queue it came from, because its routing key is that queue's name.
"""

from collections.abc import Iterable
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel

from shared.events.base import COMMANDS, EVENTS
from shared.retention import DEAD_LETTER_DAYS

# Seconds a failed message waits, by attempt; the last one repeats.
RETRY_SECONDS = (0.25, 1, 5, 30, 120, 600)
# Bound to nothing: that it exists says that every queue was declared.
_ALL_DECLARED = "kring.declared"

_QUORUM: dict[str, Any] = {
    "x-queue-type": "quorum",
    # High on purpose: a consumer that is killed again and again must not dead-letter what it had only prefetched.
    "x-delivery-limit": 100,
}


def queue_of(service: str, event_type: str) -> str:
    """Return the name of the queue in which a service receives a type of event."""
    return f"{service}/{event_type}"


def dead_queue_of(service: str) -> str:
    """Return the name of the queue that keeps a service's dead letters."""
    return f"{service}.dead"


def retry_exchange(attempt: int, scale: float) -> str:
    """Return the exchange to publish a failed message to after its `attempt`-th failure (from 1)."""
    return _retry_name(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS)) - 1], scale)


def _retry_name(seconds: float, scale: float) -> str:
    return f"kring.retry.{round(seconds * scale * 1000)}ms"


def queue_arguments(service: str) -> dict[str, Any]:
    """Return the arguments of a service's event queues."""
    return {
        **_QUORUM,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": dead_queue_of(service),
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def dead_queue_arguments() -> dict[str, Any]:
    """Return the arguments of the dead-letter queues."""
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": 1_000_000,
        "x-message-ttl": DEAD_LETTER_DAYS * 86_400_000,
    }


async def declare_exchanges(channel: AbstractChannel) -> dict[str, Any]:
    """Declare the exchanges for events and commands and return them by name."""
    return {
        name: await channel.declare_exchange(name, aio_pika.ExchangeType.TOPIC, durable=True)
        for name in (EVENTS, COMMANDS)
    }


async def declare_retries(channel: AbstractChannel, scale: float) -> None:
    """Declare the queues in which failed messages wait."""
    for seconds in RETRY_SECONDS:
        name = _retry_name(seconds, scale)
        exchange = await channel.declare_exchange(name, aio_pika.ExchangeType.FANOUT, durable=True)
        queue = await channel.declare_queue(
            name,
            durable=True,
            arguments={
                "x-queue-type": "quorum",
                "x-message-ttl": round(seconds * scale * 1000),
                # No x-dead-letter-routing-key: the message keeps its own, which names the queue that failed.
                "x-dead-letter-exchange": "",
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
            },
        )
        await queue.bind(exchange)


async def declare_service(
    channel: AbstractChannel, service: str, bindings: Iterable[tuple[str, str]]
) -> None:
    """Declare a service's queues; `bindings` are pairs of event type and exchange."""
    await channel.declare_queue(dead_queue_of(service), durable=True, arguments=dead_queue_arguments())
    for event_type, exchange in bindings:
        queue = await channel.declare_queue(
            queue_of(service, event_type), durable=True, arguments=queue_arguments(service)
        )
        await queue.bind(exchange, routing_key=event_type)


Bindings = dict[str, list[tuple[str, str]]]


async def declare(url: str, services: Bindings, *, scale: float = 1.0) -> None:
    """Declare what these services need; harmless to run again."""
    connection = await aio_pika.connect(url, timeout=10)
    async with connection:
        channel = await connection.channel()
        await declare_exchanges(channel)
        await declare_retries(channel, scale)
        for service, bindings in services.items():
            await declare_service(channel, service, bindings)


async def declare_all(url: str, services: Bindings, *, scale: float = 1.0) -> None:
    """Declare everything of an installation, and that it is all there: before this, nothing is published."""
    await declare(url, services, scale=scale)
    connection = await aio_pika.connect(url, timeout=10)
    async with connection:
        channel = await connection.channel()
        await channel.declare_exchange(_ALL_DECLARED, aio_pika.ExchangeType.FANOUT, durable=True)


async def require_declared(channel: AbstractChannel) -> None:
    """Raise an AMQPError, and lose the channel, if the installation's queues are not all declared.

    An event published before another service has its queue would be gone without a trace.
    """
    await channel.declare_exchange(_ALL_DECLARED, aio_pika.ExchangeType.FANOUT, durable=True, passive=True)
