"""How long files are kept after their end, and the holds on them."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.domain.retention import FileKind
from services.intake.models.base import At, Base, Code, Id, SealedBytes
from shared.tables import one_of
from shared.vault import Sealed, SealedFields


class HoldFields(SealedFields):
    """Why a file must not be erased."""

    reason: str


class Retention(Base):
    """Until when the file of a case (or of a referral that never became one) is kept; its clock has the same time."""

    __tablename__ = "retention"
    __table_args__ = (CheckConstraint(one_of("kind", FileKind), name="kind"),)

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    kind: Mapped[Code]
    keep_until: Mapped[date]
    policy_version: Mapped[int] = mapped_column(Integer)
    computed_at: Mapped[At]


class Hold(Base):
    """While it is in force nothing of the file is erased. `until`: it ends by itself after that day."""

    __tablename__ = "hold"
    __sealed__ = Sealed(HoldFields, subject="case_id", case="case_id")
    __table_args__ = (
        Index("ix_hold_in_force", "case_id", postgresql_where=text("lifted_at IS NULL")),
        Index("ix_hold_list", "tenant", "created_at", "id", postgresql_where=text("lifted_at IS NULL")),
        CheckConstraint("(lifted_at IS NULL) = (lifted_reason IS NULL)", name="lifted"),
    )

    id: Mapped[Id]
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    until: Mapped[date | None]
    created_by: Mapped[UUID]
    created_at: Mapped[At]
    lifted_at: Mapped[At | None]
    lifted_by: Mapped[UUID | None]
    lifted_reason: Mapped[Code | None]
    sealed: Mapped[SealedBytes]


# Serves the list of files that will be erased. They are most of the running clocks.
_clock = Base.metadata.tables["clock"]
_KEPT = "kind IN ('retention', 'hold') AND state = 'running'"
Index("ix_clock_kept_due", _clock.c.tenant, _clock.c.due_at, postgresql_where=text(_KEPT))
