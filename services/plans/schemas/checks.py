"""Request bodies of checks: their results, another day, the circle's answers at a review, and the referrer's."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.plans.domain import Going
from shared.events.plans import Decision
from shared.fields import Line, Text
from shared.http.models import RequestModel


class AgreementStatus(RequestModel):
    """The state of an agreement, as the circle gives it at a check."""

    agreement_id: UUID
    status: Literal["open", "done", "lapsed"]


class NewRecord(RequestModel):
    """The result of a check."""

    decision: Decision
    another_coordinator: bool = Field(
        default=False,
        description="For a new conference: the family prefers another coordinator than the former one.",
    )
    new_needs: bool | None = Field(
        default=None, description="There is something that the plan does not cover; null: it was not asked."
    )
    incident: bool | None = Field(
        default=None,
        description="Something serious happened: only that it did, never what; null: it was not asked.",
    )
    note: Text | None = None
    agreements: Annotated[tuple[AgreementStatus, ...], Field(max_length=100)] = ()

    @model_validator(mode="after")
    def _only_for_a_conference(self) -> Self:
        if self.another_coordinator and self.decision != "new-conference":
            raise ValueError("another_coordinator goes with the decision new-conference only")
        return self


class NewDay(RequestModel):
    """Another day for a check, and why it is moved."""

    on: date = Field(description="The day on which the check is made.")
    instead_of: date | None = None
    reason: Line = Field(description="Why it was moved.")


class NewReferrerCall(RequestModel):
    """The referrer's answers about the plan after four weeks, in codes and a note."""

    going: Going = Field(description="Whether the plan is carried out, as far as the referrer sees it.")
    new_needs: bool = Field(default=False, description="They see something that the plan does not cover.")
    note: Text | None = None


class NewReviewAnswer(RequestModel):
    """Whether a person wants to meet again, now that the plan is reviewed."""

    meet_again: bool
    another_coordinator: bool = Field(
        default=False, description="They prefer another coordinator than the former one."
    )
    without_coordinator: bool = Field(
        default=False, description="They meet by themselves: nobody needs to prepare it."
    )

    @model_validator(mode="after")
    def _only_for_a_meeting(self) -> Self:
        if self.another_coordinator and self.without_coordinator:
            raise ValueError("another_coordinator does not go with without_coordinator")
        if (self.another_coordinator or self.without_coordinator) and not self.meet_again:
            raise ValueError("another_coordinator and without_coordinator go with meet_again only")
        return self


class NewOwnMeeting(RequestModel):
    """A meeting that the circle held by itself, and whether it changes its plan."""

    met_on: date = Field(description="The day on which the circle met by itself.")
    changed: bool = Field(description="It changes its plan: a new version is to be written.")
