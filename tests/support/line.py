"""A line to a server that can be cut after some bytes of what the server says."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Line:
    """Passes on TCP connections to a port of this machine."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0
        # What the server has said so far, in bytes.
        self.said = 0
        # Once the server has said so much, all is cut, or nothing is passed on any more; later connections work.
        self.cut_at: int | None = None
        self.stall_at: int | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def to(cls, port: int) -> AsyncIterator["Line"]:
        """Yield a line to a port, cut at the end."""
        line = cls(port)
        server = await asyncio.start_server(line._connect, "127.0.0.1", 0)
        line.port = server.sockets[0].getsockname()[1]
        try:
            yield line
        finally:
            server.close()
            line.cut()
            await server.wait_closed()

    def cut(self) -> None:
        """Cut all connections."""
        self.cut_at = None
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, asks = await asyncio.open_connection("127.0.0.1", self._to)
        self._writers |= {writer, asks}
        await asyncio.gather(self._pass(reader, asks), self._pass(answers, writer, counted=True))

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counted: bool = False
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(64):
                if counted:
                    self.said += len(data)
                    if self.stall_at is not None and self.said >= self.stall_at:
                        self.stall_at = None
                        await asyncio.Event().wait()
                    if self.cut_at is not None and self.said >= self.cut_at:
                        self.cut()
                        return
                writer.write(data)
                await writer.drain()
        writer.close()
