"""Erasing at scheduling: answers and attendance of a case or person; the dates themselves stay."""

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling.models import (
    Attendance,
    Base,
    Circle,
    CircleMember,
    Conference,
    InformationGiver,
    NeedSeenTo,
    Notified,
    Poll,
    PollAnswer,
    PollAsked,
    Preparation,
    PreparationExtension,
)
from services.scheduling.operations.case import follow_leaving, stop_case
from shared import case_state, erasure
from shared.erasure import Erased
from shared.vault import Vault


async def clear_case(session: AsyncSession, vault: Vault, erased: Erased) -> None:
    """Delete answers, attendance, notes and reasons for extensions, and make the places of conferences unreadable."""
    await stop_case(session, case_id=erased.subject, now=erased.now)
    # Every answer is given under this lock: one that is being given now is committed before.
    query = select(Preparation.id).where(Preparation.case_id == erased.subject).order_by(Preparation.id)
    await case_state.lock_rows(session, query, case_id=erased.subject)
    preparations = select(Preparation.id).where(Preparation.case_id == erased.subject)
    polls = select(Poll.id).where(Poll.case_id == erased.subject)
    conferences = select(Conference.id).where(Conference.case_id == erased.subject)
    for statement in (
        delete(PollAnswer).where(PollAnswer.poll_id.in_(polls)),
        delete(PollAsked).where(PollAsked.poll_id.in_(polls)),
        delete(Attendance).where(Attendance.conference_id.in_(conferences)),
        delete(Notified).where(Notified.conference_id.in_(conferences)),
        delete(NeedSeenTo).where(NeedSeenTo.preparation_id.in_(preparations)),
        delete(InformationGiver).where(InformationGiver.preparation_id.in_(preparations)),
        delete(PreparationExtension).where(PreparationExtension.preparation_id.in_(preparations)),
        update(Preparation).where(Preparation.case_id == erased.subject).values(sealed=None, missing=[]),
        delete(CircleMember).where(CircleMember.case_id == erased.subject),
        delete(Circle).where(Circle.case_id == erased.subject),
    ):
        await session.execute(statement)
    forget_venue = update(Conference).where(Conference.case_id == erased.subject).values(venue_id=None)
    await session.execute(forget_venue.execution_options(synchronize_session=False))
    await erasure.clear(session, vault, erased, base=Base)


async def clear_person(session: AsyncSession, vault: Vault, erased: Erased) -> None:
    """Delete a person's answers and attendance; from now on nobody waits for them."""
    await follow_leaving(session, case_id=erased.case_id, person_id=erased.subject, now=erased.now)
    query = select(Preparation.id).where(Preparation.case_id == erased.case_id).order_by(Preparation.id)
    await case_state.lock_rows(session, query, case_id=erased.case_id)
    without = func.array_remove(Preparation.missing, erased.subject)
    await session.execute(
        update(Preparation).where(Preparation.case_id == erased.case_id).values(missing=without)
    )
    for table in (PollAnswer, PollAsked, Attendance, Notified, NeedSeenTo, InformationGiver, CircleMember):
        await session.execute(
            delete(table).where(table.tenant == erased.tenant, table.person_id == erased.subject)
        )
    await erasure.clear(session, vault, erased, base=Base)
