"""Who may do what, one named function per rule.

Who may not know that something exists gets the same answer as when it does not.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import queries
from services.scheduling.models import Conference, Poll
from shared.auth import Kind, Principal, Role
from shared.case_state import UnknownCase, require_not_erased


async def _coordinates(session: AsyncSession, principal: Principal, case_id: UUID) -> bool:
    if principal.kind is not Kind.STAFF or not principal.has(Role.COORDINATOR):
        return False
    return await queries.is_coordinator(
        session, tenant=principal.tenant, case_id=case_id, coordinator_id=principal.id
    )


async def _oversees(session: AsyncSession, principal: Principal, case_id: UUID) -> bool:
    """Say whether the caller coordinates the case, or is a regional manager of its tenant."""
    manages = principal.kind is Kind.STAFF and principal.is_of_tenant and principal.has(Role.REGIONAL_MANAGER)
    return manages or await _coordinates(session, principal, case_id)


async def _takes_part(session: AsyncSession, principal: Principal, case_id: UUID) -> bool:
    if principal.kind is not Kind.PERSON or principal.case != case_id:
        return False
    await require_not_erased(session, case_id=case_id)
    return principal.id in {member.person_id for member in await queries.members(session, case_id=case_id)}


async def conference_to_prepare(
    session: AsyncSession, principal: Principal, *, conference_id: UUID
) -> Conference:
    """Return a conference to whoever coordinates its case now. Raises: UnknownConference, CaseErased."""
    conference = await queries.conference(session, tenant=principal.tenant, conference_id=conference_id)
    if not await _coordinates(session, principal, conference.case_id):
        raise queries.UnknownConference(conference_id=str(conference_id))
    await require_not_erased(session, case_id=conference.case_id)
    return conference


async def conference_to_read(
    session: AsyncSession, principal: Principal, *, conference_id: UUID
) -> tuple[Conference, bool]:
    """Return a conference to its coordinator, manager or circle, and whether everything about it may be seen.

    Raises: UnknownConference, CaseErased.
    """
    conference = await queries.conference(session, tenant=principal.tenant, conference_id=conference_id)
    if await _oversees(session, principal, conference.case_id):
        await require_not_erased(session, case_id=conference.case_id)
        return conference, True
    if await _takes_part(session, principal, conference.case_id):
        return conference, False
    raise queries.UnknownConference(conference_id=str(conference_id))


async def poll_to_prepare(
    session: AsyncSession, principal: Principal, *, poll_id: UUID
) -> tuple[Poll, Conference]:
    """Return a poll with its conference to whoever coordinates its case now. Raises: UnknownPoll, CaseErased."""
    poll = await queries.poll(session, tenant=principal.tenant, poll_id=poll_id)
    if not await _coordinates(session, principal, poll.case_id):
        raise queries.UnknownPoll(poll_id=str(poll_id))
    await require_not_erased(session, case_id=poll.case_id)
    return poll, await queries.conference(session, tenant=poll.tenant, conference_id=poll.conference_id)


async def poll_to_oversee(session: AsyncSession, principal: Principal, *, poll_id: UUID) -> Poll:
    """Return a poll to its coordinator or manager. Raises: UnknownPoll, CaseErased."""
    poll = await queries.poll(session, tenant=principal.tenant, poll_id=poll_id)
    if not await _oversees(session, principal, poll.case_id):
        raise queries.UnknownPoll(poll_id=str(poll_id))
    await require_not_erased(session, case_id=poll.case_id)
    return poll


async def poll_to_answer(
    session: AsyncSession, principal: Principal, *, poll_id: UUID
) -> tuple[Poll, Conference]:
    """Return a poll with its conference to somebody of the circle that it asks. Raises: UnknownPoll, CaseErased."""
    poll = await queries.poll(session, tenant=principal.tenant, poll_id=poll_id)
    if not await _takes_part(session, principal, poll.case_id):
        raise queries.UnknownPoll(poll_id=str(poll_id))
    return poll, await queries.conference(session, tenant=poll.tenant, conference_id=poll.conference_id)


async def own_case(session: AsyncSession, principal: Principal) -> UUID | None:
    """Return the case of a person who takes part in its circle, None if they do not. Raises: CaseErased."""
    if principal.case is None or not await _takes_part(session, principal, principal.case):
        return None
    return principal.case


async def require_overseer(session: AsyncSession, principal: Principal, *, case_id: UUID) -> None:
    """Let pass a case's coordinator, or a regional manager of the tenant. Raises: UnknownCase, CaseErased."""
    if not await _oversees(session, principal, case_id):
        raise UnknownCase(case_id=str(case_id))
    await require_not_erased(session, case_id=case_id)


async def has_left(session: AsyncSession, principal: Principal) -> bool:
    """Say whether a person of a case left its circle: their token is from before."""
    return await queries.has_left(session, case_id=principal.case, person_id=principal.id)
