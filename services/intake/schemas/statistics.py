"""Bodies of statistics."""

from typing import Annotated

from fastapi import Query
from pydantic import Field, StringConstraints

from shared.errors import Invalid
from shared.http.models import ResponseModel

QuarterText = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-Q[1-4]$"),
    Query(description="A calendar quarter, such as 2026-Q3."),
]


class PeriodNotPossible(Invalid):
    """A period ends before it begins."""

    code = "period-not-possible"
    title = "`from` and `to` are whole calendar quarters such as 2026-Q3, the first not after the last"


class Averages(ResponseModel):
    """On average per case, in tenths; null where the number of its cases is, or is nought.

    All but the agreements are of cases that held a conference; those are of cases that made a plan there.
    """

    circle: float | None = Field(description="How many people there are in the circle.")
    widened: float | None = Field(
        description="How many of them somebody else than the central persons brought in."
    )
    invited: float | None = Field(description="How many were invited to the conference.")
    came: float | None = Field(description="How many came to the conference.")
    months_to_conference: float | None = Field(
        description="How many months lay between referral and conference; of a day only its month is kept."
    )
    agreements: float | None = Field(description="How many agreements the plan from the conference has.")


class Numbers(ResponseModel):
    """How many cases: null where the group is so small that somebody could be found in it, or would be by subtracting.

    Each is out of those before: `started` out of `referrals`, `conference_held` and `plan_without_meeting` out of
    `started`, `plan_from_conference` out of `conference_held`.
    """

    referrals: int | None
    started: int | None
    conference_held: int | None
    plan_from_conference: int | None
    plan_without_meeting: int | None
    averages: Averages = Field(description="On average per case.")


class NumbersOf(Numbers):
    """How many cases of one value."""

    value: str


class Period(ResponseModel):
    """The cases that were referred in some whole quarters, as they stood when the last quarter was over."""

    first_quarter: str
    last_quarter: str
    total: Numbers
    rows: list[NumbersOf]


class Statistics(ResponseModel):
    """Numbers about nobody. Quarters with few referrals are told of together with those that follow."""

    by: str
    smallest_group: int
    as_of: str
    periods: list[Period]
