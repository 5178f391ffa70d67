"""Bodies about cases, offers and the baseline."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, field_validator

from services.intake.domain.codes import (
    CaseStatus,
    DeclineReason,
    OfferState,
    Outcome,
    PauseReason,
    Track,
    WaitsFor,
    WithdrawnBy,
    WithdrawReason,
)
from services.intake.schemas.referrals import MAX_LINES
from shared.fields import Text
from shared.http.models import ReadVersion, RequestModel, ResponseModel


class CaseSummary(ResponseModel):
    """The state of a case: ids, codes and dates. Ops do not see its subject, nor why it paused or stopped."""

    case_id: UUID
    referral_id: UUID
    state: CaseStatus
    track: Track
    themes: list[str]
    minors: bool | None
    coordinator_id: UUID | None
    waits_for: WaitsFor | None = Field(
        description="Without a coordinator: `coordinator`, one is looked for; `follow-up`, their task is done and the"
        " plan is followed up; `next-step`, there is no plan."
    )
    assignment_no: int
    referring_organisation_id: UUID | None
    mandated_organisation_id: UUID | None
    pause_reason: str | None
    paused_at: datetime | None = Field(description="Since when it is paused, if it is.")
    stop_reason: str | None
    stopped_by: str | None
    outcome: str | None
    opened_at: datetime
    ended_at: datetime | None


class CaseState(ResponseModel):
    """The new state of a case."""

    case_id: UUID
    state: CaseStatus


class Pause(RequestModel):
    """Why a case is paused."""

    reason: PauseReason


class Withdrawal(RequestModel):
    """Why a case stops before its end; `by`: on whose behalf, if staff record it for somebody."""

    reason: WithdrawReason
    by: WithdrawnBy | None = None


class Closing(RequestModel):
    """How a case ended."""

    outcome: Outcome


class Release(RequestModel):
    """Why the coordinator leaves the case."""

    reason: Literal["conflict-of-interest", "family-wish", "unavailable", "task-done"]


class CoordinatorSearch(RequestModel):
    """How another coordinator is searched."""

    another_wanted: bool = Field(
        default=False, description="The family prefers somebody other than their former coordinator."
    )


class OfferEntry(ResponseModel):
    """An offer to a coordinator."""

    offer_id: UUID
    case_id: UUID
    assignment_no: int
    ordinal: int
    coordinator_id: UUID
    state: OfferState
    reason: str | None
    track: Track
    themes: list[str]
    minors: bool
    created_at: datetime
    expires_at: datetime | None
    answered_at: datetime | None


class OfferedPerson(ResponseModel):
    """A central person, as shown to a coordinator with an offer."""

    first_name: str
    last_name: str
    municipality: str | None


class OfferDetail(OfferEntry):
    """An offer with what its coordinator needs to judge their independence: central persons and parties."""

    persons: list[OfferedPerson]
    organisations: list[str]


class OfferAnswer(ResponseModel):
    """The new state of an offer."""

    offer_id: UUID
    state: OfferState


class Acceptance(RequestModel):
    """Yes to an offer, with the declaration that the coordinator has no ties to those concerned."""

    no_conflict: bool

    @field_validator("no_conflict")
    @classmethod
    def _declared(cls, value: bool) -> bool:
        if not value:
            raise ValueError("must be true: decline an offer that you are not independent in")
        return value


class Refusal(RequestModel):
    """No to an offer."""

    reason: DeclineReason


class WrittenLine(RequestModel):
    """A bottom line: with its id if it existed before."""

    bottom_line_id: UUID | None = None
    text: Text


class BaselineChange(RequestModel):
    """Changes to the baseline; what is left out stays as it is."""

    version: ReadVersion
    questions: Annotated[list[Text], Field(max_length=MAX_LINES)] | None = None
    bottom_lines: Annotated[list[WrittenLine], Field(max_length=MAX_LINES)] | None = None
    resources: Text | None = None


class ShownLine(ResponseModel):
    """A bottom line, and the number of its wording."""

    bottom_line_id: UUID
    version: int
    text: str


class ShownBaseline(ResponseModel):
    """The current baseline."""

    case_id: UUID
    version: int
    questions: list[str]
    bottom_lines: list[ShownLine]
    resources: str | None
    created_at: datetime
