"""What plans knows from other services: ids and codes of a case, its people and its conferences."""

from datetime import date, datetime
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.plans.models.base import Base
from shared.events.network import AgeBracket
from shared.tables import one_of


class CaseInfo(Base):
    """Who has a mandate in a case (from intake)."""

    __tablename__ = "case_info"

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    referring_organisation: Mapped[UUID | None]
    mandated_organisation: Mapped[UUID | None]
    created_at: Mapped[datetime]


class CaseBaseline(Base):
    """The ids of a case's bottom lines, from the newest baseline received (from intake)."""

    __tablename__ = "case_baseline"

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    version: Mapped[int]
    bottom_lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_at: Mapped[datetime]


class SharingConsent(Base):
    """A person's latest answer about sharing the plan outside the circle (from network).

    `concerns`: about whom; themselves, or a child over whom they hold parental authority.
    """

    __tablename__ = "sharing_consent"

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    concerns: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    # False while they object.
    given: Mapped[bool]
    # Sequence of the newest event received: an older one changes nothing.
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class TakingPart(Base):
    """Whether a person takes part in the conference, by their latest answer or the circle (from network)."""

    __tablename__ = "taking_part"

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    takes_part: Mapped[bool]
    # Sequence of the newest event received: an older one changes nothing.
    version: Mapped[int] = mapped_column(BigInteger)


class Youngest(Base):
    """The age bracket of a case's youngest central person (from network); null: none is known to be under eighteen."""

    __tablename__ = "youngest"
    __table_args__ = (CheckConstraint(one_of("bracket", get_args(AgeBracket)), name="bracket"),)

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    bracket: Mapped[AgeBracket | None] = mapped_column(Text)
    # A central person was known to be under eighteen at some time.
    been_minor: Mapped[bool]
    # Sequence of the newest event received: an older one changes nothing.
    version: Mapped[int] = mapped_column(BigInteger)


class HeldConference(Base):
    """A conference that was held (from scheduling)."""

    __tablename__ = "held_conference"

    conference_id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    tenant: Mapped[UUID]
    held_on: Mapped[date] = mapped_column(Date)
    outcome: Mapped[str]
    created_at: Mapped[datetime]


class Round(Base):
    """A conference of a case that is or was being prepared (from scheduling)."""

    __tablename__ = "round"

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    preparation_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tenant: Mapped[UUID]
    created_at: Mapped[datetime]
    # When its conference was held or called off.
    ended_at: Mapped[datetime | None]
