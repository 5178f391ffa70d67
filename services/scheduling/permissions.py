"""Who may do what in scheduling: the role gates, then one function per rule on the caller's relation to the case.

A caller who may not know that something exists gets the same answer as when it does not.
"""

from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import queries
from services.scheduling.models import Conference, Poll
from services.scheduling.queries import UnknownConference, UnknownPoll
from shared.auth import Kind, Principal, Role
from shared.case_access import Relation, relations, require
from shared.case_state import UnknownCase, require_not_erased
from shared.http import allow

Referrer = Annotated[Principal, Depends(allow(Role.REFERRER, from_elsewhere=True))]
Involved = Annotated[
    Principal, Depends(allow(Role.COORDINATOR, Role.REGIONAL_MANAGER, from_elsewhere=True, people=True))
]

_OVERSEERS = (Relation.COORDINATOR, Relation.MANAGER)


async def may_prepare_conference(
    session: AsyncSession, principal: Principal, *, conference_id: UUID
) -> Conference:
    """Return a conference to the current coordinator of its case. Raises: UnknownConference, CaseErased."""
    conference = await queries.conference(session, tenant=principal.tenant, conference_id=conference_id)
    unknown = UnknownConference(conference_id=str(conference_id))
    await require(session, principal, conference.case_id, Relation.COORDINATOR, otherwise=unknown)
    return conference


async def may_begin_preparation(session: AsyncSession, principal: Principal, *, case_id: UUID) -> None:
    """Let only the current coordinator of a case through. Raises: UnknownCase, CaseErased."""
    unknown = UnknownCase(case_id=str(case_id))
    await require(session, principal, case_id, Relation.COORDINATOR, otherwise=unknown)


async def may_read_conference(
    session: AsyncSession, principal: Principal, *, conference_id: UUID
) -> tuple[Conference, bool]:
    """Return a conference to its coordinator, manager or circle, and whether everything about it may be seen.

    Raises: UnknownConference, CaseErased.
    """
    conference = await queries.conference(session, tenant=principal.tenant, conference_id=conference_id)
    if await _takes_part(session, principal, conference.case_id):
        return conference, False
    unknown = UnknownConference(conference_id=str(conference_id))
    await require(session, principal, conference.case_id, *_OVERSEERS, otherwise=unknown)
    return conference, True


async def may_list_conferences(session: AsyncSession, principal: Principal, *, case_id: UUID) -> None:
    """Let a case's coordinator, or a regional manager of the tenant, through. Raises: UnknownCase, CaseErased."""
    if (await relations(session, principal, case_id)).isdisjoint(_OVERSEERS):
        raise UnknownCase(case_id=str(case_id))


async def may_know_meetings(session: AsyncSession, principal: Principal, *, case_id: UUID) -> None:
    """Let those through who referred a case, or have a mandate in it. Raises: UnknownCase, CaseErased."""
    info = await queries.case_info(session, tenant=principal.tenant, case_id=case_id)
    parties = set() if info is None else {info.referring_organisation, info.mandated_organisation}
    if principal.organisation is None or principal.organisation not in parties:
        raise UnknownCase(case_id=str(case_id))
    await require_not_erased(session, case_id=case_id)


async def may_prepare_poll(
    session: AsyncSession, principal: Principal, *, poll_id: UUID
) -> tuple[Poll, Conference]:
    """Return a poll with its conference to the current coordinator of its case. Raises: UnknownPoll, CaseErased."""
    poll = await queries.poll(session, tenant=principal.tenant, poll_id=poll_id)
    unknown = UnknownPoll(poll_id=str(poll_id))
    await require(session, principal, poll.case_id, Relation.COORDINATOR, otherwise=unknown)
    return poll, await queries.conference(session, tenant=poll.tenant, conference_id=poll.conference_id)


async def may_read_poll(session: AsyncSession, principal: Principal, *, poll_id: UUID) -> tuple[Poll, bool]:
    """Return a poll to its coordinator or manager, and whether they coordinate. Raises: UnknownPoll, CaseErased."""
    poll = await queries.poll(session, tenant=principal.tenant, poll_id=poll_id)
    found = await relations(session, principal, poll.case_id)
    if found.isdisjoint(_OVERSEERS):
        raise UnknownPoll(poll_id=str(poll_id))
    return poll, Relation.COORDINATOR in found


async def may_answer_poll(
    session: AsyncSession, principal: Principal, *, poll_id: UUID
) -> tuple[Poll, Conference]:
    """Return a poll with its conference to a person of the circle that it asks. Raises: UnknownPoll, CaseErased."""
    poll = await queries.poll(session, tenant=principal.tenant, poll_id=poll_id)
    if not await _takes_part(session, principal, poll.case_id):
        raise UnknownPoll(poll_id=str(poll_id))
    return poll, await queries.conference(session, tenant=poll.tenant, conference_id=poll.conference_id)


async def may_list_own_polls(session: AsyncSession, principal: Principal) -> UUID | None:
    """Return the case of a person who takes part in its circle, None if they do not (yet).

    Raises: CaseErased, NoLongerInCircle.
    """
    if principal.case is None or not await _takes_part(session, principal, principal.case):
        return None
    return principal.case


async def _takes_part(session: AsyncSession, principal: Principal, case_id: UUID) -> bool:
    if principal.kind is not Kind.PERSON or principal.case != case_id:
        return False
    await relations(session, principal, case_id)
    return principal.id in {member.person_id for member in await queries.members(session, case_id=case_id)}
