"""What surrounds every request: its id, a log line, timings, a span, security headers, the last catch for bugs.

Pure ASGI and one layer: every layer costs on every request. Addresses are logged as the route's template: a
path holds ids and a query may hold more.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from prometheus_client import Histogram
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars

from shared import telemetry
from shared.errors import Operational
from shared.http.clients import AtOnce, counted_as
from shared.http.problems import bug, problem
from shared.ids import uuid7

log = structlog.get_logger(__name__)

SECONDS = Histogram(
    "kring_http_request_seconds",
    "Seconds from request to answer",
    ["service", "method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
# Left in the scope by a route: its template, and its body limit if not the usual one.
ROUTE = "kring.route"
MAX_BODY = "kring.max-body"
USUAL_MAX_BODY = 1024 * 1024
# Set once the caller of a request is known, by a token or a session.
CALLER_KNOWN = "kring.caller-known"
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
# A plain id that cannot be a name: it goes into logs.
_REQUEST_ID = re.compile(rb"[0-9a-f-]{16,64}")
_SECURITY_HEADERS = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
]
_SECURITY_NAMES = frozenset(name for name, _ in _SECURITY_HEADERS)
# Only over https: a browser that has read it never uses plain HTTP for this host again for two years.
_TLS_ONLY = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")


class RequestMiddleware:
    """Wraps each request with its id and the above."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        service: str,
        seconds: float,
        body_bytes: int,
        per_client: int,
        behind_tls: bool,
    ) -> None:
        self._app = app
        self._at_once = AtOnce(per_client)
        self._budget = _Budget(body_bytes)
        self._service = service
        self._seconds = seconds
        self._security_headers = [*_SECURITY_HEADERS, *([_TLS_ONLY] if behind_tls else [])]
        self._timers: dict[tuple[str, str, int], Any] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        request_id = str(uuid7())
        scope["kring.request_id"] = request_id
        if scope["method"] == "HEAD":
            # HEAD is answered as GET would be, without the body.
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        clear_contextvars()
        bind_contextvars(request_id=request_id, **_named_by_client(headers))
        started = time.perf_counter()
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = [pair for pair in message.get("headers", ()) if pair[0] in _SECURITY_NAMES]
                kept = {name for name, _ in own}
                message["headers"] = [
                    *message.get("headers", ()),
                    *(pair for pair in self._security_headers if pair[0] not in kept),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        traceparent = headers.get(b"traceparent", b"").decode("latin-1") or None
        with telemetry.request_span(_method(scope), traceparent=traceparent) as span:
            await self._run(scope, receive, answer, request_id=request_id)
            if span is not None:
                span.update_name(f"{_method(scope)} {_route(scope)}")
                span.set_attribute("http.response.status_code", status)
            self._note(scope, status, time.perf_counter() - started)

    async def _run(self, scope: Scope, receive: Receive, send: Send, *, request_id: str) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        if b"%00" in scope.get("query_string", b"") or "\0" in scope["path"]:
            refusal = problem(
                code="malformed", title="The address may not contain NUL", status=400, request_id=request_id
            )
            await refusal(scope, receive, watched)
            return
        client = counted_as((scope.get("client") or ("",))[0])
        if not self._at_once.enter(client):
            await _too_many(request_id=request_id)(scope, receive, watched)
            return
        body, limit = _Body(scope, receive, self._budget, client), asyncio.timeout(self._seconds)
        try:
            # A request that is given up is undone: cancelling the route here ends its transaction.
            async with limit:
                await self._app(scope, body.receive, watched)
        except Exception as error:
            if isinstance(error, TimeoutError) and limit.expired() and not begun:
                log.warning("http.given-up", method=_method(scope), route=_route(scope), body=body.is_awaited)
                await _given_up(request_id=request_id, body_late=body.is_awaited)(scope, receive, watched)
                return
            log.exception("http.bug", method=_method(scope), route=_route(scope))
            if begun:
                raise
            await bug(request_id=request_id)(scope, receive, watched)
        finally:
            body.release()
            self._at_once.leave(client)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method, route = _method(scope), _route(scope)
        timer = self._timers.get((method, route, status))
        if timer is None:
            timer = SECONDS.labels(self._service, method, route, str(status))
            self._timers[(method, route, status)] = timer
        timer.observe(seconds)
        log.info(
            "http.request", method=method, route=route, status=status, milliseconds=round(seconds * 1000, 1)
        )


class _Budget:
    """How many bytes of bodies a process holds at once: in total, per address, and of strangers.

    So that nobody leaves others without room: an address may use half of it, and strangers a quarter, of which an
    address may use a quarter. Who has shown no credentials that hold is a stranger.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._held = Counter[str]()

    def shares(self, scope: Scope, client: str) -> dict[str, int]:
        """Return the shares a request counts against, by name, with the most bytes of each."""
        shares = {"all": self._size, client: self._size // 2}
        if CALLER_KNOWN not in scope:
            shares |= {"strangers": self._size // 4, f"{client} as stranger": self._size // 16}
        return shares

    def take(self, shares: Mapping[str, int], size: int) -> None:
        """Count bytes that have arrived. Raises: Operational if they are too many: the sender tries again later."""
        for name in shares:
            self._held[name] += size
        if any(self._held[name] > most for name, most in shares.items()):
            raise Operational("more bodies are being read than there is room for")

    def give_back(self, shares: Mapping[str, int], size: int) -> None:
        """Release counted bytes."""
        for name in shares:
            self._held[name] -= size
            if not self._held[name]:
                del self._held[name]


class _Body:
    """The body of a request as it arrives: reading stops once the route's limit or the process's budget is exceeded."""

    def __init__(self, scope: Scope, receive: Receive, budget: _Budget, client: str) -> None:
        self._scope = scope
        self._receive = receive
        self._budget = budget
        self._client = client
        self._shares: dict[str, int] = {}
        self._seen = 0
        # Whether the route waits for more of it.
        self.is_awaited = False

    async def receive(self) -> Message:
        """Return the next part. Raises: HTTPException if it exceeds the limit; Operational if there is no room."""
        self.is_awaited = True
        message = await self._receive()
        self.is_awaited = False
        if message["type"] == "http.request":
            size = len(message.get("body", b""))
            self._seen += size
            self._shares = self._shares or self._budget.shares(self._scope, self._client)
            self._budget.take(self._shares, size)
            if self._seen > self._scope.get(MAX_BODY, USUAL_MAX_BODY):
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return message

    def release(self) -> None:
        """Release what was read."""
        self._budget.give_back(self._shares, self._seen)
        self._seen = 0


def _without_body(send: Send) -> Send:
    async def head(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return head


def _too_many(*, request_id: str) -> Response:
    # Its body is not waited for.
    return problem(
        code="too-many-at-once",
        title="There are too many requests from your address at once; try again in a moment",
        status=429,
        request_id=request_id,
        headers={"retry-after": "2", "connection": "close"},
    )


def _given_up(*, request_id: str, body_late: bool) -> Response:
    if body_late:
        return problem(
            code="too-slow",
            title="The request took too long to arrive",
            status=408,
            request_id=request_id,
            headers={"connection": "close"},
        )
    return problem(
        code="took-too-long",
        title="This took too long and was given up; try again in a moment",
        status=503,
        request_id=request_id,
        headers={"retry-after": "2", "connection": "close"},
    )


def _named_by_client(headers: dict[bytes, bytes]) -> dict[str, str]:
    """Return the client's own id of the request, for logs; the audit log keeps ours, which no client can choose."""
    given = headers.get(b"x-request-id", b"")
    return {"client_request_id": given.decode()} if _REQUEST_ID.fullmatch(given) else {}


def _route(scope: Scope) -> str:
    template = scope.get(ROUTE) or getattr(scope.get("route"), "path_format", None)
    return str(template) if template else "unknown"


def _method(scope: Scope) -> str:
    # An invented method must not create a new label.
    method = str(scope["method"])
    return method if method in _METHODS else "other"
