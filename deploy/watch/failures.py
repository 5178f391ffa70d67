"""Failures of a watched platform, and patience with parts that are away for a moment."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx2
from temporalio.service import RPCError

from shared.database import DRIVER_ERRORS
from shared.errors import Operational

# What clients raise while a part is away: perhaps just killed, and back soon.
AWAY = (*DRIVER_ERRORS, httpx2.HTTPError, RPCError, Operational)
T = TypeVar("T")


class WentWrong(Exception):
    """The platform did something wrong."""


class NotSettled(WentWrong):
    """Something stayed in flight, or a part stayed away, for too long; the text says what."""


async def patiently(ask: Callable[[], Awaitable[T]], what: str, *, seconds: float = 60) -> T:
    """Return the result of asking, as soon as no part is away any more. Raises: NotSettled; what else `ask` raises."""
    until, pause = time.monotonic() + seconds, 0.05
    while True:
        try:
            return await ask()
        except AWAY as error:
            if time.monotonic() > until:
                raise NotSettled(f"{what} is still away after {seconds:.0f} s: {error!r}") from None
        await asyncio.sleep(pause)
        pause = min(pause * 2, 1)
