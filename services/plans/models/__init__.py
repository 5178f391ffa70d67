"""The tables of plans. Personal and free text is in `sealed` only, with the case as its subject."""

from datetime import date, datetime
from typing import get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Uuid

from services.plans.domain import (
    AgreementState,
    AnsweredAs,
    CheckInState,
    FollowUpState,
    Going,
    PlanAcceptance,
    PlanPart,
    Progress,
    RecordedAs,
    ResourceState,
)
from services.plans.models.base import Base
from services.plans.models.known import (
    CaseBaseline,
    CaseInfo,
    HeldConference,
    Round,
    SharingConsent,
    TakingPart,
    Youngest,
)
from services.plans.schemas.sealed import (
    AcceptanceWords,
    AgreementWords,
    CheckInWords,
    PlanWords,
    ReferrerCallWords,
    ResourceWords,
    WordingWords,
)
from shared.tables import one_of
from shared.vault import Sealed

__all__ = [
    "Acceptance",
    "Agreement",
    "Base",
    "CaseBaseline",
    "CaseInfo",
    "CheckIn",
    "HeldConference",
    "OwnMeeting",
    "Plan",
    "PlanVersion",
    "ReferrerCall",
    "Resource",
    "ReviewAnswer",
    "Round",
    "Share",
    "SharingConsent",
    "Stance",
    "TakingPart",
    "Wording",
    "Youngest",
]

# Checks that somebody must make now.
_ASKED = text("state IN ('due', 'escalated')")


class Plan(Base):
    """The plan of a case, with the state of its acceptance and follow-up."""

    __tablename__ = "plan"
    __table_args__ = (
        CheckConstraint(one_of("acceptance", PlanAcceptance), name="acceptance"),
        CheckConstraint(one_of("follow_up", FollowUpState), name="follow_up"),
        Index("uq_plan_case_id", "tenant", "case_id", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    version: Mapped[int]
    acceptance: Mapped[str]
    # When the circle looks at its plan again: as the current version says, until it is set anew.
    review_on: Mapped[date] = mapped_column(Date)
    follow_up: Mapped[str]
    outcome: Mapped[str | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class PlanVersion(Base):
    """One version of a plan, as the circle decided it; never changed afterwards."""

    __tablename__ = "plan_version"
    __sealed__ = Sealed(PlanWords, subject="case_id", case="case_id", shown=True)
    __table_args__ = (
        CheckConstraint(one_of("recorded_as", get_args(RecordedAs)), name="recorded_as"),
        Index("uq_plan_version_plan_id", "plan_id", "version", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"))
    version: Mapped[int]
    conference_id: Mapped[UUID | None]
    # The day on which the circle met by itself and decided this version.
    met_on: Mapped[date | None] = mapped_column(Date)
    monitor_person_id: Mapped[UUID | None]
    # Who calls the circle together for the review; the coordinator or the regional manager if None.
    convener_person_id: Mapped[UUID | None]
    # The language of the circle's words.
    language: Mapped[str]
    recorded_by: Mapped[UUID]
    recorded_as: Mapped[str]
    # The person of the circle who wanted the previous version changed.
    asked_by_person_id: Mapped[UUID | None]
    sealed: Mapped[bytes]
    created_at: Mapped[datetime]


class Wording(Base):
    """Texts of a plan in another language. A version shows those of its own texts: what stays as it was keeps them."""

    __tablename__ = "wording"
    __sealed__ = Sealed(WordingWords, subject="case_id", case="case_id", shown=True)
    __table_args__ = (Index("uq_wording_language", "plan_id", "language", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"))
    language: Mapped[str]
    written_by: Mapped[UUID]
    written_at: Mapped[datetime]
    sealed: Mapped[bytes]


class Agreement(Base):
    """One agreement: who does something, and by when. It is in the versions from `plan_version` to `until_version`."""

    __tablename__ = "agreement"
    __sealed__ = Sealed(AgreementWords, subject="case_id", case="case_id", shown=True)
    __table_args__ = (
        CheckConstraint(one_of("state", AgreementState), name="state"),
        CheckConstraint(one_of("by", ("network", "professional")), name="by"),
        CheckConstraint(one_of("progress", Progress), name="progress"),
        CheckConstraint(one_of("invoked_as", get_args(RecordedAs)), name="invoked_as"),
        # Serves the list of a case's agreements.
        Index("ix_agreement_case_id", "case_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"))
    plan_version: Mapped[int]
    # The first version without it.
    until_version: Mapped[int | None]
    by: Mapped[str]
    who_person_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    due_on: Mapped[date] = mapped_column(Date)
    # For plan B: its line, starting at 1; the agreement suspended for it; who invoked it, and in which role.
    plan_b: Mapped[int | None]
    instead_of: Mapped[UUID | None]
    invoked_by: Mapped[UUID | None]
    invoked_as: Mapped[str | None]
    state: Mapped[str]
    progress: Mapped[str | None]
    progress_at: Mapped[datetime | None]
    progress_by: Mapped[UUID | None]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[UUID | None]
    sealed: Mapped[bytes]
    created_at: Mapped[datetime]


class Resource(Base):
    """What the plan asks of somebody outside the circle, and the outcome; in its versions as an agreement is."""

    __tablename__ = "resource"
    __sealed__ = Sealed(ResourceWords, subject="case_id", case="case_id", shown=True)
    __table_args__ = (
        CheckConstraint(one_of("state", get_args(ResourceState)), name="state"),
        CheckConstraint(one_of("answered_as", get_args(AnsweredAs)), name="answered_as"),
        Index("ix_resource_plan_id", "plan_id", "plan_version"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"))
    plan_version: Mapped[int]
    until_version: Mapped[int | None]
    state: Mapped[str]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None]
    answered_as: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)  # of the answer: it grows with each
    sealed: Mapped[bytes]
    created_at: Mapped[datetime]


class Stance(Base):
    """Whether a person of the circle supports a version of the plan; the reason is not stored."""

    __tablename__ = "stance"

    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    agrees: Mapped[bool]
    said_at: Mapped[datetime]


class Acceptance(Base):
    """The mandated side's answer about one bottom line."""

    __tablename__ = "acceptance"
    __sealed__ = Sealed(AcceptanceWords, subject="case_id", case="case_id", shown=True)
    __table_args__ = (Index("uq_acceptance_line", "plan_id", "version", "bottom_line_id", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"))
    version: Mapped[int]
    bottom_line_id: Mapped[UUID]
    bottom_line_version: Mapped[int]
    met: Mapped[bool]
    decided_by: Mapped[UUID]
    sealed: Mapped[bytes]
    created_at: Mapped[datetime]


class Share(Base):
    """The sharing of a plan version with a person of the case, or an organisation."""

    __tablename__ = "share"
    __table_args__ = (
        CheckConstraint(one_of("kind", ("person", "organisation")), name="kind"),
        Index("uq_share_recipient", "plan_id", "version", "recipient", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"))
    version: Mapped[int]
    kind: Mapped[str]
    recipient: Mapped[UUID]
    parts: Mapped[list[PlanPart]] = mapped_column(ARRAY(Text))
    shared_by: Mapped[UUID]
    # The children under twelve on whose behalf it was shared.
    shared_for: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    created_at: Mapped[datetime]
    # When it was ended, by whom, and on whose behalf: it gives no access any more, unless it is shared again.
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    ended_for: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))


class ReviewAnswer(Base):
    """Whether a person of the circle wants to meet again, by their latest answer at a review."""

    __tablename__ = "review_answer"

    check_in_id: Mapped[UUID] = mapped_column(ForeignKey("check_in.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    meet_again: Mapped[bool]
    another_coordinator: Mapped[bool]
    without_coordinator: Mapped[bool]
    created_at: Mapped[datetime]


class CheckIn(Base):
    """A moment at which somebody asks how things are going. Its times are those of its clock."""

    __tablename__ = "check_in"
    __sealed__ = Sealed(CheckInWords, subject="case_id", case="case_id", shown=True)
    __table_args__ = (
        CheckConstraint(one_of("state", CheckInState), name="state"),
        Index("ix_check_in_case_id", "case_id", "created_at", "id"),
        # A year's checks come once; reviews as often as they are requested, one at a time.
        Index(
            "uq_check_in_kind",
            "plan_id",
            "plan_version",
            "kind",
            unique=True,
            postgresql_where=text("kind <> 'review'"),
        ),
        Index(
            "uq_check_in_review",
            "plan_id",
            unique=True,
            postgresql_where=text("kind = 'review' AND state IN ('planned', 'due', 'escalated')"),
        ),
        # Serves the work lists: what waits for the coordinator or the regional manager.
        Index("ix_check_in_waiting", "tenant", "created_at", "id", postgresql_where=_ASKED),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"))
    # The plan version from the conference whose year this belongs to.
    plan_version: Mapped[int]
    kind: Mapped[str]
    owner: Mapped[str]
    state: Mapped[str]
    decision: Mapped[str | None]
    new_needs: Mapped[bool | None]
    incident: Mapped[bool | None]
    recorded_at: Mapped[datetime | None]
    recorded_by: Mapped[UUID | None]
    sealed: Mapped[bytes | None]
    created_at: Mapped[datetime]


class OwnMeeting(Base):
    """A day on which a circle met by itself, without a coordinator, and whether it changes its plan."""

    __tablename__ = "own_meeting"
    __table_args__ = (CheckConstraint(one_of("said_as", get_args(RecordedAs)), name="said_as"),)

    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"), primary_key=True)
    met_on: Mapped[date] = mapped_column(Date, primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    changed: Mapped[bool]
    said_by: Mapped[UUID]
    said_as: Mapped[str]
    said_at: Mapped[datetime]


class ReferrerCall(Base):
    """The referrer's answers about the plan after four weeks. The time for the call is that of its clock."""

    __tablename__ = "referrer_call"
    __sealed__ = Sealed(ReferrerCallWords, subject="case_id", case="case_id", shown=True)
    __table_args__ = (
        CheckConstraint(one_of("going", get_args(Going)), name="going"),
        Index("ix_referrer_call_plan_id", "plan_id", "called_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"))
    going: Mapped[str]
    new_needs: Mapped[bool]
    called_by: Mapped[UUID]
    sealed: Mapped[bytes]
    called_at: Mapped[datetime]
