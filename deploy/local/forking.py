"""Starts Kring's own programs as forks of a process that has already loaded their modules.

For throw-away platforms: loading takes more processor time than most of what their programs then do. Each
program is still a process in a group of its own, with only its own environment.
"""

import asyncio
import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from shared.services import PROCESSES

_ROOT = Path(__file__).parents[2]
# A request contains the environment of a process.
_LONGEST_REQUEST = 100_000
# A fork waits for this: by then the requester knows its process id, and so can end it.
_GO = b"+"
_LOADED = (
    *(f"services.{name}.{role}" for name in PROCESSES for role in ("api", "consumer", "worker")),
    *("deploy.arguments", "deploy.commands.serve", "deploy.commands.migrate", "deploy.commands.erasures"),
    *("deploy.commands.databases", "deploy.local.part", "deploy.local.temporal", "deploy.local.certificates"),
    *("shared.runtime", "shared.worker", "shared.consumer", "shared.http.server", "shared.http.health"),
    *("shared.migrations", "shared.housekeeping.workflows", "alembic.command", "alembic.config"),
    *("aio_pika", "aiosmtpd.controller", "aiohttp", "uvicorn.protocols.http.httptools_impl", "uvloop"),
)


def is_ours(command: Sequence[str]) -> bool:
    """Tell whether a command runs a Python module, so that a fork can run it: on Linux, where forks are safe."""
    return sys.platform == "linux" and list(command[:2]) == [sys.executable, "-m"]


@dataclass(frozen=True)
class Forked:
    """A child process of the fork server, with the interface of asyncio's own."""

    pid: int
    _told: asyncio.StreamReader
    _writer: asyncio.StreamWriter

    def send_signal(self, number: int) -> None:
        """Send it a signal. Raises: ProcessLookupError."""
        os.kill(self.pid, number)

    async def wait(self) -> int:
        """Wait until it has ended and return its exit code; if the fork server was killed, as if it was killed too."""
        told = await self._told.readline()
        self._writer.close()
        return int(told) if told else -signal.SIGKILL


class ForkServer:
    """Our end of the fork server, which starts with the first program, and ends with us."""

    def __init__(self, loaded: Sequence[str] = _LOADED) -> None:
        self._loaded = loaded
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None

    async def fork(
        self, command: Sequence[str], *, environment: Mapping[str, str], directory: Path, output: IO[bytes]
    ) -> Forked:
        """Run the module that a command names. Raises: OSError."""
        request = {"command": command[2:], "environment": dict(environment), "directory": str(directory)}
        ours, theirs = socket.socketpair()
        with theirs:
            files = [output.fileno(), theirs.fileno()]
            try:
                self._ask(request, files)
            except ConnectionError:
                self.close()
                self._ask(request, files)
        reader, writer = await asyncio.open_connection(sock=ours)
        try:
            pid = int(await reader.readline())
        except BaseException as error:
            # A fork that nobody knows of ends by itself.
            writer.close()
            if isinstance(error, ValueError):
                raise OSError("the fork server ended") from None
            raise
        writer.write(_GO)
        return Forked(pid, reader, writer)

    def close(self) -> None:
        """End the fork server."""
        process, self._process = self._process, None
        requests, self._requests = self._requests, None
        if process is not None and requests is not None:
            # It ends when nobody can reach it any more.
            requests.close()
            process.wait()

    def _ask(self, request: Mapping[str, Any], files: Sequence[int]) -> None:
        if self._requests is None:
            self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-u", "-m", "deploy.local.forking", str(theirs.fileno()), *self._loaded],
                    pass_fds=[theirs.fileno()],
                    env={**os.environ, "PYTHONPATH": str(_ROOT)},
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                    cwd="/",
                )
        socket.send_fds(self._requests, [json.dumps(request).encode()], files)


fork_server = ForkServer()
atexit.register(fork_server.close)


@dataclass(frozen=True)
class _Job:
    request: dict[str, Any]
    output: int
    told: socket.socket

    def run(self) -> None:
        """Become the program."""
        os.setsid()
        self.told.sendall(f"{os.getpid()}\n".encode())
        known = self.told.recv(len(_GO)) == _GO
        self.told.close()
        if not known:
            return
        for standard in (1, 2):
            os.dup2(self.output, standard)
        os.close(self.output)
        module, *arguments = self.request["command"]
        # Shown in a process list.
        Path("/proc/self/comm").write_text(" ".join([module, *arguments[:2]])[-15:])
        os.chdir(self.request["directory"])
        os.environ.clear()
        os.environ.update(self.request["environment"])
        sys.argv = [module, *arguments]
        gc.enable()
        runpy.run_module(module, run_name="__main__", alter_sys=True)


def _serve(requests: socket.socket) -> _Job | None:
    """Fork for each request, and report the ends of forks; return a fork's program, None in the server at its end."""
    ready = selectors.DefaultSelector()
    ready.register(requests, selectors.EVENT_READ)
    while True:
        for key, _ in ready.select():
            if key.fileobj is not requests:
                pid, told = key.data
                ready.unregister(key.fileobj)
                os.close(key.fd)
                _, status = os.waitpid(pid, 0)
                # The requester may have gone.
                with told, contextlib.suppress(OSError):
                    told.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
                continue
            request, files, _, _ = socket.recv_fds(requests, _LONGEST_REQUEST, 2)
            if not request:
                return None
            output, told = files[0], socket.socket(fileno=files[1])
            pid = os.fork()
            if pid == 0:
                for each in ready.get_map().values():
                    if each.data is not None:
                        os.close(each.fd)
                        each.data[1].close()
                ready.close()
                requests.close()
                return _Job(json.loads(request), output, told)
            os.close(output)
            ready.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, told))


def _main(descriptor: int, loaded: Sequence[str]) -> None:
    # Loaded modules are shared by all forks, as long as no garbage collection touches them.
    gc.disable()
    for name in loaded:
        importlib.import_module(name)
    gc.freeze()
    job = _serve(socket.socket(fileno=descriptor))
    if job is not None:
        job.run()


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2:])
