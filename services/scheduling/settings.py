"""What an organisation sets for its preparations: lengths of time."""

from datetime import UTC, datetime
from typing import Self

from pydantic import Field, model_validator

from shared.calendar import Length, add_length
from shared.http.models import RequestModel

_ANY_MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)


class Policy(RequestModel):
    """The lengths of the preparation's clocks; what is not given has its default."""

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

    @model_validator(mode="after")
    def _warnings_come_first(self) -> Self:
        pairs = (
            ("conference_warn", "conference_target"),
            ("urgent_warn", "urgent_target"),
            ("poll_chase", "poll_closes"),
        )
        for first, then in pairs:
            if add_length(_ANY_MONDAY, getattr(self, first)) >= add_length(_ANY_MONDAY, getattr(self, then)):
                raise ValueError(f"{first} must be shorter than {then}")
        return self
