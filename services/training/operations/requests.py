"""Registering: an applicant gets a place only after confirming from their mail address.

Until then no place is held, and the answer is always the same: only the owner of the address learns whether
they were registered before. Locks, in this order: the session's row, the registration's.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.domain import (
    CONFIRM_WITHIN,
    AlreadyRegistered,
    RegisteredElsewhere,
    Registering,
    RegistrationClosed,
    RegistrationErased,
    RegistrationNotFound,
    RegistrationRequestOver,
    RegistrationState,
    communication_of,
)
from services.training.models import (
    CourseRow,
    Participant,
    RegistrationRow,
    SessionRow,
    communication_number,
)
from services.training.operations import registrations
from services.training.operations.registrations import PERSON
from shared.database import Scope, set_scope
from shared.events import training as events
from shared.ids import uuid7
from shared.vault import Vault

# The digested fields; the words are part of the digest.
_CONFIRMATION = "confirmation of a registration"
_IDS = 32


@dataclass(frozen=True)
class Applicant:
    """The applicant, and the language of their mails."""

    participant: Participant
    language: str


async def token_of(session: AsyncSession, vault: Vault, row: RegistrationRow) -> str:
    """Return the token of a registration: the organisation's id, its own id, and a keyed digest."""
    index = await vault.blind_index(session, tenant=row.tenant)
    digest = index.of(_CONFIRMATION, plain=str(row.id))
    return urlsafe_b64encode(row.tenant.bytes + row.id.bytes + digest).decode()


async def ask(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    session_id: UUID,
    applicant: Applicant,
    now: datetime,
) -> RegistrationRow:
    """Store a request for a place, also from somebody who is registered: `confirm` finds out.

    Raises: SessionNotFound, RegisteredElsewhere, RegistrationClosed.
    """
    held, course = await queries.session_and_course(session, tenant=tenant, session_id=session_id)
    _check_takes(held, course, now)
    person = applicant.participant
    index = await vault.blind_index(session, tenant=tenant)
    row = RegistrationRow(
        id=uuid7(),
        tenant=tenant,
        session_id=held.id,
        state=RegistrationState.REQUESTED,
        language=applicant.language,
        price=held.price,
        communication=None,
        person_index=index.of(PERSON, name=person.name, e_mail=person.email),
        created_at=now,
    )
    await vault.seal(session, row, person)
    session.add(row)
    await session.flush()
    return row


async def confirm(session: AsyncSession, vault: Vault, *, token: str, now: datetime) -> RegistrationRow:
    """Register the owner of a token: with a place if there is one for them, else on the waiting list.

    A repeated confirmation returns the registration as it is. Raises: RegistrationNotFound, RegistrationErased,
    RegistrationRequestOver, RegisteredElsewhere, RegistrationClosed, AlreadyRegistered.
    """
    row = await proved(session, vault, token=token)
    tenant = row.tenant
    held, course = await queries.session_and_course(
        session, tenant=tenant, session_id=row.session_id, lock=True
    )
    row = await queries.registration(session, tenant=tenant, registration_id=row.id, lock=True)
    if row.erased_at is not None:
        raise RegistrationErased
    if row.state != RegistrationState.REQUESTED:
        return row
    if row.created_at + CONFIRM_WITHIN <= now:
        raise RegistrationRequestOver
    _check_takes(held, course, now)
    if await registered_as(session, vault, row) is not None:
        raise AlreadyRegistered
    # Ordered by confirmation.
    row.created_at = now
    if row.price:
        row.communication = communication_of(await session.scalar(communication_number))
    await _give_place(session, row, held, now)
    return row


async def registered_as(session: AsyncSession, vault: Vault, row: RegistrationRow) -> RegistrationRow | None:
    """Return the active registration of whoever made a request, if they have one for that session already."""
    person = await vault.open(session, row)
    index = await vault.blind_index(session, tenant=row.tenant)
    known = index.known(PERSON, name=person.name, e_mail=person.email)
    return await queries.registered(session, tenant=row.tenant, session_id=row.session_id, person=known)


async def proved(session: AsyncSession, vault: Vault, *, token: str) -> RegistrationRow:
    """Return the registration of a token. Raises: RegistrationNotFound."""
    try:
        raw = urlsafe_b64decode(token)
    except (NotBase64, ValueError):
        raise RegistrationNotFound from None
    if len(raw) <= _IDS:
        raise RegistrationNotFound
    tenant, registration_id = UUID(bytes=raw[:16]), UUID(bytes=raw[16:_IDS])
    await set_scope(session, Scope(tenant=tenant))
    # Checked first: an unknown organisation must not get keys.
    row = await queries.registration(session, tenant=tenant, registration_id=registration_id)
    index = await vault.blind_index(session, tenant=tenant)
    digests = index.known(_CONFIRMATION, plain=str(registration_id))
    if not any(hmac.compare_digest(digest, raw[_IDS:]) for digest in digests):
        raise RegistrationNotFound
    return row


def _check_takes(held: SessionRow, course: CourseRow, now: datetime) -> None:
    if course.registration == Registering.ELSEWHERE:
        raise RegisteredElsewhere(url=course.external_url)
    if held.starts_at <= now or held.cancelled_at is not None:
        raise RegistrationClosed


async def _give_place(session: AsyncSession, row: RegistrationRow, held: SessionRow, now: datetime) -> None:
    places = await queries.places(session, session_id=held.id)
    # Those who waited before go first, also while a freed place is being given away.
    if places.waiting or places.taken >= held.capacity:
        row.state = RegistrationState.WAITLISTED
        await session.flush()
        await registrations.publish_received(session, row, now)
        await registrations.publish(session, row, events.RegistrationWaitlisted, now)
        await registrations.mail(session, row, "waitlisted", now)
        return
    row.state = RegistrationState.AWAITING_PAYMENT if row.price else RegistrationState.CONFIRMED
    await session.flush()
    await registrations.publish_received(session, row, now)
    if row.price:
        await registrations.await_payment(session, row, now)
        await registrations.mail(session, row, "payment-request", now)
    else:
        await registrations.confirm(session, row, now)
    await registrations.publish_if_full(session, held, taken=places.taken + 1, now=now)
