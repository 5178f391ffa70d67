"""The router of services: its routes know their template for logs, and honour `Idempotency-Key`."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from datetime import datetime
from functools import wraps
from inspect import signature
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.contextvars import bind_contextvars

from shared.audit import act_as, note_facts
from shared.auth import Principal
from shared.context import Context
from shared.http.idempotency import HEADER, Attempt, Repeated, claim, remember
from shared.http.middleware import MAX_BODY, ROUTE
from shared.http.principals import (
    QUERY_NAMES,
    actor_of,
    current_principal,
    is_anonymous,
    principal_if_any,
    scope_of,
)
from shared.http.resolving import RESOLVED, planned

_ATTEMPT = "kring.attempt"
_SESSION = "kring.session"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Endpoint = Callable[..., Coroutine[Any, Any, Any]]


def context_of(request: Request) -> Context:
    """Return the connected parts of the service that answers this request."""
    context: Context = request.app.state.context
    return context


async def _context(request: Request) -> Context:
    return context_of(request)


async def _now(request: Request) -> datetime:
    return await context_of(request).clock.now()


async def _session(request: Request) -> AsyncIterator[AsyncSession]:
    # Whoever forgets to ask for a principal gets one asked here: a session is never anybody's by accident.
    principal = principal_if_any(request)
    if principal is None and not is_anonymous(request):
        principal = await current_principal(request)
    context = context_of(request)
    async with context.database.transaction(scope_of(principal)) as session:
        attempt: Attempt | None = request.scope.get(_ATTEMPT)
        if attempt is not None:
            await claim(session, attempt, principal, context.vault)
        request.scope[_SESSION] = session
        _audit(request, session, principal)
        yield session


def _audit(request: Request, session: AsyncSession, principal: Principal | None) -> None:
    """Say who acts in this transaction, and that the case that the address names is looked at or changed."""
    operation = f"{request.method} {request.scope[ROUTE]}"
    act_as(session, actor_of(request, principal, operation=operation))
    # What is no id is refused before anything is read.
    with suppress(KeyError, ValueError):
        case = UUID(str(request.path_params["case_id"]))
        note_facts(session, "read" if request.method == "GET" else "changed", case=case, what="facts")


# scope="function": the transaction commits when the route has returned and before the answer is sent, so that
# a commit that fails is told to the client and not hidden behind a 201.
Session = Annotated[AsyncSession, Depends(_session, scope="function")]
Now = Annotated[datetime, Depends(_now)]
Parts = Annotated[Context, Depends(_context)]


class ServiceRoute(APIRoute):
    """A route of a service."""

    def __init__(
        self, path: str, endpoint: Endpoint, *, max_body_size: int | None = None, **options: Any
    ) -> None:
        # Kept from FastAPI, whose own limit answers in plain text; the middleware keeps this one.
        self.max_body = max_body_size
        super().__init__(path, self._serialized(endpoint), **options)

    def _serialized(self, endpoint: Endpoint) -> Endpoint:
        """Return the endpoint with its answer as bytes: FastAPI would first validate what was made from its model."""
        # It may change the status or add headers, which only FastAPI's own way of answering keeps.
        changes_answer = any(each.annotation is Response for each in signature(endpoint).parameters.values())

        @wraps(endpoint)
        async def answer(**values: Any) -> Any:
            found = await endpoint(**values.pop(RESOLVED, {}), **values)
            # Of a subclass FastAPI leaves out what the model does not declare.
            if changes_answer or not isinstance(found, BaseModel) or type(found) is not self.response_model:
                return found
            body = found.model_dump_json(by_alias=True)
            return Response(body, status_code=self.status_code or 200, media_type="application/json")

        return answer

    def get_route_handler(self) -> Handler:
        """Return what handles a request to this route."""
        declared, self.dependant = self.dependant, planned(self.dependant)
        handle = super().get_route_handler()
        self.dependant = declared
        template = self.path_format
        query_names = frozenset(_query_names(self.dependant))
        max_body = self.max_body
        writes = "POST" in (self.methods or ())

        async def handler(request: Request) -> Response:
            request.scope[ROUTE] = template
            request.scope[QUERY_NAMES] = query_names
            if max_body is not None:
                request.scope[MAX_BODY] = max_body
            if "case_id" in request.path_params:
                _name_case(request.path_params["case_id"])
            key = request.headers.get(HEADER) if writes else None
            if key is None:
                return await handle(request)
            return await _once(handle, request, key)

        return handler


def _query_names(dependant: Dependant) -> set[str]:
    own = {field.alias for field in dependant.query_params}
    return own.union(*(_query_names(each) for each in dependant.dependencies))


def _name_case(given: str) -> None:
    # Only an id: what else stands in the address has not been checked yet, and goes into no log.
    with suppress(ValueError):
        bind_contextvars(case_id=str(UUID(given)))


async def _once(handle: Handler, request: Request, key: str) -> Response:
    attempt = request.scope[_ATTEMPT] = await Attempt.of(request, key)
    try:
        response = await handle(request)
    except Repeated as repeated:
        return repeated.response
    # The session is still open here: answer and write commit together.
    session = request.scope.get(_SESSION)
    if session is not None:
        await remember(session, attempt, principal_if_any(request), response, context_of(request).vault)
    return response


class Router(APIRouter):
    """Routes of a service: use this and not FastAPI's own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"route_class": ServiceRoute, **options})
