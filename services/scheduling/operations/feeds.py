"""The private calendar feeds of coordinators: a secret address each, which can be renewed.

An account ends where people sign in, and nobody tells Kring. So a feed stands still unless its owner came with
their account lately, and ends for good when the organisation erases them.
"""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling.models import CalendarFeed
from shared import profiles
from shared.ids import contact_id

_SECRET_BYTES = 32
_ONCE = timedelta(days=1)


def digest(secret: str) -> bytes:
    """Return the stored digest of a secret: secrets are long and random, so guessing is hopeless."""
    return sha256(secret.encode()).digest()


async def renew(session: AsyncSession, *, tenant: UUID, coordinator_id: UUID, now: datetime) -> str:
    """Give a coordinator a new secret, shown once; the previous one stops working. Raises: UnknownOrganisation."""
    await profiles.require_known(session, tenant=tenant)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    statement = insert(CalendarFeed).values(
        coordinator_id=coordinator_id, tenant=tenant, digest=digest(secret), created_at=now, seen_at=now
    )
    changed = {name: statement.excluded[name] for name in ("digest", "created_at", "seen_at")}
    await session.execute(
        statement.on_conflict_do_update(index_elements=["coordinator_id", "tenant"], set_=changed)
    )
    return secret


async def keep(session: AsyncSession, *, tenant: UUID, coordinator_id: UUID, now: datetime) -> None:
    """Record that a coordinator came with their account, once a day: their feed goes on."""
    own = (CalendarFeed.coordinator_id == coordinator_id) & (CalendarFeed.tenant == tenant)
    await session.execute(
        update(CalendarFeed).where(own, CalendarFeed.seen_at < now - _ONCE).values(seen_at=now)
    )


async def end_of_erased(session: AsyncSession, *, tenant: UUID, erased: UUID) -> None:
    """End the feed of a coordinator whom a tenant erased, by the id that it has for them."""
    query = select(CalendarFeed.coordinator_id).where(CalendarFeed.tenant == tenant)
    for coordinator_id in await session.scalars(query):
        if contact_id(tenant, coordinator_id) == erased:
            own = (CalendarFeed.coordinator_id == coordinator_id) & (CalendarFeed.tenant == tenant)
            await session.execute(delete(CalendarFeed).where(own))
