"""Workflow steps: what is done at a deadline, each an activity with a business name.

Operations register themselves; a workflow names the operation, and a worker has an activity for each of its
service's.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from inspect import signature
from typing import Any, TypeVar

from temporalio import activity

from shared.context import Context
from shared.deadlines import Deadline, Done
from shared.effects import take

Take = Callable[[Context, Deadline], Awaitable[Done]]
O = TypeVar("O", bound=Callable[..., Awaitable[bool]])  # noqa: E741 - an operation
T = TypeVar("T", bound=Take)

# Of every service whose code is loaded; a worker uses those of its own.
_names: dict[Callable[..., Any], str] = {}
_takes: dict[str, Take] = {}
# The steps of every service: warning and breach of clocks without other effects.
_EVERYWHERE = "clock"


def step(name: str) -> Callable[[O], O]:
    """Register an operation(session, *, due, now) as a step: one transaction, idempotent (`shared.effects.take`).

    `name` is `<service>.<what it does>`. Other parameters are filled from the context by name: vault, services,
    service. The operation returns False if there was nothing to do.
    """

    def register(operation: O) -> O:
        parts = [part for part in signature(operation).parameters if part not in ("session", "due", "now")]

        async def take_it(context: Context, due: Deadline) -> Done:
            given = {part: getattr(context, part) for part in parts}
            return await take(context, due, partial(operation, **given))

        _register(name, operation, take_it)
        return operation

    return register


def steps(name: str) -> Callable[[T], T]:
    """Register a function(context, due) that takes several steps at once, each in a transaction of its own."""

    def register(function: T) -> T:
        _register(name, function, function)
        return function

    return register


def _register(name: str, operation: Callable[..., Any], take_it: Take) -> None:
    if name in _takes:
        raise ValueError(f"there are two steps {name}")
    _names[operation], _takes[name] = name, take_it


def name_of(operation: Callable[..., Any]) -> str:
    """Return the name under which an operation is registered. Raises: KeyError."""
    return _names[operation]


def activities(context: Context) -> dict[str, Callable[[Deadline], Awaitable[Done]]]:
    """Return the activities of a service's steps, by name, on the connections of one process."""
    return {
        name: _activity(name, take_it, context)
        for name, take_it in _takes.items()
        if name.partition(".")[0] in (context.service, _EVERYWHERE)
    }


def _activity(name: str, take_it: Take, context: Context) -> Callable[[Deadline], Awaitable[Done]]:
    @activity.defn(name=name)
    async def take_step(due: Deadline) -> Done:
        return await take_it(context, due)

    return take_step
