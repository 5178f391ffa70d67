"""The socket by which commands reach a running platform's supervisor, which alone can query and restart its parts."""

import asyncio
import contextlib
import json
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from deploy.local.errors import PlatformError
from deploy.local.process import guard

Answer = Callable[..., Awaitable[dict[str, Any]]]


class Control:
    """Answers requests, one JSON object per line: `do` is the name of an action, the rest its arguments.

    The socket is in a directory of its own, because its path must be short. Only the owner of that directory
    can reach it.
    """

    def __init__(self, actions: Mapping[str, Answer]) -> None:
        self._actions = actions
        self._directory: Path | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> Path:
        """Listen, and return the address."""
        self._directory = Path(tempfile.mkdtemp(prefix="kring-control-"))
        guard.remove(self._directory)
        path = self._directory / "socket"
        self._server = await asyncio.start_unix_server(self._answer, path)
        return path

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
        if self._directory is not None:
            await asyncio.to_thread(shutil.rmtree, self._directory, ignore_errors=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):
            asked: dict[str, Any] = json.loads(await reader.readline())
            try:
                answer = await self._actions[asked.pop("do")](**asked)
            except PlatformError as error:
                answer = {"error": str(error)}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()


async def ask(socket: Path, *, seconds: float, do: str, **arguments: str) -> dict[str, Any]:
    """Return the answer of a running platform's supervisor.

    Raises: PlatformError if it cannot do what is requested, or does not answer within `seconds`.
    """
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_unix_connection(socket)
            with contextlib.closing(writer):
                writer.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
                line = await reader.readline()
    except (OSError, TimeoutError):
        line = b""
    if not line:
        raise PlatformError("The supervisor (`kring up`) does not answer; is it stopped?")
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        raise PlatformError(answer["error"])
    return answer
