"""Events of plans: plans and their acceptance, agreements, check-ins, the end of the follow-up."""

from datetime import date
from typing import Literal
from uuid import UUID

from shared.events.base import EventData

CheckInKind = Literal["four-weeks", "three-months", "six-months", "twelve-months", "review"]

Said = Literal["nearly", "not-yet", "changed", "help"]


class PlanRecorded(EventData, type="plans.plan.recorded.v1", public=True):
    """The circle's plan was recorded, from a conference or without a meeting.

    `replaced`: agreements that the new version ended. `by_professionals`: how many of its agreements are for a
    professional to do; None in an event from before this was told.
    """

    case_id: UUID
    plan_id: UUID
    version: int
    conference_id: UUID | None = None
    agreement_ids: tuple[UUID, ...]
    monitor_person_id: UUID | None = None
    review_on: date
    convener_person_id: UUID | None = None
    needs_acceptance: bool
    replaced: tuple[UUID, ...] = ()
    by_professionals: int | None = None


class PlanAccepted(EventData, type="plans.plan.accepted.v1", public=True):
    """The mandated side found every bottom line met, or did not respond in time (`presumed`)."""

    case_id: UUID
    plan_id: UUID
    version: int
    presumed: bool = False
    # The family and the referrer were called before: who coordinates the case changed the plan, and is done.
    ends_task: bool = False


class PlanPartlyAccepted(EventData, type="plans.plan.partly-accepted.v1", public=True):
    """Some bottom lines are not met; the reasons were given and the circle may amend the plan."""

    case_id: UUID
    plan_id: UUID
    version: int
    refused: tuple[UUID, ...]


class PlanRefused(EventData, type="plans.plan.refused.v1", public=True):
    """No bottom line is met; the reasons were given."""

    case_id: UUID
    plan_id: UUID
    version: int


class PlanShared(EventData, type="plans.plan.shared.v1"):
    """The circle shared the plan with these people and organisations."""

    case_id: UUID
    plan_id: UUID
    version: int
    person_ids: tuple[UUID, ...] = ()
    organisations: tuple[UUID, ...] = ()


class PlanSharingEnded(EventData, type="plans.plan.sharing-ended.v1"):
    """The circle ended the sharing of the plan with a person or an organisation."""

    case_id: UUID
    plan_id: UUID
    recipient_id: UUID


class AgreementDue(EventData, type="plans.agreement.due.v1"):
    """The due day of an agreement has come."""

    case_id: UUID
    agreement_id: UUID
    due_on: date


class AgreementProgressed(EventData, type="plans.agreement.progressed.v1"):
    """A new status of an agreement that is not done. `before`: the previous status."""

    case_id: UUID
    agreement_id: UUID
    progress: Said
    before: Said | None = None


class AgreementDone(EventData, type="plans.agreement.done.v1"):
    """An agreement was carried out. `before`: the previous status."""

    case_id: UUID
    agreement_id: UUID
    before: Said | None = None


class AgreementLapsed(EventData, type="plans.agreement.lapsed.v1"):
    """An agreement was not carried out in its time, or was let go."""

    case_id: UUID
    agreement_id: UUID


class PlanBInvoked(EventData, type="plans.plan-b.invoked.v1"):
    """Plan B is needed: what the circle agreed to do then is an agreement from now on.

    `instead_of`: the agreement that is suspended meanwhile.
    """

    case_id: UUID
    plan_id: UUID
    agreement_id: UUID
    instead_of: UUID | None = None


class CheckInDue(EventData, type="plans.check-in.due.v1"):
    """A check-in is due."""

    case_id: UUID
    check_in_id: UUID
    kind: CheckInKind
    owner: Literal["coordinator", "monitor", "regional-manager"]


# What a circle decides at a check. `own-meeting`: it meets by itself, without a coordinator.
Decision = Literal["continue", "adjust", "own-meeting", "new-conference", "close"]


class CheckInRecorded(EventData, type="plans.check-in.recorded.v1", public=True):
    """A check-in was recorded, with what the circle decided."""

    case_id: UUID
    check_in_id: UUID
    kind: CheckInKind
    decision: Decision
    # For a new conference: the family prefers another coordinator than the former one.
    another_coordinator: bool = False
    # After four weeks: the coordinator still has to call the referrer.
    task_goes_on: bool = False
    # Whether something serious happened; None: nothing was said.
    incident: bool | None = None


class ReferrerCalled(EventData, type="plans.referrer.called.v1", public=True):
    """The referrer was called, four weeks after the plan, or could not be reached."""

    case_id: UUID
    plan_id: UUID
    going: Literal["as-agreed", "partly", "not", "not-reached"]
    new_needs: bool
    # The family was called too: the coordinator's task is done.
    ends_task: bool = False


class PlanAdjusted(EventData, type="plans.plan.adjusted.v1"):
    """The circle wanted to adjust its plan at a check, or to meet by itself, and a new version says what it decided."""

    case_id: UUID
    plan_id: UUID
    version: int
    # The family and the referrer were called too: the coordinator's task is done.
    ends_task: bool


class CircleMet(EventData, type="plans.circle.met.v1", public=True):
    """The circle met by itself, without a coordinator; said again of the same day, the latest word counts."""

    case_id: UUID
    plan_id: UUID
    met_on: date
    # It changes its plan: a new version is to be written.
    changed: bool
    said_as: Literal["coordinator", "regional-manager", "person"]
    # Nothing changes, and the family and the referrer were called: the coordinator's task is done.
    ends_task: bool = False


class ReviewRequested(EventData, type="plans.review.requested.v1", public=True):
    """Somebody of the circle or the referrer asked to look at the plan earlier than agreed."""

    case_id: UUID
    plan_id: UUID


class FollowUpEnded(EventData, type="plans.follow-up.ended.v1", public=True):
    """The year is over, or the circle decided to close."""

    case_id: UUID
    outcome: Literal["followed-up", "closed-early"]
