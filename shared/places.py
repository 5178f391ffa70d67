"""A semaphore with priorities: foreground work takes a free place before background work."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Places:
    """A semaphore with two queues. `count`: the number of places."""

    def __init__(self, count: int) -> None:
        # While one is free, nobody waits.
        self._free = count
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._waiting_behind: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def take(self, *, background: bool = False) -> AsyncIterator[None]:
        """Hold a place once one is free; background work only if no foreground work waits."""
        if self._free:
            self._free -= 1
        else:
            turn = asyncio.get_running_loop().create_future()
            (self._waiting_behind if background else self._waiting).append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                # Cancelled just as the place was given: the next one gets it.
                if turn.done() and not turn.cancelled():
                    self._pass_on()
                raise
        try:
            yield
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        for line in (self._waiting, self._waiting_behind):
            while line:
                turn = line.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._free += 1
