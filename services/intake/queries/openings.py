"""Reads of files that were opened by break-glass."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models import Opening
from shared.http.paging import PageRequest, Rows, paginate


async def page_of_openings(session: AsyncSession, *, tenant: UUID, page: PageRequest) -> Rows[Opening]:
    """Return one page of the tenant's openings, newest first."""
    query = select(Opening).where(Opening.tenant == tenant)
    return await paginate(session, query, page, time=Opening.created_at, id=Opening.id)


async def opening(session: AsyncSession, *, tenant: UUID, opening_id: UUID) -> Opening | None:
    """Return an opening of the tenant, locked."""
    query = select(Opening).where(Opening.id == opening_id, Opening.tenant == tenant).with_for_update()
    return (await session.execute(query)).scalar_one_or_none()


async def standing(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, opened_by: UUID, now: datetime
) -> Opening | None:
    """Return the opening by which a manager may read a case's file now."""
    query = _standing(tenant, case_id, now).where(Opening.opened_by == opened_by)
    return (await session.execute(query.limit(1))).scalar_one_or_none()


async def standing_of_case(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, now: datetime
) -> Sequence[Opening]:
    """Return every opening by which a case's file is read now."""
    query = _standing(tenant, case_id, now).order_by(Opening.id).with_for_update()
    return (await session.execute(query)).scalars().all()


def _standing(tenant: UUID, case_id: UUID, now: datetime) -> Select[Opening]:
    return select(Opening).where(
        Opening.tenant == tenant,
        Opening.case_id == case_id,
        Opening.closed_at.is_(None),
        Opening.until > now,
    )
