"""The tables of scheduling: ids, codes and dates; the place, information and notes of a conference are sealed."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.scheduling.domain import (
    ChecklistItem,
    ConferenceState,
    ExtensionReason,
    GivenHow,
    NeedKind,
    NewsState,
    PreparationReason,
    PreparationState,
)
from services.scheduling.models.base import Base
from services.scheduling.models.polls import Poll, PollAnswer, PollAsked, PollOption
from shared.events.network import AccessNeed
from shared.tables import one_of
from shared.vault import Sealed, SealedFields

__all__ = [
    "Attendance",
    "Base",
    "CalendarFeed",
    "CaseInfo",
    "ChecklistEntry",
    "Circle",
    "CircleMember",
    "Conference",
    "GiverFields",
    "InformationGiver",
    "LateNews",
    "NeedSeenTo",
    "Notified",
    "Poll",
    "PollAnswer",
    "PollAsked",
    "PollOption",
    "Preparation",
    "PreparationExtension",
    "PreparationNotes",
    "RegisteredVenue",
    "Venue",
    "VenueContact",
    "WantedRound",
]


class CaseInfo(Base):
    """The urgency of a case and who has a mandate in it (from intake), and whether it has a plan (from plans)."""

    __tablename__ = "case_info"

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    track: Mapped[str]
    referring_organisation: Mapped[UUID | None]
    mandated_organisation: Mapped[UUID | None]
    has_plan: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class Circle(Base):
    """The circle of a case is ready, as of the newest event from network."""

    __tablename__ = "circle"

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    # Sequence of the event: an older one changes nothing.
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class CircleMember(Base):
    """Who takes part, how, and whether the conference needs them (from network)."""

    __tablename__ = "circle_member"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("circle.case_id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    role: Mapped[str]
    required: Mapped[bool]
    mode: Mapped[str]
    # The person whose interpreter or advocate they are, and people they must not be brought in contact with.
    serves: Mapped[UUID | None]
    not_with: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    # For figures alone: the side of the circle, and whether they are a central person under eighteen.
    side: Mapped[str]
    child: Mapped[bool]
    created_at: Mapped[datetime]


class PreparationNotes(SealedFields):
    """What was agreed about safety, and how the children take part: never what is said in private time."""

    safety_plan: str | None = None
    child_participation: str | None = None


class Preparation(Base):
    """The preparation of a conference. Its row lock serialises all writes about it. Sealed: PreparationNotes."""

    __tablename__ = "preparation"
    __sealed__ = Sealed(PreparationNotes, subject="case_id", case="case_id")
    __table_args__ = (
        UniqueConstraint("tenant", "case_id", "preparation_no"),
        # One at a time: two running ones would have two clocks for one conference.
        Index(
            "uq_preparation_running",
            "tenant",
            "case_id",
            unique=True,
            postgresql_where=text("state = 'running'"),
        ),
        CheckConstraint(one_of("state", PreparationState), name="state"),
        CheckConstraint(one_of("reason", PreparationReason), name="reason"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    preparation_no: Mapped[int]
    reason: Mapped[str]
    state: Mapped[str]
    target_at: Mapped[datetime]
    # Grows with each change of the information givers; a change names the version it was based on.
    givers_version: Mapped[int]
    # The same, of the coordinator's notes.
    notes_version: Mapped[int]
    # Who has to be there and does not come to the day that is set, as long as nothing is decided about that.
    missing: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    sealed: Mapped[bytes | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class PreparationExtension(Base):
    """An extension of a preparation: by whom, from when to when, and why."""

    __tablename__ = "preparation_extension"
    __table_args__ = (CheckConstraint(one_of("reason", ExtensionReason), name="reason"),)

    preparation_id: Mapped[UUID] = mapped_column(ForeignKey("preparation.id"), primary_key=True)
    extension_no: Mapped[int] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    extended_by: Mapped[UUID]
    # The target dates before and after.
    before_at: Mapped[datetime]
    target_at: Mapped[datetime]
    reason: Mapped[str]
    created_at: Mapped[datetime]


class WantedRound(Base):
    """The circle wants to meet again (from plans); prepared once the case has a coordinator."""

    __tablename__ = "wanted_round"
    __table_args__ = (CheckConstraint(one_of("reason", PreparationReason), name="reason"),)

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    reason: Mapped[str]
    created_at: Mapped[datetime]


class Venue(SealedFields):
    """Where the circle meets."""

    name: str
    address: str


class VenueContact(SealedFields):
    """The contact person of a venue."""

    contact_name: str | None = None
    contact_phone: str | None = None
    contact_email: str | None = None


class RegisteredVenue(Base):
    """A place where circles of an organisation can meet. Its contact is sealed under the row's own id."""

    __tablename__ = "venue"
    __sealed__ = Sealed(VenueContact, subject="id", person="id")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    name: Mapped[str]
    address: Mapped[str]
    # Nobody's home, and no office of a service.
    neutral: Mapped[bool]
    reached_by: Mapped[str | None]
    meets: Mapped[list[AccessNeed]] = mapped_column(ARRAY(Text))
    # Parts of the week, such as tue-evening; empty: any.
    open_at: Mapped[list[str]] = mapped_column(ARRAY(Text))
    version: Mapped[int]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    sealed: Mapped[bytes | None]


class Conference(Base):
    """A future or past meeting of the circle. Sealed: Venue. There is no column for what was said in private."""

    __tablename__ = "conference"
    __sealed__ = Sealed(Venue, subject="case_id", case="case_id", shown=True)
    __table_args__ = (
        UniqueConstraint("tenant", "case_id", "conference_no"),
        CheckConstraint(one_of("state", ConferenceState), name="state"),
        CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL)", name="dated"),
        # Serves the list of a case's conferences, in pages.
        Index("ix_conference_case_id", "tenant", "case_id", "created_at", "id"),
        Index("ix_conference_preparation_id", "preparation_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    preparation_id: Mapped[UUID] = mapped_column(ForeignKey("preparation.id"))
    preparation_no: Mapped[int]
    conference_no: Mapped[int]
    state: Mapped[str]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    # Grows with each change of date or place; a change names the version it was based on.
    version: Mapped[int]
    # The revision that calendars were last told of.
    revision: Mapped[int]
    # Why it was postponed or cancelled: a code.
    reason: Mapped[str | None]
    next_conference_id: Mapped[UUID | None]
    # Its venue in the register; the place as people were told it is sealed.
    venue_id: Mapped[UUID | None] = mapped_column(ForeignKey("venue.id"))
    held_on: Mapped[date | None] = mapped_column(Date)
    outcome: Mapped[str | None]
    return_called_by_circle: Mapped[bool | None]
    # Whether a serious incident happened; what it was is not stored anywhere.
    incident: Mapped[bool | None]
    information_from: Mapped[datetime | None]
    information_to: Mapped[datetime | None]
    private_from: Mapped[datetime | None]
    private_to: Mapped[datetime | None]
    presentation_from: Mapped[datetime | None]
    presentation_to: Mapped[datetime | None]
    sealed: Mapped[bytes | None]
    created_at: Mapped[datetime]


class Notified(Base):
    """Who was told a conference's date, as of which revision, and when it was withdrawn from that person alone."""

    __tablename__ = "notified"

    conference_id: Mapped[UUID] = mapped_column(ForeignKey("conference.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    revision: Mapped[int]
    taken_back_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Attendance(Base):
    """Whether a person came to a conference, and when; an expected person without times was absent."""

    __tablename__ = "attendance"

    conference_id: Mapped[UUID] = mapped_column(ForeignKey("conference.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    mode: Mapped[str]
    came: Mapped[bool]
    arrived_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    # They left before the circle was done.
    walked_out: Mapped[bool]
    # They gave their views beforehand, which were told or read to the circle.
    views_beforehand: Mapped[bool]
    created_at: Mapped[datetime]


class ChecklistEntry(Base):
    """A task of the coordinator before the conference; it stays with the preparation."""

    __tablename__ = "checklist_entry"
    __table_args__ = (CheckConstraint(one_of("code", ChecklistItem), name="code"),)

    preparation_id: Mapped[UUID] = mapped_column(ForeignKey("preparation.id"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    done: Mapped[bool]
    created_at: Mapped[datetime]


class LateNews(Base):
    """A change before a conference, after the circle was told: by the checklist step that tells it."""

    __tablename__ = "late_news"
    __table_args__ = (
        CheckConstraint(one_of("code", ChecklistItem), name="code"),
        CheckConstraint(one_of("state", NewsState), name="state"),
    )

    conference_id: Mapped[UUID] = mapped_column(ForeignKey("conference.id"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    state: Mapped[str]
    created_at: Mapped[datetime]


class NeedSeenTo(Base):
    """A person's need was arranged for before the conference; the need itself is stored in network."""

    __tablename__ = "need_seen_to"
    __table_args__ = (CheckConstraint(one_of("need", NeedKind), name="need"),)

    preparation_id: Mapped[UUID] = mapped_column(ForeignKey("preparation.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    need: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    created_at: Mapped[datetime]


class GiverFields(SealedFields):
    """The name of an information giver who does not belong to the case, and what they will tell."""

    name: str | None = None
    function: str | None = None
    tells: str


class InformationGiver(Base):
    """An information giver at the conference: a person of the case by id, or an outside professional."""

    __tablename__ = "information_giver"
    __sealed__ = Sealed(GiverFields, subject="case_id", case="case_id", shown=True)
    __table_args__ = (
        UniqueConstraint("preparation_id", "position"),
        CheckConstraint(one_of("how", GivenHow), name="how"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    preparation_id: Mapped[UUID] = mapped_column(ForeignKey("preparation.id"))
    position: Mapped[int]
    person_id: Mapped[UUID | None]
    how: Mapped[str]
    sealed: Mapped[bytes]
    created_at: Mapped[datetime]


class CalendarFeed(Base):
    """The secret address of a coordinator's calendar feed: a digest, never the secret."""

    __tablename__ = "calendar_feed"

    coordinator_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    # When its owner last came with their account, to a day.
    seen_at: Mapped[datetime]
