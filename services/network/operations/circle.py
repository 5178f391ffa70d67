"""Declaring the circle ready, and publishing who takes part whenever that changes afterwards."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.domain import (
    BELONGING,
    Candidate,
    InvitationState,
    Member,
    PersonNotOfCase,
    PersonState,
    Purpose,
    ready_circle,
    taking_part,
)
from services.network.models import Circle, Invitation, Person
from services.network.queries.consents import picture
from services.network.queries.no_contacts import Pairs, kept_from, pairs
from shared import locks, outbox, profiles
from shared.errors import require_version
from shared.events.network import CircleMember, CircleReady
from shared.vault import Vault

# A lock: of two people who answer at once, the second reads the first one's answer.
_CIRCLE = "circle"


async def declare_ready(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    version: int | None,
    required: Sequence[UUID] | None,
    now: datetime,
) -> None:
    """Declare who takes part; declaring the same circle again changes and publishes nothing.

    Raises: CircleTooSmall, RequiredNotInCircle; OtherVersion if `version` is not the declared one.
    """
    await locks.hold(session, _CIRCLE, case_id)
    known = await queries.circle(session, tenant=tenant, case_id=case_id)
    candidates = await _candidates(session, vault, tenant=tenant, case_id=case_id, now=now)
    apart = await pairs(session, tenant=tenant, case_id=case_id)
    members = _published(ready_circle(candidates, required=required), apart)
    if known is None:
        known = Circle(case_id=case_id, tenant=tenant, version=0, members=[], created_at=now)
        session.add(known)
    if members != known.members:
        require_version(version or 0, of=known.version)
        await _store(session, known, members, required=required, now=now)


async def follow(session: AsyncSession, vault: Vault, *, tenant: UUID, case_id: UUID, now: datetime) -> None:
    """Publish who takes part now, if it differs from what was last published of a circle declared ready.

    Called after every change it depends on: an answer, a consent, a departure, who is required, who must not
    meet whom.
    """
    await locks.hold(session, _CIRCLE, case_id)
    declared = await queries.circle(session, tenant=tenant, case_id=case_id)
    if declared is None:
        return
    candidates = await _candidates(session, vault, tenant=tenant, case_id=case_id, now=now)
    apart = await pairs(session, tenant=tenant, case_id=case_id)
    members = _published(taking_part(candidates, required=declared.required), apart)
    if members != declared.members:
        await _store(session, declared, members, required=declared.required, now=now)


async def is_last_central(session: AsyncSession, person: Person) -> bool:
    """Tell whether a locked person is the last central person of the case."""
    if person.role != "central" or person.state != PersonState.ACTIVE:
        return False
    # Of two who leave at once, the second is counted after the first is gone.
    await locks.hold(session, "central-persons", person.case_id)
    return not await queries.other_central_people(
        session, tenant=person.tenant, case_id=person.case_id, than=person.id
    )


async def _candidates(
    session: AsyncSession, vault: Vault, *, tenant: UUID, case_id: UUID, now: datetime
) -> list[Candidate]:
    people = await queries.active_people(session, tenant=tenant, case_id=case_id)
    answers = {person.id: _answer_of(invitation) for person, invitation in people}
    unwilling: set[UUID] = set()
    unasked = [person for person, _ in people if person.role == "central" and answers[person.id] is None]
    if unasked:
        today = await profiles.today(session, tenant=tenant, now=now)
        seen = await picture(session, vault, tenant=tenant, case_id=case_id, today=today)
        unwilling = {person.id for person in unasked if not seen.allows(person.id, Purpose.TAKING_PART)}
    children = await queries.known_minors(session, case_id=case_id)
    return [_candidate(person, invitation, unwilling, children) for person, invitation in people]


def _candidate(
    person: Person, invitation: Invitation | None, unwilling: set[UUID], children: set[UUID]
) -> Candidate:
    return Candidate(
        person_id=person.id,
        role=person.role,  # type: ignore[arg-type]  # a code that the edge checked
        required=person.required,
        serves=person.serves,
        answer=_answer_of(invitation),
        mode=None if invitation is None else invitation.mode,  # type: ignore[arg-type]
        unwilling=person.id in unwilling,
        side=person.side,  # type: ignore[arg-type]
        child=person.id in children,
    )


def _answer_of(invitation: Invitation | None) -> str | None:
    if invitation is None or invitation.state != InvitationState.ANSWERED:
        return None
    return invitation.answer


def _published(taking_part: Sequence[Member], apart: Pairs) -> list[dict[str, Any]]:
    """Return who takes part in the form in which it is stored and published."""
    people = {member.person_id for member in taking_part}
    return [
        CircleMember(
            person_id=member.person_id,
            role=member.role,
            required=member.required,
            mode=member.mode,
            serves=member.serves if member.serves in people else None,
            not_with=tuple(kept_from(apart, member.person_id, among=people)),
            side=member.side,
            child=member.child,
        ).model_dump(mode="json")
        for member in taking_part
    ]


async def _store(
    session: AsyncSession,
    circle: Circle,
    members: list[dict[str, Any]],
    *,
    required: Sequence[UUID] | None,
    now: datetime,
) -> None:
    """Store and publish who takes part. The caller holds the lock."""
    circle.version += 1
    circle.required = None if required is None else list(required)
    circle.members, circle.ready_at = members, now
    await session.flush()
    fact = CircleReady(case_id=circle.case_id, members=tuple(map(CircleMember.model_validate, members)))
    await outbox.publish(
        session, fact, stream=circle.case_id, tenant=circle.tenant, case=circle.case_id, now=now
    )


async def require_of_case(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, person_ids: set[UUID]
) -> None:
    """Check that all these people belong to a case or were proposed for it. Raises: PersonNotOfCase."""
    query = select(func.count()).where(
        Person.tenant == tenant,
        Person.case_id == case_id,
        Person.id.in_(person_ids),
        Person.state.in_(BELONGING),
    )
    if (await session.execute(query)).scalar_one() < len(person_ids):
        raise PersonNotOfCase
