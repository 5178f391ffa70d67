"""Cases, their parties, the search for a coordinator, and its offers."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.domain.codes import AssignmentState, CaseStatus, OfferState, PartyRole
from services.intake.models.base import At, Base, Code, Codes, Id
from shared.tables import one_of


class Case(Base):
    """A case: every write about it locks this row first."""

    __tablename__ = "case"
    __table_args__ = (
        CheckConstraint(one_of("state", CaseStatus), name="state"),
        # Serve the lists: of a tenant, and of a coordinator.
        Index("ix_case_list", "tenant", "created_at", "id"),
        Index(
            "ix_case_coordinator",
            "tenant",
            "coordinator_id",
            "created_at",
            "id",
            postgresql_where=text("coordinator_id IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"), unique=True)
    state: Mapped[Code]
    track: Mapped[Code]
    themes: Mapped[Codes]
    minors: Mapped[bool]
    referrer_id: Mapped[UUID | None]
    referring_organisation: Mapped[UUID | None]
    mandated_organisation: Mapped[UUID | None]
    # The current coordinator; nobody else may read the case as its coordinator.
    coordinator_id: Mapped[UUID | None]
    assignment_no: Mapped[int] = mapped_column(Integer)
    baseline_version: Mapped[int] = mapped_column(Integer)
    pause_reason: Mapped[Code | None]
    paused_at: Mapped[At | None]
    stop_reason: Mapped[Code | None]
    stopped_by: Mapped[Code | None]
    outcome: Mapped[Code | None]
    created_at: Mapped[At]
    ended_at: Mapped[At | None]


class CaseParty(Base):
    """The role of an organisation in a case."""

    __tablename__ = "case_party"
    __table_args__ = (
        CheckConstraint(one_of("role", PartyRole), name="role"),
        Index("ix_case_party_organisation", "tenant", "organisation_id", "case_id"),
        Index("uq_case_party_role", "case_id", "role", unique=True),
    )

    id: Mapped[Id]
    tenant: Mapped[UUID]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    role: Mapped[Code]
    created_at: Mapped[At]


class Assignment(Base):
    """One search for a coordinator, and its result."""

    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint(one_of("state", AssignmentState), name="state"),
        CheckConstraint("state <> 'assigned' OR coordinator_id IS NOT NULL", name="coordinator"),
    )

    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    tenant: Mapped[UUID]
    state: Mapped[Code]
    coordinator_id: Mapped[UUID | None]
    release_reason: Mapped[Code | None]
    # The coordinator until their task was done: asked first for the next round, or never (`another_wanted`).
    former_id: Mapped[UUID | None]
    another_wanted: Mapped[bool]
    # When the managers were told that nobody is left to ask.
    nobody_left_at: Mapped[At | None]
    created_at: Mapped[At]
    ended_at: Mapped[At | None]


class Offer(Base):
    """An offer of a case to a coordinator."""

    __tablename__ = "offer"
    __table_args__ = (
        CheckConstraint(one_of("state", OfferState), name="state"),
        # One open offer at a time, and nobody twice in one search.
        Index("uq_offer_open", "case_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("uq_offer_ordinal", "case_id", "assignment_no", "ordinal", unique=True),
        Index("uq_offer_coordinator", "case_id", "assignment_no", "coordinator_id", unique=True),
        Index(
            "ix_offer_waiting",
            "tenant",
            "coordinator_id",
            "created_at",
            "id",
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[Id]
    tenant: Mapped[UUID]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    assignment_no: Mapped[int] = mapped_column(Integer)
    ordinal: Mapped[int] = mapped_column(Integer)
    coordinator_id: Mapped[UUID]
    state: Mapped[Code]
    reason: Mapped[Code | None]
    created_at: Mapped[At]
    answered_at: Mapped[At | None]
