"""What intake holds on one person, for their own copy of it."""

from datetime import date, datetime
from uuid import UUID

from shared.http import OwnAuditEntry
from shared.http.models import ResponseModel


class CopiedCase(ResponseModel):
    """Where the case stands or stood."""

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


class CopiedReferral(ResponseModel):
    """The referral, in the words of whoever wrote it."""

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


class CopiedEntry(ResponseModel):
    """What the referral says of the person themselves."""

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


class CopiedBaseline(ResponseModel):
    """What was written down at the beginning of the case, as it counts now."""

    version: int
    written_at: datetime
    questions: list[str]
    resources: str | None
    bottom_lines: list[str]


class IntakeCopy(ResponseModel):
    """All that intake holds on one person. `erased`: some of it can no longer be read by anybody."""

    erased: bool
    case: CopiedCase | None
    entry: CopiedEntry | None
    referral: CopiedReferral | None
    baseline: CopiedBaseline | None
    seen: list[OwnAuditEntry]
