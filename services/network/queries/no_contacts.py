"""Which people must not be brought in contact."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.network.models import NoContact
from shared.case_state import lock_row
from shared.http import PageRequest, Rows, paginate

Pairs = frozenset[frozenset[UUID]]


async def no_contacts(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, page: PageRequest
) -> Rows[NoContact]:
    """Return one page of the pairs of a case, in the order in which they were recorded."""
    query = select(NoContact).where(NoContact.tenant == tenant, NoContact.case_id == case_id)
    return await paginate(
        session, query, page, time=NoContact.created_at, id=NoContact.id, newest_first=False
    )


async def no_contact(session: AsyncSession, *, tenant: UUID, no_contact_id: UUID) -> NoContact | None:
    """Return a pair, locked."""
    query = select(NoContact).where(NoContact.tenant == tenant, NoContact.id == no_contact_id)
    return await lock_row(session, query)


async def pairs(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> Pairs:
    """Return the pairs of a case that must not be brought in contact."""
    query = select(NoContact.one_id, NoContact.other_id).where(
        NoContact.tenant == tenant, NoContact.case_id == case_id
    )
    return frozenset(frozenset(pair) for pair in (await session.execute(query)).all())


def kept_from(apart: Pairs, person_id: UUID, *, among: Collection[UUID] | None = None) -> list[UUID]:
    """Return the people a person must not be brought in contact with: all, or those among some people."""
    others = {other for pair in apart if person_id in pair for other in pair - {person_id}}
    return sorted(others if among is None else others.intersection(among))
