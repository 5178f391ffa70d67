"""The portal's own reads."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.tables import tenant_profile

_MOST = 200


async def organisations(session: AsyncSession) -> list[tuple[UUID, str]]:
    """Return every organisation with its name, by name."""
    query = (
        select(tenant_profile.c.tenant, tenant_profile.c.name).order_by(tenant_profile.c.name).limit(_MOST)
    )
    return [(tenant, name) for tenant, name in await session.execute(query)]
