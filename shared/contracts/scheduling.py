"""What scheduling answers to other services."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from shared.contracts.base import COPY_FOR_PERSON, COPY_PATH, Contract, OwnAuditEntry, Published


class CopiedAnswer(Published):
    """A person's answer to a proposed date."""

    starts_at: datetime
    ends_at: datetime
    answer: str
    via: str
    said_at: datetime


class CopiedPoll(Published):
    """A date poll, as one person was asked it."""

    poll_id: UUID
    state: str
    asked_at: datetime | None
    reminded_at: datetime | None
    answers: list[CopiedAnswer]


class CopiedConference(Published):
    """A conference to which a person was invited, or came; its place is null once erased."""

    conference_id: UUID
    conference_no: int
    state: str
    starts_at: datetime | None
    ends_at: datetime | None
    held_on: date | None
    venue: str | None
    notified: bool
    mode: str | None
    came: bool | None
    arrived_at: datetime | None
    left_at: datetime | None
    walked_out: bool | None
    views_beforehand: bool | None


class CopiedGiver(Published):
    """A person who gives the circle information; null once erased. `yours`: it is the reader."""

    tells: str | None
    how: str
    yours: bool


class CopiedMoreTime(Published):
    """More time for the preparation of a conference: until when, and why."""

    given_at: datetime = Field(description="When more time was given.")
    before_on: date = Field(description="The day by which the conference should have been held before.")
    until_on: date = Field(description="The day by which it should be held since.")
    extension_reason: str = Field(description="Why it needed more time.")


class CopiedPlace(Published):
    """How somebody takes part in the circle."""

    role: str
    required: bool
    mode: str


class SchedulingCopy(Published):
    """All that scheduling holds on one person. `erased`: part of it can no longer be read by anybody."""

    erased: bool = False
    circle: CopiedPlace | None = None
    polls: list[CopiedPoll] = Field(default_factory=list)
    conferences: list[CopiedConference] = Field(default_factory=list)
    givers: list[CopiedGiver] = Field(default_factory=list)
    more_time: list[CopiedMoreTime] = Field(
        default_factory=list, description="Each time that preparing was given more time, in order."
    )
    seen: list[OwnAuditEntry] = Field(default_factory=list)


COPY = Contract("scheduling", COPY_PATH, SchedulingCopy, purpose=COPY_FOR_PERSON)
