"""Erasing a registration: participant and payer are erased for good; amounts and dates stay.

Locks, in this order: the session's row, the registration's, its payments'.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.domain import (
    CONFIRM_WITHIN,
    LIVE,
    SERVICE,
    UNDECIDED,
    RegistrationErased,
    RegistrationGoesOn,
    RegistrationNotFound,
)
from services.training.models import Base, RegistrationRow
from services.training.operations import registrations
from services.training.settings import policies
from shared import erasure, outbox
from shared.erasure import Erased, Erasures
from shared.events import training as events
from shared.events.base import ErasureReason
from shared.vault import Vault
from shared.vault.index import index_of_nothing

erasures = Erasures(SERVICE)


async def erase_registration(
    session: AsyncSession, *, tenant: UUID, registration_id: UUID, reason: ErasureReason, now: datetime
) -> None:
    """Erase the participant, if the registration or its session is over; a clock runs until it is confirmed.

    Raises: RegistrationNotFound, RegistrationErased, RegistrationGoesOn.
    """
    known = await queries.registration(session, tenant=tenant, registration_id=registration_id)
    held, _ = await queries.session_and_course(session, tenant=tenant, session_id=known.session_id, lock=True)
    row = await queries.registration(session, tenant=tenant, registration_id=registration_id, lock=True)
    if row.erased_at is not None:
        raise RegistrationErased
    if row.state in LIVE and held.ends_at > now:
        raise RegistrationGoesOn(state=row.state)
    await _forget(session, row, now)
    policy = await policies.in_force(session, tenant=tenant)
    await erasures.begin(
        session,
        kind="registration",
        subject=row.id,
        tenant=tenant,
        stream=row.id,
        reason=reason,
        waits_for=[SERVICE],
        now=now,
        limit=policy.limit(now, policy.settings.erasure, warn=policy.settings.erasure_warn),
    )
    fact = events.RegistrationErased(registration_id=row.id, reason=reason)
    await outbox.publish(session, fact, stream=row.id, tenant=tenant, now=now)


async def _forget(session: AsyncSession, row: RegistrationRow, now: datetime) -> None:
    if row.state in UNDECIDED:
        # It waited for a place or for money past its session: nothing may revive it any more.
        await registrations.call_off(session, row, by="organiser", now=now)
    row.erased_at = now
    row.person_index = index_of_nothing()
    await session.flush()


async def clear_registration(session: AsyncSession, vault: Vault, erased: Erased) -> None:
    """Make what is sealed of an erased registration and its payments unreadable, and cancel its mails."""
    try:
        row = await queries.registration(
            session, tenant=erased.tenant, registration_id=erased.subject, lock=True
        )
    except RegistrationNotFound:
        # This database was restored from a backup made before they registered.
        row = None
    if row is not None and row.erased_at is None:
        # It was restored from a backup made before they were erased.
        await _forget(session, row, erased.now)
    await erasure.clear(session, vault, erased, base=Base)


async def over_their_time(session: AsyncSession, *, tenant: UUID, now: datetime, most: int) -> Sequence[UUID]:
    """Return some registrations whose retention time is over."""
    policy = await policies.in_force(session, tenant=tenant)
    before = now - timedelta(days=policy.settings.keep_registration_days)
    return await queries.over_their_time(
        session, tenant=tenant, before=before, asked_before=now - CONFIRM_WITHIN, most=most
    )


async def erase_in_time(session: AsyncSession, *, tenant: UUID, item: UUID, now: datetime) -> None:
    """Erase a registration whose retention time is over, unless that was already done."""
    try:
        await erase_registration(session, tenant=tenant, registration_id=item, reason="retention", now=now)
    except (RegistrationErased, RegistrationGoesOn):
        return
