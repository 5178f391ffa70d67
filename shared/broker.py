"""Names and declarations of the broker's exchanges and queues: what must exist before anything is published.

One quorum queue per service and event type. Failed messages wait in a few retry queues shared by all, and
return through the default exchange to the queue they came from, because their routing key is that queue's name.
"""

import asyncio
import os
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import unquote, urlsplit

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import AMQPError

from shared.errors import Operational
from shared.events.base import COMMANDS, EVENTS, REGISTRY
from shared.retention import DEAD_LETTER_DAYS
from shared.retrying import close_in_time, told_as_lost
from shared.secrets import Login

# A broker or database that takes longer to answer, for example while it is being stopped, counts as lost.
ANSWER_SECONDS = 30.0
# Seconds a failed message waits, by attempt; the last one repeats.
RETRY_SECONDS = (0.25, 1, 5, 30, 120, 600)
# Routes to the dead letters of the service named by the routing key.
DEAD = "kring.dead"
# Bound to nothing: its existence means that every queue was declared.
_ALL_DECLARED = "kring.declared"

_QUORUM: dict[str, Any] = {
    "x-queue-type": "quorum",
    # High on purpose: a consumer that is killed repeatedly must not dead-letter messages it had only prefetched.
    "x-delivery-limit": 100,
}


def queue_of(service: str, event_type: str) -> str:
    """Return the name of the queue in which a service receives a type of event."""
    return f"{service}/{event_type}"


def dead_queue_of(service: str) -> str:
    """Return the name of the queue that holds a service's dead letters."""
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
    """Declare the exchanges for events, commands and dead letters, and return them by name."""
    return {
        name: await channel.declare_exchange(name, aio_pika.ExchangeType.TOPIC, durable=True)
        for name in (EVENTS, COMMANDS, DEAD)
    }


async def exchanges_of(channel: AbstractChannel) -> dict[str, Any]:
    """Return the existing exchanges for events and commands by name."""
    return {name: await channel.get_exchange(name) for name in (EVENTS, COMMANDS)}


async def declare_retries(channel: AbstractChannel, scale: float) -> None:
    """Declare the queues in which failed messages wait."""
    for seconds in RETRY_SECONDS:
        name = _retry_name(seconds, scale)
        # A topic exchange, so that a service can be limited to its own queues.
        exchange = await channel.declare_exchange(name, aio_pika.ExchangeType.TOPIC, durable=True)
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
        await queue.bind(exchange, routing_key="#")


async def declare_service(
    channel: AbstractChannel, service: str, bindings: Iterable[tuple[str, str | None]]
) -> None:
    """Declare a service's queues; `bindings` are pairs of event type and exchange.

    Without an exchange, a queue receives only failed messages.
    """
    dead = await channel.declare_queue(dead_queue_of(service), durable=True, arguments=dead_queue_arguments())
    await dead.bind(DEAD, routing_key=dead_queue_of(service))
    for event_type, exchange in bindings:
        queue = await channel.declare_queue(
            queue_of(service, event_type), durable=True, arguments=queue_arguments(service)
        )
        if exchange is not None:
            await queue.bind(exchange, routing_key=event_type)


def rights_of(service: str, *, scale: float) -> tuple[dict[str, str], dict[str, str]]:
    """Return a service's rights at the broker, as patterns: on names of queues and exchanges, and on routing keys.

    It declares nothing, reads its own queues and its own dead letters, and publishes its own events. The second
    part holds the routing keys it may write to each exchange.
    """
    retries = [_retry_name(seconds, scale) for seconds in RETRY_SECONDS]
    commands = [
        data.TYPE for data in REGISTRY.values() if data.EXCHANGE == COMMANDS and service in data.SOURCES
    ]
    keys = {
        EVENTS: rf"^{service}\.",
        COMMANDS: f"^({'|'.join(map(re.escape, commands))})$" if commands else "^$",
        DEAD: rf"^{service}\.dead$",
        **dict.fromkeys(retries, f"^{service}/"),
    }
    exchanges = "|".join(map(re.escape, keys))
    return {"configure": "^$", "write": f"^({exchanges})$", "read": rf"^{service}(/|\.dead$)"}, keys


async def let_services_in(
    management: str, url: str, logins: Mapping[str, Sequence[Login]], *, scale: float
) -> None:
    """Create the users of services at a virtual host, with exactly these rights; others are removed.

    `management`: the address of the broker's management API; `url` names the virtual host, and an account that
    may create users. Raises: Operational.
    """
    import httpx2

    parts = urlsplit(url)
    vhost = unquote(parts.path[1:]) or "/"
    made = _definitions(vhost, logins, scale)
    who = (unquote(parts.username or ""), unquote(parts.password or ""))
    try:
        async with httpx2.AsyncClient(base_url=management, auth=who, timeout=10, trust_env=False) as http:
            (await http.post("/api/definitions", json=made)).raise_for_status()
            known = (await http.get("/api/users")).raise_for_status().json()
            wanted = {user["name"] for user in made["users"]}
            for name in sorted({user["name"] for user in known} - wanted):
                if any(re.fullmatch(rf"{service}_[0-9a-f]{{8}}", name) for service in logins):
                    (await http.delete(f"/api/users/{name}")).raise_for_status()
    except httpx2.HTTPError as error:
        raise Operational(f"broker's management: {type(error).__name__}") from None


def _definitions(
    vhost: str, logins: Mapping[str, Sequence[Login]], scale: float
) -> dict[str, list[dict[str, Any]]]:
    users, permissions, topics = [], [], []
    for service, accepted in logins.items():
        rights, keys = rights_of(service, scale=scale)
        for login in accepted:
            whose = {"user": login.user, "vhost": vhost}
            users.append({"name": login.user, "tags": [], "limits": {}, **_hashed(login.password)})
            permissions.append({**whose, **rights})
            topics += [{**whose, "exchange": name, "write": key, "read": "^$"} for name, key in keys.items()]
    return {"users": users, "permissions": permissions, "topic_permissions": topics}


def _hashed(password: str) -> dict[str, str]:
    salt = os.urandom(4)
    hashed = b64encode(salt + sha256(salt + password.encode()).digest()).decode()
    return {"password_hash": hashed, "hashing_algorithm": "rabbit_password_hashing_sha256"}


class Connection:
    """A connection that is opened when first needed, kept, and reopened after it was lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: AbstractConnection | None = None

    async def ping(self) -> None:
        """Raise Operational if the broker does not open a channel."""
        try:
            with told_as_lost():
                if self._connection is None or self._connection.is_closed:
                    self._connection = await aio_pika.connect(self._url, timeout=2)
                channel = await self._connection.channel()
                await channel.close()
        except (OSError, AMQPError, RuntimeError, asyncio.TimeoutError):  # noqa: UP041 - on 3.11 two names of one class
            raise Operational("broker: no connection") from None

    async def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            await close_in_time(self._connection.close)


Bindings = Mapping[str, Sequence[tuple[str, str | None]]]


async def declare(url: str, services: Bindings, *, scale: float = 1.0) -> None:
    """Declare what these services need; safe to repeat."""
    connection = await aio_pika.connect(url, timeout=10)
    async with connection:
        channel = await connection.channel()
        await declare_exchanges(channel)
        await declare_retries(channel, scale)
        for service, bindings in services.items():
            await declare_service(channel, service, bindings)


async def declare_all(url: str, services: Bindings, *, scale: float = 1.0) -> None:
    """Declare everything of an installation, then the marker queue; nothing is published before that."""
    await declare(url, services, scale=scale)
    connection = await aio_pika.connect(url, timeout=10)
    async with connection:
        channel = await connection.channel()
        await channel.declare_exchange(_ALL_DECLARED, aio_pika.ExchangeType.FANOUT, durable=True)


async def require_declared(channel: AbstractChannel) -> None:
    """Raise an AMQPError, and lose the channel, if the installation's queues are not all declared.

    An event published before another service has its queue would be lost without a trace.
    """
    await channel.declare_exchange(_ALL_DECLARED, aio_pika.ExchangeType.FANOUT, durable=True, passive=True)
