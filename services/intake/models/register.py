"""The register: organisations of the whole installation; per tenant its staff, coordinators and policy."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import At, Base, Code, Codes, Id, SealedBytes
from shared.ids import contact_id
from shared.tables import SHOWN_TO_ALL
from shared.vault import Sealed, SealedFields


class ContactFields(SealedFields):
    """The identity and address of a colleague or coordinator."""

    first_name: str
    last_name: str
    email: str
    language: str
    # Of a coordinator, for the people of their cases.
    phone: str | None = None


def key_subject(tenant: UUID, person_id: UUID) -> UUID:
    """Return the subject of the key that seals a tenant's data on a colleague or coordinator.

    One key per tenant: a person who leaves one organisation is erased there and not at the others.
    """
    return contact_id(tenant, person_id)


def _key_of(row: "StaffMember | Coordinator") -> UUID:
    return key_subject(row.tenant, row.id)


class Organisation(Base):
    """An organisation: a tenant that runs conferences, or a party to cases of others. `tenant`: who entered it.

    `superseded_by`: set on an entry by another tenant once the organisation became a tenant under another id.
    """

    __tablename__ = "organisation"
    # One register for the whole installation.
    __table_args__ = (
        Index("ix_organisation_list", "created_at", "id"),
        Index(
            "uq_organisation_kbo_number",
            "kbo_number",
            unique=True,
            postgresql_where=text("superseded_by IS NULL"),
        ),
        {"info": {SHOWN_TO_ALL: "true"}},
    )

    id: Mapped[Id]
    tenant: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    reply_to: Mapped[str | None] = mapped_column(Text)
    kbo_number: Mapped[str] = mapped_column(Text)
    is_tenant: Mapped[bool]
    superseded_by: Mapped[UUID | None]
    languages: Mapped[Codes]
    country: Mapped[Code]
    subdivision: Mapped[Code | None]
    time_zone: Mapped[Code]
    accent_colour: Mapped[Code | None]
    heading_colour: Mapped[Code | None]
    background_colour: Mapped[Code | None]
    signature: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[At]


class StaffMember(Base):
    """Somebody with an account: their id is the subject of their token. `tenant`: who entered them."""

    __tablename__ = "staff_member"
    __sealed__ = Sealed(ContactFields, subject=_key_of, person="id")
    # A referrer is mailed at the address that their own organisation entered.
    __table_args__ = (
        Index("ix_staff_member_list", "tenant", "created_at", "id"),
        {"info": {SHOWN_TO_ALL: "organisation_id = tenant"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID]
    roles: Mapped[Codes]
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[At]
    erased_at: Mapped[At | None]
    sealed: Mapped[SealedBytes]


class MailRecipient(Base):
    """The recipient of a mail, as known when it was decided on, whatever the register says afterwards."""

    __tablename__ = "mail_recipient"
    __sealed__ = Sealed(
        ContactFields, subject=lambda row: key_subject(row.tenant, row.person_id), person="person_id"
    )

    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)
    tenant: Mapped[UUID]
    person_id: Mapped[UUID]
    sealed: Mapped[SealedBytes]


class Coordinator(Base):
    """A citizen who prepares conferences for a tenant: their id is the subject of their token.

    Languages, gender, cultures, region, load and ties are plain, because coordinators are matched by them.
    """

    __tablename__ = "coordinator"
    __sealed__ = Sealed(ContactFields, subject=_key_of, person="id")
    __table_args__ = (
        CheckConstraint("max_load BETWEEN 0 AND 1000", name="max_load"),
        Index("ix_coordinator_list", "tenant", "created_at", "id"),
    )

    tenant: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    languages: Mapped[Codes]
    gender: Mapped[Code | None]
    cultures: Mapped[Codes]
    region: Mapped[Code | None]
    max_load: Mapped[int] = mapped_column(Integer)
    tied_to: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[At]
    erased_at: Mapped[At | None]
    sealed: Mapped[SealedBytes]
