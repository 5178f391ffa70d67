"""Statistics: numbers of groups in which nobody can be identified."""

from typing import Annotated, Any

from fastapi import Query

from services.intake.domain.measures import SHARES
from services.intake.domain.statistics import Quarter
from services.intake.permissions import StatisticsReader
from services.intake.queries import statistics as reads
from services.intake.queries.late import PublishedLate, late_tables
from services.intake.queries.scores import QUESTIONS, PublishedScores, Sums, score_tables
from services.intake.queries.statistics import By, PublishedRow, PublishedTable
from services.intake.schemas.statistics import (
    Answers,
    Average,
    LateByReason,
    LateKind,
    LatePeriod,
    Numbers,
    NumbersOf,
    Opinions,
    OpinionsOf,
    Period,
    PeriodNotPossible,
    QuarterText,
    Share,
    Statistics,
    SurveyPeriod,
)
from services.intake.settings import policies
from shared.events.network import SURVEY_GROUPS
from shared.http import Now, Router, Session

router = Router(tags=["statistics"])


@router.get("/v1/statistics")
async def read_statistics(
    *,
    principal: StatisticsReader,
    session: Session,
    now: Now,
    first: Annotated[QuarterText | None, Query(alias="from")] = None,
    last: Annotated[QuarterText | None, Query(alias="to")] = None,
    by: By = "none",
) -> Statistics:
    """Read how many cases were referred, started, met and made a plan, in the periods within what is requested.

    All numbers are as of the end of the last quarter, in groups that cannot be taken apart.
    """
    begins, ends = _quarter(first), _quarter(last)
    if begins is not None and ends is not None and ends < begins:
        raise PeriodNotPossible
    policy = await policies.in_force(session, tenant=principal.tenant)
    smallest = policy.settings.statistics_smallest_group
    today = policy.calendar.day_of(now)
    tables = await reads.tables(session, tenant=principal.tenant, by=by, today=today, smallest=smallest)
    return Statistics(
        by=by,
        smallest_group=smallest,
        as_of=Quarter.of(today).begins.isoformat(),
        periods=[
            _period(published)
            for published in tables
            if (begins is None or begins <= published.block.first)
            and (ends is None or published.block.last <= ends)
        ],
        surveys=[
            _survey(scores)
            for scores in await score_tables(
                session, tenant=principal.tenant, by=by, today=today, smallest=smallest
            )
            if (begins is None or begins <= scores.block.first)
            and (ends is None or scores.block.last <= ends)
        ],
        late=[
            _late(missed)
            for missed in await late_tables(session, tenant=principal.tenant, today=today, smallest=smallest)
            if (begins is None or begins <= missed.block.first)
            and (ends is None or missed.block.last <= ends)
        ],
    )


def _survey(published: PublishedScores) -> SurveyPeriod:
    return SurveyPeriod(
        first_quarter=str(published.block.first),
        last_quarter=str(published.block.last),
        total=Opinions.model_validate(_opinions(published.sums[""])),
        rows=[
            OpinionsOf.model_validate({"value": value, **_opinions(sums)})
            for value, sums in published.sums.items()
            if value
        ],
    )


def _late(published: PublishedLate) -> LatePeriod:
    return LatePeriod(
        first_quarter=str(published.block.first),
        last_quarter=str(published.block.last),
        cases=published.cases,
        kinds=[
            LateKind(
                kind=kind,
                cases=each.cases,
                reasons=[LateByReason(reason=reason, cases=cases) for reason, cases in each.reasons.items()],
            )
            for kind, each in published.kinds.items()
        ],
    )


def _opinions(sums: Sums) -> dict[str, Any]:
    return {
        group: {
            "asked": sums.get((group, "asked")),
            "answered": sums.get((group, "answered")),
            **{question: _mean(sums, group, question) for question in QUESTIONS},
        }
        for group in SURVEY_GROUPS
    }


def _mean(sums: Sums, group: str, question: str) -> dict[str, Any]:
    answers = sums.get((group, f"{question}_answers"))
    mean = None if not answers else round(sums[group, f"{question}_total"] / answers, 1)
    return {"answers": answers, "mean": mean}


def _quarter(given: str | None) -> Quarter | None:
    return None if given is None else Quarter(int(given[:4]), int(given[-1]))


def _period(published: PublishedTable) -> Period:
    return Period(
        first_quarter=str(published.block.first),
        last_quarter=str(published.block.last),
        total=Numbers.model_validate(_numbers(published.rows[""])),
        rows=[
            NumbersOf.model_validate({"value": value, **_numbers(row)})
            for value, row in published.rows.items()
            if value
        ],
    )


def _numbers(row: PublishedRow) -> dict[str, Any]:
    answers: dict[str, Any] = dict.fromkeys(Answers.model_fields)
    if row.said is not None:
        answers = {"agreements": sum(row.said.values())} | {each.value: row.said[each] for each in row.said}
    return {
        **{measure.value: number for measure, number in row.numbers.items()},
        "averages": {name: Average(mean=each.mean, cases=each.cases) for name, each in row.averages.items()},
        "shares": {
            name: Share(of=row.numbers[SHARES[name].of], cases=dict(cases))
            for name, cases in row.shares.items()
        },
        "said": Answers.model_validate(answers),
    }
