"""Who left the circle of a case, as network tells: nothing is decided any more in their name."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models import Departed


async def note_departed(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, person_id: UUID, at: datetime
) -> None:
    """Keep that somebody left. Nobody comes back: whoever is added again is another person of the case."""
    row = {"case_id": case_id, "person_id": person_id, "tenant": tenant, "created_at": at}
    await session.execute(insert(Departed).values(row).on_conflict_do_nothing())


async def forget(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> None:
    """Delete who left the circle of a case that is erased: of it nobody is let in."""
    await session.execute(delete(Departed).where(Departed.tenant == tenant, Departed.case_id == case_id))
