"""Renewing indexes of persons, when the version of a key or of the normalisers has changed."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.training.models import RegistrationRow
from services.training.operations.registrations import PERSON
from shared.vault import Vault
from shared.vault.index import index_of_nothing, is_older


async def reindex_registrations(session: AsyncSession, vault: Vault, *, tenant: UUID, most: int = 200) -> int:
    """Renew some older indexes of a tenant's registrations; return how many, 0 when none is left.

    May be interrupted and repeated: meanwhile both versions are searched. Unreadable ones get an index that
    matches nothing.
    """
    older = is_older(RegistrationRow.person_index)
    query = select(RegistrationRow).where(RegistrationRow.tenant == tenant, older)
    rows = (await session.scalars(query.order_by(RegistrationRow.id).limit(most).with_for_update())).all()
    if not rows:
        return 0
    index = await vault.blind_index(session, tenant=tenant)
    people = await vault.open_readable(session, rows)
    for row, person in zip(rows, people, strict=True):
        anew = None if person is None else index.of(PERSON, name=person.name, e_mail=person.email)
        if anew is None or not await _set(session, row, anew):
            await _set(session, row, index_of_nothing())
    return len(rows)


async def _set(session: AsyncSession, row: RegistrationRow, index: bytes) -> bool:
    """Change an index; False if the newer normalisers consider somebody in the same session the same person."""
    try:
        async with session.begin_nested():
            await session.execute(
                update(RegistrationRow).where(RegistrationRow.id == row.id).values(person_index=index)
            )
    except IntegrityError:
        return False
    return True
