"""Reads of referrals and their persons."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import LIVE, CaseStatus, ReferralState
from services.intake.models import Case, Referral, ReferralPerson
from shared.database import fetch
from shared.http.paging import PageRequest, Rows, paginate

# Which open referrals of the persons `other` are shown: $1 the tenant, $2 and $3 the referrer and their organisation
# (NULL: to its managers), $4 the states of live cases.
OPEN = """
    JOIN referral ON referral.id = other.referral_id
    LEFT JOIN "case" ON "case".id = referral.case_id
    WHERE other.tenant = $1
        AND ($2::uuid IS NULL OR (referral.referrer_id = $2 AND referral.referring_organisation = $3))
        AND (referral.state = 'received' OR (referral.state = 'accepted' AND "case".state = ANY($4::text[])))
"""
# Per person; by then it is known that they were referred before.
MAX_ALSO_REFERRED = 20
_ALSO_REFERRED = f"""
    SELECT asked.referral_id, found.other_id
    FROM unnest($5::uuid[]) AS asked (referral_id) CROSS JOIN LATERAL (
        SELECT DISTINCT other.referral_id AS other_id
        FROM referral_person one
        JOIN referral_person other ON other.tenant = one.tenant AND other.person_index = one.person_index
            AND other.referral_id <> one.referral_id
        {OPEN} AND one.referral_id = asked.referral_id ORDER BY other.referral_id DESC LIMIT {MAX_ALSO_REFERRED}
    ) AS found
"""  # noqa: S608


async def referral(
    session: AsyncSession, *, tenant: UUID, referral_id: UUID, lock: bool = False
) -> Referral | None:
    """Return a referral, locked if it is about to change."""
    query = select(Referral).where(Referral.tenant == tenant, Referral.id == referral_id)
    if lock:
        # What was read before the lock may have changed since.
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(query)).scalar_one_or_none()


@dataclass(frozen=True)
class Visible:
    """The referrals that a caller may see: a tenant's, or those that one professional wrote for an organisation.

    Erased ones are visible to nobody.
    """

    tenant: UUID
    referrer_id: UUID | None = None
    organisation_id: UUID | None = None

    def values(self) -> tuple[object, ...]:
        """Return the values $1 to $4 of OPEN."""
        return self.tenant, self.referrer_id, self.organisation_id, list(LIVE)

    def query(self) -> Select[Referral]:
        """Return the query of these referrals."""
        erased = exists().where(Case.id == Referral.case_id, Case.state == CaseStatus.ERASED)
        query = select(Referral).where(
            Referral.tenant == self.tenant, Referral.state != ReferralState.ERASED, ~erased
        )
        if self.referrer_id is None:
            return query
        return query.where(
            Referral.referrer_id == self.referrer_id, Referral.referring_organisation == self.organisation_id
        )


async def page_of_referrals(
    session: AsyncSession, query: Select[Referral], *, page: PageRequest, newest_first: bool = True
) -> Rows[Referral]:
    """Return one page of a query of referrals, by time of arrival."""
    return await paginate(
        session, query, page, time=Referral.created_at, id=Referral.id, newest_first=newest_first
    )


async def also_referred(
    session: AsyncSession, visible: Visible, referral_ids: Sequence[UUID]
) -> dict[UUID, list[UUID]]:
    """Return, for each referral, the newest other open ones of its central persons that the caller may see."""
    found: dict[UUID, list[UUID]] = {}
    for row in await fetch(session, _ALSO_REFERRED, *visible.values(), referral_ids):
        found.setdefault(row["referral_id"], []).append(row["other_id"])
    return found


async def person(session: AsyncSession, *, tenant: UUID, person_id: UUID) -> ReferralPerson | None:
    """Return a person of a referral."""
    query = select(ReferralPerson).where(ReferralPerson.tenant == tenant, ReferralPerson.id == person_id)
    return (await session.execute(query)).scalar_one_or_none()


async def persons(session: AsyncSession, *, tenant: UUID, referral_id: UUID) -> Sequence[ReferralPerson]:
    """Return the persons of a referral, in their original order."""
    query = select(ReferralPerson).where(
        ReferralPerson.tenant == tenant, ReferralPerson.referral_id == referral_id
    )
    return (await session.execute(query.order_by(ReferralPerson.position))).scalars().all()
