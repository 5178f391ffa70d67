"""The copy of everything about one person: the structure in which they get it, and may take it elsewhere.

Stable: fields are only ever added. What other services answer is read as it is, unknown fields ignored.
"""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

COPY_FORMAT: Literal["kring-copy-1"] = "kring-copy-1"

PartName = Literal["you", "referral", "meetings", "plan", "exit-reason"]
Why = Literal["erased", "not-held", "withheld"]


class Part(BaseModel):
    """A part of the copy."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Seen(Part):
    """That something of yours was read or changed: when, and by what kind of person."""

    at: datetime
    action: str
    what: list[str]
    by: str
    by_yourself: bool
    roles: list[str]
    purpose: str | None
    by_break_glass: bool


class You(Part):
    """Who somebody is to this case, as network knows them."""

    role: str
    side: str
    state: str
    since: datetime
    left_at: datetime | None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    language: str | None = None
    relation: str | None = None
    birth_date: date | None = None
    parental_authority: bool | None = None


class SaidConsent(Part):
    """A yes or no to a purpose, at a moment; `concerns`: about whom, if not themselves."""

    purpose: str
    concerns: UUID | None
    version: int
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
    link: GotLink | None
    messages: list[GotMessage]
    data_requests: list[MadeRequest]
    # How many, not whom: they are other people.
    people_you_proposed: int
    left: LeftCircle | None


class CaseInWords(Part):
    """Where the case stands or stood."""

    state: str
    track: str
    themes: list[str]
    opened_at: datetime
    ended_at: datetime | None
    outcome: str | None
    referring_organisation: str | None
    mandated_organisation: str | None


class EntryInReferral(Part):
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


class ReferralWords(Part):
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


class BaselineWords(Part):
    """What was written down at the beginning of the case."""

    written_at: datetime
    questions: list[str]
    resources: str | None
    bottom_lines: list[str]


class FromIntake(Part):
    """What intake holds."""

    erased: bool = False
    # Handed on in one list with those of all services.
    seen: Annotated[list[Seen], Field(exclude=True)] = []
    case: CaseInWords | None = None
    entry: EntryInReferral | None = None
    referral: ReferralWords | None = None
    baseline: BaselineWords | None = None


class SaidDate(Part):
    """What was said to a proposed date."""

    starts_at: datetime
    ends_at: datetime
    answer: str
    via: str
    said_at: datetime


class AskedDates(Part):
    """A question which dates suit."""

    state: str
    asked_at: datetime | None
    reminded_at: datetime | None
    answers: list[SaidDate]


class Meeting(Part):
    """A meeting of the circle."""

    conference_no: int
    state: str
    starts_at: datetime | None
    ends_at: datetime | None
    held_on: date | None
    venue: str | None
    told: bool
    mode: str | None
    came: bool | None
    arrived_at: datetime | None
    left_at: datetime | None


class PlaceInCircle(Part):
    """How somebody takes part."""

    role: str
    required: bool
    mode: str


class FromScheduling(Part):
    """What scheduling holds."""

    erased: bool = False
    # Handed on in one list with those of all services.
    seen: Annotated[list[Seen], Field(exclude=True)] = []
    circle: PlaceInCircle | None = None
    polls: list[AskedDates] = []
    conferences: list[Meeting] = []


class PlannedAgreement(Part):
    """An agreement of the plan."""

    what: str
    yours: bool
    due_on: date
    known_done_how: str | None
    state: str
    settled_at: datetime | None


class PlannedOtherwise(Part):
    """What the circle does when things go otherwise."""

    when: str
    then: str
    yours: bool


class ReadablePlan(Part):
    """The plan in the version that the person may read."""

    version: int
    recorded_at: datetime
    review_on: date
    acceptance: str
    follow_up: str
    you_monitor_it: bool
    shared_with_you_at: datetime | None
    goals: list[str] | None
    decisions_of_circle: list[str] | None
    plan_b: list[PlannedOtherwise] | None
    agreements: list[PlannedAgreement]


class HeldCheckIn(Part):
    """A moment at which somebody asked how things went."""

    kind: str
    recorded_at: datetime | None
    decision: str | None
    note: str | None


class FromPlans(Part):
    """What plans holds."""

    erased: bool = False
    # Handed on in one list with those of all services.
    seen: Annotated[list[Seen], Field(exclude=True)] = []
    plan: ReadablePlan | None = None
    own_agreements: list[PlannedAgreement] = []
    check_ins: list[HeldCheckIn] = []


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
    language: str
    missing: list[Missing]
    you: You
    circle: InCircle
    referral: FromIntake | None
    meetings: FromScheduling | None
    plan: FromPlans | None
    # From all services together, newest first.
    seen: list[Seen]
