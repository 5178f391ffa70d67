"""Takes one part away at chosen steps of a story: stopped for some seconds and started again, or killed."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime

from deploy.demo.story import Listener, Step, Story
from deploy.local.platform import Platform

# A part of the story, and the verb of a step or the title of a chapter in it: when it is first played.
At = tuple[str, str]


async def _nothing() -> None:
    pass


class Interruptions(Listener):
    """Interrupts one part, right after steps: in the middle of what comes of them.

    `stops`: for how many seconds it is stopped at which step. `kills`: at which steps it is killed. `meanwhile` is
    called while it is stopped, `afterwards` when it is back.
    """

    def __init__(
        self,
        platform: Platform,
        part: str,
        *,
        stops: Mapping[At, float],
        kills: Collection[At],
        meanwhile: Callable[[], Awaitable[None]] = _nothing,
        afterwards: Callable[[], Awaitable[None]] = _nothing,
    ) -> None:
        self._part = platform.parts[part]
        self._stops = stops
        self._kills = kills
        self._meanwhile = meanwhile
        self._afterwards = afterwards
        self._under_way: list[asyncio.Task[None]] = []
        # When it went and when it was back, by step.
        self.went: dict[At, tuple[datetime, datetime]] = {}
        self._played: set[At] = set()

    async def played(self, story: Story, step: Step) -> None:
        """Begin an interruption if its step has come."""
        self.chapter(story, step.verb.__name__)

    def chapter(self, story: Story, title: str) -> None:
        """Begin an interruption if its chapter has come."""
        at = (story.lane.name, title)
        if at in self._played:
            return
        self._played.add(at)
        if at in self._stops:
            self._begin(story, at, self._stop(self._stops[at]))
        elif at in self._kills:
            self._begin(story, at, self._kill())

    def _begin(self, story: Story, at: At, interruption: Awaitable[None]) -> None:
        async def interrupt() -> None:
            since = await story.now()
            await interruption
            self.went[at] = (since, await story.now())

        self._under_way.append(asyncio.create_task(interrupt(), name=f"interruption at {at}"))

    async def _stop(self, seconds: float) -> None:
        over = asyncio.Event()
        await self._part.stop()
        asyncio.get_running_loop().call_later(seconds, over.set)
        await self._meanwhile()
        await over.wait()
        await self._part.start()
        await self._part.wait_ready()
        await self._afterwards()

    async def _kill(self) -> None:
        await self._part.kill()
        await self._part.wait_ready()

    async def over(self) -> None:
        """Wait for the interruptions to end; what failed in them is raised."""
        await asyncio.gather(*self._under_way)
