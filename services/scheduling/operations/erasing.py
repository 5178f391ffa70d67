"""What scheduling holds of an erased case or person: their answers and whether they came; the dates themselves stay."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling.domain import Standing
from services.scheduling.models import (
    Attendance,
    CasePerson,
    Circle,
    CircleMember,
    Conference,
    Poll,
    PollAnswer,
    PollAsked,
    Preparation,
    Told,
)
from services.scheduling.operations.base import SERVICE
from services.scheduling.operations.case import note_person, stop_case
from shared import erasure
from shared.events.base import ErasureBecause
from shared.vault import Vault


async def wipe_case(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    because: ErasureBecause,
    now: datetime,
) -> None:
    """Delete who answered what and who came, and make the place of each conference unreadable."""
    await stop_case(session, case_id=case_id, now=now)
    # Every answer is given under this lock: one that is being given now is there when it is had.
    query = select(Preparation.id).where(Preparation.case_id == case_id).order_by(Preparation.id)
    await session.execute(query.with_for_update())
    polls = select(Poll.id).where(Poll.case_id == case_id)
    conferences = select(Conference.id).where(Conference.case_id == case_id)
    for statement in (
        delete(PollAnswer).where(PollAnswer.poll_id.in_(polls)),
        delete(PollAsked).where(PollAsked.poll_id.in_(polls)),
        delete(Attendance).where(Attendance.conference_id.in_(conferences)),
        delete(Told).where(Told.conference_id.in_(conferences)),
        delete(CircleMember).where(CircleMember.case_id == case_id),
        delete(Circle).where(Circle.case_id == case_id),
        delete(CasePerson).where(CasePerson.case_id == case_id),
    ):
        await session.execute(statement)
    await erasure.wipe(
        session,
        vault,
        service=SERVICE,
        kind="case",
        erased=case_id,
        subjects=[case_id],
        tenant=tenant,
        case=case_id,
        because=because,
        now=now,
    )


async def wipe_person(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    person_id: UUID,
    because: ErasureBecause,
    now: datetime,
) -> None:
    """Delete what somebody answered and whether they came; from now on nobody waits for them."""
    await note_person(
        session,
        tenant=tenant,
        case_id=case_id,
        person_id=person_id,
        role=None,
        standing=Standing.REMOVED,
        now=now,
    )
    query = select(Preparation.id).where(Preparation.case_id == case_id).order_by(Preparation.id)
    await session.execute(query.with_for_update())
    for table in (PollAnswer, PollAsked, Attendance, Told, CircleMember):
        await session.execute(delete(table).where(table.tenant == tenant, table.person_id == person_id))
    await erasure.wipe(
        session,
        vault,
        service=SERVICE,
        kind="person",
        erased=person_id,
        subjects=[person_id],
        tenant=tenant,
        case=case_id,
        because=because,
        now=now,
    )
