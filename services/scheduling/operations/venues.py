"""The register of venues: added, changed and closed by the organisation, booked by a conference."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling.domain import Option
from services.scheduling.domain.venues import MAX_VENUES, TooManyVenues, VenueClosed, VenueTaken, is_taken
from services.scheduling.models import Conference, RegisteredVenue, VenueContact
from services.scheduling.queries import venues as queries
from shared import locks
from shared.errors import require_version
from shared.ids import uuid7
from shared.vault import Vault

# A lock: of two who book a venue at once the second sees the first booking.
_VENUES = "venues"


async def enter(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    given: dict[str, Any],
    contact: VenueContact,
    now: datetime,
) -> RegisteredVenue:
    """Add a venue. Raises: TooManyVenues."""
    await locks.hold(session, _VENUES, tenant)
    if len(await queries.venues(session, tenant=tenant)) >= MAX_VENUES:
        raise TooManyVenues
    venue = RegisteredVenue(id=uuid7(), tenant=tenant, version=1, created_at=now, **given)
    await vault.seal(session, venue, contact)
    session.add(venue)
    await session.flush()
    return venue


async def change(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    venue_id: UUID,
    version: int,
    given: dict[str, Any],
    contact: VenueContact,
) -> RegisteredVenue:
    """Change a venue's data; conferences there keep the name and address that people were told.

    `version`: the one that was read. Raises: UnknownVenue, VenueClosed, OtherVersion.
    """
    await locks.hold(session, _VENUES, tenant)
    venue = await _used(session, tenant=tenant, venue_id=venue_id)
    require_version(version, of=venue.version)
    for name, value in given.items():
        setattr(venue, name, value)
    venue.version += 1
    await vault.seal(session, venue, contact)
    await session.flush()
    return venue


async def close(session: AsyncSession, *, tenant: UUID, venue_id: UUID, now: datetime) -> None:
    """Close a venue and delete its contact; conferences there keep it. Raises: UnknownVenue."""
    await locks.hold(session, _VENUES, tenant)
    venue = await queries.venue(session, tenant=tenant, venue_id=venue_id)
    venue.closed_at, venue.sealed = venue.closed_at or now, None
    await session.flush()


async def take(
    session: AsyncSession, *, conference: Conference, venue_id: UUID, option: Option, now: datetime
) -> RegisteredVenue:
    """Return a venue that is free for a conference at a date.

    Its own hours are not checked: the coordinator may have asked. Raises: UnknownVenue, VenueClosed,
    VenueTaken.
    """
    await locks.hold(session, _VENUES, conference.tenant)
    venue = await _used(session, tenant=conference.tenant, venue_id=venue_id)
    taken = await queries.bookings(session, tenant=conference.tenant, since=now)
    starts_at, ends_at = option.starts_at, option.ends_at
    if is_taken(venue_id, taken, starts_at=starts_at, ends_at=ends_at, but=conference.id):
        raise VenueTaken(venue_id=str(venue_id))
    return venue


async def _used(session: AsyncSession, *, tenant: UUID, venue_id: UUID) -> RegisteredVenue:
    venue = await queries.venue(session, tenant=tenant, venue_id=venue_id)
    if venue.closed_at is not None:
        raise VenueClosed(venue_id=str(venue_id))
    return venue
