"""A service's app served as in production, on a free port, and raw bytes sent to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from shared.http.server import QuietServer, server_config
from shared.settings import Settings
from tests.support.eventually import eventually


@asynccontextmanager
async def serving(app: Any, settings: Settings) -> AsyncIterator[int]:
    """Yield the port on which an app is served."""
    server = QuietServer(server_config(app, settings.model_copy(update={"http_port": 0})))
    running = asyncio.create_task(server.serve())
    try:
        await eventually(lambda: server.started, "the server listens")
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await running


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Yield both ends of a connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def answer_to(port: int, *parts: bytes) -> bytes:
    """Return all that is answered to these bytes, until the connection is closed by the server."""
    async with connection(port) as (reader, writer):
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
        except ConnectionError:
            pass
        return await reader.read()
