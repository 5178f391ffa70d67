"""A model's declaration of its column `sealed`: the content, the key's subject, the case and the person."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from shared.audit import Row
from shared.vault.fields import SealedFields

Fields = TypeVar("Fields", bound=SealedFields)

# The name of an attribute, or what reads it from a row.
Id = str | Callable[[Any], UUID]


@dataclass(frozen=True)
class Sealed(Generic[Fields]):
    """How a model's column `sealed` is sealed: `__sealed__ = Sealed(HoldFields, subject="case_id", case="case_id")`.

    `subject`: whose key. `case` and `person`: in whose audit log reads and changes of the row appear; a row
    belongs to a case, to one person outside all cases, or to a person in a case. `shown`: who in the case sees
    them there: the person whose row it is, or those whose case it is. Nobody in the case sees that any other
    row exists.
    """

    fields: type[Fields]
    subject: Id
    case: str | None = None
    person: Id | None = None
    shown: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse a row of a case whose key no query could find when the case is erased."""
        if self.case is not None and not isinstance(self.subject, str):
            raise TypeError("the key of a row of a case is that of one of its columns")

    def subject_of(self, row: object) -> UUID:
        """Return the subject whose key seals this row."""
        return _read(row, self.subject)

    def place(self, row: Any) -> Row:
        """Return what the seal of this row is bound to, and whom it concerns."""
        table: Table = row.__table__
        return Row(
            ":".join([table.name, *(str(getattr(row, column.key)) for column in table.primary_key)]),
            case=None if self.case is None else _read(row, self.case),
            person=None if self.person is None else _read(row, self.person),
        )

    @staticmethod
    def read(row: Any) -> bytes:
        """Return what is sealed in the row."""
        found: bytes = row.sealed
        return found

    @staticmethod
    def write(row: Any, sealed: bytes) -> None:
        """Put a sealed value into the row."""
        row.sealed = sealed


class SealedRow(Protocol[Fields]):
    """A row of a model that declares its column `sealed`."""

    @property
    def __sealed__(self) -> Sealed[Fields]: ...


def _read(row: object, what: Id) -> UUID:
    found: UUID = getattr(row, what) if isinstance(what, str) else what(row)
    return found


def sealed_models(base: type[DeclarativeBase]) -> dict[type[Any], Sealed[Any]]:
    """Return a service's models that declare something sealed."""
    models = (mapper.class_ for mapper in base.registry.mappers)
    return {model: model.__sealed__ for model in models if hasattr(model, "__sealed__")}


def shown_tables(base: type[DeclarativeBase]) -> list[str]:
    """Return a service's tables whose reads and changes are shown to people in the audit log."""
    return sorted(model.__tablename__ for model, sealed in sealed_models(base).items() if sealed.shown)


async def subjects_of_case(
    session: AsyncSession, base: type[DeclarativeBase], *, tenant: UUID, case: UUID
) -> list[UUID]:
    """Return the subjects whose keys seal a service's rows of a case, as all of its models declare."""
    found: set[UUID] = set()
    for model, sealed in sealed_models(base).items():
        if sealed.case is None or not isinstance(sealed.subject, str):
            continue
        if sealed.subject == sealed.case:
            # Even without a row yet: one that comes too late must find no key.
            found.add(case)
            continue
        subject = getattr(model, sealed.subject)
        query = select(subject).where(model.tenant == tenant, getattr(model, sealed.case) == case).distinct()
        found.update((await session.execute(query)).scalars())
    return sorted(found)
