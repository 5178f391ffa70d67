"""Connecting until it works or the process stops, and closing what may be broken."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, TypeVar

import structlog

log = structlog.get_logger(__name__)

T = TypeVar("T")
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


async def first_of(*waits: Coroutine[Any, Any, object]) -> None:
    """Wait for the first to end and cancel the others. Raises what that one raised."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()


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


async def in_time(doing: Awaitable[T], seconds: float) -> T:
    """Await what may hang, for so many seconds. Raises: TimeoutError, and what it raises.

    Unlike asyncio.wait_for this does not wait for what ignores its cancellation, as aio_pika's closing of a connection
    may.
    """
    task = asyncio.ensure_future(doing)
    try:
        done, _ = await asyncio.wait([task], timeout=seconds)
    finally:
        task.cancel()
    if not done:
        raise TimeoutError
    return task.result()


async def close_in_time(close: Callable[[], Awaitable[object]]) -> None:
    """Call `close` and wait 2 seconds at most, whatever it raises: the connection may be broken.

    It is called here, so that a task that is cancelled before it begins leaves no coroutine that nobody awaits.
    """
    with contextlib.suppress(Exception), told_as_lost():
        await in_time(close(), _CLOSE_SECONDS)
