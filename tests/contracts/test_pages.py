"""Every operation of the five APIs is on a page, or `tests/access/matrix.yaml` says why it is on none."""

import sys
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import pytest

from services.portal.client import OPERATIONS, Operation
from services.portal.routes import PAGES
from shared.services import SERVICES
from tests.access.table import pages
from tests.contracts.test_portal import DOCUMENTS

ROWS = {service: pages(service) for service in SERVICES}
# What may stand in the place of a page.
REASONS = ("services:", "machines:", "command line:", "beside:")
METHODS = {"get", "post", "put", "patch", "delete"}


def operations_of(module: Any, *, beside: bool = True) -> Iterator[Operation[Any]]:
    """Yield the operations that a module names, and those that functions use which it imports from its neighbours."""
    for value in vars(module).values():
        if isinstance(value, Operation):
            yield value
        elif isinstance(value, list | tuple | dict):
            found = value.values() if isinstance(value, dict) else value
            yield from (each for each in found if isinstance(each, Operation))
        elif beside and isinstance(value, FunctionType) and value.__module__.startswith("services.portal."):
            yield from operations_of(sys.modules[value.__module__], beside=False)


def key_of(operation: Operation[Any]) -> tuple[str, str]:
    """Return what names an operation in the table: its service, and method with address."""
    return operation.service, f"{operation.method} {operation.path}"


USED: dict[str, set[tuple[str, str]]] = {}
for _pages in PAGES:
    for _path, _handler in _pages.handlers:
        _found = map(key_of, operations_of(sys.modules[_handler.__module__]))
        USED.setdefault(_path, set()).update(_found)


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_has_a_row_and_nothing_else_has(service: str) -> None:
    described = {
        f"{method.upper()} {path}"
        for path, methods in DOCUMENTS[service]["paths"].items()
        for method in methods
        if method in METHODS
    }
    assert ROWS[service].keys() == described


@pytest.mark.parametrize(
    ("service", "operation", "page"),
    [(service, name, page) for service, rows in ROWS.items() for name, page in rows.items()],
    ids=str,
)
def test_the_page_of_a_row_uses_it(service: str, operation: str, page: str) -> None:
    if page.startswith("/"):
        assert page in USED, f"there is no page {page}"
        assert (service, operation) in USED[page]
    else:
        assert page.startswith(REASONS)
        assert (service, operation) not in set(map(key_of, OPERATIONS)), "a page uses it: name the page"
