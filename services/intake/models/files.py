"""The baseline of a case: questions, bottom lines, resources. Every version is kept whole."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import At, Base, Id, SealedBytes
from shared.vault import Sealed, SealedFields


class BaselineFields(SealedFields):
    """The questions that the conference is to answer, and the resources to build on."""

    questions: tuple[str, ...] = ()
    resources: str | None = None


class BottomLineFields(SealedFields):
    """A bottom line: a limit for the plan."""

    text: str


class Baseline(Base):
    """One version of a case's baseline."""

    __tablename__ = "baseline"
    __sealed__ = Sealed(BaselineFields, subject="case_id", case="case_id", shown=True)

    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    tenant: Mapped[UUID]
    # None: it came with a self-referral.
    written_by: Mapped[UUID | None]
    created_at: Mapped[At]
    sealed: Mapped[SealedBytes]


class BottomLine(Base):
    """A bottom line in one version of the baseline; `line_id` stays, `line_version` counts its wordings."""

    __tablename__ = "bottom_line"
    __sealed__ = Sealed(BottomLineFields, subject="case_id", case="case_id", shown=True)
    __table_args__ = (Index("uq_bottom_line_place", "case_id", "baseline_version", "position", unique=True),)

    id: Mapped[Id]
    tenant: Mapped[UUID]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    baseline_version: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(SmallInteger)
    line_id: Mapped[UUID]
    line_version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[At]
    sealed: Mapped[SealedBytes]
