"""What services read from each other: published once by its owner, answered so, and read in no other way."""

import ast
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest

from deploy.commands.documents import openapi_of
from shared import contracts
from shared.contracts import Contract
from shared.http.describing import describe_fields
from shared.services import PORTAL, PROCESSES
from tests.architecture.sources import ROOT, sources, tree_of

PUBLISHED = {
    f"{module.name}.{name}": value
    for module in iter_modules(contracts.__path__)
    for name, value in vars(import_module(f"shared.contracts.{module.name}")).items()
    if isinstance(value, Contract)
}
_REFERENCE = "#/components/schemas/{model}"
# What speaks HTTP: services leave it to `ServiceClient.read`, which takes a contract.
_CLIENTS = {"httpx2", "aiohttp", "requests", "urllib"}


@pytest.mark.parametrize("name", PUBLISHED)
async def test_its_owner_answers_with_it(name: str) -> None:
    contract: Contract[Any] = PUBLISHED[name]
    assert name.partition(".")[0] == contract.owner
    document = await openapi_of(contract.owner)
    answer = document["paths"][contract.path]["get"]["responses"]["200"]["content"]["application/json"]
    assert answer["schema"] == {"$ref": _REFERENCE.format(model=contract.answer.__name__)}
    schema = _as_documented(contract.answer.model_json_schema(mode="serialization", ref_template=_REFERENCE))
    parts = schema.pop("$defs", {}) | {contract.answer.__name__: schema}
    describe_fields({"components": {"schemas": parts}, "paths": {}}, service=contract.owner)
    assert {part: document["components"]["schemas"][part] for part in parts} == parts


@pytest.mark.parametrize("name", PUBLISHED)
def test_another_service_reads_it(name: str) -> None:
    owner, constant = name.split(".")
    readers = [
        path
        for path in sources("services")
        if f"services/{owner}/" not in path.as_posix()
        and f"shared.contracts.{owner}.{constant}" in _names_of(tree_of(path))
    ]
    assert readers != [], "what nobody reads need not be published"


def test_no_service_speaks_to_another_without_a_contract() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in sources("services")
        # The portal asks in its reader's name; test_portal.py holds what it reads against what services answer.
        if PORTAL not in path.parts
        and {name.partition(".")[0] for name in _names_of(tree_of(path))} & _CLIENTS
    ]
    assert found == []


def test_only_services_publish() -> None:
    assert {contract.owner for contract in PUBLISHED.values()} <= set(PROCESSES)


def _as_documented(schema: Any) -> Any:
    """Return a schema as OpenAPI documents have it: a default that is null is left out."""
    if isinstance(schema, list):
        return [_as_documented(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _as_documented(one) for name, one in schema.items() if (name, one) != ("default", None)}


def _names_of(tree: ast.Module) -> set[str]:
    """Return the full names that a module imports, and those that it reads from modules that it imports."""
    modules, found = dict[str, str](), set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
            modules |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    found.update(
        f"{modules[node.value.id]}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules
    )
    return found
