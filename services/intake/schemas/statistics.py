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


class Average(ResponseModel):
    """An average per case, in tenths, over the cases in which the amount is known."""

    mean: float | None = Field(description="The average; null where `cases` is null or zero.")
    cases: int | None = Field(description="Over how many cases; null if that is not published.")


class Share(ResponseModel):
    """How some cases divide by a code, of which each has one."""

    of: int | None = Field(description="How many cases there are in all; null if that is not published.")
    cases: dict[str, int | None] = Field(
        description="The number of cases with each code; null if it is not published. `none`: not said, or not yet."
    )


class Answers(ResponseModel):
    """The last reports on agreements, in cases that made a plan at a conference; each number is out of `agreements`.

    Null where the number of these cases is null or zero.
    """

    agreements: int | None = Field(description="Agreements with any report.")
    done: int | None = Field(description="Agreements carried out.")
    nearly: int | None = Field(description="Agreements that are nearly done.")
    not_yet: int | None = Field(description="Agreements not begun, or not far along.")
    changed: int | None = Field(description="Agreements reported to have changed.")
    help: int | None = Field(description="Agreements for which help was asked.")


class Numbers(ResponseModel):
    """Numbers of cases: null if the group is so small that somebody could be identified, directly or by subtraction.

    `started` and `not_started` are out of `referrals`; `conference_held`, `plan_without_meeting` and `plan` (with or
    without a meeting) out of `started`; `plan_from_conference` out of `conference_held`.
    """

    referrals: int | None
    not_started: int | None = Field(description="Referrals that did not become a case, or not yet.")
    started: int | None
    conference_held: int | None
    plan_from_conference: int | None
    plan_without_meeting: int | None
    plan: int | None = Field(description="Cases with a plan, from a conference or without one.")
    averages: dict[str, Average] = Field(description="On average per case, by amount (docs/figures.md).")
    shares: dict[str, Share] = Field(description="How cases divide, by question (docs/figures.md).")
    said: Answers = Field(description="The last reports on agreements.")


class NumbersOf(Numbers):
    """Numbers of cases with one value."""

    value: str


class Period(ResponseModel):
    """The cases referred in some whole quarters, as of the end of the last quarter."""

    first_quarter: str
    last_quarter: str
    total: Numbers
    rows: list[NumbersOf]


class MeanScore(ResponseModel):
    """A score from one to ten: how many gave one, and their average; null as for numbers of cases."""

    answers: int | None = Field(description="How many people gave a score.")
    mean: float | None = Field(description="Their average, in tenths.")


class GroupOpinion(ResponseModel):
    """The scores of one group of people, and how many of those who were asked answered."""

    asked: int | None = Field(description="How many were asked.")
    answered: int | None = Field(description="How many answered.")
    meeting: MeanScore = Field(description="Of the conference.")
    plan: MeanScore = Field(description="Of the plan.")
    coordinator: MeanScore = Field(description="Of the coordinator.")


class Opinions(ResponseModel):
    """The scores, by group."""

    central: GroupOpinion = Field(description="The central persons, and those who represented them.")
    child: GroupOpinion = Field(description="People under eighteen.")
    circle: GroupOpinion = Field(description="The circle around them.")
    professional: GroupOpinion = Field(description="Professionals, including the referrer.")


class OpinionsOf(Opinions):
    """The scores in cases with one value."""

    value: str


class SurveyPeriod(ResponseModel):
    """The surveys that closed in some whole quarters; published numbers never change."""

    first_quarter: str
    last_quarter: str
    total: Opinions = Field(description="In all these cases.")
    rows: list[OpinionsOf] = Field(description="By value.")


class LateByReason(ResponseModel):
    """The cases in which deadlines of a kind were missed for one reason."""

    reason: str = Field(description="Why, as a code; `none`: nobody said so in that quarter.")
    cases: int | None = Field(description="In how many cases; null if that is not published.")


class LateKind(ResponseModel):
    """The cases in which deadlines of one kind were missed."""

    kind: str = Field(description="The kind of deadline.")
    cases: int | None = Field(description="In how many cases; null if that is not published.")
    reasons: list[LateByReason] = Field(description="Out of these cases, by the reason given last.")


class LatePeriod(ResponseModel):
    """The deadlines missed in some whole quarters; published numbers never change."""

    first_quarter: str
    last_quarter: str
    cases: int | None = Field(description="In how many cases any was missed; null if that is not published.")
    kinds: list[LateKind] = Field(description="By kind of deadline; a case can have several.")


class Statistics(ResponseModel):
    """Anonymous statistics. Quarters with few referrals are merged with those that follow."""

    by: str
    smallest_group: int
    as_of: str
    periods: list[Period]
    surveys: list[SurveyPeriod] = Field(
        description="Survey scores of conferences, by the quarter in which the survey closed."
    )
    late: list[LatePeriod] = Field(description="Missed deadlines, by the quarter in which they were missed.")
