"""Reads: the information givers at a conference, in order."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling.models import InformationGiver, Preparation


async def givers(session: AsyncSession, *, preparation_id: UUID) -> Sequence[InformationGiver]:
    """Return the information givers at the conference of a preparation, in order."""
    query = select(InformationGiver).where(InformationGiver.preparation_id == preparation_id)
    return (await session.scalars(query.order_by(InformationGiver.position))).all()


async def givers_of_case(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> Sequence[InformationGiver]:
    """Return the information givers in all preparations of a case, in order."""
    query = (
        select(InformationGiver)
        .join(Preparation, Preparation.id == InformationGiver.preparation_id)
        .where(Preparation.tenant == tenant, Preparation.case_id == case_id)
        .order_by(Preparation.preparation_no, InformationGiver.position)
    )
    return (await session.scalars(query)).all()


async def preparation_of(session: AsyncSession, *, preparation_id: UUID) -> Preparation:
    """Return the current row of a preparation."""
    query = select(Preparation).where(Preparation.id == preparation_id)
    return (await session.scalars(query.execution_options(populate_existing=True))).one()
