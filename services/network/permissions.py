"""Who may do what with the people of a case, one named function per rule.

Who may not know that a case or person exists gets the same answer as when there is none.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.domain import NoLongerInCircle, PersonState, UnknownInvitation, UnknownPerson
from services.network.models import Person
from shared.auth import Kind, Principal, Role
from shared.case_state import UnknownCase
from shared.http.principals import require_twelve


async def require_coordinator(session: AsyncSession, principal: Principal, *, case_id: UUID) -> None:
    """Let pass whoever coordinates the case now. Raises: UnknownCase."""
    if not await _coordinates(session, principal, case_id):
        raise UnknownCase(case_id=str(case_id))


async def person_for_coordinator(
    session: AsyncSession, principal: Principal, *, person_id: UUID, lock: bool = False
) -> Person:
    """Return a person to whoever coordinates their case now. Raises: UnknownPerson."""
    person = await queries.person(session, tenant=principal.tenant, person_id=person_id, lock=lock)
    if not await _coordinates(session, principal, person.case_id):
        raise UnknownPerson(person_id=str(person_id))
    return person


async def person_for_link_keeper(session: AsyncSession, principal: Principal, *, person_id: UUID) -> Person:
    """Return a person, locked, to the case's coordinator or to a regional manager of the tenant.

    Links must be withdrawn also when there is no coordinator any more. Raises: UnknownPerson.
    """
    if principal.has(Role.REGIONAL_MANAGER) and principal.is_of_tenant:
        return await queries.person(session, tenant=principal.tenant, person_id=person_id, lock=True)
    return await person_for_coordinator(session, principal, person_id=person_id, lock=True)


async def invited_person_for_coordinator(
    session: AsyncSession, principal: Principal, *, invitation_id: UUID
) -> Person:
    """Return whom an invitation is for to whoever coordinates the case now. Raises: UnknownInvitation."""
    invitation = await queries.invitation(session, tenant=principal.tenant, invitation_id=invitation_id)
    if invitation is None or not await _coordinates(session, principal, invitation.case_id):
        raise UnknownInvitation(invitation_id=str(invitation_id))
    return await queries.person(session, tenant=principal.tenant, person_id=invitation.person_id)


async def oneself(session: AsyncSession, principal: Principal, *, lock: bool = False) -> Person:
    """Return the person who asks. Raises: NoLongerInCircle, UnknownPerson."""
    person = await queries.person(session, tenant=principal.tenant, person_id=principal.id, lock=lock)
    if person.case_id != principal.case:
        raise UnknownPerson(person_id=str(principal.id))
    if person.state != PersonState.ACTIVE:
        raise NoLongerInCircle
    return person


def may_propose(principal: Principal) -> None:
    """Whoever is of the circle may say whom they would like there, from twelve on. Raises: FromTwelveOn."""
    require_twelve(principal)


def may_consent(principal: Principal, *, given: bool) -> None:
    """A yes is given from twelve on; anybody's no counts, whatever their age. Raises: FromTwelveOn."""
    if given:
        require_twelve(principal)


async def _coordinates(session: AsyncSession, principal: Principal, case_id: UUID) -> bool:
    if principal.kind is not Kind.STAFF or not principal.has(Role.COORDINATOR):
        return False
    return await queries.is_coordinator(
        session, tenant=principal.tenant, case_id=case_id, coordinator_id=principal.id
    )
