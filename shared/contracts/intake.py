"""What intake answers to other services."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from shared.contracts.base import COPY_FOR_PERSON, COPY_PATH, Contract, OwnAuditEntry, Published
from shared.events.network import PersonRole, Side


class PersonAtOpening(Published):
    """A person as the referral names them; `agreed`: they said yes to the referral."""

    person_id: UUID
    role: PersonRole
    first_name: str
    last_name: str
    birth_date: date | None
    email: str | None
    phone: str | None
    address: str | None
    language: str
    relation: str | None
    side: Side
    parental_authority: bool
    agreed: bool


class PersonsAtOpening(Published):
    """The persons of a case's referral who can still be read, for the service that owns them from then on."""

    items: list[PersonAtOpening]


class FileHeld(Published):
    """Whether a hold is in force on a file at this moment, without its reason."""

    under_hold: bool


class CopiedCase(Published):
    """The state of the case."""

    case_id: UUID
    state: str
    track: str
    themes: list[str]
    opened_at: datetime
    ended_at: datetime | None
    outcome: str | None
    stop_reason: str | None
    referring_organisation: str | None
    mandated_organisation: str | None


class CopiedReferral(Published):
    """The referral, in its author's words."""

    received_at: datetime
    kind: str
    question: str
    summary: str | None
    languages: list[str]
    wished_languages: list[str]
    wished_gender: str | None
    wished_culture: str | None
    bottom_lines: list[str]
    resources: str | None


class CopiedEntry(Published):
    """What the referral says about the person themselves."""

    role: str
    first_name: str
    last_name: str
    birth_date: date | None
    email: str | None
    phone: str | None
    address: str | None
    language: str
    relation: str | None
    side: str
    parental_authority: bool
    agreed: bool
    agreed_on: date | None


class CopiedBaseline(Published):
    """The current version of what was written down at the beginning of the case."""

    version: int
    written_at: datetime
    questions: list[str]
    resources: str | None
    bottom_lines: list[str]


class IntakeCopy(Published):
    """All that intake holds on one person. `erased`: part of it can no longer be read by anybody."""

    erased: bool = False
    case: CopiedCase | None = None
    entry: CopiedEntry | None = None
    referral: CopiedReferral | None = None
    baseline: CopiedBaseline | None = None
    seen: list[OwnAuditEntry] = Field(default_factory=list)


PERSONS_AT_OPENING = Contract(
    "intake", "/v1/cases/{case_id}/persons-at-opening", PersonsAtOpening, purpose="copy-persons"
)
UNDER_HOLD = Contract("intake", "/v1/cases/{case_id}/under-hold", FileHeld, purpose="erase-person")
COPY = Contract("intake", COPY_PATH, IntakeCopy, purpose=COPY_FOR_PERSON)
