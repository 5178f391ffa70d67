"""Reads of referrals and the persons in them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import CaseStatus, ReferralState
from services.intake.models import Case, Referral, ReferralPerson
from shared.http.paging import PageRequest, Rows, paginate


async def referral(
    session: AsyncSession, *, tenant: UUID, referral_id: UUID, lock: bool = False
) -> Referral | None:
    """Return a referral, locked if it is about to change."""
    query = select(Referral).where(Referral.tenant == tenant, Referral.id == referral_id)
    if lock:
        # What was read before the lock may have changed since.
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(query)).scalar_one_or_none()


async def referrals(
    session: AsyncSession, *, tenant: UUID, referrer_id: UUID | None, page: PageRequest
) -> Rows[Referral]:
    """Return one page of a tenant's referrals, newest first; of one referrer if named. What was erased is left out."""
    erased = exists().where(Case.id == Referral.case_id, Case.state == CaseStatus.ERASED)
    query = select(Referral).where(Referral.tenant == tenant, Referral.state != ReferralState.ERASED, ~erased)
    if referrer_id is not None:
        query = query.where(Referral.referrer_id == referrer_id)
    return await paginate(session, query, page, time=Referral.created_at, id=Referral.id)


async def persons(session: AsyncSession, *, tenant: UUID, referral_id: UUID) -> Sequence[ReferralPerson]:
    """Return the persons of a referral, in the order in which they were written down."""
    query = select(ReferralPerson).where(
        ReferralPerson.tenant == tenant, ReferralPerson.referral_id == referral_id
    )
    return (await session.execute(query.order_by(ReferralPerson.position))).scalars().all()
