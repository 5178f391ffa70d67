"""Reads of retention and holds, for those responsible for the data."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import RETENTION_CLOCK
from services.intake.models import Base, CaseFact, Hold, Referral, Retention
from shared.http.paging import PageRequest, Rows, paginate

_clock = Base.metadata.tables["clock"]


async def holds_in_force(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> Sequence[Hold]:
    """Return the holds on a file now."""
    query = select(Hold).where(Hold.tenant == tenant, Hold.case_id == case_id, Hold.lifted_at.is_(None))
    return (await session.execute(query.order_by(Hold.created_at, Hold.id))).scalars().all()


async def planned_without_meeting(session: AsyncSession, *, case_id: UUID) -> bool:
    """Tell whether the only plan of a case was made without a meeting."""
    query = select(CaseFact.id).where(
        CaseFact.case_id == case_id,
        CaseFact.plan_without_meeting.is_not(None),
        CaseFact.plan_from_conference.is_(None),
    )
    return (await session.execute(query)).scalar_one_or_none() is not None


async def hold(session: AsyncSession, *, tenant: UUID, hold_id: UUID) -> Hold | None:
    """Return the current row of a hold, even if this session has read it before."""
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
    """Return one page of the files that will be erased, soonest first, without those under a hold."""
    query: Any = (
        select(Retention, _clock.c.due_at)
        .join(_clock, _clock.c.subject == Retention.case_id)
        .where(
            Retention.tenant == tenant,
            _clock.c.tenant == tenant,
            _clock.c.kind == RETENTION_CLOCK,
            # Must match the index literally.
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
    """Return the referral of a file."""
    query = select(Referral).where(Referral.tenant == tenant, Referral.case_id == case_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(query)).scalar_one_or_none()
