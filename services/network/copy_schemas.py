"""The copy of everything about one person: the structure in which they get it, and may take it elsewhere.

Stable: fields are only ever added. What other services hold is in the structure that they publish (shared.contracts).
"""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.network.models import PersonFields
from shared.contracts import OwnAuditEntry, intake, plans, scheduling
from shared.languages import Language

COPY_FORMAT: Literal["kring-copy-1"] = "kring-copy-1"

PartName = Literal["you", "referral", "meetings", "plan", "exit-reason"]
Why = Literal["erased", "not-held", "withheld"]


class Part(BaseModel):
    """A part of the copy."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class You(Part):
    """Who somebody is to this case, as network knows them."""

    role: str
    side: str
    state: str
    since: datetime
    left_at: datetime | None
    # None once erased.
    details: PersonFields | None


class SaidConsent(Part):
    """A yes or no to a purpose, at a moment; `concerns`: about whom, if not themselves."""

    purpose: str
    concerns: UUID | None
    version: int
    # In which the text was read, where it was.
    language: str | None
    given: bool
    via: str
    said_at: datetime


class KeptBecause(Part):
    """On what basis of the law data is kept, since when."""

    basis: str
    since: datetime


class MadeContact(Part):
    """That the coordinator was in touch."""

    on: date
    channel: str
    purpose: str


class GotInvitation(Part):
    """The invitation and the answer to it."""

    sent_at: datetime
    reminded_at: datetime | None
    answered_at: datetime | None
    state: str
    answer: str | None
    mode: str | None
    via: str | None


class GotLink(Part):
    """The personal link: when it was made and until when it lets in."""

    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    renewed: int


class GotMessage(Part):
    """A mail: what kind, and when. Its words were in the mail."""

    kind: str
    decided_at: datetime
    settled_at: datetime | None
    state: str


class MadeRequest(Part):
    """Something that was asked of these data."""

    kind: str
    state: str
    received_at: datetime
    ended_at: datetime | None
    text: str | None


class GaveScores(Part):
    """What they answered to a survey that is still open; after that, nobody knows which answer was whose."""

    meeting: int | None = Field(description="Of the conference, from one to ten.")
    plan: int | None = Field(description="Of the plan.")
    coordinator: int | None = Field(description="Of the coordinator.")


class LeftCircle(Part):
    """That somebody had to leave the circle; the reason only if it betrays nobody else's confidence."""

    kind: str
    at: datetime
    reason: str | None


class InCircle(Part):
    """What network holds besides who somebody is."""

    consents: list[SaidConsent]
    kept_because: list[KeptBecause]
    contacts: list[MadeContact]
    invitation: GotInvitation | None
    survey: GaveScores | None
    link: GotLink | None
    messages: list[GotMessage]
    data_requests: list[MadeRequest]
    # How many, not whom: they are other people.
    people_you_proposed: int
    left: LeftCircle | None


# Who read or changed what is handed on in one list for all services.
_Apart = Annotated[list[OwnAuditEntry], Field(default_factory=list, exclude=True)]


class FromIntake(intake.IntakeCopy):
    """What intake holds."""

    seen: _Apart


class FromScheduling(scheduling.SchedulingCopy):
    """What scheduling holds."""

    seen: _Apart


class FromPlans(plans.PlansCopy):
    """What plans holds."""

    seen: _Apart


class Missing(Part):
    """A part that is not in the copy, and why."""

    part: PartName
    why: Why


class Copy(Part):
    """Everything that is kept about one person in one case, at one moment."""

    format: Literal["kring-copy-1"] = COPY_FORMAT
    made_at: datetime
    request_id: UUID
    case_id: UUID
    person_id: UUID
    # The language of the page.
    language: Language
    missing: list[Missing]
    you: You
    circle: InCircle
    referral: FromIntake | None
    meetings: FromScheduling | None
    plan: FromPlans | None
    # From all services together, newest first.
    seen: list[OwnAuditEntry]
