"""Reads of the register of venues."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling.domain import ConferenceState
from services.scheduling.domain.venues import Booking, UnknownVenue
from services.scheduling.models import Conference, RegisteredVenue


async def venue(session: AsyncSession, *, tenant: UUID, venue_id: UUID) -> RegisteredVenue:
    """Return a venue of an organisation, also a closed one. Raises: UnknownVenue."""
    query = select(RegisteredVenue).where(RegisteredVenue.id == venue_id, RegisteredVenue.tenant == tenant)
    found = (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if found is None:
        raise UnknownVenue(venue_id=str(venue_id))
    return found


async def reached_by(session: AsyncSession, conference: Conference) -> str | None:
    """Return how to get to the venue of a conference, as the register says now; None if it is not in it."""
    if conference.venue_id is None:
        return None
    query = select(RegisteredVenue.reached_by).where(
        RegisteredVenue.id == conference.venue_id, RegisteredVenue.tenant == conference.tenant
    )
    found: str | None = await session.scalar(query)
    return found


async def venues(session: AsyncSession, *, tenant: UUID) -> Sequence[RegisteredVenue]:
    """Return the venues that an organisation uses, by name."""
    query = select(RegisteredVenue).where(
        RegisteredVenue.tenant == tenant, RegisteredVenue.closed_at.is_(None)
    )
    return (await session.scalars(query.order_by(RegisteredVenue.name, RegisteredVenue.id))).all()


async def bookings(session: AsyncSession, *, tenant: UUID, since: datetime) -> list[Booking]:
    """Return the bookings of venues from a time on."""
    query = select(Conference).where(
        Conference.tenant == tenant,
        Conference.state == ConferenceState.SCHEDULED,
        Conference.venue_id.is_not(None),
        Conference.ends_at > since,
    )
    return [
        Booking(row.venue_id, row.id, row.starts_at, row.ends_at)
        for row in await session.scalars(query)
        if row.venue_id is not None and row.starts_at is not None and row.ends_at is not None
    ]
