"""The register: organisations of the whole installation; per tenant its staff, coordinators and policy."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models.base import At, Base, Code, Codes, Id, SealedBytes
from shared.ids import derived
from shared.tables import SHOWN_TO_ALL
from shared.vault import Sealed, SealedFields


class ContactFields(SealedFields):
    """Who a colleague or coordinator is, and where to write to them."""

    first_name: str
    last_name: str
    email: str
    language: str


def key_subject(tenant: UUID, person_id: UUID) -> UUID:
    """Return whose key seals what a tenant knows of a colleague or coordinator.

    One key per tenant: who leaves one of their organisations is forgotten there and not at the others.
    """
    return derived("contact", tenant, person_id)


def _key_of(row: "StaffMember | Coordinator") -> UUID:
    return key_subject(row.tenant, row.id)


class Organisation(Base):
    """An organisation: a tenant that runs conferences, or a party to cases of others. `tenant`: who entered it."""

    __tablename__ = "organisation"
    # One register for the whole installation.
    __table_args__ = (Index("ix_organisation_list", "created_at", "id"), {"info": {SHOWN_TO_ALL: "true"}})

    id: Mapped[Id]
    tenant: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    reply_to: Mapped[str | None] = mapped_column(Text)
    kbo_number: Mapped[str] = mapped_column(Text, unique=True)
    is_tenant: Mapped[bool]
    languages: Mapped[Codes]
    country: Mapped[Code]
    subdivision: Mapped[Code | None]
    time_zone: Mapped[Code]
    created_at: Mapped[At]


class StaffMember(Base):
    """Somebody with an account: their id is the subject of their token. `tenant`: who entered them."""

    __tablename__ = "staff_member"
    __sealed__ = Sealed(ContactFields, subject=_key_of, person="id")
    # Who writes to a referrer finds them where their own organisation entered them.
    __table_args__ = {"info": {SHOWN_TO_ALL: "organisation_id = tenant"}}  # noqa: RUF012 - as SQLAlchemy wants it

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID]
    roles: Mapped[Codes]
    created_at: Mapped[At]
    erased_at: Mapped[At | None]
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
    created_at: Mapped[At]
    erased_at: Mapped[At | None]
    sealed: Mapped[SealedBytes]
