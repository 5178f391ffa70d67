"""Whether a process can do its work now: each part it depends on is really asked."""

import asyncio
from collections.abc import Awaitable, Callable

import aio_pika
from aio_pika.exceptions import AMQPError

from shared.context import Context
from shared.errors import Operational

Check = Callable[[], Awaitable[object]]


def checks_of(context: Context) -> dict[str, Check]:
    """Return a question to each part, by the part's name; each raises if the part does not answer."""

    async def broker() -> None:
        try:
            connection = await aio_pika.connect(context.settings.broker_for(context.service), timeout=2)
        except (OSError, AMQPError, asyncio.TimeoutError):  # noqa: UP041 - on 3.11 two names of one class
            raise Operational("broker: no connection") from None
        await connection.close()

    return {
        # By lambda: a context made for documents or tests need not have every part.
        "database": lambda: context.database.ping(),  # noqa: PLW0108
        "broker": broker,
        "temporal": lambda: context.temporal.ping(),  # noqa: PLW0108
    }
