"""Erasing people who left the organisation: a member of staff, a coordinator, or both under one id."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import SERVICE
from services.intake.domain.errors import ContactErased, CoordinatorBusy, UnknownCoordinator, UnknownStaff
from services.intake.models import Base, Coordinator, StaffMember
from services.intake.models.register import key_subject
from services.intake.operations import daily_mail
from services.intake.operations.erasing import erasures
from services.intake.queries import register
from services.intake.settings import policies
from shared import erasure, outbox
from shared.erasure import Erased
from shared.events import intake as events
from shared.events.base import ErasureReason
from shared.vault import Vault

Kind = Literal["staff", "coordinator"]
_TABLES: dict[Kind, type[StaffMember] | type[Coordinator]] = {
    "staff": StaffMember,
    "coordinator": Coordinator,
}


async def erase_contact(
    session: AsyncSession,
    *,
    tenant: UUID,
    person_id: UUID,
    kind: Kind,
    reason: ErasureReason,
    now: datetime,
) -> None:
    """Erase a tenant's data on a person, as a colleague and as a coordinator: both have one key.

    Raises: UnknownStaff, UnknownCoordinator, ContactErased, CoordinatorBusy.
    """
    known = await register.contacts(session, tenant=tenant, person_id=person_id)
    asked = next((row for row in known if isinstance(row, _TABLES[kind])), None)
    if asked is None:
        raise UnknownStaff if kind == "staff" else UnknownCoordinator
    if asked.erased_at is not None:
        raise ContactErased
    # Under the lock of the coordinator's row, so that nobody offers them a case meanwhile.
    if await register.is_busy(session, tenant=tenant, coordinator_id=person_id):
        raise CoordinatorBusy
    for row in known:
        _forget(row, now)
    await session.flush()
    contact_id = key_subject(tenant, person_id)
    policy = await policies.in_force(session, tenant=tenant)
    await erasures.begin(
        session,
        kind=kind,
        subject=contact_id,
        tenant=tenant,
        stream=contact_id,
        reason=reason,
        waits_for=[SERVICE],
        now=now,
        limit=policy.limit(now, policy.settings.erasure, warn=policy.settings.erasure_warn),
    )
    fact = events.ContactErased(contact_id=contact_id, kind=kind, reason=reason)
    await outbox.publish(session, fact, stream=contact_id, tenant=tenant, now=now)


def _forget(row: StaffMember | Coordinator, now: datetime) -> None:
    row.erased_at = row.erased_at or now
    if isinstance(row, StaffMember):
        row.roles = []
        return
    row.languages, row.cultures, row.tied_to = [], [], []
    row.gender = row.region = None
    row.max_load = 0


async def clear_contact(session: AsyncSession, vault: Vault, erased: Erased) -> None:
    """Make what is sealed about a person who left unreadable, and cancel their mails."""
    # By their pseudonym: after a restore only the ledger, which names nobody, knows of it.
    people = [
        person_id
        for person_id in await register.contact_ids(session, tenant=erased.tenant)
        if key_subject(erased.tenant, person_id) == erased.subject
    ]
    for person_id in people:
        for row in await register.contacts(session, tenant=erased.tenant, person_id=person_id):
            _forget(row, erased.now)
        await daily_mail.forget(session, tenant=erased.tenant, person_id=person_id)
    await session.flush()
    await erasure.clear(session, vault, erased, base=Base, recipients=people)
