"""Bodies about referrals."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from services.intake.domain.codes import (
    Gender,
    ReferralKind,
    ReferralReason,
    ReferralState,
    ReferredRole,
    Side,
    Theme,
    Track,
)
from services.intake.domain.consent import Referred
from services.intake.schemas.common import Culture, Languages
from shared.fields import EmailAddress, LanguageCode, LastName, Line, Name, Phone, Text
from shared.http.models import RequestModel, ResponseModel

MAX_PERSONS = 50
MAX_LINES = 30
_ALSO_REFERRED = "Other open referrals of the same central person that the reader may list, the newest 20."


class Wishes(RequestModel):
    """The family's wishes for a coordinator."""

    languages: Languages = Field(default_factory=list)
    gender: Gender | None = None
    culture: Culture | None = None


class GivenConsent(RequestModel):
    """Whether a person agreed to the referral, and when."""

    referral: bool
    date: date


class NewPerson(RequestModel):
    """A person in a referral; `ref` identifies them within it."""

    ref: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    first_name: Name
    last_name: LastName = ""
    birth_date: Annotated[date, Field(ge=date(1900, 1, 1))] | None = None
    role: ReferredRole
    email: EmailAddress | None = None
    phone: Phone | None = None
    address: Line | None = None
    language: LanguageCode = "nl"
    relation: Line | None = None
    side: Side = "other"
    parental_authority: bool = False
    consent: GivenConsent | None = None

    def as_referred(self) -> Referred:
        """Return what the consent rules need to know."""
        return Referred(
            ref=self.ref,
            is_central=self.role == "central",
            birth_date=self.birth_date,
            parental_authority=self.parental_authority,
            agreed=self.consent is not None and self.consent.referral,
            agreed_on=self.consent.date if self.consent is not None else None,
        )


class NewReferral(RequestModel):
    """A request for a conference: by a professional or an acquaintance for others, or by somebody for themselves."""

    kind: ReferralKind
    themes: Annotated[list[Theme], Field(min_length=1, max_length=len(Theme))]
    track: Track = "normal"
    question: Text
    languages: Languages = Field(default_factory=lambda: ["nl"])
    wishes: Wishes = Field(default_factory=Wishes)
    persons: Annotated[list[NewPerson], Field(min_length=1, max_length=MAX_PERSONS)]
    bottom_lines: Annotated[list[Text], Field(max_length=MAX_LINES)] = Field(default_factory=list)
    resources: Text | None = None
    mandated_organisation_id: UUID | None = None
    summary: Text | None = None


class ReferralReceipt(ResponseModel):
    """The result of sending a referral."""

    referral_id: UUID
    state: ReferralState = ReferralState.RECEIVED
    also_referred: list[UUID] = Field(default_factory=list, description=_ALSO_REFERRED)


class ReferralSummary(ResponseModel):
    """A referral in a list, without its content."""

    referral_id: UUID
    state: ReferralState
    kind: ReferralKind
    track: Track
    themes: list[str]
    minors: bool
    referring_organisation_id: UUID | None
    mandated_organisation_id: UUID | None
    case_id: UUID | None
    created_at: datetime
    # When a decision will be late; absent once it is decided.
    decide_by: datetime | None
    also_referred: list[UUID] = Field(description=_ALSO_REFERRED)


class ShownWishes(ResponseModel):
    """The family's wishes for a coordinator."""

    languages: list[str]
    gender: str | None
    culture: str | None


class ShownConsent(ResponseModel):
    """Whether a person agreed to the referral, and when."""

    referral: bool
    date: date


class ReferredPerson(ResponseModel):
    """A person in a referral; of an erased person only the id and the role are left."""

    person_id: UUID
    ref: str | None = None
    role: ReferredRole
    first_name: str | None = None
    last_name: str | None = None
    birth_date: date | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    language: str | None = None
    relation: str | None = None
    side: Side | None = None
    parental_authority: bool = False
    consent: ShownConsent | None = None
    erased: bool = False


class ReferralDetail(ReferralSummary):
    """A whole referral, for its author and those who decide on it."""

    question: str
    summary: str | None
    languages: list[str]
    wishes: ShownWishes
    bottom_lines: list[str]
    resources: str | None
    persons: list[ReferredPerson]
    reason: str | None

    @classmethod
    def of(cls, standing: ReferralSummary, **words: object) -> Self:
        """Return the state of a referral together with its content."""
        return cls.model_validate({**standing.model_dump(), **words})


class ReferralRefusal(RequestModel):
    """Why a referral is declined or withdrawn."""

    reason: ReferralReason


class CaseStarted(ResponseModel):
    """The case that a referral became."""

    case_id: UUID
