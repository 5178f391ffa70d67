"""Request and response bodies."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from services.plans.domain import (
    PLAN_PARTS,
    AnsweredAs,
    CheckInOwner,
    Going,
    PlanPart,
    Progress,
    RecordedAs,
    ResourceState,
)
from services.plans.schemas.wordings import WordingOut
from shared.events.plans import CheckInKind, Decision
from shared.fields import Text
from shared.http.models import ReadVersion, RequestModel, ResponseModel


def all_different(ids: tuple[UUID, ...]) -> tuple[UUID, ...]:
    """Return ids, all different. Raises: ValueError."""
    if len(set(ids)) != len(ids):
        raise ValueError("must not name the same one twice")
    return ids


Ids = Annotated[tuple[UUID, ...], Field(max_length=200), AfterValidator(all_different)]
# Answers are added to an existing plan: short enough to be printed with the longest.
Reply = Annotated[Text, StringConstraints(max_length=1_000)]


# --- requests ---


class AcceptanceLine(RequestModel):
    """Whether one bottom line is met."""

    bottom_line_id: UUID
    met: bool
    reason: Text | None = None


class NewAcceptance(RequestModel):
    """The mandated side's judgement of each bottom line; `version` guards against judging an older text."""

    lines: Annotated[tuple[AcceptanceLine, ...], Field(max_length=200)]
    version: ReadVersion | None = None


class NewShare(RequestModel):
    """Whom to share which parts of the plan with: everybody who takes part, if no person is named.

    The circle itself always reads the whole plan, and people always read their own agreements.
    """

    version: ReadVersion | None = None
    person_ids: Ids | None = None
    organisation_ids: Ids = ()
    parts: Annotated[
        frozenset[PlanPart],
        Field(min_length=1, description="The parts they may read: everything if left out."),
    ] = PLAN_PARTS


class ResourceAnswer(RequestModel):
    """The outcome of a request for a resource."""

    state: ResourceState
    answer: Reply | None = None
    version: ReadVersion | None = None


class OwnStance(RequestModel):
    """Whether the caller supports this version of the plan."""

    version: ReadVersion
    agrees: bool


class NewProgress(RequestModel):
    """The progress of an open agreement."""

    progress: Progress


# --- responses ---


class PlanSummary(ResponseModel):
    """The state of a plan, without its words."""

    plan_id: UUID
    case_id: UUID
    version: int
    conference_id: UUID | None
    acceptance: str
    follow_up: str
    outcome: str | None
    monitor_person_id: UUID | None
    review_on: date
    convener_person_id: UUID | None = Field(
        description="The person of the circle who calls it together for the review; null if that is the coordinator"
        " or the regional manager, also because that person left, and for readers with whom nothing was shared."
    )
    recorded_at: datetime
    ended_at: datetime | None


class Invoked(ResponseModel):
    """Marks an agreement as plan B: its line, who invoked it, and why."""

    line: int = Field(description="Which line of plan B it is; the first is 1.")
    instead_of: UUID | None = Field(description="The agreement that is suspended for it.")
    invoked_by: UUID = Field(description="Who invoked it.")
    invoked_as: RecordedAs = Field(description="The role in which they did: staff by their function.")
    invoked_at: datetime = Field(description="When.")
    invoked_reason: str | None = Field(
        description="Why, in their words; null for readers who may not see why the plan changes."
    )


class AgreementOut(ResponseModel):
    """An agreement and its state."""

    agreement_id: UUID
    plan_id: UUID
    plan_version: int
    what: str
    who_person_ids: list[UUID]
    # Those of them who were erased: show "somebody who was erased".
    erased_person_ids: list[UUID]
    who_text: str | None
    by: str
    due_on: date
    known_done_how: str | None
    state: str
    progress: str | None
    progress_at: datetime | None
    settled_at: datetime | None
    invoked: Invoked | None = Field(default=None, description="Set if it is plan B; null for all others.")


class PlanBOut(ResponseModel):
    """Plan B: what the circle does if things turn out differently."""

    when: str
    then: str
    who_person_id: UUID | None


class AcceptanceLineOut(ResponseModel):
    """The mandated side's judgement of a bottom line."""

    bottom_line_id: UUID
    bottom_line_version: int
    met: bool
    reason: str | None


class SharedWith(ResponseModel):
    """A person or organisation with whom the plan was shared, and since when."""

    version: int
    person_id: UUID | None = None
    organisation_id: UUID | None = None
    parts: list[PlanPart] = Field(description="The parts they may read.")
    shared_at: datetime
    shared_by: UUID = Field(description="Who shared it.")
    shared_for: list[UUID] = Field(
        description="The children under twelve on whose behalf it was shared, by somebody who decides for them."
    )


class ResourceOut(ResponseModel):
    """What the circle asked of somebody outside it, and the answer."""

    resource_id: UUID
    what: str
    asked_of: str | None
    state: ResourceState
    answer: str | None
    answered_at: datetime | None
    answered_as: AnsweredAs | None = Field(
        default=None,
        description="The role of whoever wrote the answer down; `mandated`: who accepts the plan.",
    )
    version: int


class StanceOut(ResponseModel):
    """Whether a person supports the plan."""

    person_id: UUID
    agrees: bool
    said_at: datetime


class OwnMeetingOut(ResponseModel):
    """A meeting that the circle held by itself, without a coordinator."""

    met_on: date = Field(description="The day on which it met.")
    changed: bool = Field(description="It changes its plan.")
    said_as: RecordedAs = Field(description="The role of whoever said so.")
    said_at: datetime


class PlanOut(PlanSummary):
    """A plan, in the version and the parts that the caller may read; other parts are left empty.

    People always read their own agreements, also where nothing was shared with them.
    """

    parts: list[PlanPart] = Field(
        description="The parts the caller reads, the others are left empty; no part: only their own agreements."
    )
    language: str
    change_reason: str | None = Field(description="Why the version before was changed; null for the first.")
    asked_by_person_id: UUID | None
    goals: list[str]
    decisions_of_circle: list[str]
    plan_b: list[PlanBOut]
    for_children: str | None
    resources: list[ResourceOut] = Field(
        description="What the circle asks of services and organisations, and the outcome."
    )
    stances: list[StanceOut]
    agreements: list[AgreementOut]
    acceptance_lines: list[AcceptanceLineOut]
    shared_with: list[SharedWith]
    wordings: list[WordingOut] = Field(
        default=[],
        description="The plan in other languages: of each text that the caller reads and that was put in it.",
    )
    own_meetings: list[OwnMeetingOut] = Field(
        default=[],
        description="The latest days on which the circle met by itself, for readers of the current version.",
    )
    referring_organisation_id: UUID | None = Field(
        description="Who referred the case for others; only for readers who see with whom the plan is shared."
    )


class AcceptanceOut(ResponseModel):
    """The overall result of the answers per bottom line."""

    plan_id: UUID
    version: int
    acceptance: str
    refused: list[UUID]


class ShareOut(ResponseModel):
    """Those with whom the plan was newly shared; those who had this version are not told again."""

    plan_id: UUID
    version: int
    person_ids: list[UUID]
    organisation_ids: list[UUID]


class SharingEndedOut(ResponseModel):
    """Who no longer reads the plan."""

    plan_id: UUID
    recipient_id: UUID = Field(description="The person or organisation with whom it was shared.")


class AgreementStateOut(ResponseModel):
    """The state of an agreement."""

    agreement_id: UUID
    state: str
    progress: str | None


class ReviewAnswersOut(ResponseModel):
    """How many of the circle want to meet again at a review, how many do not, and the reader's own answer."""

    meet_again: int = 0
    stay_apart: int = 0
    another_coordinator: int = 0
    without_coordinator: int = 0
    own: bool | None = None
    own_another_coordinator: bool = Field(
        default=False, description="Whether the reader wants to meet again with another coordinator."
    )
    own_without_coordinator: bool = Field(
        default=False, description="Whether the reader wants to meet again without a coordinator."
    )


class CheckInOut(ResponseModel):
    """A check: who must ask, when, and the result."""

    check_in_id: UUID
    case_id: UUID
    plan_id: UUID
    kind: CheckInKind
    owner: CheckInOwner
    yours: bool = Field(description="Whether the caller is the monitor, who must ask.")
    state: str
    due_at: datetime | None
    escalates_at: datetime | None
    decision: Decision | None
    new_needs: bool | None = Field(
        default=None, description="Whether there is something that the plan does not cover."
    )
    incident: bool | None = Field(default=None, description="Whether something serious happened.")
    note: str | None
    moved_reason: str | None = Field(description="Why it was moved to another day, if it was.")
    recorded_at: datetime | None
    review_answers: ReviewAnswersOut | None = Field(
        description="The circle's answers at a review; empty for other checks."
    )


class CheckInMovedOut(ResponseModel):
    """The check that was moved."""

    check_in_id: UUID
    due_at: datetime
    escalates_at: datetime


class ReferrerCallOut(ResponseModel):
    """A call to the referrer."""

    call_id: UUID = Field(description="The call.")
    going: Going = Field(description="Whether the plan is carried out, as far as the referrer sees it.")
    new_needs: bool = Field(description="They see something that the plan does not cover.")
    note: str | None
    called_at: datetime = Field(description="When it was recorded.")


class ReferrerCallsOut(ResponseModel):
    """The calls to the referrer of a case: from when the next can be recorded, and the earlier ones."""

    next_at: datetime | None = Field(description="When to call; empty if nobody needs to be called any more.")
    can_be_made: bool = Field(description="Whether it can be written down now: from a week before on.")
    late_at: datetime | None = Field(description="When it escalates to the regional manager.")
    owner: CheckInOwner | None
    late: bool = Field(description="Nobody called in time.")
    calls: list[ReferrerCallOut] = Field(description="One for each year of a plan, earliest first.")


class WaitingCheckIn(ResponseModel):
    """A pending check, without earlier notes."""

    check_in_id: UUID
    case_id: UUID
    kind: CheckInKind
    owner: CheckInOwner
    state: str
    due_at: datetime | None
    escalates_at: datetime | None


class CheckInRecordedOut(ResponseModel):
    """What was recorded, and whether the follow-up continues."""

    check_in_id: UUID
    state: str
    follow_up: str


class ReviewRequestedOut(ResponseModel):
    """The review that was requested."""

    check_in_id: UUID
    owner: CheckInOwner


class ReviewAnswerOut(ResponseModel):
    """A person's answer about meeting again."""

    check_in_id: UUID
    meet_again: bool
    another_coordinator: bool
    without_coordinator: bool = False
