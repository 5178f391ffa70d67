"""Bodies for recording a plan: the words of one version, and the result."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, field_validator, model_validator

from services.plans.domain import RecordedAs, ResourceState, UsualReviewBy
from services.plans.schemas import Ids, Reply, all_different
from shared.events.network import AgeBracket
from shared.fields import LanguageCode, Line, Text
from shared.http.models import ReadVersion, RequestModel, ResponseModel


class AgreementText(RequestModel):
    """One agreement: what, who (people of the case by id, others in words), and by when."""

    what: Text
    who_person_ids: Ids = ()
    who_text: Line | None = None
    due_on: date
    known_done_how: Text | None = None


class NewAgreement(AgreementText):
    """An agreement of a whole plan."""

    by: Literal["network", "professional"] = "network"


class ChangedAgreement(AgreementText):
    """The circle's change to one agreement between its meetings, and why. The others stay as they are."""

    version: ReadVersion
    reason: Annotated[Text, Field(description="Why it is changed, in the words of whoever changes it.")]


class InvokedPlanB(RequestModel):
    """Invokes plan B: things turned out differently, and what the plan says about that is needed now."""

    version: ReadVersion
    line: int = Field(ge=1, le=50, description="Which line of plan B in that version; the first is 1.")
    instead_of: UUID | None = Field(
        default=None, description="The agreement to suspend meanwhile: nobody is reminded of it."
    )
    reason: Annotated[Text, Field(description="Why it is needed, in the words of whoever invokes it.")]


class NewPlanB(RequestModel):
    """What the circle does if things turn out differently."""

    when: Text
    then: Text
    who_person_id: UUID | None = None


class NewResource(RequestModel):
    """What the circle asks of a service or an organisation, and the answer if there is one already."""

    what: Text
    asked_of: Line | None = None
    state: ResourceState = "asked"
    answer: Reply | None = None


class NewStance(RequestModel):
    """Whether a person supports the plan. What they said about it stays with the circle."""

    person_id: UUID
    agrees: bool


class NewPlan(RequestModel):
    """A version of the plan as the circle gave it; without `conference_id` it was made without a meeting."""

    conference_id: UUID | None = None
    goals: Annotated[tuple[Text, ...], Field(min_length=1, max_length=50)]
    agreements: Annotated[tuple[NewAgreement, ...], Field(max_length=100)]
    plan_b: Annotated[tuple[NewPlanB, ...], Field(max_length=50)] = ()
    monitor_person_id: UUID | None = None
    review_on: date
    convener_person_id: UUID | None = None
    decisions_of_circle: Annotated[tuple[Text, ...], Field(max_length=50)] = ()
    resources: Annotated[
        tuple[NewResource, ...],
        Field(max_length=50, description="What the circle asks of services and organisations."),
    ] = ()
    stances: Annotated[tuple[NewStance, ...], Field(max_length=200)] = ()
    for_children: Text | None = None
    language: LanguageCode = "nl"

    @field_validator("stances")
    @classmethod
    def _once_each(cls, stances: tuple[NewStance, ...]) -> tuple[NewStance, ...]:
        all_different(tuple(each.person_id for each in stances))
        return stances

    @property
    def people(self) -> set[UUID]:
        """Return every person that the plan names by id."""
        named = {person for agreement in self.agreements for person in agreement.who_person_ids}
        named |= {line.who_person_id for line in self.plan_b if line.who_person_id is not None}
        named |= {each.person_id for each in self.stances}
        named |= {each for each in (self.monitor_person_id, self.convener_person_id) if each is not None}
        return named


class ChangedPlan(NewPlan):
    """The circle's new version of its plan, why it changed, and who of the circle asked for it."""

    version: ReadVersion
    reason: Annotated[Text, Field(description="Why the circle changes its plan, in its own words.")]
    asked_by_person_id: UUID | None = None
    met_on: date | None = Field(
        default=None,
        description="The day on which the circle met by itself and decided this, in the place of a conference.",
    )

    @model_validator(mode="after")
    def _from_one_meeting(self) -> Self:
        if self.met_on is not None and self.conference_id is not None:
            raise ValueError("met_on goes without conference_id")
        return self

    @property
    def people(self) -> set[UUID]:
        """Return every person that the plan names by id, and whoever asked for the change."""
        return super().people | ({self.asked_by_person_id} if self.asked_by_person_id is not None else set())


class LatestReviewOut(ResponseModel):
    """The latest review date of a plan that is recorded now, and the usual one."""

    day: date = Field(description="The latest day that `review_on` may be.")
    reason: AgeBracket | None = Field(
        description="The age of the youngest central person that makes it earlier than for others; null if none does."
    )
    usual_day: date = Field(
        description="The day to propose: a working day by the organisation's calendar, not after `day`."
    )
    usual_by: UsualReviewBy = Field(
        description="Where it comes from: `policy`, by `review_usual`; `latest`, the last working day by `day`,"
        " which comes sooner."
    )


class PlanRecordedOut(ResponseModel):
    """The version that was recorded."""

    plan_id: UUID
    version: int
    agreement_ids: list[UUID]
    acceptance: str


class AgreementChangedOut(ResponseModel):
    """The new agreement, and the plan version that has it."""

    agreement_id: UUID
    plan_id: UUID
    version: int
    acceptance: str


class VersionOut(ResponseModel):
    """A version of a plan: when and by whom it was recorded, and why it was changed."""

    version: int
    conference_id: UUID | None
    met_on: date | None = Field(
        default=None, description="The day on which the circle met by itself and decided it."
    )
    recorded_at: datetime
    recorded_by: UUID
    recorded_as: RecordedAs
    asked_by_person_id: UUID | None
    change_reason: str | None = Field(description="Why the version before was changed; null for the first.")


def texts_of(words: BaseModel) -> Iterator[str]:
    """Yield every text that is printed; answers to resources come later and have room of their own."""
    return _texts_in(words.model_dump(exclude={"change_reason", "answer"}))


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | tuple):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts_in(each)
