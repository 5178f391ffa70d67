"""What lies in the databases, column by column, against one written table."""

from importlib import import_module
from typing import Any

import yaml
from sqlalchemy import BigInteger, Boolean, DateTime, Integer, LargeBinary, SmallInteger, Table, Uuid

from shared.services import PROCESSES
from shared.vault import Sealed, sealed_models
from tests.architecture.sources import ROOT

WRITTEN: dict[str, Any] = yaml.safe_load((ROOT / "tests" / "access" / "columns.yaml").read_text())
EVERYWHERE = "every service"
# A column of these types cannot hold a name.
_HARMLESS = (Uuid, DateTime, Boolean, Integer, SmallInteger, BigInteger)


def tables_of(service: str) -> dict[str, Table]:
    """Return a service's tables, with those that every service has."""
    metadata = import_module(f"services.{service}.models").Base.metadata
    return dict(metadata.tables)


def telling(table: Table) -> set[str]:
    """Return the columns of a table that could hold a person's words or traits."""
    return {column.name for column in table.c if not isinstance(column.type, _HARMLESS)}


def declared(service: str) -> dict[str, Sealed[Any]]:
    """Return by table what a service's models declare as sealed."""
    base = import_module(f"services.{service}.models").Base
    return {model.__tablename__: sealed for model, sealed in sealed_models(base).items()}


def written(service: str) -> dict[str, dict[str, str]]:
    """Return what the written table and the models' declarations say of a service's tables."""
    tables = {**WRITTEN[EVERYWHERE], **WRITTEN[service]}
    sealed = {name: {**tables.get(name, {}), "sealed": "sealed"} for name in declared(service)}
    return {**tables, **sealed}


def test_every_column_says_what_it_holds() -> None:
    """A name in a plain column is in every backup, and is still there when its owner has been forgotten."""
    found = {
        f"{service}.{name}": columns
        for service in PROCESSES
        for name, table in tables_of(service).items()
        if (columns := telling(table))
    }
    said = {
        f"{service}.{name}": set(columns)
        for service in PROCESSES
        for name, columns in written(service).items()
    }
    assert {name: columns for name, columns in found.items() if said.get(name) != columns} == {}
    assert {name for name in said if name not in found} == set(), "these tables are gone"


def test_what_is_sealed_is_bytes_and_nothing_else_is() -> None:
    """A class in the table is a promise: bytes are sealed, a digest or a picture, and only bytes can be."""
    wrong = [
        f"{service}.{name}.{column}"
        for service in PROCESSES
        for name, columns in written(service).items()
        for column, kind in columns.items()
        if _is_bytes(tables_of(service)[name].c[column].type) != (kind in ("sealed", "digest", "picture"))
    ]
    assert wrong == []


def test_what_is_personal_and_plain_is_on_a_list() -> None:
    """What people are matched by stays readable: that list is short, and somebody signed for it."""
    found = {
        f"{service}.{name}.{column}"
        for service in PROCESSES
        for name, columns in WRITTEN[service].items()
        for column, kind in columns.items()
        if kind == "matching"
    }
    assert found == set(WRITTEN["matching"])


def test_the_table_uses_its_own_words() -> None:
    """A misspelt class would pass for one that is harmless."""
    used = {
        kind for service in PROCESSES for columns in written(service).values() for kind in columns.values()
    }
    assert used == set(WRITTEN["classes"])


def test_tables_of_all_services_are_written_once() -> None:
    """Two lines about one table would say two things one day."""
    assert [
        (service, name) for service in PROCESSES for name in WRITTEN[service] if name in WRITTEN[EVERYWHERE]
    ] == []


def _is_bytes(kind: Any) -> bool:
    return isinstance(getattr(kind, "item_type", kind), LargeBinary)
