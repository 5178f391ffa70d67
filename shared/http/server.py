"""The HTTP server: limits on the size and duration of a request's head, and on connections per client.

uvicorn's fast parser bounds none of it: a client could send headers for ever, or open silent connections. The
middleware bounds the body and the work itself.
"""

import asyncio
import contextlib
from typing import Any

import orjson
from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from shared.http.clients import AtOnce, counted_as, is_of
from shared.http.problems import MEDIA_TYPE, TYPES
from shared.settings import Settings

MAX_URL = 8 * 1024
MAX_HEAD = 32 * 1024
HEAD_SECONDS = 10.0
_KEEP_ALIVE_SECONDS = 20
_REFUSALS = {
    400: ("malformed", "This is no HTTP request"),
    408: ("too-slow", "The request took too long to arrive"),
    414: ("address-too-long", "The address is too long"),
    429: ("too-many-connections", "There are too many connections from your address at once"),
    431: ("headers-too-large", "The headers are too large"),
}


class HeadRefused(Exception):
    """The head of a request is too large. Raised out of the parser, which shows its text to nobody."""


class BoundedConfig(Config):
    """How an app is served, with the state its connections share."""

    def __init__(self, app: Any, settings: Settings, **options: Any) -> None:
        self.proxies = settings.trusted_proxies
        self.connections = AtOnce(settings.http_connections_per_client)
        super().__init__(
            app,
            http=BoundedProtocol,
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            # Only these proxies are trusted to name the client.
            proxy_headers=bool(self.proxies),
            forwarded_allow_ips=[str(network) for network in self.proxies],
            limit_concurrency=settings.http_connections,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=int(settings.stop_seconds / 2),
            **options,
        )


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with bounds on what precedes the body."""

    config: BoundedConfig
    head_seconds = HEAD_SECONDS

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._counted_as: str | None = None
        self._in_head = False
        self._head_size = self._unfinished = 0
        self._refusal = 400
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect a request within the time limit, unless the client has too many connections already."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        # A proxy brings many clients: the middleware counts their requests.
        if not is_of(address, self.config.proxies):
            client = counted_as(address)
            if not self.config.connections.enter(client):
                self._refuse(429)
                return
            self._counted_as = client
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing more."""
        self._expect_nothing()
        if self._counted_as is not None:
            self.config.connections.leave(self._counted_as)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Continue reading, unless the head has become too large or takes too long."""
        self._unfinished += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head and self._unfinished > MAX_HEAD:
            self._refuse(431)
        elif self.cycle is None or self.cycle.response_complete:
            # Between requests any byte ends uvicorn's wait for the next one, even one that begins no request.
            self._expect_head()

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._in_head = True
        self._head_size = self._unfinished = 0
        self._expect_head()

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        super().on_url(url)
        if len(self.url) > MAX_URL:
            self._refusal = 414
            raise HeadRefused

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        super().on_header(name, value)
        self._head_size += len(name) + len(value)
        if self._head_size > MAX_HEAD:
            self._refusal = 431
            raise HeadRefused

    def on_headers_complete(self) -> None:
        """Begin the request."""
        self._in_head = False
        self._expect_nothing()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse a request that could not be parsed, or was too large."""
        del msg
        self._refuse(self._refusal)

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self._refuse, 408)

    def _expect_nothing(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self, status: int) -> None:
        if self.transport.is_closing():
            return
        # While an answer to an earlier request is being sent nothing may be written into it.
        if self.cycle is None or self.cycle.response_complete:
            code, title = _REFUSALS[status]
            body = orjson.dumps({"type": TYPES + code, "title": title, "status": status})
            head = f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
            self.transport.write(STATUS_LINE[status] + head.encode() + body)
        self.transport.close()


class QuietServer(Server):
    """A server that leaves the process's signals alone: the runtime handles them for all parts."""

    def capture_signals(self) -> Any:
        """Do nothing with signals."""
        return contextlib.nullcontext()


def server_config(app: Any, settings: Settings) -> BoundedConfig:
    """Return the public server of the API."""
    return BoundedConfig(app, settings, host=settings.http_host, port=settings.http_port)


def internal_config(app: Any, settings: Settings) -> BoundedConfig:
    """Return the server of an app for the operators of the installation, on a port the public does not reach."""
    return BoundedConfig(app, settings, host=settings.internal_host, port=settings.internal_port)
