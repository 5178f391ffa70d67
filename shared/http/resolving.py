"""A route's dependencies, ordered once. FastAPI walks their tree for each request, which costs as much as a query.

Those that need only the request and each other are resolved here: first the caller, last what is opened (the
session). In between FastAPI reads the parameters and the body, so nothing is read for a caller who is refused,
and nothing is opened for an invalid request.
"""

import inspect
import json
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson
from fastapi import HTTPException, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import solve_dependencies
from fastapi.exceptions import RequestValidationError
from pydantic_core import PydanticUndefined
from starlette.requests import ClientDisconnect

if TYPE_CHECKING:
    from fastapi.routing import APIRoute

Known = dict[Callable[..., Any], Any]
"""Values of dependencies that have been resolved for a request."""


class Dependencies:
    """What a route depends on. Raises: TypeError if a dependency that reads a parameter has others itself."""

    def __init__(self, route: "APIRoute") -> None:
        declared = route.dependant
        ours = [each for each in declared.dependencies if _is_plain(each)]
        left = [each for each in declared.dependencies if not _is_plain(each)]
        if any(each.dependencies for each in left):
            raise TypeError(f"{route.path}: a dependency that reads a parameter may have no dependencies")
        self._first = _Plan([each for each in ours if not _opens(each)])
        self._last = _Plan([each for each in ours if _opens(each)])
        self._parameters = replace(declared, dependencies=left)
        self._reads_body = route.body_field is not None
        self._embeds = route._embed_body_fields
        self._takes_request_only = not (
            left
            or declared.path_params
            or declared.query_params
            or declared.header_params
            or declared.body_params
            or declared.response_param_name
        )

    async def find_caller(self, request: Request, opened: AsyncExitStack) -> Known:
        """Resolve what needs neither body nor parameters nor session. Raises: as the gates do."""
        known: Known = {}
        await self._first.resolve(request, opened, known)
        return known

    async def read_parameters(
        self, request: Request, opened: AsyncExitStack, known: Known
    ) -> tuple[dict[str, Any], Response | None]:
        """Return the endpoint's arguments so far, and the response object that an endpoint may modify.

        Raises: RequestValidationError; HTTPException if the body is no JSON.
        """
        values = self._first.values(known)
        if self._takes_request_only:
            if self._parameters.request_param_name is not None:
                values[self._parameters.request_param_name] = request
            return values, None
        body = await _read(request) if self._reads_body else PydanticUndefined
        request.scope["fastapi_inner_astack"] = request.scope["fastapi_function_astack"] = opened
        solved = await solve_dependencies(
            request=request,
            dependant=self._parameters,
            body=body,
            async_exit_stack=opened,
            embed_body_fields=self._embeds,
        )
        if solved.errors:
            raise RequestValidationError(solved.errors)
        return values | solved.values, solved.response

    async def open_others(self, request: Request, opened: AsyncExitStack, known: Known) -> dict[str, Any]:
        """Resolve what is opened for the route, and closed when it has returned."""
        await self._last.resolve(request, opened, known)
        return self._last.values(known)


async def _read(request: Request) -> Any:
    try:
        body = await request.body()
    except ClientDisconnect:
        raise HTTPException(400) from None
    if not body:
        return PydanticUndefined
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    kind, _, subtype = media_type.partition("/")
    if kind != "application" or (subtype != "json" and not subtype.endswith("+json")):
        return body
    try:
        found = orjson.loads(body)
        # Parsers differ in which of two values they take: code that read the request earlier may have seen the other.
        _NAMES.decode(body.decode())
    except orjson.JSONDecodeError as error:
        raise _not_json(error.pos) from None
    except (_Repeated, RecursionError):
        raise _not_json(0) from None
    return found


class _Repeated(Exception):
    """An object has two values of one name."""


def _once(pairs: list[tuple[str, None]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise _Repeated


def _nothing(_number: str) -> None:
    """Skip numbers: only names matter."""


_NAMES = json.JSONDecoder(object_pairs_hook=_once, parse_int=_nothing, parse_float=_nothing)


def _not_json(position: int) -> RequestValidationError:
    return RequestValidationError(
        [{"type": "json_invalid", "loc": ("body", position), "msg": "JSON decode error", "input": {}}]
    )


@dataclass(frozen=True, slots=True)
class _Step:
    call: Callable[..., Any]
    # What is called: for a generator, a factory of a context manager around it.
    make: Callable[..., Any]
    request: str | None
    # By parameter, the dependency whose value it takes.
    needs: Mapping[str, Callable[..., Any]]
    opens: bool


class _Plan:
    """Dependencies, each once, in the order in which FastAPI would resolve them."""

    def __init__(self, dependencies: list[Dependant]) -> None:
        self._steps: dict[Callable[..., Any], _Step] = {}
        self._named = self._add_all(dependencies)

    def _add_all(self, dependencies: list[Dependant]) -> dict[str, Callable[..., Any]]:
        calls = [(each.name, self._add(each)) for each in dependencies]
        return {name: call for name, call in calls if name}

    def _add(self, dependant: Dependant) -> Callable[..., Any]:
        call = dependant.call
        assert call is not None  # noqa: S101 - only that of a router has none
        needs = self._add_all(dependant.dependencies)
        opens = inspect.isasyncgenfunction(call)
        make = asynccontextmanager(call) if opens else call
        self._steps.setdefault(call, _Step(call, make, dependant.request_param_name, needs, opens))
        return call

    async def resolve(self, request: Request, opened: AsyncExitStack, known: Known) -> None:
        """Add the values that are not known yet."""
        for step in self._steps.values():
            if step.call in known:
                continue
            given = {name: known[call] for name, call in step.needs.items()}
            if step.request is not None:
                given[step.request] = request
            value = step.make(**given)
            known[step.call] = await (opened.enter_async_context(value) if step.opens else value)

    def values(self, known: Known) -> dict[str, Any]:
        """Return the values by the names of the endpoint's parameters."""
        return {name: known[call] for name, call in self._named.items()}


def _opens(dependant: Dependant) -> bool:
    return inspect.isasyncgenfunction(dependant.call) or any(map(_opens, dependant.dependencies))


def _is_plain(dependant: Dependant) -> bool:
    """Tell whether it is a coroutine or an async generator that needs only the request and others like it."""
    call = dependant.call
    # A generator that ends with the request instead is closed elsewhere.
    ends_with_route = inspect.isasyncgenfunction(call) and dependant.scope == "function"
    return (
        call is not None
        and (inspect.iscoroutinefunction(call) or ends_with_route)
        and set(inspect.signature(call).parameters)
        == {*(each.name for each in dependant.dependencies), dependant.request_param_name} - {None}
        and all(map(_is_plain, dependant.dependencies))
    )
