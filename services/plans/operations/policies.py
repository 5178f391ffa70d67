"""What an organisation sets for its follow-ups."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans.models import PolicyRow
from services.plans.settings import Policy

# Version 1 is the defaults.
_FIRST = 2


async def set_policy(session: AsyncSession, *, tenant: UUID, new: Policy, now: datetime) -> int:
    """Set the lengths for clocks that start from now on; return the new version."""
    statement = insert(PolicyRow).values(
        tenant=tenant, version=_FIRST, settings=new.model_dump(mode="json"), created_at=now
    )
    newer = statement.on_conflict_do_update(
        index_elements=[PolicyRow.tenant],
        set_={
            "version": PolicyRow.version + 1,
            "settings": statement.excluded.settings,
            "created_at": statement.excluded.created_at,
        },
    )
    version: int = (await session.execute(newer.returning(PolicyRow.version))).scalar_one()
    return version
