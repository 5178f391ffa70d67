"""Training's tables. Details of participants and payers are in `sealed`; what matching needs besides is hashed."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Numeric,
    Sequence,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.training.domain import LIVE, PaymentKind, PaymentState, RegistrationState
from services.training.statements.entries import BankEntry
from shared.tables import Timestamp, one_of, service_metadata
from shared.vault import Sealed, SealedFields

_Money = Numeric(12, 2)


class Base(DeclarativeBase):
    """The base of training's tables."""

    metadata = service_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Timestamp,
        Decimal: _Money,
        str: Text,
    }


# Numbers of structured communications: never reused, not even after a rollback.
communication_number = Sequence("communication_number", metadata=Base.metadata, maxvalue=9_999_999_999)


class CourseRow(Base):
    """A course as it is announced: public, so not sealed."""

    __tablename__ = "course"
    __table_args__ = (Index("ix_course_list", "tenant", "created_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    title: Mapped[str]
    audience: Mapped[str | None]
    description: Mapped[str | None]
    given_by: Mapped[str | None]
    language: Mapped[str]
    registration: Mapped[str]
    external_url: Mapped[str | None]
    created_at: Mapped[datetime]


class SessionRow(Base):
    """A course given at a time and a place, for a price: public, so not sealed. Its row lock guards its places."""

    __tablename__ = "course_session"
    __table_args__ = (
        Index("ix_course_session_list", "tenant", "starts_at", "id"),
        Index("ix_course_session_account", "tenant", "account_iban"),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("price >= 0", name="price"),
        CheckConstraint(
            "price = 0 OR (account_iban IS NOT NULL AND account_name IS NOT NULL)",
            name="account",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    course_id: Mapped[UUID] = mapped_column(ForeignKey("course.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place: Mapped[str]
    capacity: Mapped[int]
    price: Mapped[Decimal]
    vat: Mapped[str]
    account_iban: Mapped[str | None]
    account_name: Mapped[str | None]
    version: Mapped[int]
    cancelled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Participant(SealedFields):
    """The participant, and who gets the invoice."""

    first_name: str
    last_name: str
    email: str
    phone: str | None = None
    organisation: str | None = None
    invoice_name: str | None = None
    invoice_kbo_number: str | None = None
    invoice_email: str | None = None

    @property
    def name(self) -> str:
        """Return first and last name."""
        return f"{self.first_name} {self.last_name}".strip()


class RegistrationRow(Base):
    """One person's registration for a session."""

    __tablename__ = "registration"
    __sealed__ = Sealed(Participant, subject="id", person="id")
    __table_args__ = (
        UniqueConstraint("tenant", "communication"),
        Index("ix_registration_list", "tenant", "session_id", "created_at", "id"),
        # Serves counting places and finding who has waited longest.
        Index("ix_registration_places", "session_id", "state", "created_at", "id"),
        Index(
            "uq_registration_person",
            "tenant",
            "session_id",
            "person_index",
            unique=True,
            postgresql_where=text(one_of("state", LIVE)),
        ),
        # Serves finding expired registrations for housekeeping.
        Index("ix_registration_kept", "tenant", "created_at", postgresql_where=text("erased_at IS NULL")),
        CheckConstraint(one_of("state", RegistrationState), name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("course_session.id"))
    state: Mapped[str]
    language: Mapped[str]
    # The policy version when they registered.
    price: Mapped[Decimal]
    communication: Mapped[str | None]
    person_index: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    # When it was cancelled or expired; None if it lasts until its session.
    ended_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]


class StatementRow(Base):
    """An imported file: its digest, how many entries are for us and how many of them are booked.

    `first_day`, `last_day`: the period of its booking dates, including entries that are not for us.
    """

    __tablename__ = "statement"
    __table_args__ = (
        UniqueConstraint("tenant", "digest"),
        CheckConstraint("booked BETWEEN 0 AND total", name="booked"),
        Index("ix_statement_list", "tenant", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    format: Mapped[str]
    total: Mapped[int]
    booked: Mapped[int]
    # [[number in the file, why]]
    left_out: Mapped[list[tuple[int, str]]] = mapped_column(JSONB)
    balances_differ: Mapped[bool]
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    imported_by: Mapped[UUID]
    created_at: Mapped[datetime]


class Entries(SealedFields):
    """Some entries of a file; `equals`: the index of each among those that look the same to the bank."""

    entries: list[BankEntry]
    equals: list[int]


class StatementPartRow(Base):
    """Entries of a file that are still to be booked: deleted by the transaction that books them."""

    __tablename__ = "statement_part"
    __sealed__ = Sealed(Entries, subject="statement_id", person="statement_id")

    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class StatementEntryRow(Base):
    """The result of one entry of a file: its payment; `again`: that came with another file before."""

    __tablename__ = "statement_entry"

    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"))
    again: Mapped[bool]


class Transfer(SealedFields):
    """The payer, and the text of the transfer."""

    payer_name: str = ""
    payer_iban: str = ""
    text: str = ""


class PaymentRow(Base):
    """One credit on a statement, or one reversal.

    `reverses`: the payment that a reversal took back. `part_of`: the transfer that this was divided from.
    """

    __tablename__ = "payment"
    # The owner may become known later; until then it is sealed with the statement's key, as a person of its own.
    __sealed__ = Sealed(
        Transfer,
        subject=lambda row: row.registration_id or row.statement_id,
        person=lambda row: row.registration_id or row.id,
    )
    __table_args__ = (
        UniqueConstraint("tenant", "camt"),
        UniqueConstraint("tenant", "coda"),
        Index("ix_payment_list", "tenant", "created_at", "id"),
        Index("ix_payment_state", "tenant", "state", "created_at", "id"),
        Index("ix_payment_of_registration", "registration_id"),
        Index("ix_payment_reference_hashes", "reference_hashes", postgresql_using="gin"),
        Index("ix_payment_likenesses", "likenesses", postgresql_using="gin"),
        CheckConstraint(one_of("kind", PaymentKind), name="kind"),
        CheckConstraint(one_of("state", PaymentState), name="state"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("taken_back BETWEEN 0 AND amount", name="taken_back"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID]
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statement.id"))
    kind: Mapped[str]
    state: Mapped[str]
    account_iban: Mapped[str]
    amount: Mapped[Decimal]
    # By the bank's reversals and by our refunds.
    taken_back: Mapped[Decimal]
    booked_on: Mapped[date]
    communication: Mapped[str | None]
    # Keyed hashes: of everything that a file of one format says about this movement, ...
    camt: Mapped[bytes | None] = mapped_column(LargeBinary)
    coda: Mapped[bytes | None] = mapped_column(LargeBinary)
    # ... of what files of both formats say, and of the references that a reversal repeats.
    likenesses: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary))
    reference_hashes: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary))
    registration_id: Mapped[UUID | None] = mapped_column(ForeignKey("registration.id"))
    reverses: Mapped[UUID | None] = mapped_column(ForeignKey("payment.id"))
    part_of: Mapped[UUID | None] = mapped_column(ForeignKey("payment.id"))
    # [{"registration_id": ..., "score": ...}], best first.
    suggestions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]

    @property
    def left(self) -> Decimal:
        """Return how much of it is still available."""
        return self.amount - self.taken_back
