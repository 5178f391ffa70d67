"""Waiting for what happens elsewhere: bounded, without sleeping longer than needed, and with words when it fails."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

# Ends a test that hangs: how long something takes depends on what else the machine does, and decides nothing.
PATIENCE = 60
_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.25


class StillWaiting(AssertionError):
    """What was waited for did not happen in time."""


@overload
async def eventually(
    probe: Callable[[], Awaitable[bool]], describe: str | Callable[[], str], *, seconds: float = PATIENCE
) -> bool: ...


@overload
async def eventually(
    probe: Callable[[], bool], describe: str | Callable[[], str], *, seconds: float = PATIENCE
) -> bool: ...


@overload
async def eventually(
    probe: Callable[[], Awaitable[T | None]], describe: str | Callable[[], str], *, seconds: float = PATIENCE
) -> T: ...


async def eventually(
    probe: Callable[[], Awaitable[T | None] | T | None],
    describe: str | Callable[[], str],
    *,
    seconds: float = PATIENCE,
) -> T:
    """Return what the probe answers as soon as it is neither None nor false.

    An exception of the probe is not swallowed, but for AssertionError, which means "not yet".
    Raises: StillWaiting, saying what is still waited for, and what the last probe saw.
    """
    until = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while True:
        try:
            found = probe()
            seen: object = await found if inspect.isawaitable(found) else found
        except AssertionError as error:
            seen, answer = str(error) or "a failed assertion", None
        else:
            answer = seen
        if answer is not None and answer is not False:
            return answer  # type: ignore[return-value]  # neither None nor False is left
        if time.monotonic() > until:
            what = describe if isinstance(describe, str) else describe()
            raise StillWaiting(f"after {seconds:g} s still waiting for {what}; the last look saw: {seen!r}")
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)
