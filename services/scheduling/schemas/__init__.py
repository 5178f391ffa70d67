"""Bodies of scheduling's API."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from services.scheduling.domain import (
    MAX_OPTIONS,
    Availability,
    CancelReason,
    ChecklistItem,
    ConferenceState,
    DayPart,
    ExtensionReason,
    MeetingOutcome,
    PostponeReason,
    PreparationReason,
)
from services.scheduling.schemas.needs import NeedSeenTo
from services.scheduling.schemas.news import LateNewsOut
from shared.calendar import Calendar, Length
from shared.events.network import AttendanceMode
from shared.fields import Line
from shared.http.models import ReadVersion, RequestModel, ResponseModel

_MAX_PEOPLE = 200


class NewOption(RequestModel):
    """A date to propose: begin and end, or a part of a day."""

    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    day: date | None = None
    part: DayPart | None = None

    @model_validator(mode="after")
    def _is_one_span(self) -> Self:
        given = [each is not None for each in (self.starts_at, self.ends_at, self.day, self.part)]
        if given not in ([True, True, False, False], [False, False, True, True]):
            raise ValueError("give starts_at and ends_at, or day and part")
        return self

    def times(self, calendar: Calendar) -> tuple[datetime, datetime]:
        """Return its begin and end, by an organisation's calendar."""
        if self.day is not None and self.part is not None:
            begins, ends = self.part.hours
            return calendar.at(self.day, begins), calendar.at(self.day, ends)
        if self.starts_at is None or self.ends_at is None:
            raise ValueError("a date has its times")
        return self.starts_at, self.ends_at


class NewPoll(RequestModel):
    """Dates to ask about; with dates carried over from a postponed conference there need be none."""

    options: Annotated[list[NewOption], Field(max_length=MAX_OPTIONS, default_factory=list)]
    closes: Length | None = Field(default=None, description="How long it is open, if not the default.")
    closes_on: date | None = Field(default=None, description="The last day on which it is open.")
    quorum: Annotated[int, Field(ge=0, le=_MAX_PEOPLE)] | None = Field(
        default=None,
        description="How many must be able to come; 0 for any number, null to keep the previous one.",
    )

    @model_validator(mode="after")
    def _closes_once(self) -> Self:
        if self.closes is not None and self.closes_on is not None:
            raise ValueError("name closes or closes_on, not both")
        return self


class MoreOptions(RequestModel):
    """More dates to ask about."""

    options: Annotated[list[NewOption], Field(min_length=1, max_length=MAX_OPTIONS)]


class Answers(RequestModel):
    """A person's answers to dates, by their id; dates left out keep their answer."""

    answers: Annotated[dict[UUID, Availability], Field(min_length=1, max_length=MAX_OPTIONS)]


class VenueIn(RequestModel):
    """Where the circle meets."""

    name: Line
    address: Line


class Scheduling(RequestModel):
    """A date of the poll (the best one, if left out) or another that was agreed on, and the place."""

    version: ReadVersion
    option_id: UUID | None = None
    date: NewOption | None = Field(
        default=None, description="A date that was agreed on without the poll, as by telephone."
    )
    venue: VenueIn | None = Field(default=None, description="A place that is not in the register.")
    venue_id: UUID | None = Field(default=None, description="A venue of the register.")

    @model_validator(mode="after")
    def _one_date_and_place(self) -> Self:
        if (self.venue is None) == (self.venue_id is None):
            raise ValueError("name venue or venue_id")
        if self.option_id is not None and self.date is not None:
            raise ValueError("name option_id or date, not both")
        return self


class Postponement(RequestModel):
    """Why a conference is postponed."""

    version: ReadVersion
    reason: PostponeReason


class Cancellation(RequestModel):
    """Why a conference is cancelled."""

    version: ReadVersion
    reason: CancelReason


class Extension(RequestModel):
    """The new target day for the conference, and why it needs more time."""

    until: date
    reason: ExtensionReason


class Extended(ResponseModel):
    """The new target date of the conference."""

    target_at: datetime = Field(description="By when the conference should be held.")


class Check(RequestModel):
    """Whether a task is done."""

    done: bool


class AttendanceIn(RequestModel):
    """Whether a person came, how, and when."""

    person_id: UUID
    mode: AttendanceMode
    came: bool
    arrived_at: AwareDatetime | None = None
    left_at: AwareDatetime | None = None
    walked_out: bool = False
    views_beforehand: bool = False

    @model_validator(mode="after")
    def _times_fit(self) -> Self:
        if not self.came and (self.arrived_at is not None or self.left_at is not None or self.walked_out):
            raise ValueError("who did not come neither arrived nor left")
        if self.arrived_at is not None and self.left_at is not None and self.left_at < self.arrived_at:
            raise ValueError("left_at must not be before arrived_at")
        return self


class PartIn(RequestModel):
    """When a part of the conference began and ended."""

    begins: AwareDatetime = Field(alias="from")
    ends: AwareDatetime = Field(alias="to")


class PartsIn(RequestModel):
    """The three parts; of the private one only the times exist."""

    information: PartIn
    private: PartIn
    presentation: PartIn


class Held(RequestModel):
    """What is recorded of a conference."""

    attendance: Annotated[list[AttendanceIn], Field(min_length=1, max_length=_MAX_PEOPLE)]
    parts: PartsIn
    outcome: MeetingOutcome
    return_called_by_circle: bool | None = None
    incident: bool = Field(
        default=False, description="Whether something serious happened; what it was is not stored."
    )


class PollOpenedOut(ResponseModel):
    """The id of the poll."""

    poll_id: UUID


class OptionOut(ResponseModel):
    """A date with how it suits the circle. `hindered`: required people who said no, or nothing yet."""

    option_id: UUID
    starts_at: datetime
    ends_at: datetime
    public_holiday: bool = Field(
        description="Whether it begins on a public holiday of the organisation's country."
    )
    part: DayPart | None
    school_holiday: bool | None = Field(
        description="Whether it begins in the school holidays; null where they are not known."
    )
    yes: int
    maybe: int
    no: int
    silent: int
    fits: bool
    hindered: list[UUID]
    unserved: list[UUID] = Field(
        description="People who can come then, but without their interpreter or advocate."
    )
    apart: list[list[UUID]] = Field(
        description="Pairs who can both come then and must not meet; for the coordinator alone."
    )
    short: int = Field(description="How many more are needed for the quorum.")
    said_no: list[UUID] = Field(description="Who said that they cannot come then.")
    venues_free: int | None = Field(
        description="How many venues of the register are free then; null: there are none in it."
    )
    answers: dict[UUID, Availability] = Field(description="Everyone's answers, by person.")


class PollOut(ResponseModel):
    """A poll as the coordinator sees it. `ranking`: the ids of the dates, best first."""

    poll_id: UUID
    case_id: UUID
    conference_id: UUID
    state: str
    closes_at: datetime | None
    closed_at: datetime | None
    closed_reason: str | None
    quorum: int = Field(description="How many must be able to come; 0 for any number.")
    options: list[OptionOut]
    silent: list[UUID]
    ranking: list[UUID]
    best_option_id: UUID | None


class OwnOption(ResponseModel):
    """A date with the caller's own answer."""

    option_id: UUID
    starts_at: datetime
    ends_at: datetime
    public_holiday: bool = Field(
        description="Whether it begins on a public holiday of the organisation's country."
    )
    part: DayPart | None
    school_holiday: bool | None = Field(
        description="Whether it begins in the school holidays; null where they are not known."
    )
    answer: Availability | None


class OwnPoll(ResponseModel):
    """A poll as somebody of the circle sees it: without other people's answers."""

    poll_id: UUID
    conference_id: UUID
    state: str
    closes_at: datetime | None
    options: list[OwnOption]


class ConferenceSummary(ResponseModel):
    """A conference in a list."""

    conference_id: UUID
    conference_no: int
    preparation_no: int
    state: ConferenceState
    starts_at: datetime | None
    ends_at: datetime | None
    version: int = Field(description="The version of its date and place; send it along with a change.")
    poll_id: UUID | None


class MoreTimeGiven(ResponseModel):
    """An extension of a preparation."""

    extended_by: UUID = Field(description="Who gave it: a coordinator of the case.")
    created_at: datetime = Field(description="When it was given.")
    before_at: datetime = Field(description="The target date before.")
    target_at: datetime = Field(description="The target date after; a pause moves it further.")
    reason: ExtensionReason = Field(description="Why it needs more time than was meant.")


class MoreTime(ResponseModel):
    """The target date of a conference, and the extensions of its preparation, in order."""

    target_at: datetime = Field(description="The target date of the conference.")
    more_time: list[MoreTimeGiven] = Field(description="Each extension, in order.")


class ListedConference(ConferenceSummary, MoreTime):
    """A conference in the list of its case."""


class VenueOut(ResponseModel):
    """Where the circle meets."""

    name: str
    address: str
    reached_by: str | None = None


class PartOut(ResponseModel):
    """When a part began and ended."""

    begins: datetime = Field(serialization_alias="from")
    ends: datetime = Field(serialization_alias="to")


class PartsOut(ResponseModel):
    """The three parts."""

    information: PartOut
    private: PartOut
    presentation: PartOut


class AttendanceOut(ResponseModel):
    """Whether a person came."""

    person_id: UUID
    mode: str
    came: bool
    arrived_at: datetime | None
    left_at: datetime | None
    walked_out: bool
    views_beforehand: bool


class PreparationView(MoreTime):
    """What only those who prepare the conference see."""

    reason: str | None
    next_conference_id: UUID | None
    held_on: date | None
    outcome: str | None
    return_called_by_circle: bool | None
    incident: bool | None = Field(description="Whether something serious happened.")
    parts: PartsOut | None
    attendance: list[AttendanceOut]
    checklist: dict[ChecklistItem, bool]
    needs_seen_to: list[NeedSeenTo]
    late_news: list[LateNewsOut]
    venue_id: UUID | None


class ConferenceOut(ConferenceSummary):
    """A conference: when and where; `preparation` is there for those who prepare it."""

    case_id: UUID
    revision: int
    venue: VenueOut | None
    preparation: PreparationView | None = None


class MeetingOut(ResponseModel):
    """A meeting of the circle, as the referrer of the case sees it."""

    conference_no: int
    on: date = Field(description="The day that is set for it, or on which it was held.")
    held: bool = Field(description="Whether the circle met.")


class Postponed(ResponseModel):
    """The conference that replaces the postponed one."""

    next_conference_id: UUID
    next_conference_no: int


class PreparationBegun(ResponseModel):
    """The next round of a case: the preparation of its next conference."""

    preparation_no: int
    reason: PreparationReason
    conference_id: UUID
    conference_no: int
    target_at: datetime = Field(description="The target date of the conference.")


class ChecklistOut(ResponseModel):
    """Every checklist task, and whether it is done."""

    checklist: dict[ChecklistItem, bool]
