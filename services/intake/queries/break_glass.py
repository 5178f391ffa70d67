"""Reads of break-glass access."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models import BreakGlass
from shared.http.paging import PageRequest, Rows, paginate


async def page_of_break_glass(session: AsyncSession, *, tenant: UUID, page: PageRequest) -> Rows[BreakGlass]:
    """Return one page of the tenant's break-glass accesses, newest first."""
    query = select(BreakGlass).where(BreakGlass.tenant == tenant)
    return await paginate(session, query, page, time=BreakGlass.created_at, id=BreakGlass.id)


async def access(
    session: AsyncSession, *, tenant: UUID, break_glass_id: UUID, lock: bool = False
) -> BreakGlass | None:
    """Return a break-glass access of the tenant."""
    query = select(BreakGlass).where(BreakGlass.id == break_glass_id, BreakGlass.tenant == tenant)
    return (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def active(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, opened_by: UUID, now: datetime
) -> BreakGlass | None:
    """Return the access by which a manager may read a case's file now."""
    query = _active(tenant, case_id, now).where(BreakGlass.opened_by == opened_by)
    return (await session.execute(query.limit(1))).scalar_one_or_none()


async def active_of_case(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, now: datetime
) -> Sequence[BreakGlass]:
    """Return every current access to a case's file, locked."""
    query = _active(tenant, case_id, now).order_by(BreakGlass.id).with_for_update()
    return (await session.execute(query)).scalars().all()


def _active(tenant: UUID, case_id: UUID, now: datetime) -> Select[BreakGlass]:
    return select(BreakGlass).where(
        BreakGlass.tenant == tenant,
        BreakGlass.case_id == case_id,
        BreakGlass.closed_at.is_(None),
        BreakGlass.until > now,
    )
