"""Statistics: numbers of groups in which nobody can be found."""

from typing import Annotated

from fastapi import Query

from services.intake.domain.statistics import Quarter, Table
from services.intake.permissions import Counter
from services.intake.queries import statistics as reads
from services.intake.queries.statistics import By
from services.intake.schemas.statistics import (
    Numbers,
    NumbersOf,
    Period,
    PeriodNotPossible,
    QuarterText,
    Statistics,
)
from services.intake.settings import policies
from shared.http import Now, Router, Session

router = Router(tags=["statistics"])


@router.get("/v1/statistics")
async def read_statistics(
    *,
    principal: Counter,
    session: Session,
    now: Now,
    first: Annotated[QuarterText | None, Query(alias="from")] = None,
    last: Annotated[QuarterText | None, Query(alias="to")] = None,
    by: By = "none",
) -> Statistics:
    """Read how many cases were referred, started, met and made a plan; of periods that lie wholly in what is asked.

    Everything that is told is told as of the end of the last quarter, and in groups that cannot be taken apart.
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
            _period(table)
            for table in tables
            if (begins is None or begins <= table.block.first) and (ends is None or table.block.last <= ends)
        ],
    )


def _quarter(given: str | None) -> Quarter | None:
    return None if given is None else Quarter(int(given[:4]), int(given[-1]))


def _period(table: Table) -> Period:
    return Period(
        first_quarter=str(table.block.first),
        last_quarter=str(table.block.last),
        total=Numbers.model_validate(table.total),
        rows=[NumbersOf.model_validate({"value": value, **row}) for value, row in table.rows.items()],
    )
