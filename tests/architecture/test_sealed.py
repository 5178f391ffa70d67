"""What is sealed says once, on its model, with whose key and whose row it is."""

from importlib import import_module
from uuid import UUID

import pytest
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from deploy.commands.vault import reindexed
from shared.services import SERVICES
from shared.vault import Sealed, SealedFields, sealed_models


def undeclared(base: type[DeclarativeBase]) -> set[str]:
    """Return the tables with a column `sealed` of which no model says what is in it."""
    declared = {model.__table__ for model in sealed_models(base)}
    return {table.name for table in base.metadata.tables.values() if "sealed" in table.c} - {
        table.name for table in declared
    }


def astray(base: type[DeclarativeBase]) -> set[str]:
    """Return what models declare by the name of a column that they do not have."""
    return {
        f"{model.__name__}.{name}"
        for model, sealed in sealed_models(base).items()
        for name in ("sealed", sealed.subject, sealed.case, sealed.person)
        if isinstance(name, str) and name not in model.__table__.c
    }


@pytest.mark.parametrize("service", SERVICES)
def test_every_sealed_column_is_declared(service: str) -> None:
    """Who seals or opens a row names nothing: key, audit log and erasure follow from what the model declares."""
    base = import_module(f"services.{service}.models").Base
    assert undeclared(base) == set()
    assert astray(base) == set()


def test_a_model_that_declares_nothing_is_found() -> None:
    """As is one that declares a column that it does not have."""

    class Base(DeclarativeBase):
        pass

    class Silent(Base):
        __tablename__ = "silent"
        id: Mapped[UUID] = mapped_column(primary_key=True)
        sealed: Mapped[bytes]

    class Lost(Base):
        __tablename__ = "lost"
        __sealed__ = Sealed(SealedFields, subject="id", case="case_id")
        id: Mapped[UUID] = mapped_column(primary_key=True)
        sealed: Mapped[bytes]

    assert undeclared(Base) == {"silent"}
    assert astray(Base) == {"Lost.case_id"}
    assert Silent.__table__ is not None


def test_the_key_of_a_case_is_that_of_a_column() -> None:
    """Otherwise erasing the case would not find it."""
    with pytest.raises(TypeError, match="one of its columns"):
        Sealed(SealedFields, subject=lambda row: row.id, case="case_id")


def test_every_service_with_blind_indexes_can_make_them_anew() -> None:
    """`kring vault reindex` passes over none: each is a column named after what it finds."""
    indexed = {
        service
        for service in SERVICES
        for table in import_module(f"services.{service}.models").Base.metadata.tables.values()
        if any(column.name.endswith("_index") for column in table.c)
    }
    assert indexed == set(reindexed())
