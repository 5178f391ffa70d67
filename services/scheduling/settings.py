"""An organisation's settings for its preparations: durations."""

from typing import ClassVar

from pydantic import Field

from shared.calendar import Length
from shared.policies import Policies, PolicySettings
from shared.school_holidays import Community


class Policy(PolicySettings):
    """The lengths of the preparation's clocks."""

    ORDER: ClassVar = (
        ("conference_warn", "conference_target"),
        ("urgent_warn", "urgent_target"),
        ("poll_chase", "poll_closes"),
        ("first_contact_warn", "first_contact"),
        ("baseline_warn", "baseline_told"),
        ("circle_warn", "circle_ready"),
        ("date_warn", "date_set"),
        ("late_news_warn", "late_news"),
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
    day_remind: Length = Field(default="2d", description="How long before the day the circle is reminded.")
    outcome_record: Length = Field(
        default="2wd", description="From the end of the conference to recording its outcome."
    )
    poll_chase: Length = Field(default="4d", description="From opening a poll to reminding the silent, once.")
    poll_closes: Length = Field(
        default="8d", description="From opening a poll to its end, unless set otherwise."
    )
    school_holidays: Community = Field(
        default="flemish",
        description="By which community's school holidays dates are marked: flemish, french or none.",
    )
    poll_correct: Length = Field(
        default="PT2H",
        description="From the last answer to the poll's end: until then answers can be changed.",
    )


policies = Policies(Policy)
