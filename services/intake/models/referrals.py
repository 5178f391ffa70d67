"""Referrals as they were written, and the persons named in them."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.domain.codes import Gender, ReferralState
from services.intake.models.base import At, Base, Code, Codes, Id, SealedBytes
from shared.tables import one_of
from shared.vault import Sealed, SealedFields


class WishFields(SealedFields):
    """The family's wishes for a coordinator."""

    languages: tuple[str, ...] = ()
    gender: Gender | None = None
    culture: str | None = None


class ReferralFields(SealedFields):
    """The words of a referral."""

    question: str
    summary: str | None = None
    languages: tuple[str, ...] = ()
    wishes: WishFields = WishFields()
    bottom_lines: tuple[str, ...] = ()
    resources: str | None = None


class PersonFields(SealedFields):
    """A person in a referral: identity, relation to the family, consent."""

    ref: str
    first_name: str
    last_name: str
    birth_date: date | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    language: str = "nl"
    relation: str | None = None
    side: str = "other"
    parental_authority: bool = False
    agreed: bool = False
    agreed_on: date | None = None


class Referral(Base):
    """A request for a conference. `case_id` is known from the start: the content is sealed with the case's key."""

    __tablename__ = "referral"
    __sealed__ = Sealed(ReferralFields, subject="case_id", case="case_id", shown=True)
    __table_args__ = (
        CheckConstraint(one_of("state", ReferralState), name="state"),
        CheckConstraint("(kind = 'professional') = (referrer_id IS NOT NULL)", name="referrer"),
        Index("ix_referral_list", "tenant", "created_at", "id"),
        Index("ix_referral_referrer", "tenant", "referrer_id", "created_at", "id"),
    )

    id: Mapped[Id]
    tenant: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    case_id: Mapped[UUID] = mapped_column(unique=True)
    state: Mapped[Code]
    kind: Mapped[Code]
    track: Mapped[Code]
    themes: Mapped[Codes]
    minors: Mapped[bool]
    referrer_id: Mapped[UUID | None]
    referring_organisation: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    mandated_organisation: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    reason: Mapped[Code | None]
    created_at: Mapped[At]
    decided_at: Mapped[At | None]
    decided_by: Mapped[UUID | None]
    sealed: Mapped[SealedBytes]


class ReferralPerson(Base):
    """A person named in a referral; network takes them over under the same id when the case opens."""

    __tablename__ = "referral_person"
    __sealed__ = Sealed(PersonFields, subject="id", case="case_id", person="id", shown=True)
    __table_args__ = (
        Index("ix_referral_person_referral", "tenant", "referral_id", "position"),
        Index("ix_referral_person_index", "tenant", "person_index"),
    )

    id: Mapped[Id]
    tenant: Mapped[UUID]
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"))
    case_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(SmallInteger)
    role: Mapped[Code]
    # A blind index of a central person, for finding other referrals of them.
    person_index: Mapped[SealedBytes | None]
    created_at: Mapped[At]
    sealed: Mapped[SealedBytes]
