"""Declaring that the circle stands, and publishing who takes part as often as that changes afterwards."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.domain import (
    Candidate,
    InvitationState,
    Member,
    Purpose,
    ready_circle,
    taking_part,
)
from services.network.models import Circle, Invitation, Person
from services.network.queries.consents import picture
from shared import locks, outbox, profiles
from shared.events.network import CircleMember, CircleReady
from shared.vault import Vault

# A lock: of two who answer at once the second reads what the first said.
_CIRCLE = "circle"


async def declare_ready(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    required: Sequence[UUID] | None,
    now: datetime,
) -> Circle:
    """Declare who takes part; declaring the same circle again publishes nothing.

    Raises: CircleTooSmall, RequiredNotInCircle.
    """
    await locks.hold(session, _CIRCLE, case_id)
    candidates = await _candidates(session, vault, tenant=tenant, case_id=case_id, now=now)
    members = ready_circle(candidates, required=required)
    await _store(session, tenant, case_id, members, required=required, now=now)
    return (await session.execute(select(Circle).where(Circle.case_id == case_id))).scalar_one()


async def follow(session: AsyncSession, vault: Vault, *, tenant: UUID, case_id: UUID, now: datetime) -> None:
    """Publish who takes part now, if that is not what was published of a circle that was declared ready.

    Called after every change on which it depends: an answer, a consent, somebody's leaving, who is required.
    """
    await locks.hold(session, _CIRCLE, case_id)
    declared = await session.get(Circle, case_id, populate_existing=True)
    if declared is None:
        return
    candidates = await _candidates(session, vault, tenant=tenant, case_id=case_id, now=now)
    members = taking_part(candidates, required=declared.required)
    await _store(session, tenant, case_id, members, required=declared.required, now=now)


async def _candidates(
    session: AsyncSession, vault: Vault, *, tenant: UUID, case_id: UUID, now: datetime
) -> list[Candidate]:
    people = await queries.active_people(session, tenant=tenant, case_id=case_id)
    answers = {person.id: _standing(invitation) for person, invitation in people}
    unwilling: set[UUID] = set()
    unasked = [person for person, _ in people if person.role == "central" and answers[person.id] is None]
    if unasked:
        today = await profiles.today(session, tenant=tenant, now=now)
        seen = await picture(session, vault, tenant=tenant, case_id=case_id, today=today)
        unwilling = {person.id for person in unasked if not seen.allows(person.id, Purpose.TAKING_PART)}
    return [_candidate(person, invitation, unwilling) for person, invitation in people]


def _candidate(person: Person, invitation: Invitation | None, unwilling: set[UUID]) -> Candidate:
    return Candidate(
        person_id=person.id,
        role=person.role,  # type: ignore[arg-type]  # a code that the edge checked
        required=person.required,
        answer=_standing(invitation),
        mode=None if invitation is None else invitation.mode,  # type: ignore[arg-type]
        unwilling=person.id in unwilling,
    )


def _standing(invitation: Invitation | None) -> str | None:
    if invitation is None or invitation.state != InvitationState.ANSWERED:
        return None
    return invitation.answer


async def _store(
    session: AsyncSession,
    tenant: UUID,
    case_id: UUID,
    taking_part: Sequence[Member],
    *,
    required: Sequence[UUID] | None,
    now: datetime,
) -> None:
    """Store and publish who takes part, unless it is what was published last."""
    members = tuple(
        CircleMember(person_id=member.person_id, role=member.role, required=member.required, mode=member.mode)
        for member in taking_part
    )
    added = insert(Circle).values(
        case_id=case_id,
        tenant=tenant,
        revision=1,
        required=None if required is None else list(required),
        members=[member.model_dump(mode="json") for member in members],
        created_at=now,
        ready_at=now,
    )
    changed = added.on_conflict_do_update(
        index_elements=["case_id"],
        set_={
            "required": added.excluded.required,
            "members": added.excluded.members,
            "revision": Circle.revision + 1,
            "ready_at": added.excluded.ready_at,
        },
        where=Circle.members != added.excluded.members,
    ).returning(Circle.revision)
    if (await session.execute(changed)).first() is None:
        return
    fact = CircleReady(case_id=case_id, members=members)
    await outbox.publish(session, fact, stream=case_id, tenant=tenant, case=case_id, now=now)
