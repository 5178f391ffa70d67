"""Trying to connect until it works or the process stops."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

log = structlog.get_logger(__name__)


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
