"""What surrounds every request: its id, a log line, timings, a span, security headers, the last net for bugs.

Pure ASGI and one layer: every layer costs on every request. Addresses are logged by the route's template: a
path holds ids and a query may hold more.
"""

import re
import time
from http import HTTPStatus
from typing import Any

import structlog
from prometheus_client import Histogram
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars

from shared import telemetry
from shared.http.problems import bug, problem
from shared.ids import uuid7

log = structlog.get_logger(__name__)

SECONDS = Histogram(
    "kring_http_request_seconds",
    "Seconds from request to answer",
    ["service", "method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
# What a route leaves in the scope: its template, and how large a body it takes if not the usual size.
ROUTE = "kring.route"
MAX_BODY = "kring.max-body"
USUAL_MAX_BODY = 1024 * 1024
_QUIET = frozenset({"/health/live", "/health/ready", "/metrics"})
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
# An id and nothing that could be a name: it goes into logs.
_REQUEST_ID = re.compile(rb"[0-9a-f-]{16,64}")
_SECURITY_HEADERS = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]
_SECURITY_NAMES = frozenset(name for name, _ in _SECURITY_HEADERS)


class RequestMiddleware:
    """Gives each request its id and its surroundings."""

    def __init__(self, app: ASGIApp, *, service: str) -> None:
        self._app = app
        self._service = service
        self._timers: dict[tuple[str, str, int], Any] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        request_id = _request_id(headers)
        scope["kring.request_id"] = request_id
        clear_contextvars()
        bind_contextvars(request_id=request_id)
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
                    *(pair for pair in _SECURITY_HEADERS if pair[0] not in kept),
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
        try:
            await self._app(scope, _limited(scope, receive), watched)
        except Exception:
            log.exception("http.bug", method=_method(scope), route=_route(scope))
            if begun:
                raise
            await bug(request_id=request_id)(scope, receive, watched)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method, route = _method(scope), _route(scope)
        timer = self._timers.get((method, route, status))
        if timer is None:
            timer = SECONDS.labels(self._service, method, route, str(status))
            self._timers[(method, route, status)] = timer
        timer.observe(seconds)
        if route not in _QUIET:
            log.info(
                "http.request",
                method=method,
                route=route,
                status=status,
                milliseconds=round(seconds * 1000, 1),
            )


def _limited(scope: Scope, receive: Receive) -> Receive:
    """Return a receive that stops reading where the route's limit is passed."""
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > scope.get(MAX_BODY, USUAL_MAX_BODY):
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return message

    return limited


def _request_id(headers: dict[bytes, bytes]) -> str:
    given = headers.get(b"x-request-id", b"")
    return given.decode() if _REQUEST_ID.fullmatch(given) else str(uuid7())


def _route(scope: Scope) -> str:
    template = scope.get(ROUTE) or getattr(scope.get("route"), "path_format", None)
    return str(template) if template else "unknown"


def _method(scope: Scope) -> str:
    # A made-up method may not make up a label.
    method = str(scope["method"])
    return method if method in _METHODS else "other"
