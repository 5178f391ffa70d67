"""Declaring that the circle stands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.domain import Candidate, InvitationState, ready_circle
from services.network.models import Circle
from shared import outbox
from shared.events.network import CircleMember, CircleReady


async def declare_ready(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, required: Sequence[UUID] | None, now: datetime
) -> Circle:
    """Declare who takes part; declaring the same circle again tells nobody anything.

    Raises: CircleTooSmall, RequiredNotInCircle.
    """
    people = await queries.active_people(session, tenant=tenant, case_id=case_id)
    candidates = [
        Candidate(
            person_id=person.id,
            role=person.role,  # type: ignore[arg-type]  # a code that the edge checked
            required=person.required,
            answer=None if invitation is None else _standing(invitation.state, invitation.answer),
            mode=None if invitation is None else invitation.mode,  # type: ignore[arg-type]
        )
        for person, invitation in people
    ]
    members = [
        CircleMember(person_id=member.person_id, role=member.role, required=member.required, mode=member.mode)
        for member in ready_circle(candidates, required=required)
    ]
    if await _store(session, tenant, case_id, [member.model_dump(mode="json") for member in members], now):
        fact = CircleReady(case_id=case_id, members=tuple(members))
        await outbox.publish(session, fact, stream=case_id, tenant=tenant, case=case_id, now=now)
    return (await session.execute(select(Circle).where(Circle.case_id == case_id))).scalar_one()


def _standing(state: str, answer: str | None) -> str | None:
    return answer if state == InvitationState.ANSWERED else None


async def _store(
    session: AsyncSession, tenant: UUID, case_id: UUID, members: list[dict[str, Any]], now: datetime
) -> bool:
    """Store the circle; False if it is the one already declared."""
    added = insert(Circle).values(
        case_id=case_id, tenant=tenant, revision=1, members=members, created_at=now, ready_at=now
    )
    changed = added.on_conflict_do_update(
        index_elements=["case_id"],
        set_={
            "members": added.excluded.members,
            "revision": Circle.revision + 1,
            "ready_at": added.excluded.ready_at,
        },
        where=Circle.members != added.excluded.members,
    ).returning(Circle.revision)
    return (await session.execute(changed)).first() is not None
