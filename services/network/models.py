"""Network's tables. Identity is in `sealed`, under a key of that person; the rest are ids, codes and dates."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.events.network import Need
from shared.ids import uuid7
from shared.tables import SHOWN_TO_ALL, Timestamp, service_metadata
from shared.vault import Sealed, SealedFields


class Base(DeclarativeBase):
    """Base of network's tables, besides those that every service has."""

    metadata = service_metadata()


class PersonFields(SealedFields):
    """A person's identity and how to reach them."""

    first_name: str
    last_name: str
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    language: str = "nl"
    relation: str | None = None
    birth_date: date | None = None
    parental_authority: bool | None = None
    # The persons of the case over whom they hold authority; None: every minor it is about.
    authority_over: tuple[UUID, ...] | None = None
    needs: tuple[Need, ...] = ()
    needs_words: str | None = Field(default=None, description="Their needs, in their own words.")


class ExitFields(SealedFields):
    """Why a person left the circle; few may read it."""

    reason: str


class DataRequestFields(SealedFields):
    """The words of a request and of its answer, under a key of their own."""

    text: str | None = None
    refusal: str | None = None
    extension: str | None = None


class Person(Base):
    """A person of a case."""

    __tablename__ = "person"
    __sealed__ = Sealed(PersonFields, subject="id", case="case_id", person="id", shown=True)
    __table_args__ = (
        CheckConstraint("state IN ('proposed', 'active', 'removed', 'excluded', 'erased')", name="state"),
        # Serves the list of a case's people, in pages.
        Index("ix_person_case", "tenant", "case_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    role: Mapped[str] = mapped_column(Text)
    side: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[UUID | None]
    widened: Mapped[bool]
    required: Mapped[bool]
    # The person whose interpreter or advocate they are, if it is one in particular.
    serves: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Timestamp)
    left_at: Mapped[datetime | None] = mapped_column(Timestamp)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class PersonExit(Base):
    """The removal or exclusion of a person, with the sealed reason."""

    __tablename__ = "person_exit"
    __sealed__ = Sealed(ExitFields, subject="person_id", case="case_id", person="person_id")

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(Timestamp)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class NoContact(Base):
    """Two people of a case who must not be brought in contact, in the order of their ids, and the sealed reason."""

    __tablename__ = "no_contact"
    # Logged for the case and not for either person, who would learn of it from the audit log.
    __sealed__ = Sealed(ExitFields, subject="one_id", case="case_id")
    __table_args__ = (
        CheckConstraint("one_id < other_id", name="in_order"),
        UniqueConstraint("tenant", "case_id", "one_id", "other_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    one_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    other_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    decided_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(Timestamp)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Invitation(Base):
    """An invitation to the circle, and the answer to it."""

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint("state IN ('sent', 'silent', 'answered', 'cancelled')", name="state"),
        CheckConstraint("state <> 'answered' OR answer IS NOT NULL", name="answer"),
        # A second click, or a second coordinator, finds the first invitation.
        UniqueConstraint("tenant", "person_id"),
        Index("ix_invitation_case", "tenant", "case_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)
    mode: Mapped[str | None] = mapped_column(Text)
    via: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Timestamp)
    reminded_at: Mapped[datetime | None] = mapped_column(Timestamp)
    answered_at: Mapped[datetime | None] = mapped_column(Timestamp)


class PersonalLink(Base):
    """Gives a person of a case access without an account; the token itself is not stored."""

    __tablename__ = "personal_link"
    # The caller of a link names no tenant; the link itself does.
    __table_args__ = (UniqueConstraint("tenant", "person_id"), {"info": {SHOWN_TO_ALL: "true"}})

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    generation: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Timestamp)
    expires_at: Mapped[datetime] = mapped_column(Timestamp)
    revoked_at: Mapped[datetime | None] = mapped_column(Timestamp)


class Consent(Base):
    """A person's consent or its withdrawal, per purpose: append-only, the last row counts.

    `concerns`: the other person it is about, if any: the child over whom they hold authority, or the one who
    may read their file.
    """

    __tablename__ = "consent"
    __table_args__ = (
        Index("ix_consent_person", "tenant", "person_id", "purpose", "created_at", "id"),
        # Serves finding the answers of everybody who is asked about one child.
        Index("ix_consent_case", "tenant", "case_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    concerns: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    purpose: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    # The language in which they read the text; None if nobody read one.
    language: Mapped[str | None] = mapped_column(Text)
    given: Mapped[bool]
    via: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Timestamp)


class ConsentText(Base):
    """An organisation's own wording, one row per audience and language of a version. Not personal data."""

    __tablename__ = "consent_text"

    tenant: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    audience: Mapped[str] = mapped_column(Text, primary_key=True)
    language: Mapped[str] = mapped_column(Text, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    published_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(Timestamp)


class LegalBasis(Base):
    """The legal basis on which a person's data is kept, whatever they answer about taking part; the last row counts."""

    __tablename__ = "legal_basis"
    __table_args__ = (Index("ix_legal_basis_person", "tenant", "person_id", "created_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    basis: Mapped[str] = mapped_column(Text)
    # The policy it follows from, or the colleague who decided otherwise for this person.
    policy_version: Mapped[int | None] = mapped_column(Integer)
    decided_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(Timestamp)


class Contact(Base):
    """A contact of the coordinator with a person: when and how, never what was said."""

    __tablename__ = "contact"
    __table_args__ = (Index("ix_contact_person", "tenant", "person_id", "created_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    channel: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    on_date: Mapped[date] = mapped_column(Date)
    made_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(Timestamp)


class Circle(Base):
    """The circle that was declared ready, kept current."""

    __tablename__ = "circle"

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    version: Mapped[int] = mapped_column(Integer)
    # The people the conference needs, if the coordinator named them.
    required: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    # Ids and codes, in the form in which they are published.
    members: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(Timestamp)
    ready_at: Mapped[datetime] = mapped_column(Timestamp)


class CaseParty(Base):
    """The organisation that referred a case (from intake)."""

    __tablename__ = "case_party"

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    referring_organisation: Mapped[UUID]


class Survey(Base):
    """The survey after the conference with the same id; `asked`: how many people, by group."""

    __tablename__ = "survey"
    __table_args__ = (
        CheckConstraint("state IN ('planned', 'open', 'closed')", name="state"),
        Index("ix_survey_case", "tenant", "case_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(Text)
    asked: Mapped[dict[str, int]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(Timestamp)


class SurveyAnswer(Base):
    """An answer, until it is added up: without author or time, under a keyed mark that prevents a second one."""

    __tablename__ = "survey_answer"

    survey_id: Mapped[UUID] = mapped_column(ForeignKey("survey.id"), primary_key=True)
    mark: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    voice_group: Mapped[str] = mapped_column(Text)
    meeting: Mapped[int | None] = mapped_column(Integer)
    plan: Mapped[int | None] = mapped_column(Integer)
    coordinator: Mapped[int | None] = mapped_column(Integer)


class Hold(Base):
    """A legal hold of intake on a case. `lifted` rows are tombstones: the event that placed a hold may arrive last."""

    __tablename__ = "hold"
    __table_args__ = (Index("ix_hold_in_force", "case_id", postgresql_where=text("NOT lifted")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    lifted: Mapped[bool]


class DataRequest(Base):
    """A request about a person's data. It outlives the person, so no foreign key points to them."""

    __tablename__ = "data_request"
    __sealed__ = Sealed(
        DataRequestFields, subject="person_id", case="case_id", person="person_id", shown=True
    )
    __table_args__ = (
        CheckConstraint("kind IN ('copy', 'erasure', 'correction')", name="kind"),
        CheckConstraint("state IN ('received', 'approved', 'refused', 'done', 'withdrawn')", name="state"),
        # A second click, or a letter besides a click, finds the first request.
        Index(
            "uq_data_request_open",
            "tenant",
            "person_id",
            "kind",
            unique=True,
            postgresql_where=text("state IN ('received', 'approved')"),
        ),
        # Serve the lists: the requester's own, and those of the colleagues who answer.
        Index("ix_data_request_person", "tenant", "person_id", "created_at", "id"),
        Index("ix_data_request_list", "tenant", "created_at", "id"),
        Index(
            "ix_data_request_waiting",
            "tenant",
            "due_at",
            "id",
            postgresql_where=text("state = 'received' OR (state = 'approved' AND kind <> 'copy')"),
        ),
        Index("ix_data_request_case", "tenant", "case_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    person_id: Mapped[UUID]
    # The person who asked, if they belong to the case; otherwise a colleague recorded it.
    asked_by: Mapped[UUID | None]
    noted_by: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Timestamp)
    due_at: Mapped[datetime] = mapped_column(Timestamp)
    extended_at: Mapped[datetime | None] = mapped_column(Timestamp)
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None] = mapped_column(Timestamp)
    # For a copy: until when it can be read. For an erasure: when it is carried out, if that happens here.
    ready_until: Mapped[datetime | None] = mapped_column(Timestamp)
    erase_at: Mapped[datetime | None] = mapped_column(Timestamp)
    # For a copy: whether the DPO decided that they may read why a person left the circle.
    show_exit_reason: Mapped[bool] = mapped_column(server_default=text("false"))
    ended_at: Mapped[datetime | None] = mapped_column(Timestamp)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
