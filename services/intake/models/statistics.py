"""What remains of an erased case: codes, months and numbers of a case that can no longer be identified."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import Base, Code, Codes


class CaseFact(Base):
    """One case as numbers. `case_id` is removed when the case is erased: then nothing leads back to it.

    Dates are kept as months, ages as bands. The id is random, so it reveals no time either.
    """

    __tablename__ = "case_fact"
    __table_args__ = (
        Index("uq_case_fact_case", "case_id", unique=True, postgresql_where=text("case_id IS NOT NULL")),
        Index("ix_case_fact_referred", "tenant", "referred"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID | None]
    referrer_kind: Mapped[Code]
    track: Mapped[Code]
    themes: Mapped[Codes]
    minors: Mapped[bool]
    # Of the youngest central person.
    age_band: Mapped[Code]
    region: Mapped[Code | None]
    not_started: Mapped[Code | None]
    stop_reason: Mapped[Code | None]
    outcome: Mapped[Code | None]
    # First days of months.
    referred: Mapped[date] = mapped_column(Date)
    started: Mapped[date | None] = mapped_column(Date)
    conference_held: Mapped[date | None] = mapped_column(Date)
    plan_from_conference: Mapped[date | None] = mapped_column(Date)
    plan_without_meeting: Mapped[date | None] = mapped_column(Date)
    ended: Mapped[date | None] = mapped_column(Date)
    # Numbers and codes by name, each code with its rank: see `measures`.
    amounts: Mapped[dict[str, int]] = mapped_column(JSONB)
    codes: Mapped[dict[str, list[Any]]] = mapped_column(JSONB, default=dict)
    # The first day of the quarter of its last change, and its facts at the start of that quarter: a `Standing`.
    changed: Mapped[date] = mapped_column(Date)
    stood: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class LateFact(Base):
    """A missed deadline of a case. `clock_id` is removed when the case is erased.

    `reason`: the reason that was given in the same quarter, if any. `version`: of the event that it is from.
    """

    __tablename__ = "late_fact"
    __table_args__ = (Index("ix_late_fact_missed", "tenant", "missed"), UniqueConstraint("clock_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    tenant: Mapped[UUID]
    fact_id: Mapped[UUID] = mapped_column(ForeignKey("case_fact.id"))
    clock_id: Mapped[UUID | None]
    kind: Mapped[Code]
    reason: Mapped[Code | None]
    # The first day of the month.
    missed: Mapped[date] = mapped_column(Date)
    version: Mapped[int] = mapped_column(BigInteger)


class SurveyFact(Base):
    """One group's answers to a survey in one case: how many, and the sums of their scores."""

    __tablename__ = "survey_fact"
    __table_args__ = (Index("ix_survey_fact_closed", "tenant", "closed"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    tenant: Mapped[UUID]
    fact_id: Mapped[UUID] = mapped_column(ForeignKey("case_fact.id"))
    voice_group: Mapped[Code]
    # The first day of the month.
    closed: Mapped[date] = mapped_column(Date)
    asked: Mapped[int] = mapped_column(Integer)
    answered: Mapped[int] = mapped_column(Integer)
    meeting_answers: Mapped[int] = mapped_column(Integer)
    meeting_total: Mapped[int] = mapped_column(Integer)
    plan_answers: Mapped[int] = mapped_column(Integer)
    plan_total: Mapped[int] = mapped_column(Integer)
    coordinator_answers: Mapped[int] = mapped_column(Integer)
    coordinator_total: Mapped[int] = mapped_column(Integer)
