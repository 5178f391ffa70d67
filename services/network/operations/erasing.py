"""Erasing a person without the case, and what network holds of an erased case."""

from datetime import datetime

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.domain import (
    SERVICE,
    AlreadyErased,
    LastCentralPersonErased,
    PersonState,
)
from services.network.models import Base, Circle, Contact, Person
from services.network.operations import (
    ages,
    cases,
    circle,
    coordinating,
    holds,
    invitations,
    links,
    no_contacts,
    surveys,
)
from services.network.settings import policies
from shared import case_state, erasure, outbox
from shared.erasure import Erased, Erasures
from shared.events import network
from shared.events.base import ErasureReason
from shared.service_client import ServiceClient
from shared.services import SERVICES_WITH_CASES
from shared.vault import Vault

erasures = Erasures(SERVICE)

_LEAVE_CIRCLE = text(
    "UPDATE circle SET members = (SELECT coalesce(jsonb_agg(member), '[]') FROM jsonb_array_elements(members) AS member"
    " WHERE member ->> 'person_id' <> :person_id) WHERE case_id = :case_id"
)


async def erase_person(
    session: AsyncSession,
    vault: Vault,
    services: ServiceClient,
    *,
    person: Person,
    reason: ErasureReason,
    now: datetime,
) -> None:
    """Erase one person everywhere and for good; their case stays. A clock runs until every service has confirmed it.

    Raises: CaseErased, AlreadyErased, UnderHold, LastCentralPersonErased; Operational if intake does not
    answer.
    """
    person = await queries.person(session, tenant=person.tenant, person_id=person.id, lock=True)
    await case_state.require_not_erased(session, case_id=person.case_id, hold=True)
    await require_erasable(session, person)
    # Asked last, so that as little as possible can have changed since.
    await holds.require_free_at_intake(services, tenant=person.tenant, case_id=person.case_id)
    await _leave(session, vault, person, now)
    policy = await policies.in_force(session, tenant=person.tenant)
    await erasures.begin(
        session,
        kind="person",
        subject=person.id,
        tenant=person.tenant,
        stream=person.case_id,
        reason=reason,
        waits_for=SERVICES_WITH_CASES,
        now=now,
        limit=policy.limit(now, policy.settings.erasure, warn=policy.settings.erasure_warn),
    )
    fact = network.PersonErased(case_id=person.case_id, person_id=person.id, reason=reason)
    await outbox.publish(
        session, fact, stream=person.case_id, tenant=person.tenant, case=person.case_id, now=now
    )


async def _leave(session: AsyncSession, vault: Vault, person: Person, now: datetime) -> None:
    person.state, person.left_at = PersonState.ERASED, person.left_at or now
    person.side, person.required, person.serves = "other", False, None
    await session.flush()
    await links.revoke(session, person=person, now=now)
    await invitations.cancel_of(session, person=person, now=now)
    await ages.forget(session, vault, person=person, now=now)
    await coordinating.end(session, person_id=person.id, now=now)


async def require_erasable(session: AsyncSession, person: Person) -> None:
    """Check that a locked person may be erased, as far as network knows.

    Raises: AlreadyErased, UnderHold, LastCentralPersonErased.
    """
    if person.state == PersonState.ERASED:
        raise AlreadyErased(person_id=str(person.id))
    await holds.require_free(session, tenant=person.tenant, case_id=person.case_id)
    if await circle.is_last_central(session, person):
        raise LastCentralPersonErased(person_id=str(person.id))


async def clear_person(session: AsyncSession, vault: Vault, erased: Erased) -> None:
    """Make what network holds of an erased person unreadable; their consents stay."""
    person = await session.get(Person, erased.subject)
    if person is not None and person.tenant == erased.tenant and person.state != PersonState.ERASED:
        # This database was restored from a backup made before they were erased.
        await _leave(session, vault, person, erased.now)
    await session.execute(
        delete(Contact).where(Contact.tenant == erased.tenant, Contact.person_id == erased.subject)
    )
    await no_contacts.forget(session, tenant=erased.tenant, case_id=erased.case_id, person_id=erased.subject)
    await surveys.forget_person(
        session, vault, tenant=erased.tenant, case_id=erased.case_id, person_id=erased.subject
    )
    await session.execute(_LEAVE_CIRCLE, {"person_id": str(erased.subject), "case_id": erased.case_id})
    await erasure.clear(session, vault, erased, base=Base)


async def clear_case(session: AsyncSession, vault: Vault, erased: Erased) -> None:
    """Make what network holds of an erased case unreadable: all its people, and the contacts with them."""
    # Also if that it ended is heard of only later. Clocks are locked before what they time, as when it ends.
    await ages.clocks.stop_all(session, case=erased.subject, now=erased.now)
    await surveys.drop(session, tenant=erased.tenant, case_id=erased.subject)
    await cases.stop(session, tenant=erased.tenant, case_id=erased.subject, now=erased.now, tell=None)
    await session.execute(
        delete(Contact).where(Contact.tenant == erased.tenant, Contact.case_id == erased.subject)
    )
    await no_contacts.forget(session, tenant=erased.tenant, case_id=erased.subject)
    await session.execute(
        delete(Circle).where(Circle.tenant == erased.tenant, Circle.case_id == erased.subject)
    )
    await erasure.clear(session, vault, erased, base=Base)
