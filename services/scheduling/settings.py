"""What an organisation sets for its preparations: lengths of time."""

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
    )

    conference_target: Length = Field(default="8w", description="From the assignment to the conference.")
    conference_warn: Length = Field(
        default="6w", description="From the assignment to the warning before that."
    )
    urgent_target: Length = Field(default="4d", description="The same on the urgent track.")
    urgent_warn: Length = Field(default="2d", description="The same on the urgent track.")
    poll_chase: Length = Field(default="4d", description="From opening a poll to reminding the silent, once.")
    poll_closes: Length = Field(
        default="8d", description="From opening a poll to its end, if not said otherwise."
    )
    school_holidays: Community = Field(
        default="flemish",
        description="By which community's school holidays dates are marked: flemish, french or none.",
    )
    poll_correct: Length = Field(
        default="PT2H",
        description="From the last answer to the poll's end: an answer can be changed till then.",
    )


policies = Policies(Policy)
