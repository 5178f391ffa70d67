"""Connecting until it works or the process stops, and closing what may be broken."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

import structlog

log = structlog.get_logger(__name__)

_CLOSE_SECONDS = 2.0


async def until_stopped(stop: asyncio.Event, connect: Callable[[], Awaitable[Any]], *, what: str) -> bool:
    """Call `connect` until it succeeds (True) or `stop` is set (False), with pauses growing to 5 seconds."""
    pause = 0.2
    while not stop.is_set():
        try:
            await connect()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told and tried again
            log.warning("connect.waits", part=what, cause=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
            pause = min(pause * 2, 5)
        else:
            return True
    return False


@contextlib.contextmanager
def told_as_lost() -> Iterator[None]:
    """Raise a ConnectionError for a CancelledError with which nobody cancelled this task.

    aiormq cancels whatever waits for an answer on a connection that closes.
    """
    try:
        yield
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise ConnectionError("the connection was closed") from None


async def close_in_time(closing: Coroutine[Any, Any, object]) -> None:
    """Await the closing of a connection for 2 seconds at most, whatever it raises: the connection may be broken."""
    # Unlike wait_for alone, gather also takes the cancellation of what it waits for as a result.
    await asyncio.gather(asyncio.wait_for(closing, _CLOSE_SECONDS), return_exceptions=True)
