"""The router of services: its routes log their template, and honour `Idempotency-Key`."""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, suppress
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import ResponseValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from shared.audit import act_as, note_facts
from shared.auth import Principal
from shared.context import Context
from shared.http import after
from shared.http.idempotency import HEADER, Attempt, Repeated, claim, remember
from shared.http.middleware import MAX_BODY, ROUTE
from shared.http.models import SecretResponse
from shared.http.principals import (
    QUERY_NAMES,
    actor_of,
    current_principal,
    is_anonymous,
    principal_if_any,
    scope_of,
)
from shared.http.resolving import Dependencies

_ATTEMPT = "kring.attempt"
_SESSION = "kring.session"
Endpoint = Callable[..., Coroutine[Any, Any, Any]]


def context_of(request: Request) -> Context:
    """Return the connections of the service that answers this request."""
    context: Context = request.app.state.context
    return context


async def _context(request: Request) -> Context:
    return context_of(request)


async def _now(request: Request) -> datetime:
    return await context_of(request).clock.now()


async def _session(request: Request) -> AsyncIterator[AsyncSession]:
    # A route that does not ask for a principal gets one checked here: a session never lacks a caller by accident.
    principal = principal_if_any(request)
    if principal is None and not is_anonymous(request):
        principal = await current_principal(request)
    context = context_of(request)
    async with context.database.transaction(scope_of(request, principal)) as session:
        given = request.headers.get(after.HEADER)
        if given is not None:
            await after.require_handled(session, given, service=context.service)
        attempt: Attempt | None = request.scope.get(_ATTEMPT)
        if attempt is not None:
            await claim(session, attempt, principal, context.vault)
        request.scope[_SESSION] = session
        _audit(request, session, principal)
        yield session


def audit_as(request: Request, session: AsyncSession, principal: Principal | None) -> None:
    """Set the actor of this transaction, also one identified only later, behind a request without a token."""
    operation = f"{request.method} {request.scope[ROUTE]}"
    act_as(session, actor_of(request, principal, operation=operation))


def _audit(request: Request, session: AsyncSession, principal: Principal | None) -> None:
    """Set the actor of this transaction, and note that the case in the address is read or changed."""
    audit_as(request, session, principal)
    # Anything but an id is refused before anything is read.
    with suppress(KeyError, ValueError):
        case = UUID(str(request.path_params["case_id"]))
        note_facts(session, "read" if request.method == "GET" else "changed", case=case, what="facts")


# scope="function": the transaction commits when the route has returned and before the answer is sent, so that
# a commit that fails is told to the client and not hidden behind a 201.
Session = Annotated[AsyncSession, Depends(_session, scope="function")]
Now = Annotated[datetime, Depends(_now)]
Deps = Annotated[Context, Depends(_context)]


def calls_of(dependant: Dependant) -> Iterator[Any]:
    """Yield what a route depends on, recursively."""
    for inner in dependant.dependencies:
        yield inner.call
        yield from calls_of(inner)


class ServiceRoute(APIRoute):
    """A route of a service: the caller is known before the body is read; the session opens when all else is valid."""

    def __init__(
        self, path: str, endpoint: Endpoint, *, max_body_size: int | None = None, **options: Any
    ) -> None:
        # Not passed on to FastAPI, whose own limit answers in plain text; the middleware enforces this one.
        self.max_body = max_body_size
        super().__init__(path, endpoint, **options)
        self._dependencies = Dependencies(self)
        self._query_names = frozenset(_query_names(self.dependant))
        # Secrets are never stored: they would outlive their own revocation.
        self._remembers = "POST" in (self.methods or ()) and not _is_secret(self.response_model)
        # Replaces FastAPI's own, which reads the body first, and walks all dependencies again for each request.
        self.app = self._serve

    @property
    def opens_session(self) -> bool:
        """Tell whether it reads rows, and so waits for the events in `Kring-After`."""
        return _session in calls_of(self.dependant)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[ROUTE] = self.path_format
        scope[QUERY_NAMES] = self._query_names
        if self.max_body is not None:
            scope[MAX_BODY] = self.max_body
        request = Request(scope, receive, send)
        if "case_id" in request.path_params:
            _name_case(request.path_params["case_id"])
        try:
            # What the route opened is closed before its answer is sent.
            async with AsyncExitStack() as opened:
                response = await self._answer(request, opened)
        except Repeated as repeated:
            response = repeated.response
        await response(scope, receive, send)

    async def _answer(self, request: Request, opened: AsyncExitStack) -> Response:
        known = await self._dependencies.find_caller(request, opened)
        key = request.headers.get(HEADER) if self._remembers else None
        attempt = None
        if key is not None:
            attempt = request.scope[_ATTEMPT] = await Attempt.of(request, key)
        given, changes = await self._dependencies.read_parameters(request, opened, known)
        given |= await self._dependencies.open_others(request, opened, known)
        response = self._response(await self.endpoint(**given), changes)
        session = request.scope.get(_SESSION)
        written = None if session is None else after.written(session)
        if written is not None:
            response.headers[after.HEADER] = written
        if attempt is not None and session is not None:
            # The session is still open here: answer and write commit together.
            await remember(session, attempt, principal_if_any(request), response, context_of(request).vault)
        return response

    def _response(self, found: Any, changes: Response | None) -> Response:
        if isinstance(found, Response):
            return found
        status = (changes and changes.status_code) or self.status_code or HTTPStatus.OK
        body = b"" if status == HTTPStatus.NO_CONTENT else self._body(found)
        response = Response(body, status, media_type="application/json" if body else None)
        if changes is not None:
            response.raw_headers.extend(changes.raw_headers)
        return response

    def _body(self, found: Any) -> bytes:
        if isinstance(found, BaseModel) and type(found) is self.response_model:
            # Just made from the model: it needs no second validation.
            return found.model_dump_json(by_alias=True).encode()
        field = self.response_field
        if field is None:
            return b"" if found is None else orjson.dumps(found)
        # For a subclass, fields that the model does not declare are left out.
        value, errors = field.validate(found, {}, loc=("response",))
        if errors:
            raise ResponseValidationError(errors=errors)
        return field.serialize_json(value)


def _is_secret(answer: Any) -> bool:
    return isinstance(answer, type) and issubclass(answer, SecretResponse)


def _query_names(dependant: Dependant) -> set[str]:
    own = {field.alias for field in dependant.query_params}
    return own.union(*(_query_names(each) for each in dependant.dependencies))


def _name_case(given: str) -> None:
    # Only an id: the rest of the address has not been checked yet, and goes into no log.
    with suppress(ValueError):
        bind_contextvars(case_id=str(UUID(given)))


class Router(APIRouter):
    """Routes of a service: use this and not FastAPI's own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"route_class": ServiceRoute, **options})
