"""Who may do what with the people of a case, one named function per rule.

Who may not know that a case or person exists gets the same answer as when there is none.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.data_requests import NotAskedForThisPerson, RequestKind, UnknownDataRequest
from services.network.domain import (
    PersonState,
    UnknownInvitation,
    UnknownNoContact,
    UnknownPerson,
)
from services.network.models import DataRequest, NoContact, Person
from services.network.queries import no_contacts
from shared import calendars
from shared.auth import Kind, Principal, Role
from shared.break_glass import is_open_to
from shared.case_state import UnknownCase, require_not_erased
from shared.http.principals import NoLongerInCircle, require_twelve
from shared.vault import Vault


async def require_coordinator(session: AsyncSession, principal: Principal, *, case_id: UUID) -> None:
    """Let pass whoever coordinates the case now. Raises: UnknownCase, CaseErased."""
    if not await _coordinates(session, principal, case_id):
        raise UnknownCase(case_id=str(case_id))
    await require_not_erased(session, case_id=case_id)


async def person_for_coordinator(
    session: AsyncSession, principal: Principal, *, person_id: UUID, lock: bool = False
) -> Person:
    """Return a person to whoever coordinates their case now. Raises: UnknownPerson, CaseErased."""
    person = await queries.person(session, tenant=principal.tenant, person_id=person_id, lock=lock)
    if not await _coordinates(session, principal, person.case_id):
        raise UnknownPerson(person_id=str(person_id))
    await require_not_erased(session, case_id=person.case_id)
    return person


async def require_reader(
    session: AsyncSession, principal: Principal, *, case_id: UUID, now: datetime
) -> None:
    """Let pass whoever may read who is in a case: its coordinator now, and a manager who opened the file.

    Raises: UnknownCase, CaseErased.
    """
    if not await is_open_to(session, principal, case_id=case_id, now=now):
        await require_coordinator(session, principal, case_id=case_id)


async def person_for_reader(
    session: AsyncSession, principal: Principal, *, person_id: UUID, now: datetime
) -> Person:
    """Return a person to the coordinator of their case now, or to a manager who opened the file.

    Raises: UnknownPerson, CaseErased.
    """
    person = await queries.person(session, tenant=principal.tenant, person_id=person_id)
    if await is_open_to(session, principal, case_id=person.case_id, now=now):
        return person
    return await person_for_coordinator(session, principal, person_id=person_id)


async def person_to_erase(session: AsyncSession, principal: Principal, *, person_id: UUID) -> Person:
    """Return a person of the tenant to those who answer for its data, also when erased. Raises: UnknownPerson."""
    return await queries.person(session, tenant=principal.tenant, person_id=person_id)


async def person_for_link_keeper(session: AsyncSession, principal: Principal, *, person_id: UUID) -> Person:
    """Return a person, locked, to the case's coordinator or to a regional manager of the tenant.

    Links must be withdrawn also when there is no coordinator any more.

    Raises: UnknownPerson, CaseErased.
    """
    if principal.has(Role.REGIONAL_MANAGER) and principal.is_of_tenant:
        person = await queries.person(session, tenant=principal.tenant, person_id=person_id, lock=True)
        await require_not_erased(session, case_id=person.case_id)
        return person
    return await person_for_coordinator(session, principal, person_id=person_id, lock=True)


async def person_for_basis_keeper(
    session: AsyncSession, principal: Principal, *, person_id: UUID, lock: bool = False
) -> Person:
    """Return a person to the tenant's DPO or administrator, who settle on what basis, or to the coordinator.

    Raises: UnknownPerson.
    """
    if principal.is_of_tenant and (principal.has(Role.DPO) or principal.has(Role.ADMINISTRATOR)):
        return await queries.person(session, tenant=principal.tenant, person_id=person_id, lock=lock)
    return await person_for_coordinator(session, principal, person_id=person_id, lock=lock)


async def invited_person_for_coordinator(
    session: AsyncSession, principal: Principal, *, invitation_id: UUID
) -> Person:
    """Return whom an invitation is for to whoever coordinates the case now. Raises: UnknownInvitation."""
    invitation = await queries.invitation(session, tenant=principal.tenant, invitation_id=invitation_id)
    if invitation is None or not await _coordinates(session, principal, invitation.case_id):
        raise UnknownInvitation(invitation_id=str(invitation_id))
    await require_not_erased(session, case_id=invitation.case_id)
    return await queries.person(session, tenant=principal.tenant, person_id=invitation.person_id)


async def no_contact_for_coordinator(
    session: AsyncSession, principal: Principal, *, no_contact_id: UUID
) -> NoContact:
    """Return a pair, locked, to whoever coordinates its case now. Raises: UnknownNoContact, CaseErased."""
    pair = await no_contacts.no_contact(session, tenant=principal.tenant, no_contact_id=no_contact_id)
    if pair is None or not await _coordinates(session, principal, pair.case_id):
        raise UnknownNoContact(no_contact_id=str(no_contact_id))
    await require_not_erased(session, case_id=pair.case_id)
    return pair


async def oneself(session: AsyncSession, principal: Principal, *, lock: bool = False) -> Person:
    """Return the person who asks. Raises: NoLongerInCircle, UnknownPerson."""
    person = await queries.person(session, tenant=principal.tenant, person_id=principal.id, lock=lock)
    if person.case_id != principal.case:
        raise UnknownPerson(person_id=str(principal.id))
    await require_not_erased(session, case_id=person.case_id)
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


def may_ask(principal: Principal) -> None:
    """From twelve on people ask this themselves; before, whoever cares for them does. Raises: FromTwelveOn."""
    require_twelve(principal)


async def person_to_ask_for(
    session: AsyncSession,
    vault: Vault,
    *,
    asker: Person,
    person_id: UUID,
    kind: RequestKind,
    now: datetime,
) -> Person:
    """Return about whose data somebody of the case may ask: themselves, or a child in their care.

    A copy also of a young person in their care who lets them read.

    Raises: UnknownPerson, NotAskedForThisPerson.
    """
    if person_id == asker.id:
        return asker
    asked = await queries.person(session, tenant=asker.tenant, person_id=person_id)
    if asked.case_id != asker.case_id or asked.state != PersonState.ACTIVE:
        raise UnknownPerson(person_id=str(person_id))
    if not await queries.may_ask_for(
        session,
        vault,
        tenant=asker.tenant,
        case_id=asker.case_id,
        asker=asker.id,
        child=asked.id,
        to_read=kind == RequestKind.COPY,
        today=await calendars.today(session, tenant=asker.tenant, now=now),
    ):
        raise NotAskedForThisPerson
    return asked


async def person_for_noting(session: AsyncSession, principal: Principal, *, person_id: UUID) -> Person:
    """Return a person to those who may note what they ask by phone or letter. Raises: UnknownPerson.

    They are the coordinator now, a regional manager and the DPO.
    """
    if principal.has(Role.REGIONAL_MANAGER, Role.DPO) and principal.is_of_tenant:
        return await queries.person(session, tenant=principal.tenant, person_id=person_id)
    return await person_for_coordinator(session, principal, person_id=person_id)


async def data_request_for_handler(
    session: AsyncSession, principal: Principal, *, request_id: UUID, now: datetime, lock: bool = False
) -> DataRequest:
    """Return a request to the tenant's DPO; to a regional manager once it is late. Raises: UnknownDataRequest."""
    request = await queries.data_request(session, tenant=principal.tenant, request_id=request_id, lock=lock)
    if request is None or (only_late(principal, now=now) is not None and request.due_at > now):
        raise UnknownDataRequest(request_id=str(request_id))
    return request


async def noted_data_request(
    session: AsyncSession, principal: Principal, *, request_id: UUID, now: datetime
) -> DataRequest:
    """Return a request that a colleague noted, for the DPO to answer on paper. Raises: UnknownDataRequest.

    What somebody asked through their link they read through their link, and nobody else does.
    """
    request = await data_request_for_handler(session, principal, request_id=request_id, now=now)
    if request.asked_by is not None:
        raise UnknownDataRequest(request_id=str(request_id))
    return request


def only_late(principal: Principal, *, now: datetime) -> datetime | None:
    """Return the moment by which a request must have been due for this colleague to see it; None: all."""
    return None if principal.has(Role.DPO) else now


async def own_data_request(
    session: AsyncSession, asker: Person, *, request_id: UUID, lock: bool = False
) -> DataRequest:
    """Return a request to whoever it is about, or who asked it. Raises: UnknownDataRequest."""
    request = await queries.data_request(session, tenant=asker.tenant, request_id=request_id, lock=lock)
    if request is None or asker.id not in (request.person_id, request.asked_by):
        raise UnknownDataRequest(request_id=str(request_id))
    # Who asked for somebody with whom they are not to be in contact any more gets nothing of them.
    apart = await no_contacts.pairs(session, tenant=asker.tenant, case_id=asker.case_id)
    if request.person_id in no_contacts.kept_from(apart, asker.id):
        raise UnknownDataRequest(request_id=str(request_id))
    return request


async def _coordinates(session: AsyncSession, principal: Principal, case_id: UUID) -> bool:
    if principal.kind is not Kind.STAFF or not principal.has(Role.COORDINATOR):
        return False
    return await queries.is_coordinator(
        session, tenant=principal.tenant, case_id=case_id, coordinator_id=principal.id
    )


async def has_left(session: AsyncSession, principal: Principal) -> bool:
    """Say whether a person of a case left its circle: their token is from before."""
    query = select(Person.id).where(
        Person.tenant == principal.tenant, Person.id == principal.id, Person.state != PersonState.ACTIVE
    )
    return await session.scalar(query) is not None
