"""The supervisor starts parts in order, heals what dies, gives up on what never starts, and stops all."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.errors import PartFailed, PlatformError
from deploy.local.part import Part
from deploy.local.supervisor import State, Supervised, Supervisor
from tests.support.eventually import eventually


class Program(Part):
    """A part that is a line of shell, ready when it has made a file."""

    def __init__(self, directory: Path, name: str, line: str, **order: tuple[str, ...]) -> None:
        super().__init__(name=name, directory=directory, log=directory / f"{name}.log", **order)
        self._line = line

    def command(self) -> list[str]:
        """Return the line."""
        return ["sh", "-c", self._line]

    async def probe(self) -> None:
        """Look for the file."""
        if not (self.directory / self.name).exists():
            raise ConnectionError


class Impossible(Program):
    """A part that lacks something on this machine."""

    async def prepare(self) -> None:
        """Say so."""
        raise PlatformError("It is missing: install it.")


Start = Callable[..., Supervisor]


@pytest_asyncio.fixture
async def supervise() -> AsyncIterator[Start]:
    """Return what puts parts under a supervisor that is gone after the test."""
    supervisors: list[Supervisor] = []

    def start(*parts: Part, changed: Callable[[Supervised], None] = lambda _part: None) -> Supervisor:
        supervisors.append(Supervisor(parts, changed=changed))
        return supervisors[-1]

    yield start
    for supervisor in supervisors:
        await supervisor.kill()


class TestSupervisor:
    async def test_starts_a_part_when_what_it_needs_is_ready(self, tmp_path: Path, supervise: Start) -> None:
        order: list[str] = []

        def note(part: Supervised) -> None:
            if part.state in (State.STARTING, State.READY) and f"{part.name} {part.state}" not in order:
                order.append(f"{part.name} {part.state}")

        supervisor = supervise(
            Program(tmp_path, "second", "touch second; sleep 600", needs=("first",)),
            Program(tmp_path, "first", "touch first; sleep 600"),
            changed=note,
        )
        await supervisor.start()
        await supervisor.wait_ready()

        assert order == ["first starting", "first ready", "second starting", "second ready"]

    async def test_starts_again_what_is_killed(self, tmp_path: Path, supervise: Start) -> None:
        supervisor = supervise(Program(tmp_path, "server", "touch server; sleep 600"))
        await supervisor.start()
        await supervisor.wait_ready()
        server = supervisor.parts["server"]
        before = server.pid

        await server.kill()

        async def healed() -> bool:
            return server.state is State.READY and server.pid not in (None, before)

        assert await eventually(healed, "the killed part to be ready again")
        assert server.restarts == 1

    async def test_asks_a_part_that_runs_whether_it_does_its_work(
        self, tmp_path: Path, supervise: Start
    ) -> None:
        supervisor = supervise(Program(tmp_path, "part", "echo 'ERROR: no room' >&2; touch part; sleep 600"))
        await supervisor.start()
        await supervisor.wait_ready()
        assert await supervisor.ask() == {"part": (State.READY, "")}

        (tmp_path / "part").unlink()
        state, detail = (await supervisor.ask())["part"]
        assert (state, detail.split(" (all")[0]) == (
            State.NOT_READY,
            "part cannot be asked (ConnectionError); its log says: ERROR: no room",
        )

    async def test_restarts_a_part_and_says_why_it_cannot(self, tmp_path: Path, supervise: Start) -> None:
        part = Program(tmp_path, "part", "touch part; sleep 600")
        supervised = supervise(part).parts["part"]
        await supervised.start()
        await supervised.wait_ready()
        before = supervised.pid
        # Only the one that is started now makes it again, and is ready then.
        (tmp_path / "part").unlink()
        await supervised.restart()
        assert supervised.pid not in (before, None)
        assert supervised.restarts == 0

        (tmp_path / "part").unlink()
        part.command = lambda: ["sh", "-c", "echo 'ERROR: broken'; exit 3"]  # type: ignore[method-assign]
        with pytest.raises(PartFailed, match="ERROR: broken"):
            await supervised.restart()

    async def test_gives_up_on_what_never_starts(self, tmp_path: Path, supervise: Start) -> None:
        supervisor = supervise(
            Program(tmp_path, "broken", "echo 'Error: no such thing' >&2; exit 3"),
            Program(tmp_path, "server", "touch server; sleep 600", needs=("broken",)),
        )
        await supervisor.start()

        with pytest.raises(
            PartFailed, match="broken ended before it was ready; its log says: Error: no such thing"
        ):
            await supervisor.wait_ready()
        assert supervisor.parts["server"].state is State.WAITING

    async def test_does_not_try_twice_what_a_person_must_mend(self, tmp_path: Path, supervise: Start) -> None:
        supervisor = supervise(Impossible(tmp_path, "missing", "exit 0"))
        await supervisor.start()

        with pytest.raises(PartFailed, match="It is missing: install it"):
            await supervisor.wait_ready()
        assert supervisor.parts["missing"].restarts == 0

    async def test_stops_users_before_what_they_use(self, tmp_path: Path, supervise: Start) -> None:
        stopped: list[str] = []

        def note(part: Supervised) -> None:
            if part.state is State.STOPPED:
                stopped.append(part.name)

        supervisor = supervise(
            Program(tmp_path, "database", "touch database; exec sleep 600"),
            Program(tmp_path, "service", "touch service; exec sleep 600", uses=("database",)),
            changed=note,
        )
        await supervisor.start()
        await supervisor.wait_ready()
        await supervisor.stop()

        assert stopped == ["service", "database"]
        assert [part.pid for part in supervisor.parts.values()] == [None, None]

    async def test_what_is_stopped_stays_stopped_until_started(
        self, tmp_path: Path, supervise: Start
    ) -> None:
        supervisor = supervise(Program(tmp_path, "server", "touch server; exec sleep 600"))
        await supervisor.start()
        await supervisor.wait_ready()
        server = supervisor.parts["server"]

        await server.stop()
        assert (server.state, server.pid) == (State.STOPPED, None)

        await server.start()
        await asyncio.wait_for(server.wait_ready(), timeout=60)
        assert server.pid is not None
