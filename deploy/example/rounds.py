"""A story of many cases at a time: it goes in rounds, and settles after each round and not after each step."""

import asyncio
from collections.abc import Awaitable, Iterable

from deploy.demo.story import Story

# More at a time would only wait for each other.
_AT_ONCE = 8


class Rounds(Story):
    """A story whose steps of one round may be taken in any order."""

    async def settle(self) -> None:
        """Go on at once: a round settles at its end."""

    async def round(self, steps: Iterable[Awaitable[None]]) -> None:
        """Take some steps at a time, and wait until nothing is in flight. Raises: WentWrong, NotSettled."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def take(step: Awaitable[None]) -> None:
            async with gate:
                await step

        await asyncio.gather(*map(take, steps))
        await self.watch.settle()
