"""Counts of cases, as of the end of the last quarter."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import Theme
from services.intake.domain.measures import (
    AVERAGES,
    MEASURES,
    SHARES,
    UNSAID,
    CaseSnapshot,
    Ended,
    Measure,
    Progress,
)
from services.intake.domain.statistics import (
    Block,
    Quarter,
    Row,
    Table,
    blocks,
    by_last_report,
    publish,
    publish_overlapping,
    split,
)
from services.intake.models import CaseFact, LateFact

By = Literal["none", "theme", "track", "region", "referrer", "age"]
Counts = Counter[tuple[str, Ended]]
T = TypeVar("T")

# Always published, also when zero: a missing value would reveal something too.
_KNOWN: dict[str, tuple[str, ...]] = {
    "track": ("normal", "urgent"),
    "referrer": ("professional", "self", "acquaintance"),
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
    themes: Sequence[str]
    amounts: Mapping[str, int]
    # By share.
    codes: Mapping[str, str]

    def value(self, by: By) -> str:
        """Return the value by which it is grouped."""
        values = {
            "track": self.track,
            "region": self.region or "unknown",
            "referrer": self.referrer_kind,
            "age": self.age_band,
        }
        return values.get(by, "")

    def has(self, by: By, value: str) -> bool:
        """Tell whether it belongs to a row."""
        return value in self.themes if by == "theme" else self.value(by) == value


@dataclass(frozen=True)
class Mean:
    """An average over some cases; None where their number is not published."""

    mean: float | None = None
    cases: int | None = None


@dataclass(frozen=True)
class PublishedRow:
    """What is published of a row: numbers of cases, averages, and shares by code."""

    numbers: Row
    averages: Mapping[str, Mean]
    shares: Mapping[str, Mapping[str, int | None]]
    said: Mapping[Progress, int] | None


@dataclass(frozen=True)
class PublishedTable:
    """What is published of one block: in all (under an empty value) and by value."""

    block: Block
    rows: Mapping[str, PublishedRow]


async def tables(
    session: AsyncSession, *, tenant: UUID, by: By, today: date, smallest: int
) -> list[PublishedTable]:
    """Return what is published of each block of past quarters, earliest first."""
    now = Quarter.of(today)
    found = await _counted(session, tenant=tenant, before=now.begins)
    # In a thread: these are all cases of years, and other requests would wait.
    return await asyncio.to_thread(_tables, found, by, now, smallest)


def _tables(found: Sequence[CountedCase], by: By, now: Quarter, smallest: int) -> list[PublishedTable]:
    of_quarter: dict[Quarter, list[CountedCase]] = {}
    for case in found:
        of_quarter.setdefault(case.quarter, []).append(case)
    referred = {quarter: len(cases) for quarter, cases in of_quarter.items()}
    return [
        _published(block, in_block(of_quarter, block), by, smallest)
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


def _published(block: Block, cases: Sequence[CountedCase], by: By, smallest: int) -> PublishedTable:
    table = table_of(block, cases, by, smallest)
    numbers = {"": table.total, **table.rows}
    of_row = {"": cases} | {value: [each for each in cases if each.has(by, value)] for value in table.rows}

    def counted_in(measure: Measure) -> dict[str, list[CountedCase]]:
        return {
            value: [each for each in those if each.ended in MEASURES[measure]]
            for value, those in of_row.items()
            if numbers[value][measure] is not None
        }

    def divided(codes: Mapping[str, Sequence[str]], known: Sequence[str]) -> dict[str, dict[str, int | None]]:
        return split(codes, known=known, overlapping=by == "theme", smallest=smallest)

    counted_by = {measure: counted_in(measure) for measure in Measure}
    means: dict[str, dict[str, Mean]] = {}
    for name, measure in AVERAGES.items():
        amounts = {
            value: [each.amounts.get(name) for each in those] for value, those in counted_by[measure].items()
        }
        codes = {
            value: ["unknown" if each is None else "known" for each in row] for value, row in amounts.items()
        }
        means[name] = {
            value: _mean([each for each in amounts[value] if each is not None], row["known"])
            for value, row in divided(codes, ("known",)).items()
        }
    shares = {
        name: divided(
            {value: [each.codes[name] for each in those] for value, those in counted_by[share.of].items()},
            share.codes,
        )
        for name, share in SHARES.items()
    }
    return PublishedTable(
        block,
        rows={
            value: PublishedRow(
                numbers[value],
                averages={name: rows.get(value, Mean()) for name, rows in means.items()},
                shares={
                    name: rows.get(value, dict.fromkeys(SHARES[name].codes)) for name, rows in shares.items()
                },
                said=by_last_report(numbers[value], [(each.ended, each.amounts) for each in those]),
            )
            for value, those in of_row.items()
        },
    )


def _mean(amounts: Sequence[int], cases: int | None) -> Mean:
    return Mean(round(sum(amounts) / cases, 1) if cases else None, cases)


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
    missed = select(LateFact.fact_id).where(LateFact.tenant == tenant, LateFact.missed < before)
    late = set(await session.scalars(missed.distinct()))
    query = select(CaseFact).where(CaseFact.tenant == tenant, CaseFact.referred < before)
    return [counted(fact, before, late=late) for fact in await session.scalars(query)]


def counted(fact: CaseFact, before: date, *, late: Collection[UUID] = ()) -> CountedCase:
    """Return the counted facts of a case at the beginning of the current quarter.

    `late`: the facts of cases in which a deadline was missed by then.
    """
    stood = fact.stood if fact.changed >= before and fact.stood is not None else fact
    case = CaseSnapshot.model_validate(stood)
    return CountedCase(
        quarter=Quarter.of(fact.referred),
        ended=_ended(case, before),
        track=fact.track,
        region=case.region,
        referrer_kind=fact.referrer_kind,
        age_band=fact.age_band,
        themes=fact.themes,
        amounts=case.amounts,
        codes=_codes(case, fact, before) | {"late": "yes" if fact.id in late else "no"},
    )


def _codes(case: CaseSnapshot, fact: CaseFact, before: date) -> dict[str, str]:
    """Return the code of a case for every share."""
    derived = {
        "minors": "yes" if fact.minors else "no",
        "not_started_reason": case.not_started,
        "stop_reason": case.stop_reason if _by_then(case.ended, before) else None,
        "sides": _sides(case.amounts),
        "children_part": _children_part(case.amounts) if fact.minors else "no-children",
        "with_remote": _any(case.amounts, "remote"),
        "with_interpreter": _any(case.amounts, "came_interpreter"),
        "meetings": {1: "one", 2: "two"}.get(case.amounts.get("conferences", 0), "more"),
    }
    told = derived | {name: code for name, (_, code) in case.codes.items()}
    return {name: told.get(name) or UNSAID for name in SHARES}


def _any(amounts: Mapping[str, int], name: str) -> str | None:
    return None if name not in amounts else "yes" if amounts[name] else "no"


def _children_part(amounts: Mapping[str, int]) -> str | None:
    """Return the nearest way in which any child took part, as far as this is known."""
    came, remote, views = (amounts.get(name) for name in ("children", "children_remote", "children_views"))
    if came is None or remote is None or views is None:
        return None
    return "in-person" if came > remote else "remote" if remote else "views" if views else "not"


def _sides(amounts: Mapping[str, int]) -> str | None:
    """Return how many of the mother's and the father's side came, as far as this is known."""
    came = [amounts.get(f"came_{side}") for side in ("maternal", "paternal")]
    if None in came:
        return None
    return ("neither", "one", "both")[sum(map(bool, came))]


def _ended(case: CaseSnapshot, before: date) -> Ended:
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
