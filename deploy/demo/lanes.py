"""Parts of a story that are played in parallel on one timeline: exactly one plays, the others wait."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from functools import partial
from typing import Any

HasCome = Callable[[], Awaitable[bool]]


class Lane:
    """One part: a function, whose docstring is its title; it continues at `ready_at`, and once its condition holds."""

    def __init__(
        self, part: Callable[..., Coroutine[Any, Any, None]], *given: Any, ready_at: datetime
    ) -> None:
        self.name = part.__name__.replace("_", "-")
        self.title = (inspect.getdoc(part) or "").rstrip(".")
        self.ready_at = ready_at
        self._play = partial(part, *given)
        self._has_come: HasCome | None = None
        self._came = True
        self._gives_up_at = ready_at
        self._task: asyncio.Task[None] | None = None
        self._goes = asyncio.Event()
        self._waits = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Tell whether it was played to its end."""
        return self._task is not None and self._task.done()

    async def play_on(self) -> None:
        """Let it play until it waits or ends. Raises: what it raises."""
        if self._task is None:
            self._task = asyncio.create_task(self._play(), name=self.name)
        self._waits.clear()
        self._goes.set()
        waiting = asyncio.create_task(self._waits.wait())
        await asyncio.wait({self._task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._task.done():
            await self._task

    async def wait(
        self, ready_at: datetime, has_come: HasCome | None = None, gives_up_at: datetime | None = None
    ) -> bool:
        """From inside: wait until a time, and until a condition holds; return False if it gave up."""
        self.ready_at, self._has_come, self._gives_up_at = ready_at, has_come, gives_up_at or ready_at
        self._goes.clear()
        self._waits.set()
        await self._goes.wait()
        return self._came

    async def can_go_on(self, now: datetime) -> bool:
        """Tell whether its condition holds, or it gives up."""
        self._came = self._has_come is None or await self._has_come()
        return self._came or self._gives_up_at < now

    def next_at(self, now: datetime) -> datetime:
        """Return when it can continue, or gives up at the latest."""
        return self.ready_at if self.ready_at > now else self._gives_up_at + timedelta(minutes=1)

    def end(self) -> None:
        """End it, wherever it is."""
        if self._task is not None:
            self._task.cancel()
