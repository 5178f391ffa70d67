"""Blind indexes of central persons, for finding other referrals of them."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models import PersonFields, ReferralPerson
from services.intake.schemas.referrals import NewPerson
from shared.vault import BlindIndex, Vault
from shared.vault.index import is_older

# The field of a central person's blind index.
_PERSON = "central person"


def person_index(index: BlindIndex, person: NewPerson | PersonFields, *, role: str) -> bytes | None:
    """Return the index of a central person, for other referrals of them; None if too little is known."""
    name = f"{person.first_name} {person.last_name}"
    if role != "central":
        return None
    if person.birth_date is not None:
        return index.of(_PERSON, name=name, plain=person.birth_date.isoformat())
    return None if person.email is None else index.of(_PERSON, name=name, e_mail=person.email)


async def reindex_referrals(session: AsyncSession, vault: Vault, *, tenant: UUID, most: int = 200) -> int:
    """Renew some older indexes of a tenant's referred persons; return how many, 0 when none is left.

    May be interrupted and repeated: until all are new, an old one does not match a new one. Erased persons have
    none.
    """
    query = select(ReferralPerson).where(
        ReferralPerson.tenant == tenant, is_older(ReferralPerson.person_index)
    )
    rows = (await session.scalars(query.order_by(ReferralPerson.id).limit(most).with_for_update())).all()
    if not rows:
        return 0
    index = await vault.blind_index(session, tenant=tenant)
    people = await vault.open_readable(session, rows)
    for row, person in zip(rows, people, strict=True):
        row.person_index = None if person is None else person_index(index, person, role=row.role)
    await session.flush()
    return len(rows)
