"""Counts of cases, as of the end of the last quarter."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import Theme, WithdrawReason
from services.intake.domain.statistics import (
    Average,
    Block,
    Ended,
    Progress,
    Quarter,
    Standing,
    Table,
    averages,
    blocks,
    publish,
    publish_overlapping,
    said,
)
from services.intake.models import CaseFact

By = Literal["none", "theme", "track", "region", "referrer", "age", "acceptance", "stopped"]
Counts = Counter[tuple[str, Ended]]
T = TypeVar("T")

# Always published, also when zero: a missing value would reveal something too.
_KNOWN: dict[str, tuple[str, ...]] = {
    "track": ("normal", "urgent"),
    "referrer": ("professional", "self", "acquaintance"),
    "acceptance": ("accepted", "presumed", "partly-accepted", "refused", "none"),
    "stopped": (*(reason.value for reason in WithdrawReason), "none"),
    "age": ("under-6", "6-11", "12-17", "18-24", "25-64", "65-and-over", "unknown"),
}


@dataclass(frozen=True)
class CountedCase:
    """The counted facts of one case."""

    quarter: Quarter
    ended: Ended
    track: str
    region: str | None
    referrer_kind: str
    age_band: str
    acceptance: str
    stopped: str
    themes: Sequence[str]
    amounts: Mapping[Average, int]
    said: Mapping[Progress, int]

    def value(self, by: By) -> str:
        """Return the value by which it is grouped."""
        values = {
            "track": self.track,
            "region": self.region or "unknown",
            "referrer": self.referrer_kind,
            "age": self.age_band,
            "acceptance": self.acceptance,
            "stopped": self.stopped,
        }
        return values.get(by, "")

    def has(self, by: By, value: str) -> bool:
        """Tell whether it belongs to a row."""
        return value in self.themes if by == "theme" else self.value(by) == value


@dataclass(frozen=True)
class Told:
    """What is published of one block: numbers; averages and answers of the total (under an empty value) and rows."""

    table: Table
    averages: Mapping[str, Mapping[Average, float | None]]
    said: Mapping[str, Mapping[Progress, int] | None]


async def tables(session: AsyncSession, *, tenant: UUID, by: By, today: date, smallest: int) -> list[Told]:
    """Return what is published of each block of past quarters, earliest first."""
    now = Quarter.of(today)
    found = await _counted(session, tenant=tenant, before=now.begins)
    # In a thread: these are all cases of years, and other requests would wait.
    return await asyncio.to_thread(_tables, found, by, now, smallest)


def _tables(found: Sequence[CountedCase], by: By, now: Quarter, smallest: int) -> list[Told]:
    of_quarter: dict[Quarter, list[CountedCase]] = {}
    for case in found:
        of_quarter.setdefault(case.quarter, []).append(case)
    referred = {quarter: len(cases) for quarter, cases in of_quarter.items()}
    return [
        _told(block, in_block(of_quarter, block), by, smallest)
        for block in blocks(referred, before=now, smallest=smallest)
    ]


def in_block(of_quarter: Mapping[Quarter, Sequence[T]], block: Block) -> list[T]:
    """Return the data of a block's quarters."""
    return [
        each
        for quarter, those in of_quarter.items()
        if block.first <= quarter <= block.last
        for each in those
    ]


def _told(block: Block, cases: Sequence[CountedCase], by: By, smallest: int) -> Told:
    table = table_of(block, cases, by, smallest)
    rows = {"": (table.total, cases)} | {
        value: (row, [each for each in cases if each.has(by, value)]) for value, row in table.rows.items()
    }
    return Told(
        table,
        averages={
            value: averages(row, [(each.ended, each.amounts) for each in of_row])
            for value, (row, of_row) in rows.items()
        },
        said={
            value: said(row, [(each.ended, each.said) for each in of_row])
            for value, (row, of_row) in rows.items()
        },
    )


def table_of(block: Block, cases: Sequence[CountedCase], by: By, smallest: int) -> Table:
    """Return what may be published of the cases of one block."""
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
    """Return the cases that were referred before a day, with their state by then."""
    query = select(CaseFact).where(CaseFact.tenant == tenant, CaseFact.referred < before)
    return [counted(fact, before) for fact in (await session.execute(query)).scalars()]


def counted(fact: CaseFact, before: date) -> CountedCase:
    """Return the counted facts of a case at the beginning of the current quarter."""
    stood = fact.stood if fact.changed >= before and fact.stood is not None else fact
    case = Standing.model_validate(stood)
    return CountedCase(
        quarter=Quarter.of(fact.referred),
        ended=_ended(case, before),
        track=fact.track,
        region=case.region,
        referrer_kind=fact.referrer_kind,
        age_band=fact.age_band,
        acceptance=(case.acceptance if _by_then(case.judged, before) else None) or "none",
        stopped=(case.stop_reason if _by_then(case.ended, before) else None) or "none",
        themes=fact.themes,
        amounts=_amounts(case, fact.referred),
        said={
            Progress.DONE: case.agreements_done,
            Progress.NEARLY: case.said_nearly,
            Progress.NOT_YET: case.said_not_yet,
            Progress.CHANGED: case.said_changed,
            Progress.HELP: case.said_help,
        },
    )


def _amounts(case: Standing, referred: date) -> dict[Average, int]:
    held = case.conference_held or referred
    return {
        Average.CIRCLE: case.circle,
        Average.WIDENED: case.widened,
        Average.INVITED: case.invited,
        Average.CAME: case.attended,
        Average.MONTHS_TO_CONFERENCE: 12 * (held.year - referred.year) + held.month - referred.month,
        Average.CANCELLED: case.cancelled,
        Average.AGREEMENTS: case.agreements,
        Average.AGREEMENTS_DONE: case.agreements_done,
        Average.AGREEMENTS_LAPSED: case.agreements_lapsed,
        Average.CHECK_INS: case.check_ins,
    }


def _ended(case: Standing, before: date) -> Ended:
    if _by_then(case.conference_held, before):
        return (
            Ended.CONFERENCE_AND_PLAN
            if _by_then(case.plan_from_conference, before)
            else Ended.CONFERENCE_WITHOUT_PLAN
        )
    if _by_then(case.plan_without_meeting, before) or _by_then(case.plan_from_conference, before):
        return Ended.PLAN_WITHOUT_MEETING
    return Ended.NO_MEETING if _by_then(case.started, before) else Ended.NOT_STARTED


def _by_then(month: date | None, before: date) -> bool:
    return month is not None and month < before
