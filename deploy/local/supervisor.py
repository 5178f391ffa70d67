"""Keeps parts running: starts them in the order of their needs, restarts what dies, and stops all of them."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from enum import StrEnum

from deploy.local.errors import PartFailed, PlatformError
from deploy.local.part import NotReadyYet, Part

_FIRST_TRIES = 2
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.1, 15.0
# A part that ran longer than this counts as recovered from earlier failures.
_HEALTHY_SECONDS = 30.0
# A service itself waits two seconds for what it depends on.
_ASK_SECONDS = 4.0


class State(StrEnum):
    """The state of a part."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    # It runs and was ready, but does not do its work now: with its reason, or no answer.
    NOT_READY = "not-ready"
    DONE = "done"
    RESTARTING = "restarting"
    FAILED = "failed"
    STOPPED = "stopped"


_GOOD = (State.READY, State.DONE)


class Supervised:
    """One part under supervision."""

    def __init__(self, part: Part, *, changed: Callable[["Supervised"], None]) -> None:
        self.part = part
        self.state = State.WAITING
        self.detail = ""
        self.restarts = 0
        self._changed = changed
        self._changes = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self._needs: Sequence[Supervised] = ()
        self._was_ready = False

    @property
    def name(self) -> str:
        """The part's name."""
        return self.part.name

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self.part.pid

    @property
    def address(self) -> str:
        """Where it is reached."""
        return self.part.address

    def needs(self, parts: "Sequence[Supervised]") -> None:
        """Start only after these are ready."""
        self._needs = parts

    async def start(self) -> None:
        """Run it, and keep it running, until stop()."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep_running(), name=f"supervise {self.name}")

    async def stop(self) -> None:
        """Stop it cleanly and leave it stopped."""
        await self._leave_alone()
        await self.part.stop()
        await self._note_stopped()

    async def end(self) -> None:
        """End it by SIGKILL and leave it stopped."""
        await self._leave_alone()
        await self.part.kill()
        await self._note_stopped()

    async def kill(self) -> None:
        """End its process by SIGKILL; it is started again as after any other death."""
        await self.part.kill()
        if self._task is not None and self.state is State.READY:
            await self._set(State.RESTARTING, f"{self.name} was killed")

    async def restart(self) -> None:
        """Stop it cleanly, start it again and wait until it does its work. Raises: PartFailed if it does not start."""
        await self.stop()
        self._was_ready = False
        await self.start()
        await self.wait_ready()

    async def ask(self) -> tuple[State, str]:
        """Ask the part itself; return its state, and the reason if it does not do its work."""
        if self.state is not State.READY:
            return self.state, self.detail
        try:
            await asyncio.wait_for(self.part.probe(), _ASK_SECONDS)
        except NotReadyYet as error:
            return State.NOT_READY, str(error)
        except TimeoutError:
            return State.NOT_READY, self.part.describe(f"did not answer within {_ASK_SECONDS:.0f} seconds")
        except Exception as error:  # noqa: BLE001 - whatever its driver raises while it is not up
            return State.NOT_READY, self.part.describe(f"cannot be asked ({type(error).__name__})")
        return self.state, self.detail

    async def wait_ready(self) -> None:
        """Wait until it does its work. Raises: PartFailed if it gave up."""
        async with self._changes:
            await self._changes.wait_for(lambda: self.state in (*_GOOD, State.FAILED))
        if self.state is State.FAILED:
            raise PartFailed(self.detail)

    async def _leave_alone(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _note_stopped(self) -> None:
        if self.state not in (State.FAILED, State.DONE):
            await self._set(State.STOPPED)

    async def _keep_running(self) -> None:
        for need in self._needs:
            await need.wait_ready_or_never()
        failures = 0
        while True:
            started = time.monotonic()
            reason = await self._run_once()
            if reason is None:
                return
            failures = 1 if time.monotonic() - started > _HEALTHY_SECONDS else failures + 1
            if not self._was_ready and failures >= _FIRST_TRIES:
                await self._set(State.FAILED, reason)
                return
            self.restarts += 1
            await self._set(State.RESTARTING, reason)
            await asyncio.sleep(min(_SHORTEST_PAUSE * 2 ** (failures - 1), _LONGEST_PAUSE))

    async def _run_once(self) -> str | None:
        """Run it until it ends and return why, or None if it is not to be run again."""
        try:
            await self._set(State.RESTARTING if self._was_ready else State.STARTING)
            await self.part.start()
            self._changed(self)  # its process id is known now
            await self.part.ready()
        except PartFailed as error:
            await self.part.kill()
            return str(error)
        except PlatformError as error:
            await self._set(State.FAILED, str(error))
            return None
        if self.part.once:
            await self._set(State.DONE)
            return None
        self._was_ready = True
        await self._set(State.READY)
        code = await self.part.wait()
        return self.part.describe(f"ended with code {code}")

    async def wait_ready_or_never(self) -> None:
        """Wait until it does its work; for ever if it gave up, so that those that need it never start."""
        async with self._changes:
            await self._changes.wait_for(lambda: self.state in _GOOD)

    async def _set(self, state: State, detail: str = "") -> None:
        async with self._changes:
            self.state, self.detail = state, detail
            self._changes.notify_all()
        self._changed(self)


class Supervisor:
    """All parts of one platform."""

    def __init__(
        self, parts: Sequence[Part], *, changed: Callable[[Supervised], None] = lambda _part: None
    ) -> None:
        self.parts = {part.name: Supervised(part, changed=changed) for part in parts}
        for part in self.parts.values():
            part.needs([self.parts[name] for name in part.part.needs if name in self.parts])

    async def ask(self) -> dict[str, tuple[State, str]]:
        """Ask all parts at once; return their states, with the reasons of those that do not work."""
        answers = await asyncio.gather(*(part.ask() for part in self.parts.values()))
        return dict(zip(self.parts, answers, strict=True))

    async def start(self) -> None:
        """Start all parts, each as soon as what it needs is ready."""
        for part in self.parts.values():
            await part.start()

    async def wait_ready(self) -> None:
        """Wait until all parts do their work. Raises: PartFailed as soon as one gave up."""
        waiting = [asyncio.create_task(part.wait_ready()) for part in self.parts.values()]
        try:
            await asyncio.gather(*waiting)
        finally:
            for task in waiting:
                task.cancel()

    async def stop(self) -> None:
        """Stop all parts, those that need others first, each within its own bound."""
        left = dict(self.parts)
        while left:
            needed = {name for part in left.values() for name in (*part.part.needs, *part.part.uses)}
            last = [left.pop(name) for name in list(left) if name not in needed]
            await asyncio.gather(*(part.stop() for part in last))

    async def kill(self) -> None:
        """Kill all parts at once."""
        await asyncio.gather(*(part.end() for part in self.parts.values()))
