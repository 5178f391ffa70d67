"""Survey scores by group: published where enough cases have such an answer, after the end of a quarter.

Each sum (people asked, people who answered, a score) is over the cases in which somebody of the group is
included: the number of these cases decides whether it is published, as for counts of cases. A case with two
surveys in a block counts once. A survey belongs to the quarter in which it closed, so a published block never
changes.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.measures import Ended, Measure
from services.intake.domain.statistics import Block, Quarter, blocks
from services.intake.models import CaseFact, SurveyFact
from services.intake.queries.statistics import By, CountedCase, counted, in_block, table_of
from shared.events.network import SURVEY_GROUPS

QUESTIONS = ("meeting", "plan", "coordinator")
# By group and sum; hidden values are absent.
Sums = Mapping[tuple[str, str], int]
_TOLD = ("asked", "answered", *(f"{question}_answers" for question in QUESTIONS))


@dataclass(frozen=True)
class PublishedScores:
    """The published scores of one block: the total (under an empty value) and each value."""

    block: Block
    sums: Mapping[str, Sums]


async def score_tables(
    session: AsyncSession, *, tenant: UUID, by: By, today: date, smallest: int
) -> list[PublishedScores]:
    """Return the published scores of each block of past quarters, earliest first."""
    now = Quarter.of(today)
    query = select(SurveyFact, CaseFact).join(CaseFact, CaseFact.id == SurveyFact.fact_id)
    query = query.where(SurveyFact.tenant == tenant, SurveyFact.closed < now.begins)
    rows = [(survey, fact) for survey, fact in await session.execute(query)]
    # All of them held a conference, so that makes no groups.
    cases = {
        fact.id: replace(counted(fact, now.begins), ended=Ended.CONFERENCE_AND_PLAN)
        for fact in {fact.id: fact for _, fact in rows}.values()
    }
    return await asyncio.to_thread(_tables, [survey for survey, _ in rows], cases, by, now, smallest)


def _tables(
    surveys: Sequence[SurveyFact], cases: Mapping[UUID, CountedCase], by: By, now: Quarter, smallest: int
) -> list[PublishedScores]:
    of_quarter: dict[Quarter, list[SurveyFact]] = {}
    for survey in surveys:
        of_quarter.setdefault(Quarter.of(survey.closed), []).append(survey)
    closed = Counter(
        Quarter.of(month) for _, month in {(survey.fact_id, survey.closed) for survey in surveys}
    )
    return [
        PublishedScores(block, _sums(block, _of_cases(in_block(of_quarter, block), cases), by, smallest))
        for block in blocks(closed, before=now, smallest=smallest)
    ]


def _of_cases(
    surveys: Sequence[SurveyFact], cases: Mapping[UUID, CountedCase]
) -> list[tuple[CountedCase, Counter[tuple[str, str]]]]:
    found: dict[UUID, tuple[CountedCase, Counter[tuple[str, str]]]] = {}
    for survey in surveys:
        _, sums = found.setdefault(survey.fact_id, (cases[survey.fact_id], Counter()))
        for name in (*_TOLD, *(f"{question}_total" for question in QUESTIONS)):
            sums[survey.voice_group, name] += getattr(survey, name)
    return list(found.values())


def _sums(
    block: Block, cases: Sequence[tuple[CountedCase, Counter[tuple[str, str]]]], by: By, smallest: int
) -> Mapping[str, Sums]:
    every = table_of(block, [case for case, _ in cases], by, smallest)
    told: dict[str, Counter[tuple[str, str]]] = {value: Counter() for value in ("", *every.rows)}
    for group in SURVEY_GROUPS:
        for name in _TOLD:
            having = [(case, sums) for case, sums in cases if sums[group, name]]
            table = table_of(block, [case for case, _ in having], by, smallest)
            for value, row in (("", table.total), *table.rows.items()):
                if not row[Measure.CONFERENCE_HELD]:
                    continue
                theirs = [sums for case, sums in having if not value or case.has(by, value)]
                told[value][group, name] = sum(sums[group, name] for sums in theirs)
                if name.endswith("_answers"):
                    total = name.replace("_answers", "_total")
                    told[value][group, total] = sum(sums[group, total] for sums in theirs)
    return told
