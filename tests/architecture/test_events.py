"""What the published language declares is what the services publish."""

import ast
from collections.abc import Iterator
from functools import cache

import pytest

from deploy.catalogue import load
from shared.events.base import (
    COMMANDS,
    ClockFact,
    ErasureConfirmedFact,
    ErasureWrittenFact,
    EventData,
    MessageQueuedFact,
)
from shared.services import SERVICES
from tests.architecture.sources import calls, sources, tree_of

# Events that every service has of its own are published by shared code, for a service that calls this.
BY_SHARED_CODE = {
    ClockFact: "Clocks",
    MessageQueuedFact: "messages.queue",
    ErasureWrittenFact: "erasure.install",
    ErasureConfirmedFact: "erasure.install",
}


def _names(node: ast.AST) -> Iterator[str]:
    """Yield the names that code uses as values: not those of annotations, imports, decorators or `X.TYPE`."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            parts: list[ast.AST] = [*node.args.defaults, *node.args.kw_defaults, *node.body]  # type: ignore[list-item]
        case ast.AnnAssign():
            parts = [node.target, node.value or ast.Pass()]
        case ast.Attribute(attr="TYPE"):
            return
        case ast.Attribute() | ast.Name():
            yield node.attr if isinstance(node, ast.Attribute) else node.id
            parts = list(ast.iter_child_nodes(node))
        case _:
            parts = list(ast.iter_child_nodes(node))
    for part in parts:
        if part is not None:
            yield from _names(part)


def _functions(service: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for path in sources(f"services/{service}"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


@cache
def _names_in_use(service: str) -> set[str]:
    """Return the names in functions that something refers to; a decorator (of a route, say) does."""
    functions = list(_functions(service))
    used = {name for path in sources(f"services/{service}") for name in _names(tree_of(path))}
    alive = [each for each in functions if each.decorator_list or each.name in used]
    return {name for each in alive for name in _names(each)}


def _is_published(data: type[EventData]) -> bool:
    # Who owns a command receives it.
    services = SERVICES if data.EXCHANGE == COMMANDS else (data.TYPE.partition(".")[0],)
    for kind, called in BY_SHARED_CODE.items():
        if issubclass(data, kind):
            return any(
                name == called for path in sources(f"services/{services[0]}") for _, name in calls(path)
            )
    return any(data.__name__ in _names_in_use(service) for service in services)


@pytest.mark.parametrize("service", SERVICES)
def test_every_declared_event_is_published(service: str) -> None:
    """Whoever reads docs/events.md would wait for the others in vain."""
    declared = [data for data in load().values() if data.TYPE.startswith(f"{service}.")]
    assert [data.TYPE for data in declared if not _is_published(data)] == []
    assert declared
