"""Plays a story: its threads step by step on one timeline; in between, time moves from one due moment to the next.

Before every step the house is quiet. So a story plays the same however fast the machine is, and whatever is killed and
comes back meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from deploy.demo.casting import cast
from deploy.demo.failures import StoryWrong, WentWrong
from deploy.demo.moments import first_weekday_after
from deploy.demo.stage import Scene, Stage
from deploy.demo.steps import Step
from deploy.demo.story import Moment


class Listener(Protocol):
    """Hears how a story goes, between its steps; what it raises fails the story."""

    async def began(self, stage: Stage) -> None:
        """Everyone is registered and the first day has come."""

    async def chapter(self, stage: Stage, scene: Scene, title: str) -> None:
        """A chapter of a thread begins."""

    async def about_to_play(self, stage: Stage, scene: Scene, moment: Moment) -> None:
        """A step is about to be played, in a quiet house."""

    async def played(self, stage: Stage, scene: Scene, moment: Moment, said: str) -> None:
        """A step was played; what comes of it is still under way."""

    async def became_quiet(self, stage: Stage) -> None:
        """Everything that a step or the time brought about has come to rest."""

    async def moved(self, stage: Stage, now: datetime) -> None:
        """Time has moved."""


class Quietly:
    """A listener that does nothing: a base for those that hear only some things."""

    async def began(self, stage: Stage) -> None:
        """Do nothing."""

    async def chapter(self, stage: Stage, scene: Scene, title: str) -> None:
        """Do nothing."""

    async def about_to_play(self, stage: Stage, scene: Scene, moment: Moment) -> None:
        """Do nothing."""

    async def played(self, stage: Stage, scene: Scene, moment: Moment, said: str) -> None:
        """Do nothing."""

    async def became_quiet(self, stage: Stage) -> None:
        """Do nothing."""

    async def moved(self, stage: Stage, now: datetime) -> None:
        """Do nothing."""


@dataclass
class _Cursor:
    """Where one thread is: its next step, since when that could be played, and what it waits for."""

    scene: Scene
    ready_at: datetime
    number: int = 0
    awaits: str | None = None

    @property
    def moment(self) -> Moment | None:
        """Return the next step; None at the thread's end."""
        steps = self.scene.thread.steps
        return steps[self.number] if self.number < len(steps) else None


class Player:
    """Plays one story on one stage."""

    def __init__(self, stage: Stage, listeners: Sequence[Listener] = ()) -> None:
        self._stage = stage
        self._listeners = listeners
        self._cursors: list[_Cursor] = []

    async def play(self) -> None:
        """Play the whole story. Raises: WentWrong, StoryWrong; the text names thread and step."""
        await self._begin()
        while True:
            cursor = await self._next_playable()
            if cursor is not None and cursor.moment is not None:
                await self._play(cursor, cursor.moment)
            elif any(each.moment is not None for each in self._cursors):
                await self._let_time_pass()
            else:
                return

    async def _begin(self) -> None:
        stage = self._stage
        start = stage.story.start
        await cast(stage)
        await stage.house.quiet()
        begins = await stage.now()
        if not start.at_once:
            begins = first_weekday_after(begins, weekday=start.weekday, at=start.time.at)
        while await stage.house.move_to(begins) < begins:
            await stage.house.quiet()
        stage.start = begins
        self._cursors = [_Cursor(scene, begins) for scene in stage.scenes.values()]
        for cursor in self._cursors:
            self._set_ready(cursor, begins)
        await self._settle()
        for listener in self._listeners:
            await listener.began(stage)

    async def _next_playable(self) -> _Cursor | None:
        """Return the thread whose step is first to be played, of those that wait for nothing more."""
        now = await self._stage.now()
        for cursor in sorted(self._cursors, key=lambda each: each.ready_at):
            if cursor.moment is None or cursor.ready_at > now:
                continue
            step, within = cursor.moment.step, cursor.moment.within
            cursor.awaits = None if step is None else await self._awaited(cursor, step)
            if cursor.awaits is None:
                return cursor
            if within.after(cursor.ready_at) < now:
                raise WentWrong(
                    f"{self._place(cursor)}: after {within.count}{within.unit} it still waits for {cursor.awaits}"
                )
        return None

    async def _awaited(self, cursor: _Cursor, step: Step) -> str | None:
        try:
            return await step.awaited(self._stage, cursor.scene)
        except (WentWrong, StoryWrong) as error:
            raise _placed(error, self._place(cursor)) from error

    async def _play(self, cursor: _Cursor, moment: Moment) -> None:
        scene = cursor.scene
        if moment.chapter is not None:
            for listener in self._listeners:
                await listener.chapter(self._stage, scene, moment.chapter)
        if moment.step is not None:
            for listener in self._listeners:
                await listener.about_to_play(self._stage, scene, moment)
            said = await self._do(cursor, moment.step)
            for listener in self._listeners:
                await listener.played(self._stage, scene, moment, said)
            await self._settle(self._place(cursor))
        cursor.number += 1
        self._set_ready(cursor, await self._stage.now())

    async def _do(self, cursor: _Cursor, step: Step) -> str:
        place = self._place(cursor)
        try:
            return await step.play(self._stage, cursor.scene)
        except (WentWrong, StoryWrong) as error:
            raise _placed(error, place) from error
        except (KeyError, TypeError, IndexError, ValueError) as error:
            # An answer that is not shaped as the contract says.
            raise WentWrong(f"{place}: unexpected answer: {type(error).__name__}: {error}") from error

    @staticmethod
    def _place(cursor: _Cursor) -> str:
        moment = cursor.moment
        name = moment.step.NAME if moment is not None and moment.step is not None else "chapter"
        return f'thread "{cursor.scene.name}", step {cursor.number + 1} ({name})'

    def _set_ready(self, cursor: _Cursor, now: datetime) -> None:
        moment = cursor.moment
        if moment is None:
            return
        cursor.ready_at = now if moment.after is None else moment.after.after(now)
        if moment.at is not None:
            cursor.ready_at = max(cursor.ready_at, self._stage.moment(moment.at))

    async def _let_time_pass(self) -> None:
        now = await self._stage.now()
        waiting = [cursor for cursor in self._cursors if cursor.moment is not None]
        moments = [cursor.ready_at for cursor in waiting if cursor.ready_at > now]
        # A thread that waits for something gives up at a moment of its own, if nothing comes before.
        moments += [
            cursor.moment.within.after(cursor.ready_at) + timedelta(minutes=1)
            for cursor in waiting
            if cursor.awaits is not None and cursor.moment is not None
        ]
        reached = await self._stage.house.move_to(min(moments))
        for listener in self._listeners:
            await listener.moved(self._stage, reached)
        await self._settle()

    async def _settle(self, place: str = "") -> None:
        try:
            await self._stage.house.quiet()
        except WentWrong as error:
            raise _placed(error, place or "while time passed") from error
        for listener in self._listeners:
            await listener.became_quiet(self._stage)


def _placed(error: Exception, place: str) -> Exception:
    """Return the same kind of failure, saying where in the story it was."""
    kind = StoryWrong if isinstance(error, StoryWrong) else WentWrong
    return kind(f"{place}: {error}")
