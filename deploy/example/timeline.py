"""A story of many parallel cases, whose past ends today: later events are not played."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from deploy.demo.api import Api
from deploy.demo.story import Hand, Story
from deploy.example.hand import ExampleCoordinator, ExampleStaff

# Today's events have already happened, even early in the morning.
_JUST_NOW = timedelta(minutes=30)
_WEEKEND = 5
# More in parallel would only wait for each other.
_AT_ONCE = 6


class Timeline(Story):
    """Day 0 is today, and the past has negative days. Waiting for a later moment never ends."""

    staff: type[ExampleStaff]
    coordinator: type[ExampleCoordinator]

    def __init__(self, api: Api, *, today: datetime) -> None:
        super().__init__(api, hand=Hand(ExampleStaff, ExampleCoordinator))
        self._now = today
        self._waiting: list[tuple[datetime, asyncio.Future[None]]] = []
        self._still = asyncio.Event()
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def opens(self) -> None:
        """Enter everybody, a while before the first of them has something to do."""
        await self.begins()
        self.start = self._now

    async def until(self, day: int, clock: str = "10:00") -> None:
        """Wait until a day, and a time in Brussels; today that is some minutes ago."""
        moment = self.at(day, clock) if day else self._now - _JUST_NOW
        released = asyncio.get_running_loop().create_future()
        self._waiting.append((moment, released))
        self._still.set()
        self._places.release()
        await released
        await self._places.acquire()

    async def forever(self) -> None:
        """Wait for ever."""
        await self.until(1)

    def working_day(self, day: int) -> int:
        """Return a day of the story, or the Monday after it."""
        weekday = self.date(day).weekday()
        return day + 7 - weekday if weekday >= _WEEKEND else day

    async def live(self, lives: Sequence[Coroutine[Any, Any, None]], *, tell: Callable[[date], None]) -> None:
        """Let time pass until now, while everybody acts; `tell` is called with each new day.

        Raises: WentWrong.
        """

        async def live_on(life: Coroutine[Any, Any, None]) -> None:
            async with self._places:
                await life

        tasks = [asyncio.create_task(live_on(each)) for each in lives]
        for each in tasks:
            each.add_done_callback(lambda _: self._still.set())
        try:
            while await self._have_settled(tasks):
                moment = min((at for at, _ in self._waiting), default=self._now)
                await self._reach(min(moment, self._now))
                if moment > self._now or not self._waiting:
                    break
                tell(moment.date())
                due = [each for each in self._waiting if each[0] <= moment]
                self._waiting = [each for each in self._waiting if each[0] > moment]
                for _, released in due:
                    released.set_result(None)
        finally:
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _have_settled(self, tasks: Sequence[asyncio.Task[None]]) -> bool:
        """Wait until everybody waits or has finished, and nothing is in flight."""
        while len(self._waiting) + sum(each.done() for each in tasks) < len(tasks):
            self._still.clear()
            await self._still.wait()
            for each in tasks:
                if each.done():
                    each.result()
        await self.settle()
        return True

    async def _reach(self, moment: datetime) -> None:
        while await self.watch.move_towards(moment) < moment:
            pass
