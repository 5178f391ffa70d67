"""The figures that intake gives: numbers that it does not publish are None."""

from pydantic import Field

from services.portal.client import Answer, Operation


class Average(Answer):
    """An average per case, and over how many cases."""

    mean: float | None = None
    cases: int | None = None


class Share(Answer):
    """How some cases divide by a code."""

    of: int | None = None
    cases: dict[str, int | None] = Field(default_factory=dict)


class Answers(Answer):
    """The last reports on agreements; None where not published."""

    agreements: int | None
    done: int | None
    nearly: int | None
    not_yet: int | None
    changed: int | None
    help: int | None


class Numbers(Answer):
    """Numbers of cases; None where not published."""

    referrals: int | None
    not_started: int | None
    started: int | None
    conference_held: int | None
    plan_from_conference: int | None
    plan_without_meeting: int | None
    plan: int | None
    averages: dict[str, Average]
    shares: dict[str, Share]
    said: Answers


class NumbersOf(Numbers):
    """Numbers of cases with one value."""

    value: str


class Period(Answer):
    """The cases of some quarters."""

    first_quarter: str
    last_quarter: str
    total: Numbers
    rows: list[NumbersOf]


class MeanScore(Answer):
    """A score of one to ten, and how many gave one."""

    answers: int | None
    mean: float | None


class GroupOpinion(Answer):
    """The scores of a group."""

    asked: int | None
    answered: int | None
    meeting: MeanScore
    plan: MeanScore
    coordinator: MeanScore


class Opinions(Answer):
    """The scores, by group."""

    central: GroupOpinion
    child: GroupOpinion
    circle: GroupOpinion
    professional: GroupOpinion


class OpinionsOf(Opinions):
    """The scores in cases with one value."""

    value: str


class SurveyPeriod(Answer):
    """The surveys that closed in some quarters."""

    first_quarter: str
    last_quarter: str
    total: Opinions
    rows: list[OpinionsOf]


class LateByReason(Answer):
    """The cases in which deadlines of a kind were missed for one reason."""

    reason: str
    cases: int | None


class LateKind(Answer):
    """The cases in which deadlines of one kind were missed."""

    kind: str
    cases: int | None
    reasons: list[LateByReason]


class LatePeriod(Answer):
    """The deadlines missed in some quarters."""

    first_quarter: str
    last_quarter: str
    cases: int | None
    kinds: list[LateKind]


class Statistics(Answer):
    """The published statistics."""

    by: str
    smallest_group: int
    as_of: str
    periods: list[Period]
    surveys: list[SurveyPeriod]
    late: list[LatePeriod]


STATISTICS = Operation("intake", "GET", "/v1/statistics", Statistics)
