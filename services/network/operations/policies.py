"""Changing the lengths that an organisation works with."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.models import Policy
from services.network.queries import PolicyInForce
from services.network.schemas.policy import Lengths


async def change(
    session: AsyncSession, *, tenant: UUID, lengths: Lengths, changed_by: UUID, now: datetime
) -> PolicyInForce:
    """Set a tenant's lengths from now on; clocks that run keep the version they began with."""
    # Two changes at once make two versions, one after the other.
    await session.execute(func.pg_advisory_xact_lock(746_110, func.hashtext(str(tenant))).select())
    present = await queries.policy(session, tenant=tenant)
    if present.lengths == lengths:
        return present
    session.add(
        Policy(
            tenant=tenant,
            version=present.version + 1,
            settings=lengths.model_dump(mode="json"),
            changed_by=changed_by,
            created_at=now,
        )
    )
    await session.flush()
    return PolicyInForce(present.version + 1, lengths)
