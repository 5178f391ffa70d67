"""Messages that could not be handled: listing them, grouping them by cause, replaying and discarding them.

A dead letter carries its cause (a kind, an exception's type and place) and no value. While a queue is inspected
its messages are held; those not settled return to it at the end, so that two people never replay one twice.
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

import aio_pika
from aio_pika.abc import AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import AMQPError, ChannelNotFoundEntity

from shared import inbox, signing
from shared.broker import dead_queue_of, retry_exchange
from shared.context import Context
from shared.database import Database
from shared.errors import Operational
from shared.events.base import REGISTRY
from shared.settings import Settings
from shared.subscriptions import Malformed, parse

_MOST = 10_000


@dataclass(frozen=True)
class DeadLetter:
    """One dead message: its destination, and why it was not handled."""

    service: str
    id: str
    type: str
    queue: str
    kind: str
    cause: str
    attempts: int
    died_at: str
    size: int


Wanted = Callable[[DeadLetter], bool]
# Of the whole installation for its operators, or of one service, which sees only its own dead letters.
Place = Settings | Context


async def listed(place: Place, *, services: Iterable[str], most: int = _MOST) -> list[DeadLetter]:
    """Return up to so many dead letters of each of these services, oldest first. Raises: Operational."""
    found = []
    async with _held(place, services, most=most) as messages:
        async for letter, _message in messages:
            found.append(letter)
    return found


async def shown(
    place: Place, *, services: Iterable[str], letter_id: str
) -> tuple[DeadLetter, str | None] | None:
    """Return a dead letter and its event as JSON; no JSON if it is not an event (it may hold anything)."""
    async with _held(place, services) as messages:
        async for letter, message in messages:
            if letter.id == letter_id:
                return letter, _readable(letter, message.body)
    return None


def _readable(letter: DeadLetter, body: bytes) -> str | None:
    data = REGISTRY.get(letter.type)
    if data is None:
        return None
    try:
        return parse(body, data).model_dump_json(by_alias=True, indent=2)
    except Malformed:
        return None


async def replayed(place: Place, *, services: Iterable[str], wanted: Wanted) -> int:
    """Send these dead letters back to their queues, as if new; return how many. Raises: Operational."""
    count = 0
    async with _held(place, services) as messages:
        async for letter, message in messages:
            if not wanted(letter):
                continue
            await _forget(place, letter)
            again = aio_pika.Message(
                message.body,
                content_type=message.content_type,
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                message_id=message.message_id,
                type=message.type,
                headers={
                    name: value
                    for name, value in message.headers.items()
                    if name in (signing.HEADER, "traceparent")
                },
            )
            channel: aio_pika.abc.AbstractChannel = messages.channel
            # Through the retry exchange: the only one through which a service may write to its queues.
            retries = await channel.get_exchange(
                retry_exchange(1, _settings(place).retry_scale), ensure=False
            )
            await retries.publish(again, routing_key=letter.queue, mandatory=True, timeout=10)
            await message.ack()
            count += 1
    return count


async def discarded(place: Place, *, services: Iterable[str], wanted: Wanted) -> int:
    """Discard these dead letters; return how many. Raises: Operational."""
    count = 0
    async with _held(place, services) as messages:
        async for letter, message in messages:
            if wanted(letter):
                await message.ack()
                count += 1
    return count


async def _forget(place: Place, letter: DeadLetter) -> None:
    with contextlib.suppress(ValueError):
        event_id = UUID(letter.id)
        async with _database(place, letter.service) as database, database.transaction() as session:
            await inbox.forget_dead(session, consumer=letter.type, event_id=event_id)


def _settings(place: Place) -> Settings:
    return place if isinstance(place, Settings) else place.settings


@contextlib.asynccontextmanager
async def _database(place: Place, service: str) -> AsyncIterator[Database]:
    if isinstance(place, Context):
        yield place.database
        return
    database = Database.connect(
        place.database_of(service), application_name="kring-dead-letters", pool_size=1
    )
    try:
        yield database
    finally:
        await database.close()


class _Messages:
    """Iterates over the current messages of the dead-letter queues, without settling them."""

    def __init__(self, channel: aio_pika.abc.AbstractChannel, services: Iterable[str], most: int) -> None:
        self.channel = channel
        self._services = services
        self._most = most

    async def __aiter__(self) -> AsyncIterator[tuple[DeadLetter, AbstractIncomingMessage]]:
        for service in self._services:
            queue = await self.channel.get_queue(dead_queue_of(service))
            for _ in range(min(queue.declaration_result.message_count or 0, self._most)):
                message = await queue.get(fail=False, timeout=10)
                if message is None:
                    break
                yield _letter(service, message), message


@contextlib.asynccontextmanager
async def _held(place: Place, services: Iterable[str], *, most: int = _MOST) -> AsyncIterator[_Messages]:
    if isinstance(place, Context):
        url = place.settings.broker_for(place.service)
    else:
        url = place.broker_url.get_secret_value()
    try:
        connection = await aio_pika.connect(url, timeout=5)
    except (OSError, AMQPError):
        raise Operational("the broker at KRING_BROKER_URL does not answer") from None
    async with connection:
        present = [service for service in services if await _is_present(connection, service)]
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        yield _Messages(channel, present, most)


async def _is_present(connection: AbstractConnection, service: str) -> bool:
    """Tell whether a service has its queues here: an installation may run only some services."""
    # The broker closes a channel that asks for something that does not exist.
    channel = await connection.channel()
    try:
        await channel.get_queue(dead_queue_of(service))
    except ChannelNotFoundEntity:
        return False
    await channel.close()
    return True


def _letter(service: str, message: AbstractIncomingMessage) -> DeadLetter:
    def header(name: str, default: str) -> str:
        value = message.headers.get(name, default)
        return value if isinstance(value, str) else str(value)

    event_type = message.type or "unknown"
    return DeadLetter(
        service=service,
        id=message.message_id or "unknown",
        type=event_type,
        queue=header("kring-queue", f"{service}/{event_type}"),
        # A message the broker dead-lettered itself (delivered too often without an answer) has no cause of ours.
        kind=header("kring-kind", "delivery-limit"),
        cause=header("kring-cause", "the consumer died each time"),
        attempts=int(header("kring-attempt", "0")),
        died_at=header("kring-died-at", ""),
        size=len(message.body),
    )
