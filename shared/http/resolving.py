"""The dependencies of a route, ordered once. FastAPI walks their tree anew for each request, which costs as a query.

Only dependencies that need nothing but the request and each other are resolved here: who asks, the session, the time.
What reads a parameter or the body is left to FastAPI.
"""

import inspect
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_dependant

RESOLVED = "kring_resolved"
"""The argument in which an endpoint is given the values that were resolved here, by the names of its parameters."""


def planned(route: Dependant) -> Dependant:
    """Return a route's dependencies with one in place of all that can be resolved here, at the same point as before."""
    ours = [each for each in route.dependencies if _is_plain(each)]
    left = [each for each in route.dependencies if not _is_plain(each)]
    # What has dependencies itself may share them with the others: then FastAPI resolves them all.
    if not ours or any(each.dependencies for each in left):
        return route
    plan = get_dependant(path=route.path or "", call=_Plan(ours).resolve, name=RESOLVED)
    return replace(route, dependencies=[plan, *left])


@dataclass(frozen=True, slots=True)
class _Step:
    call: Callable[..., Any]
    request: str | None
    # By parameter, the step whose value it takes.
    needs: Mapping[str, int]
    # Whether it yields its value, and ends when the route has returned.
    opens: bool


class _Plan:
    """Dependencies, each once, in the order in which FastAPI would resolve them."""

    def __init__(self, dependencies: list[Dependant]) -> None:
        self._steps: list[_Step] = []
        self._places: dict[Callable[..., Any], int] = {}
        self._values = self._add_all(dependencies)

    def _add_all(self, dependencies: list[Dependant]) -> dict[str, int]:
        places = [(each.name, self._add(each)) for each in dependencies]
        return {name: place for name, place in places if name}

    def _add(self, dependant: Dependant) -> int:
        assert dependant.call is not None  # noqa: S101 - only that of a router has none
        needs = self._add_all(dependant.dependencies)
        if dependant.call not in self._places:
            opens = inspect.isasyncgenfunction(dependant.call)
            call = asynccontextmanager(dependant.call) if opens else dependant.call
            self._places[dependant.call] = len(self._steps)
            self._steps.append(_Step(call, dependant.request_param_name, needs, opens))
        return self._places[dependant.call]

    async def resolve(self, request: Request) -> dict[str, Any]:
        """Return the values by the endpoint's parameters; what was opened ends as the route's own generators do."""
        stack: AsyncExitStack = request.scope["fastapi_function_astack"]
        made: list[Any] = []
        for step in self._steps:
            given = {name: made[place] for name, place in step.needs.items()}
            if step.request is not None:
                given[step.request] = request
            value = step.call(**given)
            made.append(await (stack.enter_async_context(value) if step.opens else value))
        return {name: made[place] for name, place in self._values.items()}


def _is_plain(dependant: Dependant) -> bool:
    """Say whether it is a coroutine or an async generator that needs nothing but the request and others like it."""
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
