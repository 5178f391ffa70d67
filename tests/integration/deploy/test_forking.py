"""Programs that a process runs which has loaded them already: as separate as those that are started as such."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import process
from deploy.local.forking import ForkServer, is_ours
from deploy.local.process import Process
from tests.support.eventually import eventually


def running(code: str) -> list[str]:
    """Return a command of Python that runs code, as the module of a program would be run."""
    return [sys.executable, "-m", "timeit", "-n1", "-r1", code]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ForkServer]:
    """A fork server of the test's own, with nothing loaded."""
    own = ForkServer(loaded=[])
    monkeypatch.setattr(process, "fork_server", own)
    yield own
    own.close()


@pytest.fixture
def forked(tmp_path: Path, server: ForkServer) -> Process:
    """A process that is not started, whose output is in `log`."""
    made = Process(log=tmp_path / "log", stop_seconds=5)
    made.forks = True
    return made


class TestAFork:
    async def test_has_its_own_group_and_only_what_it_is_given(self, forked: Process, tmp_path: Path) -> None:
        code = "import os; print(os.getpid() == os.getpgid(0), os.getcwd(), dict(os.environ)); os._exit(7)"
        await forked.start(running(code), environment={"ONLY": "this"}, directory=tmp_path)
        assert await forked.wait() == 7
        assert (tmp_path / "log").read_text() == f"True {tmp_path} {{'ONLY': 'this'}}\n"
        assert forked.pid is None

    async def test_ends_as_any_program_does(self, forked: Process, tmp_path: Path) -> None:
        await forked.start(
            [sys.executable, "-m", "deploy.cli", "nonsense"], environment={}, directory=tmp_path
        )
        assert await forked.wait() == 2
        assert "invalid choice: 'nonsense'" in (tmp_path / "log").read_text()

    async def test_stops_when_asked_and_is_killed_when_it_does_not(
        self, forked: Process, tmp_path: Path
    ) -> None:
        sleeping = "import time; time.sleep(1000)"
        await forked.start(running(sleeping), environment={}, directory=tmp_path)
        await forked.stop()
        assert await forked.wait() == -signal.SIGTERM
        await forked.start(running(sleeping), environment={}, directory=tmp_path)
        await forked.kill()
        assert await forked.wait() == -signal.SIGKILL

    def test_is_only_of_what_is_a_module(self) -> None:
        assert is_ours([sys.executable, "-m", "deploy.cli"])
        assert not is_ours([sys.executable, "-I", "program.py"])


class TestTheForkServer:
    async def test_is_replaced_when_it_was_killed_and_takes_its_forks_along(
        self, forked: Process, tmp_path: Path, server: ForkServer
    ) -> None:
        code = "import os, time; print(os.getppid()); time.sleep(1000)"
        await forked.start(running(code), environment={}, directory=tmp_path)
        child = forked.pid
        assert child is not None

        def named() -> bool:
            return (tmp_path / "log").read_text().endswith("\n")

        await eventually(named, "the fork to name its parent")
        os.kill(int((tmp_path / "log").read_text()), signal.SIGKILL)
        assert await forked.wait() == -signal.SIGKILL

        def gone() -> bool:
            try:
                os.kill(child, 0)
            except ProcessLookupError:
                return True
            return False

        await eventually(gone, "the fork to end")
        await forked.start(running("pass"), environment={}, directory=tmp_path)
        assert await forked.wait() == 0
        # It ends because nobody can ask it any more, as when we are killed.
        server.close()
