"""Kills and restarts parts of a platform while a story is played on it."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence

from deploy.demo.story import Listener, Step, Story
from deploy.local.platform import Platform

_LATEST_SECONDS = 0.4


class Chaos(Listener):
    """Kills a part a random moment after a step or a move of time: in the middle of what comes of it.

    `every`: one kill for so many steps and moves on average. `most`: no more kills than this.
    """

    def __init__(
        self, platform: Platform, *, parts: Sequence[str], seed: int, every: float, most: int
    ) -> None:
        self._platform = platform
        self._parts = list(parts)
        self._random = random.Random(seed)
        self._every = every
        self._most = most
        self._kills: set[asyncio.Task[None]] = set()
        self.killed: Counter[str] = Counter()

    async def played(self, story: Story, step: Step) -> None:
        """Perhaps kill something."""
        self._perhaps()

    async def moved(self, story: Story) -> None:
        """Perhaps kill something."""
        self._perhaps()

    def _perhaps(self) -> None:
        if self.killed.total() >= self._most or self._random.random() > 1 / self._every:
            return
        # Each once before any twice.
        fewest = min(self.killed[part] for part in self._parts)
        name = self._random.choice([part for part in self._parts if self.killed[part] == fewest])
        self.killed[name] += 1
        loop = asyncio.get_running_loop()
        loop.call_later(self._random.uniform(0, _LATEST_SECONDS), self._kill_now, name)

    def _kill_now(self, name: str) -> None:
        task = asyncio.create_task(self._platform.parts[name].kill(), name=f"kill {name}")
        self._kills.add(task)
        task.add_done_callback(self._kills.discard)


class Outages(Listener):
    """Stops a part and starts it again, each after so many steps, while the steps go on."""

    def __init__(self, platform: Platform, *, after_steps: dict[int, str]) -> None:
        self._platform = platform
        self._after_steps = after_steps
        self._steps = 0
        self._under_way: list[asyncio.Task[None]] = []
        self.stopped: Counter[str] = Counter()

    async def played(self, story: Story, step: Step) -> None:
        """Begin an outage if its time has come."""
        self._steps += 1
        name = self._after_steps.get(self._steps)
        if name is not None:
            self.stopped[name] += 1
            self._under_way.append(asyncio.create_task(self._out(name), name=f"outage of {name}"))

    async def _out(self, name: str) -> None:
        part = self._platform.parts[name]
        await part.stop()
        await part.start()
        await part.wait_ready()

    async def over(self) -> None:
        """Wait for the outages to end; what failed in them is raised."""
        await asyncio.gather(*self._under_way)
