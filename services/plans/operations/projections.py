"""What is kept of other services' facts, in whatever order and however often they come."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans.models import (
    CaseBaseline,
    CaseCoordinator,
    CaseInfo,
    CasePerson,
    HeldConference,
)
from shared.events import intake, scheduling


async def note_case(session: AsyncSession, data: intake.CaseOpened, *, tenant: UUID, at: datetime) -> None:
    """Keep who has a mandate in a case."""
    values = {
        "case_id": data.case_id,
        "tenant": tenant,
        "referring_organisation": data.referring_organisation,
        "mandated_organisation": data.mandated_organisation,
        "created_at": at,
    }
    await session.execute(insert(CaseInfo).values(values).on_conflict_do_nothing())


async def note_baseline(
    session: AsyncSession,
    data: intake.BaselineRecorded | intake.BaselineChanged,
    *,
    tenant: UUID,
    at: datetime,
) -> None:
    """Keep the bottom lines of the newest baseline."""
    statement = insert(CaseBaseline).values(
        case_id=data.case_id,
        tenant=tenant,
        version=data.version,
        bottom_lines=[line.model_dump(mode="json") for line in data.bottom_lines],
        created_at=at,
    )
    newer = statement.on_conflict_do_update(
        index_elements=[CaseBaseline.case_id],
        set_={"version": statement.excluded.version, "bottom_lines": statement.excluded.bottom_lines},
        where=CaseBaseline.version < statement.excluded.version,
    )
    await session.execute(newer)


async def note_person(
    session: AsyncSession,
    *,
    case_id: UUID,
    person_id: UUID,
    tenant: UUID,
    role: str | None,
    active: bool,
    version: int,
    at: datetime,
) -> None:
    """Keep who belongs to a case; an older event than the newest heard of adds at most the role."""
    statement = insert(CasePerson).values(
        case_id=case_id,
        person_id=person_id,
        tenant=tenant,
        role=role,
        active=active,
        version=version,
        created_at=at,
    )
    new, known = statement.excluded, CasePerson
    # Who was erased stays so, whatever is heard after or late.
    is_newer = (known.version < new.version) & known.erased.is_(False)
    changes: dict[str, Any] = {
        "role": case(
            (known.erased, None),
            (is_newer, func.coalesce(new.role, known.role)),
            else_=func.coalesce(known.role, new.role),
        ),
        "active": case((is_newer, new.active), else_=known.active),
        "version": func.greatest(known.version, new.version),
    }
    await session.execute(
        statement.on_conflict_do_update(index_elements=[known.case_id, known.person_id], set_=changes)
    )


async def note_adult(
    session: AsyncSession, *, case_id: UUID, person_id: UUID, tenant: UUID, at: datetime
) -> None:
    """Keep that somebody turned eighteen, also when it is the first that is heard of them."""
    statement = insert(CasePerson).values(
        case_id=case_id,
        person_id=person_id,
        tenant=tenant,
        role=None,
        active=False,
        adult=True,
        version=0,
        created_at=at,
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[CasePerson.case_id, CasePerson.person_id], set_={"adult": True}
        )
    )


async def note_coordinator(
    session: AsyncSession,
    *,
    case_id: UUID,
    assignment_no: int,
    coordinator_id: UUID,
    tenant: UUID,
    released: bool,
    at: datetime,
) -> None:
    """Keep who is assigned to a case; what was released is not assigned again by a late event."""
    statement = insert(CaseCoordinator).values(
        case_id=case_id,
        assignment_no=assignment_no,
        tenant=tenant,
        coordinator_id=coordinator_id,
        released=released,
        created_at=at,
    )
    keys = [CaseCoordinator.case_id, CaseCoordinator.assignment_no]
    if released:
        await session.execute(statement.on_conflict_do_update(index_elements=keys, set_={"released": True}))
    else:
        await session.execute(statement.on_conflict_do_nothing())


async def note_conference(
    session: AsyncSession, data: scheduling.ConferenceHeld, *, tenant: UUID, at: datetime
) -> None:
    """Keep that a conference was held."""
    values = {
        "conference_id": data.conference_id,
        "case_id": data.case_id,
        "tenant": tenant,
        "held_on": data.held_on,
        "outcome": data.outcome,
        "created_at": at,
    }
    await session.execute(insert(HeldConference).values(values).on_conflict_do_nothing())
