"""What plans answers to other services."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from shared.contracts.base import COPY_FOR_PERSON, COPY_PATH, Contract, OwnAuditEntry, Published


class CopiedAgreement(Published):
    """An agreement of the plan; its owner is only given if it is the person themselves."""

    what: str
    yours: bool
    due_on: date
    known_done_how: str | None
    state: str
    settled_at: datetime | None
    invoked_reason: str | None = Field(default=None, description="Why it is done, if it is part of plan B.")


class CopiedPlanB(Published):
    """Plan B: what the circle does if things turn out differently."""

    when: str
    then: str
    yours: bool


class CopiedResource(Published):
    """What the circle asked of somebody outside it, and the outcome."""

    what: str
    asked_of: str | None
    state: str
    answer: str | None


class PlanText(Published):
    """A text of a plan, as the circle agreed on it, and how it is said in another language."""

    in_plan: str = Field(description="The text as it is in the plan.")
    wording: str = Field(description="The same in the other language.")


class CopiedWording(Published):
    """What a person may read of a plan in another language."""

    language: str
    texts: list[PlanText] = Field(description="Each text of the plan that was put in this language.")


class CopiedPlan(Published):
    """The plan in the version and the parts that the person may read. Its words are null once erased."""

    plan_id: UUID
    version: int
    recorded_at: datetime
    review_on: date
    own_meetings: list[date] = Field(
        default=[], description="The days on which the circle met by itself, without a coordinator."
    )
    acceptance: str
    follow_up: str
    you_monitor_it: bool
    you_convene: bool = Field(
        default=False, description="Whether you call the circle together for the review."
    )
    shared_with_you_at: datetime | None
    goals: list[str] | None
    decisions_of_circle: list[str] | None
    plan_b: list[CopiedPlanB] | None
    for_children: str | None
    change_reason: str | None = Field(description="Why the version before was changed; null for the first.")
    resources: list[CopiedResource] = Field(
        description="What the circle asks of services and organisations, and the outcome."
    )
    # Whether the person supports it; null if they did not say.
    you_agree: bool | None
    agreements: list[CopiedAgreement]
    wordings: list[CopiedWording] = Field(
        default=[], description="The plan in other languages than that of its circle."
    )


class CopiedCheckIn(Published):
    """A moment at which somebody asked how things are going."""

    kind: str
    recorded_at: datetime | None
    decision: str | None
    note: str | None
    moved_reason: str | None = Field(
        default=None, description="Why it was asked on another day than was planned, if it was."
    )
    new_needs: bool | None = Field(
        default=None, description="Whether there was something that the plan does not cover, if it was asked."
    )
    incident: bool | None = Field(
        default=None, description="Whether something serious happened, if it was asked."
    )


class CopiedSharing(Published):
    """That somebody who decides for a child shared the plan in its place, and when it was taken back."""

    shared_at: datetime = Field(description="When it was shared.")
    taken_back_at: datetime | None = Field(description="When it was taken back, if it was.")


class PlansCopy(Published):
    """All that plans holds on one person. `erased`: part of it can no longer be read by anybody."""

    erased: bool = False
    plan: CopiedPlan | None = None
    # Of versions or parts that the person may not read as a whole.
    own_agreements: list[CopiedAgreement] = Field(default_factory=list)
    check_ins: list[CopiedCheckIn] = Field(default_factory=list)
    shared_for_you: list[CopiedSharing] = Field(
        default_factory=list, description="Each time that the plan was shared in their place, as a child."
    )
    seen: list[OwnAuditEntry] = Field(default_factory=list)


COPY = Contract("plans", COPY_PATH, PlansCopy, purpose=COPY_FOR_PERSON)
