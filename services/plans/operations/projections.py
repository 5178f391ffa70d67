"""Stores facts of other services, in whatever order and however often they come."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans.models import (
    CaseBaseline,
    CaseInfo,
    HeldConference,
    Round,
    TakingPart,
    Youngest,
)
from shared.events import intake, network, scheduling


async def note_case(session: AsyncSession, data: intake.CaseOpened, *, tenant: UUID, at: datetime) -> None:
    """Store who has a mandate in a case."""
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
    """Store the bottom lines of the newest baseline."""
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


async def note_round(
    session: AsyncSession, *, case_id: UUID, preparation_no: int, tenant: UUID, at: datetime, over: bool
) -> None:
    """Store that a conference is being prepared, or that this is over: it was held or called off."""
    statement = insert(Round).values(
        case_id=case_id,
        preparation_no=preparation_no,
        tenant=tenant,
        created_at=at,
        ended_at=at if over else None,
    )
    ended = func.coalesce(Round.ended_at, statement.excluded.ended_at)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[Round.case_id, Round.preparation_no], set_={"ended_at": ended}
        )
    )


async def note_circle(
    session: AsyncSession, *, case_id: UUID, tenant: UUID, members: Sequence[UUID], version: int
) -> None:
    """Store who takes part: these people, and nobody else without a newer answer."""
    known = select(TakingPart.person_id).where(TakingPart.case_id == case_id)
    people = dict.fromkeys((await session.scalars(known)).all(), False) | dict.fromkeys(members, True)
    await note_taking_part(session, case_id=case_id, tenant=tenant, people=people, version=version)


async def note_taking_part(
    session: AsyncSession, *, case_id: UUID, tenant: UUID, people: dict[UUID, bool], version: int
) -> None:
    """Store whether a person takes part, by their latest answer."""
    if not people:
        return
    said = insert(TakingPart).values(
        [
            {
                "case_id": case_id,
                "person_id": person,
                "tenant": tenant,
                "takes_part": takes_part,
                "version": version,
            }
            for person, takes_part in people.items()
        ]
    )
    await session.execute(
        said.on_conflict_do_update(
            index_elements=[TakingPart.case_id, TakingPart.person_id],
            set_={"takes_part": said.excluded.takes_part, "version": said.excluded.version},
            where=TakingPart.version < said.excluded.version,
        )
    )


async def note_youngest(
    session: AsyncSession, data: network.YoungestChanged, *, tenant: UUID, version: int
) -> None:
    """Store in which age bracket the youngest central person is, and whether one ever was a minor."""
    said = insert(Youngest).values(
        case_id=data.case_id,
        tenant=tenant,
        bracket=data.bracket,
        been_minor=data.bracket is not None,
        version=version,
    )
    newest = Youngest.version < said.excluded.version
    changed = {
        "bracket": case((newest, said.excluded.bracket), else_=Youngest.bracket),
        "been_minor": Youngest.been_minor | said.excluded.been_minor,
        "version": func.greatest(Youngest.version, said.excluded.version),
    }
    await session.execute(said.on_conflict_do_update(index_elements=[Youngest.case_id], set_=changed))


async def note_conference(
    session: AsyncSession, data: scheduling.ConferenceHeld, *, tenant: UUID, at: datetime
) -> None:
    """Store that a conference was held."""
    values = {
        "conference_id": data.conference_id,
        "case_id": data.case_id,
        "tenant": tenant,
        "held_on": data.held_on,
        "outcome": data.outcome,
        "created_at": at,
    }
    await session.execute(insert(HeldConference).values(values).on_conflict_do_nothing())
