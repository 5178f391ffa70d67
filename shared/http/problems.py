"""Errors as API clients read them: application/problem+json (RFC 9457), each kind with a stable type.

The status codes of domain errors are decided here and nowhere else. No answer repeats what was sent.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from shared.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    NotYet,
    Operational,
    TooManyRequests,
    Unauthenticated,
)
from shared.fields import limit_of

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPES = "https://kring.invalid/problems/"
# Where it is noted that staff named no tenant, so that their own organisation was assumed.
OWN_MEANT = "kring.own-meant"
_RETRY_SECONDS = "2"
_MAX_FIELDS = 20
_MAX_FIELD_NAME = 100

STATUSES: dict[type[DomainError], int] = {
    NotFound: 404,
    Conflict: 409,
    Forbidden: 403,
    Invalid: 422,
    Unauthenticated: 401,
    Gone: 410,
    TooManyRequests: 429,
}


class FieldProblem(BaseModel):
    """One invalid field, and what would be valid."""

    field: str
    problem: str
    kind: str | None = Field(
        default=None, description="What kind of problem it is, as in `string_too_long` or `phone`."
    )
    limit: int | None = Field(
        default=None, description="How many characters a text may have that is too long."
    )


class Problem(BaseModel):
    """An answer that explains why a request was not done (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str | None = None
    request_id: str | None = None
    facts: dict[str, str | int | bool | None] | None = None
    errors: list[FieldProblem] | None = None


def status_of(error: type[DomainError]) -> int:
    """Return the HTTP status of a kind of domain error: that of its family."""
    for kind in error.__mro__:
        if kind in STATUSES:
            return STATUSES[kind]
    return 409


def problem(
    *,
    code: str,
    title: str,
    status: int,
    detail: str | None = None,
    request_id: str | None = None,
    facts: Mapping[str, Any] | None = None,
    errors: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem+json response."""
    body: dict[str, Any] = {"type": TYPES + code, "title": title, "status": status}
    if detail and detail != title:
        body["detail"] = detail
    if request_id:
        body["request_id"] = request_id
    if facts:
        body["facts"] = dict(facts)
    if errors:
        body["errors"] = [error.model_dump(exclude_none=True) for error in errors]
    return Response(orjson.dumps(body, default=str), status, headers, MEDIA_TYPE)


def request_id_of(request: Request) -> str | None:
    """Return the id that the middleware gave this request."""
    found: str | None = request.scope.get("kring.request_id")
    return found


def bug(*, request_id: str | None) -> Response:
    """Return the answer to a request that hit a bug: only the id under which it was logged."""
    return problem(code="bug", title="Something went wrong on our side", status=500, request_id=request_id)


async def _domain_error(request: Request, error: DomainError) -> Response:
    status = status_of(type(error))
    headers = {"www-authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    detail = error.detail
    if status == HTTPStatus.NOT_FOUND and detail == error.title and OWN_MEANT in request.scope:
        detail = "The request names no tenant (header Kring-Tenant), so your own organisation was meant"
    if "retry_after" in error.facts:
        headers["retry-after"] = str(error.facts["retry_after"])
    log.info("http.refused", code=error.code, status=status)
    return problem(
        code=error.code,
        title=error.title,
        status=status,
        detail=detail,
        facts=error.facts,
        headers=headers,
        request_id=request_id_of(request),
    )


async def _not_yet(request: Request, _: NotYet) -> Response:
    return problem(
        code="not-yet",
        title="What this builds on has not arrived here yet; try again in a moment",
        status=409,
        headers={"retry-after": "1"},
        request_id=request_id_of(request),
    )


async def _operational(request: Request, error: Operational) -> Response:
    log.warning("http.unavailable", cause=str(error))
    return problem(
        code="unavailable",
        title="A part that this needs does not answer; try again in a moment",
        status=503,
        headers={"retry-after": _RETRY_SECONDS},
        request_id=request_id_of(request),
    )


async def _not_valid(request: Request, error: RequestValidationError) -> Response:
    return problem(
        code="invalid-request",
        title="The request is not in the form that is asked",
        status=422,
        errors=[_field_problem(item) for item in error.errors()[:_MAX_FIELDS]],
        request_id=request_id_of(request),
    )


def _field_problem(item: Any) -> FieldProblem:
    # Of pydantic's messages only those that do not repeat the value: parsing errors quote the character they met.
    message = str(item["msg"]).removeprefix("Value error, ")
    if str(item["type"]).endswith("_parsing"):
        message = message.partition(",")[0]
    path = ".".join(str(part)[:_MAX_FIELD_NAME] for part in item["loc"])
    kind, limit = str(item["type"]), limit_of(item)
    if limit is not None:
        kind, message = "string_too_long", f"String should have at most {limit} characters"
    return FieldProblem(field=path, problem=message, kind=kind, limit=limit)


_HTTP_CODES = {
    400: ("malformed", "The request cannot be read: send well-formed JSON in UTF-8"),
    404: ("no-such-address", "There is nothing at this address"),
    405: ("method-not-allowed", "This address does not know this method"),
    413: ("too-large", "The body is too large"),
}


async def _http_error(request: Request, error: HTTPException) -> Response:
    fallback = (f"http-{error.status_code}", HTTPStatus(error.status_code).phrase)
    code, title = _HTTP_CODES.get(error.status_code, fallback)
    return problem(
        code=code,
        title=title,
        status=error.status_code,
        headers=error.headers,
        request_id=request_id_of(request),
    )


def answer_with_problems(app: FastAPI) -> None:
    """Make an app return every expected error as a problem."""
    handlers: dict[type[Exception], Callable[[Request, Any], Awaitable[Response]]] = {
        DomainError: _domain_error,
        NotYet: _not_yet,
        Operational: _operational,
        RequestValidationError: _not_valid,
        HTTPException: _http_error,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
