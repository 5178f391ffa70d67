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

    Up to the calling off they are of cases that held a conference; the others of cases that made a plan there.
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
    cancelled: float | None = Field(description="How often a conference was called off or put off.")
    agreements: float | None = Field(description="How many agreements the plan from the conference has.")
    agreements_done: float | None = Field(description="How many of them were carried out.")
    agreements_lapsed: float | None = Field(
        description="How many of them were let go, or not carried out in their time; some of those later were."
    )
    check_ins: float | None = Field(description="How often somebody asked how things go.")


class Answers(ResponseModel):
    """What was last said of agreements, in cases that made a plan at a conference; each number is out of `agreements`.

    Null where the number of these cases is, or is nought.
    """

    agreements: int | None = Field(description="Of how many agreements somebody said how it goes.")
    done: int | None = Field(description="How many of them were carried out.")
    nearly: int | None = Field(description="How many of them are nearly there.")
    not_yet: int | None = Field(description="How many of them were not begun, or not far.")
    changed: int | None = Field(description="Of how many it was said that things went otherwise.")
    help: int | None = Field(description="For how many who does it asked for help.")


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
    said: Answers = Field(description="What was last said of agreements.")


class NumbersOf(Numbers):
    """How many cases of one value."""

    value: str


class Period(ResponseModel):
    """The cases that were referred in some whole quarters, as they stood when the last quarter was over."""

    first_quarter: str
    last_quarter: str
    total: Numbers
    rows: list[NumbersOf]


class MeanScore(ResponseModel):
    """A score of one to ten: how many gave one, and what they gave on average; null as for numbers of cases."""

    answers: int | None = Field(description="How many gave a score.")
    mean: float | None = Field(description="What they gave on average, in tenths.")


class GroupOpinion(ResponseModel):
    """What one group of people thought, and how many of those who were asked said so."""

    asked: int | None = Field(description="How many were asked.")
    answered: int | None = Field(description="How many answered.")
    meeting: MeanScore = Field(description="Of the conference.")
    plan: MeanScore = Field(description="Of the plan.")
    coordinator: MeanScore = Field(description="Of the coordinator.")


class Opinions(ResponseModel):
    """What people thought, by group."""

    central: GroupOpinion = Field(description="Whom it was about, and who stood for them.")
    child: GroupOpinion = Field(description="Who is under eighteen.")
    circle: GroupOpinion = Field(description="The circle around them.")
    professional: GroupOpinion = Field(description="Professionals, and who referred.")


class OpinionsOf(Opinions):
    """What people thought in cases of one value."""

    value: str


class SurveyPeriod(ResponseModel):
    """The surveys that closed in some whole quarters; what was told of them never changes."""

    first_quarter: str
    last_quarter: str
    total: Opinions = Field(description="In all these cases.")
    rows: list[OpinionsOf] = Field(description="By value.")


class Statistics(ResponseModel):
    """Numbers about nobody. Quarters with few referrals are told of together with those that follow."""

    by: str
    smallest_group: int
    as_of: str
    periods: list[Period]
    surveys: list[SurveyPeriod] = Field(
        description="What people thought of conferences, by when they were asked."
    )
