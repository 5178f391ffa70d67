"""One child process in a group of its own, which ends with us however we end."""

import asyncio
import atexit
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.forking import Forked, fork_server, is_ours

_GUARD_PROGRAM = Path(__file__).with_name("guard.py")
_LOG_LIMIT = 20_000_000


class Guard:
    """Our end of the guard process: it ends or removes what it was told about once this process is gone."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._groups: set[int] = set()
        self._directories: set[Path] = set()

    def watch(self, group: int) -> None:
        """End this process group when we are gone."""
        self._groups.add(group)
        self._say(f"+ {group}")

    def forget(self, group: int) -> None:
        """Stop watching this process group: it has ended."""
        self._groups.discard(group)
        self._say(f"- {group}")

    def remove(self, directory: Path) -> None:
        """Remove this directory, with all in it, when we are gone."""
        self._directories.add(directory)
        self._say(f"d {directory}")

    def close(self) -> None:
        """Let the guard finish its work, and wait for it."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
            process.wait()

    def _say(self, line: str) -> None:
        if self._process is None or self._process.poll() is not None:
            # A new one (or one that replaces a killed one) is told everything, including this line.
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-E", str(_GUARD_PROGRAM)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
            )
            lines = [*(f"+ {group}" for group in self._groups), *(f"d {path}" for path in self._directories)]
        else:
            lines = [line]
        assert self._process.stdin is not None  # noqa: S101 - it was opened with a pipe
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write("".join(f"{each}\n" for each in lines).encode())
            self._process.stdin.flush()


guard = Guard()
atexit.register(guard.close)


class Process:
    """A command that runs in its own process group and writes its output to a log file."""

    def __init__(
        self, *, log: Path, stop_signal: signal.Signals = signal.SIGTERM, stop_seconds: float = 10
    ) -> None:
        # Whether our own modules run as a fork of a process that has already loaded them.
        self.forks = False
        self._log = log
        self._stop_signal = stop_signal
        self._stop_seconds = stop_seconds
        self._process: asyncio.subprocess.Process | Forked | None = None
        self._exit: asyncio.Task[int] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._exit and not self._exit.done() else None

    async def start(self, command: Sequence[str], *, environment: Mapping[str, str], directory: Path) -> None:
        """Start the command. Raises: OSError if it cannot be started."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        if self._log.exists() and self._log.stat().st_size > _LOG_LIMIT:
            self._log.replace(self._log.with_suffix(".log.1"))
        with self._log.open("ab") as output:
            if self.forks and is_ours(command):
                self._process = await fork_server.fork(
                    command, environment=environment, directory=directory, output=output
                )
            else:
                self._process = await asyncio.create_subprocess_exec(
                    *command,
                    env=dict(environment),
                    cwd=directory,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
        guard.watch(self._process.pid)
        self._exit = asyncio.create_task(self._watch(self._process))

    async def wait(self) -> int:
        """Wait until it has ended and return its exit code."""
        if self._exit is None:
            return 0
        return await asyncio.shield(self._exit)

    async def stop(self) -> None:
        """Ask it to stop and, when it takes too long, end it by force."""
        if self._process is None or self.pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(self._stop_signal)
        try:
            await asyncio.wait_for(self.wait(), self._stop_seconds)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End it by SIGKILL, with everything it had started."""
        if self._process is not None and self.pid is not None:
            _kill_group(self._process.pid)
            await self.wait()

    @staticmethod
    async def _watch(process: asyncio.subprocess.Process | Forked) -> int:
        code = await process.wait()
        # Processes left in the group of a dead leader would keep ports and files busy.
        _kill_group(process.pid)
        guard.forget(process.pid)
        return code


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
