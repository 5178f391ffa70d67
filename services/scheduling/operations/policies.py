"""What an organisation sets: each change is a version of its own, for running clocks keep the one they started with."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import queries
from services.scheduling.models import PolicyVersion
from services.scheduling.settings import Policy

_LOCK_CLASS = 746_310


async def set_policy(
    session: AsyncSession, *, tenant: UUID, settings: Policy, now: datetime
) -> queries.CurrentPolicy:
    """Let other lengths count for clocks that start from now on."""
    # Two changes at once: one after the other, so that both get a version.
    await session.execute(
        text("SELECT pg_advisory_xact_lock(:lock_class, hashtext(:tenant))"),
        {"lock_class": _LOCK_CLASS, "tenant": str(tenant)},
    )
    current = await queries.policy(session, tenant=tenant)
    if current.settings == settings:
        return current
    version = current.version + 1
    session.add(
        PolicyVersion(
            tenant=tenant, version=version, settings=settings.model_dump(mode="json"), created_at=now
        )
    )
    await session.flush()
    return queries.CurrentPolicy(settings, version)
