"""Recording that two people of a case must not be brought in contact, and lifting that."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.network.domain import AlreadyKeptApart, OnePersonTwice
from services.network.models import ExitFields, NoContact
from services.network.operations import circle
from shared.ids import uuid7
from shared.vault import Vault


async def keep_apart(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    persons: tuple[UUID, UUID],
    reason: str,
    decided_by: UUID,
    now: datetime,
) -> NoContact:
    """Record that two people must not be brought in contact: from now on nothing shows one to the other.

    Raises: OnePersonTwice, PersonNotOfCase, AlreadyKeptApart.
    """
    # In PostgreSQL's order of ids, so that the same pair is one row, whoever is named first.
    one, other = sorted(persons)
    if one == other:
        raise OnePersonTwice
    await circle.require_of_case(session, tenant=tenant, case_id=case_id, person_ids={one, other})
    pair = NoContact(id=uuid7(), tenant=tenant, case_id=case_id, one_id=one, other_id=other)
    await vault.seal(session, pair, ExitFields(reason=reason))
    values = {
        **{name: getattr(pair, name) for name in ("id", "tenant", "case_id", "one_id", "other_id")},
        "decided_by": decided_by,
        "created_at": now,
        "sealed": pair.sealed,
    }
    statement = insert(NoContact).values(values).on_conflict_do_nothing().returning(NoContact.id)
    if await session.scalar(statement) is None:
        raise AlreadyKeptApart
    await circle.follow(session, vault, tenant=tenant, case_id=case_id, now=now)
    return pair


async def lift(session: AsyncSession, vault: Vault, *, pair: NoContact, now: datetime) -> None:
    """Lift it; the audit log keeps who did."""
    await session.delete(pair)
    await session.flush()
    await circle.follow(session, vault, tenant=pair.tenant, case_id=pair.case_id, now=now)


async def forget(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, person_id: UUID | None = None
) -> None:
    """Delete the pairs of an erased person, or of a whole case: the reason is about both people."""
    query = delete(NoContact).where(NoContact.tenant == tenant, NoContact.case_id == case_id)
    if person_id is not None:
        query = query.where(or_(NoContact.one_id == person_id, NoContact.other_id == person_id))
    await session.execute(query)
