"""An organisation's settings for its preparations: durations, and school holidays."""

from datetime import date, timedelta
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from shared.calendar import Length
from shared.fields import Line
from shared.http.models import RequestModel
from shared.policies import Policies, PolicySettings
from shared.school_holidays import Community

# Some years of them.
MAX_HOLIDAYS = 40
_LONGEST_HOLIDAY = timedelta(days=100)


class SchoolHoliday(RequestModel):
    """A school holiday that an organisation entered itself."""

    name: Line
    first: date = Field(description="Its first day.")
    last: date = Field(description="Its last day, at most a hundred days later.")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if not timedelta() <= self.last - self.first <= _LONGEST_HOLIDAY:
            raise ValueError("last is first, or at most a hundred days later")
        return self


class Policy(PolicySettings):
    """The lengths of the preparation's clocks, and which days are marked as school holidays."""

    ORDER: ClassVar = (
        ("conference_warn", "conference_target"),
        ("urgent_warn", "urgent_target"),
        ("poll_chase", "poll_closes"),
        ("first_contact_warn", "first_contact"),
        ("baseline_talk_warn", "baseline_talk"),
        ("baseline_warn", "baseline_told"),
        ("circle_warn", "circle_ready"),
        ("date_warn", "date_set"),
        ("late_news_warn", "late_news"),
        ("next_step_warn", "next_step"),
    )

    conference_target: Length = Field(default="8w", description="From the assignment to the conference.")
    conference_warn: Length = Field(
        default="6w", description="From the assignment to the warning before that."
    )
    urgent_target: Length = Field(default="4d", description="The same on the urgent track.")
    urgent_warn: Length = Field(default="2d", description="The same on the urgent track.")
    first_contact_warn: Length = Field(
        default="3wd", description="From the assignment to the warning before that."
    )
    first_contact: Length = Field(
        default="5wd", description="From the assignment to the coordinator's first contact with somebody."
    )
    baseline_talk_warn: Length = Field(
        default="3wd", description="From the assignment to the warning before that."
    )
    baseline_talk: Length = Field(
        default="5wd",
        description="From the assignment to writing down the questions, talked through with the referrer.",
    )
    baseline_warn: Length = Field(
        default="10wd", description="From the assignment to the warning before that."
    )
    baseline_told: Length = Field(
        default="12wd", description="From the assignment to telling the circle the questions."
    )
    circle_warn: Length = Field(default="3w", description="From the assignment to the warning before that.")
    circle_ready: Length = Field(default="4w", description="From the assignment to a ready circle.")
    date_warn: Length = Field(default="30d", description="From the assignment to the warning before that.")
    date_set: Length = Field(
        default="5w", description="From the assignment, or from a postponement, to setting a date."
    )
    late_news_warn: Length = Field(
        default="1wd", description="From a late change to the warning before that."
    )
    late_news: Length = Field(
        default="2wd",
        description="From what changes after the circle was told, to telling it again or moving the date.",
    )
    key_person: Length = Field(
        default="2wd",
        description="From the no of somebody who has to be there, once the date is set, to moving it or going on.",
    )
    next_step_warn: Length = Field(
        default="3wd", description="From a round without a plan to the warning before that."
    )
    next_step: Length = Field(
        default="5wd",
        description="From a conference without a plan, or a cancelled one, to another round or a plan.",
    )
    day_remind: Length = Field(default="2d", description="How long before the day the circle is reminded.")
    outcome_record: Length = Field(
        default="2wd", description="From the end of the conference to recording its outcome."
    )
    poll_chase: Length = Field(default="4d", description="From opening a poll to reminding the silent, once.")
    poll_closes: Length = Field(
        default="8d", description="From opening a poll to its end, unless set otherwise."
    )
    urgent_poll_closes: Length = Field(default="1d", description="The same on the urgent track.")
    school_holidays: Community = Field(
        default="flemish",
        description="By which community's school holidays dates are marked: flemish, french or none.",
    )
    own_school_holidays: Annotated[tuple[SchoolHoliday, ...], Field(max_length=MAX_HOLIDAYS)] = Field(
        default=(), description="School holidays that the organisation enters itself, besides those."
    )
    poll_correct: Length = Field(
        default="PT2H",
        description="From the last answer to the poll's end: until then answers can be changed.",
    )


policies = Policies(Policy)
