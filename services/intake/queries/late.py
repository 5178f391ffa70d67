"""Missed deadlines by kind and reason: in how many cases, published where there are enough of them.

A case counts once for each kind of deadline that was missed in it, by the reason that was given last. A kind is
published against all other cases with missed deadlines, its reasons against each other. A deadline belongs to the
quarter in which it was missed, and a reason counts if it was given in that quarter, so a published block never changes.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.measures import Ended, Measure
from services.intake.domain.statistics import (
    Block,
    Counts,
    Quarter,
    blocks,
    publish,
    publish_overlapping,
)
from services.intake.models import LateFact
from services.intake.queries.statistics import in_block
from shared.events.base import LateReason

# No reason was given.
UNSAID = "none"
_REASONS = sorted({*LateReason, UNSAID})
# That a deadline was missed divides no case further: all of them stand in one group.
_ALL, _NUMBER = Ended.CONFERENCE_AND_PLAN, Measure.CONFERENCE_HELD


@dataclass(frozen=True)
class PublishedKind:
    """In how many cases deadlines of a kind were missed, in all and by reason; None where not published."""

    cases: int | None
    reasons: Mapping[str, int | None]


@dataclass(frozen=True)
class PublishedLate:
    """What is published of one block: the cases with missed deadlines, and those of each kind."""

    block: Block
    cases: int | None
    kinds: Mapping[str, PublishedKind]


async def late_tables(
    session: AsyncSession, *, tenant: UUID, today: date, smallest: int
) -> list[PublishedLate]:
    """Return what is published of each block of past quarters, earliest first."""
    now = Quarter.of(today)
    query = select(LateFact).where(LateFact.tenant == tenant, LateFact.missed < now.begins)
    of_quarter: dict[Quarter, list[LateFact]] = {}
    for fact in await session.scalars(query.order_by(LateFact.missed, LateFact.id)):
        of_quarter.setdefault(Quarter.of(fact.missed), []).append(fact)
    cases = {quarter: len({fact.fact_id for fact in facts}) for quarter, facts in of_quarter.items()}
    return [
        _published(block, in_block(of_quarter, block), smallest)
        for block in blocks(cases, before=now, smallest=smallest)
    ]


def _published(block: Block, facts: Sequence[LateFact], smallest: int) -> PublishedLate:
    reasons: dict[str, dict[UUID, str]] = {}
    # Versions grow with the events of a case, and a kind of deadline is of one service.
    for fact in sorted(facts, key=lambda fact: (fact.reason is not None, fact.version)):
        reasons.setdefault(fact.kind, {})[fact.fact_id] = fact.reason or UNSAID
    everybody: Counts = {("", _ALL): len({fact.fact_id for fact in facts})}
    having: dict[str, Counts] = {kind: {(kind, _ALL): len(of_case)} for kind, of_case in reasons.items()}
    table = publish_overlapping(having, block=block, everybody=everybody, smallest=smallest)
    return PublishedLate(
        block,
        cases=table.total[_NUMBER],
        kinds={
            kind: PublishedKind(number, _by_reason(block, reasons[kind].values(), number, smallest))
            for kind in sorted(reasons)
            for number in [table.rows[kind][_NUMBER]]
        },
    )


def _by_reason(
    block: Block, reasons: Collection[str], number: int | None, smallest: int
) -> dict[str, int | None]:
    """Return how many cases of a kind have each reason; nothing where the kind itself is not published."""
    if number is None:
        return dict.fromkeys(_REASONS)
    counts: Counts = Counter((reason, _ALL) for reason in reasons)
    table = publish(counts, block=block, values=_REASONS, smallest=smallest)
    return {reason: row[_NUMBER] for reason, row in table.rows.items()}
