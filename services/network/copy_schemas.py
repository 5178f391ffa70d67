"""The copy of everything about one person: the structure in which they get it, and may take it elsewhere.

Stable: fields are only ever added. Data of other services has the structure that they publish
(shared.contracts).
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
MissingReason = Literal["erased", "not-held", "withheld"]


class CopyPart(BaseModel):
    """A part of the copy."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class You(CopyPart):
    """A person's identity in this case, as network holds it."""

    role: str
    side: str
    state: str
    since: datetime
    left_at: datetime | None
    # Null once erased.
    details: PersonFields | None


class SaidConsent(CopyPart):
    """A yes or no to a purpose, at a moment; `concerns`: the person it is about, if not themselves."""

    purpose: str
    concerns: UUID | None
    version: int
    # The language in which the text was read, if known.
    language: str | None
    given: bool
    via: str
    said_at: datetime


class HeldBasis(CopyPart):
    """The legal basis on which data is kept, and since when."""

    basis: str
    since: datetime


class MadeContact(CopyPart):
    """A contact that the coordinator had with the person."""

    on: date
    channel: str
    purpose: str


class GotInvitation(CopyPart):
    """The invitation and the answer to it."""

    sent_at: datetime
    reminded_at: datetime | None
    answered_at: datetime | None
    state: str
    answer: str | None
    mode: str | None
    via: str | None


class GotLink(CopyPart):
    """The personal link: when it was made and until when it is valid."""

    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    renewed: int


class GotMessage(CopyPart):
    """A mail: its kind and when it was sent, without its words."""

    kind: str
    decided_at: datetime
    settled_at: datetime | None
    state: str


class MadeRequest(CopyPart):
    """A request about this person's data."""

    kind: str
    state: str
    received_at: datetime
    ended_at: datetime | None
    text: str | None


class GaveScores(CopyPart):
    """Their answers to a survey that is still open; after it closes, answers can no longer be linked to a person."""

    meeting: int | None = Field(description="Of the conference, from one to ten.")
    plan: int | None = Field(description="Of the plan.")
    coordinator: int | None = Field(description="Of the coordinator.")


class LeftCircle(CopyPart):
    """The removal of a person from the circle; the reason is included only if it betrays nobody else's confidence."""

    kind: str
    at: datetime
    reason: str | None


class InCircle(CopyPart):
    """What network holds besides the person's identity."""

    consents: list[SaidConsent]
    legal_bases: list[HeldBasis]
    contacts: list[MadeContact]
    invitation: GotInvitation | None
    survey: GaveScores | None
    link: GotLink | None
    messages: list[GotMessage]
    data_requests: list[MadeRequest]
    # Only the number: who they are concerns other people.
    people_you_proposed: int
    left: LeftCircle | None


# Reads and changes of this data are given in one list for all services.
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


class Missing(CopyPart):
    """A part that is missing from the copy, and why."""

    part: PartName
    reason: MissingReason


class Copy(CopyPart):
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
