"""A light HTTP client for benchmarks: prepared bytes over open connections, so that the server is what is measured."""

import asyncio
import time
from collections.abc import Iterator


async def requests_per_second(
    *, port: int, requests: Iterator[bytes], count: int, connections: int, status: int
) -> float:
    """Send the next `count` requests over some connections and return how many were answered a second.

    Raises: RuntimeError if an answer has another status.
    """
    share = count // connections

    async def send() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(share):
            writer.write(next(requests))
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            if not head.startswith(b"HTTP/1.1 %d" % status):
                raise RuntimeError(f"{head[:200]!r} {body[:500]!r}")
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(connections)))
    return share * connections / (time.perf_counter() - started)


def prepared(method: str, path: str, *, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Return the bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
