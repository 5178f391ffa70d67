"""The tables of date polls: the dates, the people asked, and their answers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.scheduling.domain import Availability, CloseReason, DayPart, PollState
from services.scheduling.models.base import Base
from shared.tables import one_of


class Poll(Base):
    """The date poll of a conference, at most one; it may be reopened with more dates."""

    __tablename__ = "poll"
    __table_args__ = (
        UniqueConstraint("conference_id"),
        CheckConstraint(one_of("state", PollState), name="state"),
        CheckConstraint(
            f"closed_reason IS NULL OR {one_of('closed_reason', CloseReason)}", name="closed_reason"
        ),
        CheckConstraint("(state = 'open') = (closes_at IS NOT NULL AND closed_reason IS NULL)", name="open"),
        Index("ix_poll_case_id", "tenant", "case_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    conference_id: Mapped[UUID] = mapped_column(ForeignKey("conference.id"))
    state: Mapped[str]
    # How many must be able to come, 0 if that does not matter.
    quorum: Mapped[int]
    closes_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_reason: Mapped[str | None]
    best_option_id: Mapped[UUID | None]
    created_at: Mapped[datetime]


class PollOption(Base):
    """A proposed date."""

    __tablename__ = "poll_option"
    __table_args__ = (
        UniqueConstraint("poll_id", "starts_at", "ends_at"),
        CheckConstraint("starts_at < ends_at", name="order"),
        CheckConstraint(one_of("part", DayPart), name="part"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    poll_id: Mapped[UUID] = mapped_column(ForeignKey("poll.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    # The part of the day as which it was proposed, if not by its hours.
    part: Mapped[str | None]
    created_at: Mapped[datetime]


class PollAnswer(Base):
    """A person's answer to a date; the last one counts."""

    __tablename__ = "poll_answer"
    __table_args__ = (
        CheckConstraint(one_of("answer", Availability), name="answer"),
        CheckConstraint(one_of("via", ("link", "coordinator")), name="via"),
        Index("ix_poll_answer_poll_id", "poll_id"),
    )

    option_id: Mapped[UUID] = mapped_column(ForeignKey("poll_option.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    poll_id: Mapped[UUID] = mapped_column(ForeignKey("poll.id"))
    answer: Mapped[str]
    via: Mapped[str]
    created_at: Mapped[datetime]


class PollAsked(Base):
    """A person who was asked, when last, and when they were reminded of that."""

    __tablename__ = "poll_asked"

    poll_id: Mapped[UUID] = mapped_column(ForeignKey("poll.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    asked_at: Mapped[datetime]
    chased_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
