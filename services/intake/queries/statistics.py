"""Counts of cases, as they stood when the last quarter was over."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import Theme
from services.intake.domain.statistics import (
    Block,
    Ended,
    Quarter,
    Table,
    blocks,
    publish,
    publish_overlapping,
)
from services.intake.models import CaseFact

By = Literal["none", "theme", "track", "region", "referrer", "age"]
Counts = Counter[tuple[str, Ended]]

# What is always told of, also of nobody: a value that is missing would say something too.
_KNOWN: dict[str, tuple[str, ...]] = {
    "track": ("normal", "urgent"),
    "referrer": ("professional", "self", "acquaintance"),
    "age": ("under-6", "6-11", "12-17", "18-24", "25-64", "65-and-over", "unknown"),
}


@dataclass(frozen=True)
class CountedCase:
    """What counts of one case."""

    quarter: Quarter
    ended: Ended
    track: str
    region: str | None
    referrer_kind: str
    age_band: str
    themes: Sequence[str]

    def value(self, by: By) -> str:
        """Return by what it is told apart."""
        values = {
            "track": self.track,
            "region": self.region or "unknown",
            "referrer": self.referrer_kind,
            "age": self.age_band,
        }
        return values.get(by, "")


async def tables(session: AsyncSession, *, tenant: UUID, by: By, today: date, smallest: int) -> list[Table]:
    """Return a table for each block of quarters that are over, earliest first."""
    now = Quarter.of(today)
    found = await _counted(session, tenant=tenant, before=now.begins)
    referred = Counter(case.quarter for case in found)
    return [
        _table(block, [case for case in found if block.first <= case.quarter <= block.last], by, smallest)
        for block in blocks(referred, before=now, smallest=smallest)
    ]


def _table(block: Block, cases: Sequence[CountedCase], by: By, smallest: int) -> Table:
    if by == "theme":
        everybody = Counter(("", each.ended) for each in cases)
        having = {
            theme.value: Counter((theme.value, each.ended) for each in cases if theme in each.themes)
            for theme in Theme
        }
        return publish_overlapping(having, block=block, everybody=everybody, smallest=smallest)
    counts: Counts = Counter((each.value(by), each.ended) for each in cases)
    values = [] if by == "none" else sorted({*_KNOWN.get(by, ()), *(one for one, _ in counts)})
    return publish(counts, block=block, values=values, smallest=smallest)


async def _counted(session: AsyncSession, *, tenant: UUID, before: date) -> list[CountedCase]:
    """Return the cases that were referred before a day, with what had become of them by then."""
    query = select(CaseFact).where(CaseFact.tenant == tenant, CaseFact.referred < before)
    return [
        CountedCase(
            quarter=Quarter.of(fact.referred),
            ended=_ended(fact, before),
            track=fact.track,
            region=fact.region,
            referrer_kind=fact.referrer_kind,
            age_band=fact.age_band,
            themes=fact.themes,
        )
        for fact in (await session.execute(query)).scalars()
    ]


def _ended(fact: CaseFact, before: date) -> Ended:
    def by_then(month: date | None) -> bool:
        return month is not None and month < before

    if by_then(fact.conference_held):
        return (
            Ended.CONFERENCE_AND_PLAN if by_then(fact.plan_from_conference) else Ended.CONFERENCE_WITHOUT_PLAN
        )
    if by_then(fact.plan_without_meeting) or by_then(fact.plan_from_conference):
        return Ended.PLAN_WITHOUT_MEETING
    return Ended.NO_MEETING if by_then(fact.started) else Ended.NOT_STARTED
