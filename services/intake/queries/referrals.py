"""Reads of referrals and the persons in them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.intake.domain.codes import LIVE, CaseStatus, ReferralState
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


def all_referrals(*, tenant: UUID) -> Select[Referral]:
    """Return the query of a tenant's referrals but those that were erased."""
    erased = exists().where(Case.id == Referral.case_id, Case.state == CaseStatus.ERASED)
    return select(Referral).where(Referral.tenant == tenant, Referral.state != ReferralState.ERASED, ~erased)


def referrals_of(*, tenant: UUID, referrer_id: UUID, organisation_id: UUID) -> Select[Referral]:
    """Return the query of the referrals that a professional wrote for an organisation."""
    return all_referrals(tenant=tenant).where(
        Referral.referrer_id == referrer_id, Referral.referring_organisation == organisation_id
    )


async def page_of_referrals(
    session: AsyncSession, query: Select[Referral], *, page: PageRequest, newest_first: bool = True
) -> Rows[Referral]:
    """Return one page of a query of referrals, by when they came."""
    return await paginate(
        session, query, page, time=Referral.created_at, id=Referral.id, newest_first=newest_first
    )


async def also_referred(
    session: AsyncSession, visible: Select[Referral], referral_ids: Sequence[UUID]
) -> dict[UUID, list[UUID]]:
    """Return of each referral the other open ones of a central person of it, of those that the reader may see."""
    live = exists().where(Case.id == Referral.case_id, Case.state.in_(LIVE))
    is_open = (Referral.state == ReferralState.RECEIVED) | ((Referral.state == ReferralState.ACCEPTED) & live)
    one, other = aliased(ReferralPerson), aliased(ReferralPerson)
    same = (
        (other.tenant == one.tenant)
        & (other.person_index == one.person_index)
        & (other.referral_id != one.referral_id)
    )
    query = select(one.referral_id, other.referral_id).join(other, same).distinct()
    named = query.where(one.referral_id.in_(referral_ids))
    seen = named.where(other.referral_id.in_(visible.where(is_open).with_only_columns(Referral.id)))
    found: dict[UUID, list[UUID]] = {}
    for referral_id, known in await session.execute(seen.order_by(other.referral_id)):
        found.setdefault(referral_id, []).append(known)
    return found


async def person(session: AsyncSession, *, tenant: UUID, person_id: UUID) -> ReferralPerson | None:
    """Return a person of a referral."""
    query = select(ReferralPerson).where(ReferralPerson.tenant == tenant, ReferralPerson.id == person_id)
    return (await session.execute(query)).scalar_one_or_none()


async def persons(session: AsyncSession, *, tenant: UUID, referral_id: UUID) -> Sequence[ReferralPerson]:
    """Return the persons of a referral, in the order in which they were written down."""
    query = select(ReferralPerson).where(
        ReferralPerson.tenant == tenant, ReferralPerson.referral_id == referral_id
    )
    return (await session.execute(query.order_by(ReferralPerson.position))).scalars().all()
