"""Reads of retention and holds: what its workflow goes by, and what those see who answer for the data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import RETENTION_CLOCK
from services.intake.models import Base, Hold, Referral, Retention
from shared.http.paging import PageRequest, Rows, paginate

_clock = Base.metadata.tables["clock"]
_KEPT = "tenant = :tenant AND kind IN ('retention', 'hold') AND state = 'running'"
# An erasure that not everyone has confirmed: few at a time, found by what serves all late clocks.
_ASKED = "tenant = :tenant AND kind = 'erasure' AND state = 'running'"
_UNWARNED = "warned_at IS NULL AND warn_at IS NOT NULL"
_NEXT = text(
    f"""
    SELECT least((SELECT min(due_at) FROM clock WHERE {_KEPT}),
                 (SELECT min(warn_at) FROM clock WHERE {_KEPT} AND {_UNWARNED}),
                 (SELECT min(due_at) FROM clock WHERE {_ASKED}),
                 (SELECT min(warn_at) FROM clock WHERE {_ASKED} AND {_UNWARNED}))
    """  # noqa: S608 - conditions written above
)
# What is due comes before what is only to be warned of.
_DUE = text(
    f"""
    (SELECT id, kind, subject, true AS due FROM clock WHERE {_KEPT} AND due_at <= :now ORDER BY due_at LIMIT :most)
    UNION ALL
    (SELECT id, kind, subject, false FROM clock WHERE {_KEPT} AND {_UNWARNED} AND warn_at <= :now AND due_at > :now
     ORDER BY warn_at LIMIT :most)
    UNION ALL
    (SELECT id, kind, subject, due_at <= :now FROM clock
     WHERE {_ASKED} AND (due_at <= :now OR {_UNWARNED} AND warn_at <= :now) ORDER BY due_at LIMIT :most)
    LIMIT :most
    """  # noqa: S608 - conditions written above
)


@dataclass(frozen=True)
class Moment:
    """Something about a file whose moment has come: to be warned of, or (`due`) to be done."""

    clock_id: UUID
    kind: str
    subject: UUID
    due: bool


async def next_moment(session: AsyncSession, *, tenant: UUID) -> datetime | None:
    """Return when something is to be done next about any file of a tenant, None if nothing is kept for a time."""
    found: datetime | None = (await session.execute(_NEXT, {"tenant": tenant})).scalar_one()
    return found


async def moments(session: AsyncSession, *, tenant: UUID, now: datetime, most: int) -> list[Moment]:
    """Return some of what is to be done now about files of a tenant, the longest due first."""
    rows = await session.execute(_DUE, {"tenant": tenant, "now": now, "most": most})
    return [Moment(row.id, row.kind, row.subject, row.due) for row in rows]


async def holds_in_force(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> Sequence[Hold]:
    """Return what holds a file now."""
    query = select(Hold).where(Hold.tenant == tenant, Hold.case_id == case_id, Hold.lifted_at.is_(None))
    return (await session.execute(query.order_by(Hold.created_at, Hold.id))).scalars().all()


async def hold(session: AsyncSession, *, tenant: UUID, hold_id: UUID) -> Hold | None:
    """Return a hold as it is now, also if this session has seen it before."""
    query = select(Hold).where(Hold.tenant == tenant, Hold.id == hold_id)
    return (await session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()


async def page_of_holds(session: AsyncSession, *, tenant: UUID, page: PageRequest) -> Rows[Hold]:
    """Return one page of the holds in force, newest first."""
    query = select(Hold).where(Hold.tenant == tenant, Hold.lifted_at.is_(None))
    return await paginate(session, query, page, time=Hold.created_at, id=Hold.id)


async def retention(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> Retention | None:
    """Return until when a file is kept."""
    query = select(Retention).where(Retention.tenant == tenant, Retention.case_id == case_id)
    return (await session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()


async def page_of_ends(
    session: AsyncSession, *, tenant: UUID, page: PageRequest
) -> Rows[tuple[Retention, datetime]]:
    """Return one page of the files that will be erased, soonest first; those under a hold are not among them."""
    query: Any = (
        select(Retention, _clock.c.due_at)
        .join(_clock, _clock.c.subject == Retention.case_id)
        .where(
            Retention.tenant == tenant,
            _clock.c.tenant == tenant,
            _clock.c.kind == RETENTION_CLOCK,
            # What the index says, word for word.
            text("clock.kind IN ('retention', 'hold')"),
            _clock.c.state == "running",
        )
    )
    return await paginate(
        session, query, page, time=_clock.c.due_at, id=Retention.case_id, newest_first=False
    )


async def referral_of_file(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, lock: bool = False
) -> Referral | None:
    """Return the referral that a file began with."""
    query = select(Referral).where(Referral.tenant == tenant, Referral.case_id == case_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(query)).scalar_one_or_none()
