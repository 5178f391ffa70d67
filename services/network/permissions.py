"""Who may do what with the people of a case: the role gates, then one function per rule.

A caller who may not know that a case or person exists gets the same answer as when there is none.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlalchemy import ColumnElement
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
from services.network.queries import no_contacts, surveys
from shared import profiles
from shared.auth import Kind, Principal, Role
from shared.case_access import NoLongerInCircle, Relation, coordinated_by, require, require_link
from shared.case_state import UnknownCase, require_not_erased
from shared.http import allow
from shared.http.principals import require_twelve
from shared.vault import Vault

TextSetter = Annotated[Principal, Depends(allow(Role.ADMINISTRATOR, Role.DPO))]
TextReader = Annotated[
    Principal, Depends(allow(Role.ADMINISTRATOR, Role.DPO, Role.COORDINATOR, from_elsewhere=True))
]
RequestHandler = Annotated[Principal, Depends(allow(Role.DPO, Role.REGIONAL_MANAGER))]
RequestNoter = Annotated[
    Principal, Depends(allow(Role.COORDINATOR, Role.REGIONAL_MANAGER, Role.DPO, from_elsewhere=True))
]

SurveyTaker = Annotated[Principal, Depends(allow(Role.REFERRER, from_elsewhere=True, people=True))]


async def may_work_on_case(session: AsyncSession, principal: Principal, *, case_id: UUID) -> None:
    """Let only the current coordinator of the case through. Raises: UnknownCase, CaseErased."""
    unknown = UnknownCase(case_id=str(case_id))
    await require(session, principal, case_id, Relation.COORDINATOR, otherwise=unknown)


def in_own_cases(principal: Principal) -> ColumnElement[bool]:
    """Return the filter on people a coordinator may see by name: those of the cases they coordinate now."""
    return Person.case_id.in_(coordinated_by(principal))


async def may_list_people(
    session: AsyncSession, principal: Principal, *, case_id: UUID, now: datetime
) -> None:
    """Let those through who may list a case's people: its coordinator, and its manager with break-glass access.

    Raises: UnknownCase, CaseErased.
    """
    unknown = UnknownCase(case_id=str(case_id))
    readers = (Relation.COORDINATOR, Relation.BREAK_GLASS)
    await require(session, principal, case_id, *readers, otherwise=unknown, now=now)


async def may_work_with_person(
    session: AsyncSession, principal: Principal, *, person_id: UUID, lock: bool = False
) -> Person:
    """Return a person to the current coordinator of their case. Raises: UnknownPerson, CaseErased."""
    return await _person(session, principal, person_id, Relation.COORDINATOR, lock=lock)


async def may_read_person(
    session: AsyncSession, principal: Principal, *, person_id: UUID, now: datetime
) -> Person:
    """Return a person to the current coordinator of their case, or to its manager with break-glass access.

    Raises: UnknownPerson, CaseErased.
    """
    return await _person(session, principal, person_id, Relation.COORDINATOR, Relation.BREAK_GLASS, now=now)


async def may_change_link(session: AsyncSession, principal: Principal, *, person_id: UUID) -> Person:
    """Return a person, locked, to the case's coordinator or to a regional manager of the tenant.

    Links must be revocable also when there is no coordinator any more. Raises: UnknownPerson, CaseErased.
    """
    return await _person(session, principal, person_id, Relation.COORDINATOR, Relation.MANAGER, lock=True)


async def may_erase_person(session: AsyncSession, principal: Principal, *, person_id: UUID) -> Person:
    """Return a person of the tenant, also an erased one, to those responsible for its data. Raises: UnknownPerson."""
    return await queries.person(session, tenant=principal.tenant, person_id=person_id)


async def may_settle_basis(
    session: AsyncSession, principal: Principal, *, person_id: UUID, lock: bool = False
) -> Person:
    """Return a person to the tenant's DPO or administrator, who decide on the legal basis, or to the coordinator.

    Raises: UnknownPerson, CaseErased.
    """
    if principal.is_of_tenant and principal.has(Role.DPO, Role.ADMINISTRATOR):
        return await queries.person(session, tenant=principal.tenant, person_id=person_id, lock=lock)
    return await may_work_with_person(session, principal, person_id=person_id, lock=lock)


async def may_answer_invitation(
    session: AsyncSession, principal: Principal, *, invitation_id: UUID
) -> Person:
    """Return the person invited to the current coordinator of the case. Raises: UnknownInvitation, CaseErased."""
    unknown = UnknownInvitation(invitation_id=str(invitation_id))
    invitation = await queries.invitation(session, tenant=principal.tenant, invitation_id=invitation_id)
    if invitation is None:
        raise unknown
    await require(session, principal, invitation.case_id, Relation.COORDINATOR, otherwise=unknown)
    return await queries.person(session, tenant=principal.tenant, person_id=invitation.person_id)


async def may_lift_no_contact(
    session: AsyncSession, principal: Principal, *, no_contact_id: UUID
) -> NoContact:
    """Return a pair, locked, to the current coordinator of its case. Raises: UnknownNoContact, CaseErased."""
    unknown = UnknownNoContact(no_contact_id=str(no_contact_id))
    pair = await no_contacts.no_contact(session, tenant=principal.tenant, no_contact_id=no_contact_id)
    if pair is None:
        raise unknown
    await require(session, principal, pair.case_id, Relation.COORDINATOR, otherwise=unknown)
    return pair


async def oneself(session: AsyncSession, principal: Principal, *, lock: bool = False) -> Person:
    """Return the calling person; a token from before their link was revoked counts no more.

    Raises: NoLongerInCircle, LinkOver, UnknownPerson, CaseErased.
    """
    person = await queries.person(session, tenant=principal.tenant, person_id=principal.id, lock=lock)
    if person.case_id != principal.case:
        raise UnknownPerson(person_id=str(principal.id))
    await require_not_erased(session, case_id=person.case_id)
    if person.state != PersonState.ACTIVE:
        raise NoLongerInCircle
    await require_link(session, principal)
    return person


async def may_answer_survey(session: AsyncSession, principal: Principal, *, case_id: UUID) -> Person | UUID:
    """Return the calling person of the case, or the referring organisation if its professional calls.

    Raises: UnknownCase, NoLongerInCircle, CaseErased.
    """
    unknown = UnknownCase(case_id=str(case_id))
    if principal.kind is Kind.PERSON:
        if principal.case != case_id:
            raise unknown
        return await oneself(session, principal)
    organisation = await surveys.referring(session, tenant=principal.tenant, case_id=case_id)
    if organisation is None or organisation != principal.organisation:
        raise unknown
    await require_not_erased(session, case_id=case_id)
    return organisation


def may_propose(principal: Principal) -> None:
    """Let people of the circle propose others, from the age of twelve. Raises: FromTwelveOn."""
    require_twelve(principal)


def may_consent(principal: Principal, *, given: bool) -> None:
    """Let a yes be given from the age of twelve; a no counts at any age. Raises: FromTwelveOn."""
    if given:
        require_twelve(principal)


def may_ask(principal: Principal) -> None:
    """Let people from the age of twelve ask this themselves; younger ones are cared for. Raises: FromTwelveOn."""
    require_twelve(principal)


async def may_ask_for_person(
    session: AsyncSession,
    vault: Vault,
    *,
    asker: Person,
    person_id: UUID,
    kind: RequestKind,
    now: datetime,
) -> Person:
    """Return the person about whose data the caller may ask: themselves, or a child in their care.

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
        today=await profiles.today(session, tenant=asker.tenant, now=now),
    ):
        raise NotAskedForThisPerson
    return asked


async def may_note_request(session: AsyncSession, principal: Principal, *, person_id: UUID) -> Person:
    """Return a person to those who may record a request by phone or on paper: coordinator, manager and DPO.

    Raises: UnknownPerson, CaseErased.
    """
    if principal.has(Role.REGIONAL_MANAGER, Role.DPO) and principal.is_of_tenant:
        return await queries.person(session, tenant=principal.tenant, person_id=person_id)
    return await may_work_with_person(session, principal, person_id=person_id)


async def may_handle_request(
    session: AsyncSession, principal: Principal, *, request_id: UUID, now: datetime, lock: bool = False
) -> DataRequest:
    """Return a request to the tenant's DPO; to a regional manager once it is late. Raises: UnknownDataRequest."""
    request = await queries.data_request(session, tenant=principal.tenant, request_id=request_id, lock=lock)
    if request is None or (only_late(principal, now=now) is not None and request.due_at > now):
        raise UnknownDataRequest(request_id=str(request_id))
    return request


async def may_hand_copy_over(
    session: AsyncSession, principal: Principal, *, request_id: UUID, now: datetime
) -> DataRequest:
    """Return a request that a colleague recorded, for the DPO to answer on paper. Raises: UnknownDataRequest.

    A copy requested through a personal link is read through that link and by nobody else.
    """
    request = await may_handle_request(session, principal, request_id=request_id, now=now)
    if request.asked_by is not None:
        raise UnknownDataRequest(request_id=str(request_id))
    return request


def only_late(principal: Principal, *, now: datetime) -> datetime | None:
    """Return the moment before which a request must have been due for this colleague to see it; None: all."""
    return None if principal.has(Role.DPO) else now


async def may_see_own_request(
    session: AsyncSession, asker: Person, *, request_id: UUID, lock: bool = False
) -> DataRequest:
    """Return a request to the person it is about, or the one who made it. Raises: UnknownDataRequest."""
    request = await queries.data_request(session, tenant=asker.tenant, request_id=request_id, lock=lock)
    if request is None or asker.id not in (request.person_id, request.asked_by):
        raise UnknownDataRequest(request_id=str(request_id))
    # A requester who must no longer be in contact with the person gets nothing about them.
    apart = await no_contacts.pairs(session, tenant=asker.tenant, case_id=asker.case_id)
    if request.person_id in no_contacts.kept_from(apart, asker.id):
        raise UnknownDataRequest(request_id=str(request_id))
    return request


async def _person(
    session: AsyncSession,
    principal: Principal,
    person_id: UUID,
    *wanted: Relation,
    now: datetime | None = None,
    lock: bool = False,
) -> Person:
    person = await queries.person(session, tenant=principal.tenant, person_id=person_id, lock=lock)
    unknown = UnknownPerson(person_id=str(person_id))
    await require(session, principal, person.case_id, *wanted, otherwise=unknown, now=now)
    return person
