"""What people need to take part, arranged one by one before the conference."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import domain, queries
from services.scheduling.domain import NeedKind
from services.scheduling.models import Conference, NeedSeenTo
from services.scheduling.operations.base import lock


async def see_to(
    session: AsyncSession,
    *,
    conference: Conference,
    person_id: UUID,
    need: NeedKind,
    done: bool,
    now: datetime,
) -> None:
    """Record whether a person's need was arranged for. Raises: ConferenceOver, PersonNotOfCase."""
    await lock(session, conference)
    if conference.state not in domain.LIVE:
        raise domain.ConferenceOver(conference_id=str(conference.id), state=conference.state)
    if person_id not in await queries.people_of_case(session, case_id=conference.case_id):
        raise domain.PersonNotOfCase
    seen_to = {"preparation_id": conference.preparation_id, "person_id": person_id, "need": need}
    if done:
        values = {**seen_to, "tenant": conference.tenant, "created_at": now}
        await session.execute(insert(NeedSeenTo).values(values).on_conflict_do_nothing())
    else:
        await session.execute(delete(NeedSeenTo).filter_by(**seen_to))
