"""What all parts of a platform have in common: prepare, start, become ready, stop, be killed, start again."""

import asyncio
import os
import re
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

from deploy.local.errors import PartFailed
from deploy.local.process import Process

_TELLING = re.compile(r"in use|FATAL|ERROR|[Ee]rror:|could not|[A-Z]\w+Error\b")
# So that our own programs are found wherever they are started.
OWN_PROGRAMS = {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUNBUFFERED": "1"}
# What a part inherits from our environment; it sets the rest itself.
_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "HOME", "USER", "LOGNAME")


class NotReadyYet(Exception):
    """A part answers, and says what it still waits for."""


class Part(ABC):
    """One process of a platform. Subclasses define how it is prepared, started and probed for readiness."""

    # Whether it is done when its process exits successfully, as a step and not a server.
    once = False
    stop_signal = signal.SIGTERM
    stop_seconds = 10.0
    start_seconds = 40.0
    probe_seconds = 0.05

    def __init__(
        self,
        *,
        name: str,
        directory: Path,
        log: Path,
        needs: tuple[str, ...] = (),
        uses: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.directory = directory
        self.log = log
        # Started after those it needs are ready; stopped before those it needs or uses.
        self.needs = needs
        self.uses = uses
        self._log_start = 0
        self._code: dict[str, str] = {}
        self._process = Process(log=log, stop_signal=self.stop_signal, stop_seconds=self.stop_seconds)

    @property
    def address(self) -> str:
        """Where others reach it."""
        return ""

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid

    def fork(self) -> None:
        """Run our own programs as forks of a process that has loaded them: see `deploy.local.forking`."""
        self._process.forks = True

    def run_code(self, checkout: Path) -> None:
        """From its next start on, run our own code from another checkout, as of another version."""
        self._code = {"PYTHONPATH": str(checkout)}
        # A fork of a process with our modules would run ours.
        self._process.forks = False

    async def prepare(self) -> None:  # noqa: B027 - most parts need none
        """Do what is needed before each start; must be safe to repeat."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return the command that runs it."""

    def environment(self) -> Mapping[str, str]:
        """Return the environment variables of its process, besides the inherited ones."""
        return {}

    async def probe(self) -> None:  # noqa: B027 - a step has nothing to answer
        """Return if it does its work; otherwise raise any exception."""

    async def knock(self) -> None:
        """Return if something listens at its address: cheaper, and quieter in the logs, than a driver's attempt."""
        host, _, port = self.address.rpartition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.close()

    async def start(self) -> None:
        """Start its process. Raises: PartFailed if that is impossible."""
        self.directory.mkdir(parents=True, exist_ok=True)
        await self.prepare()
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        inherited = {key: os.environ[key] for key in _INHERITED if key in os.environ}
        try:
            await self._process.start(
                self.command(),
                environment={**inherited, **self.environment(), **self._code},
                directory=self.directory,
            )
        except OSError as error:
            raise PartFailed(f"{self.name} cannot be started: {error.strerror}.") from None

    async def ready(self) -> None:
        """Wait until it does its work. Raises: PartFailed if it exits or takes too long."""
        until = time.monotonic() + self.start_seconds
        while True:
            if self.pid is None:
                raise PartFailed(self.describe("ended before it was ready"))
            try:
                return await asyncio.wait_for(self.probe(), timeout=5)
            except PartFailed:
                raise
            except Exception as error:  # noqa: BLE001 - whatever its driver raises while it is not up
                if time.monotonic() > until:
                    reason = str(error) if isinstance(error, NotReadyYet) else type(error).__name__
                    waited = f"was not ready after {self.start_seconds:.0f} seconds ({reason})"
                    raise PartFailed(self.describe(waited)) from None
            await asyncio.sleep(self.probe_seconds)

    async def wait(self) -> int:
        """Wait until its process has ended and return the exit code."""
        return await self._process.wait()

    async def stop(self) -> None:
        """Stop it cleanly within a bound."""
        await self._process.stop()

    async def kill(self) -> None:
        """End it by SIGKILL."""
        await self._process.kill()

    def describe(self, what: str) -> str:
        """Return in one sentence what happened to it, with the reason from its log."""
        return f"{self.name} {what}; its log says: {self.telling_log_line()} (all of it is in {self.log})"

    def telling_log_line(self) -> str:
        """Return the last line since its last start that mentions an error, else the very last, else "nothing"."""
        if not self.log.exists():
            return "nothing"
        with self.log.open("rb") as file:
            file.seek(max(self._log_start, self.log.stat().st_size - 8000))
            lines = [
                line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()
            ]
        telling = [line for line in lines if _TELLING.search(line)]
        return (telling or lines or ["nothing"])[-1][:300]


async def http_get(port: int, path: str) -> tuple[int, bytes]:
    """Return the status and body with which an HTTP server on 127.0.0.1 answers a GET. Raises: OSError, ValueError."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        return (int(head.split()[1]) if head else 0), body
    finally:
        writer.close()
