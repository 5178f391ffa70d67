"""Files that a regional manager opened by break-glass, and the sealed reason."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import At, Base, Id, SealedBytes
from shared.vault import Sealed, SealedFields


class BreakGlassFields(SealedFields):
    """Why a file was opened."""

    reason: str


class BreakGlass(Base):
    """One break-glass access to a case's file; its reason is sealed with the key of the case.

    `told`: the data protection officers who were mailed about it.
    """

    __tablename__ = "break_glass"
    __sealed__ = Sealed(BreakGlassFields, subject="case_id", case="case_id")
    __table_args__ = (
        Index("ix_break_glass_list", "tenant", "created_at", "id"),
        Index("ix_break_glass_case", "tenant", "case_id", "opened_by"),
    )

    id: Mapped[Id]
    tenant: Mapped[UUID]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    opened_by: Mapped[UUID]
    created_at: Mapped[At]
    until: Mapped[At]
    closed_at: Mapped[At | None]
    told: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    sealed: Mapped[SealedBytes]
