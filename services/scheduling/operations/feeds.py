"""The private calendar feeds of coordinators: a secret address each, which can be renewed."""

import secrets
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling.models import CalendarFeed
from shared import profiles

_SECRET_BYTES = 32


def digest(secret: str) -> bytes:
    """Return the stored digest of a secret: secrets are long and random, so guessing is hopeless."""
    return sha256(secret.encode()).digest()


async def renew(session: AsyncSession, *, tenant: UUID, coordinator_id: UUID, now: datetime) -> str:
    """Give a coordinator a new secret, shown once; the previous one stops working. Raises: UnknownOrganisation."""
    await profiles.require_known(session, tenant=tenant)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    statement = insert(CalendarFeed).values(
        coordinator_id=coordinator_id, tenant=tenant, digest=digest(secret), created_at=now
    )
    changed = {"digest": statement.excluded.digest, "created_at": statement.excluded.created_at}
    await session.execute(
        statement.on_conflict_do_update(index_elements=["coordinator_id", "tenant"], set_=changed)
    )
    return secret
