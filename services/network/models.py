"""Network's tables. Who somebody is lies in `sealed`, under a key of that person; the rest are ids, codes and dates."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

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
    """The tables of network, beside those that every service has."""

    metadata = service_metadata()


class PersonFields(SealedFields):
    """Who somebody is and how to reach them."""

    first_name: str
    last_name: str
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    language: str = "nl"
    relation: str | None = None
    birth_date: date | None = None
    parental_authority: bool | None = None
    # Over whom of the case; None: over every minor that it is about.
    authority_over: tuple[UUID, ...] | None = None
    # What they need to take part, as they said it: codes, and their own words.
    needs: tuple[Need, ...] = ()
    needs_words: str | None = None


class ExitFields(SealedFields):
    """Why somebody left the circle: read by few."""

    reason: str


class DataRequestFields(SealedFields):
    """What somebody asks in their own words, and the words of the answer; under their own key."""

    text: str | None = None
    refusal: str | None = None
    extension: str | None = None


class Person(Base):
    """Somebody of a case."""

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
    # Whose interpreter or advocate they are, if of somebody in particular.
    serves: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Timestamp)
    left_at: Mapped[datetime | None] = mapped_column(Timestamp)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class PersonExit(Base):
    """That somebody was removed or excluded, and the sealed reason."""

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
    """Two people of a case who are not to be brought in contact, in the order of their ids, and the sealed reason."""

    __tablename__ = "no_contact"
    # Of the case and of neither of the two, who would learn of it from the audit log.
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
    """What lets a person of a case in without an account; the token itself is kept nowhere."""

    __tablename__ = "personal_link"
    # Whoever comes by a link names no tenant: the link does.
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
    """What a person agreed to or took back, purpose by purpose: only ever added to; the last row counts.

    `concerns`: about whom, if not themselves: the child over whom they hold authority, or who may read their file.
    """

    __tablename__ = "consent"
    __table_args__ = (
        Index("ix_consent_person", "tenant", "person_id", "purpose", "created_at", "id"),
        # Serves looking at the words of all who are asked about one child.
        Index("ix_consent_case", "tenant", "case_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    concerns: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    purpose: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    # Of the text as they read it; None where nobody read one.
    language: Mapped[str | None] = mapped_column(Text)
    given: Mapped[bool]
    via: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Timestamp)


class ConsentText(Base):
    """What an organisation asks in its own words, one row per audience and language of a version. About nobody."""

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
    """On what basis a person's data is kept, whatever they say about taking part; the last row counts."""

    __tablename__ = "legal_basis"
    __table_args__ = (Index("ix_legal_basis_person", "tenant", "person_id", "created_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    basis: Mapped[str] = mapped_column(Text)
    # The policy that said so, or the one who decided otherwise for this person.
    policy_version: Mapped[int | None] = mapped_column(Integer)
    decided_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(Timestamp)


class Contact(Base):
    """That the coordinator was in touch with a person: when and how, never what was said."""

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
    """The circle that was declared ready, as it is since."""

    __tablename__ = "circle"

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    version: Mapped[int] = mapped_column(Integer)
    # Whom the conference needs, if the coordinator said so.
    required: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    # Ids and codes, as they are published.
    members: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(Timestamp)
    ready_at: Mapped[datetime] = mapped_column(Timestamp)


class CaseParty(Base):
    """Which organisation referred a case (from intake)."""

    __tablename__ = "case_party"

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    referring_organisation: Mapped[UUID]


class Survey(Base):
    """What the circle is asked after the conference with the same id; `asked`: how many, by group."""

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
    """Somebody's answer, until it is added up: without who or when, under a keyed mark that prevents a second one."""

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
    """That intake keeps a case from being erased. Lifted: a tombstone, for a hold can be heard of after its end."""

    __tablename__ = "hold"
    __table_args__ = (Index("ix_hold_in_force", "case_id", postgresql_where=text("NOT lifted")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    case_id: Mapped[UUID]
    lifted: Mapped[bool]


class DataRequest(Base):
    """What somebody asks of their data: that it was asked and answered outlives the person, so no key points there."""

    __tablename__ = "data_request"
    __sealed__ = Sealed(
        DataRequestFields, subject="person_id", case="case_id", person="person_id", shown=True
    )
    __table_args__ = (
        CheckConstraint("kind IN ('copy', 'erasure', 'correction')", name="kind"),
        CheckConstraint("state IN ('received', 'approved', 'refused', 'done', 'withdrawn')", name="state"),
        # A second click, or a letter beside a click, finds the first request.
        Index(
            "uq_data_request_open",
            "tenant",
            "person_id",
            "kind",
            unique=True,
            postgresql_where=text("state IN ('received', 'approved')"),
        ),
        # Serve the lists: one's own, and those of whoever answers.
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
    # Who asked, if it was somebody of the case; else a colleague noted it.
    asked_by: Mapped[UUID | None]
    noted_by: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Timestamp)
    due_at: Mapped[datetime] = mapped_column(Timestamp)
    extended_at: Mapped[datetime | None] = mapped_column(Timestamp)
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None] = mapped_column(Timestamp)
    # Of a copy: until when it can be read. Of an erasure: when it is carried out, if that happens here.
    ready_until: Mapped[datetime | None] = mapped_column(Timestamp)
    erase_at: Mapped[datetime | None] = mapped_column(Timestamp)
    # Of a copy: whether the DPO found that why somebody left the circle can be read by them.
    show_exit_reason: Mapped[bool] = mapped_column(server_default=text("false"))
    ended_at: Mapped[datetime | None] = mapped_column(Timestamp)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
