"""Rows with something sealed in them that lie in no database, for tests of sealing and of the audit log."""

from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID, uuid4

from sqlalchemy import Column, MetaData, Table, Uuid

from shared.vault import Sealed, SealedFields


class Note(SealedFields):
    """What a note holds."""

    words: str


@dataclass(eq=False, kw_only=True)
class AnyRow:
    """A row of a case, of a person, or of a person in a case."""

    __table__: ClassVar[Table] = Table("note", MetaData(), Column("id", Uuid, primary_key=True))

    id: UUID = field(default_factory=uuid4)
    subject: UUID = field(default_factory=uuid4)
    case: UUID | None = None
    person: UUID | None = None
    sealed: bytes = b""


class NoteRow(AnyRow):
    """A note."""

    __sealed__ = Sealed(Note, subject="subject", case="case", person="person")
