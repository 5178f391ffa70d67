"""Recording the legal basis on which a person's data is kept: the policy's for their kind, or one decided for them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.network.domain import Basis
from services.network.models import LegalBasis, Person
from services.network.queries import consents
from services.network.settings import policies
from shared.errors import require_version
from shared.ids import uuid7


async def note(session: AsyncSession, *, person: Person, now: datetime) -> None:
    """Record the basis for a new person from the current policy; a later policy does not change it."""
    policy = await policies.in_force(session, tenant=person.tenant)
    await _add(
        session, person, policy.settings.legal_basis.of(person.role), now, policy_version=policy.version
    )


async def decide(
    session: AsyncSession, *, person: Person, version: int, basis: Basis, decided_by: UUID, now: datetime
) -> None:
    """Set the basis for one person (locked) from now on; the same again adds nothing.

    `version`: how many there were when the caller read them. Raises: OtherVersion.
    """
    known, count = await consents.legal_basis(session, tenant=person.tenant, person_id=person.id)
    require_version(version, of=count)
    if known is None or known.basis != basis:
        await _add(session, person, basis, now, decided_by=decided_by)


async def in_force(session: AsyncSession, *, person: Person) -> Basis:
    """Return the legal basis in force; if none was recorded for the person, the policy's for their kind."""
    known, _ = await consents.legal_basis(session, tenant=person.tenant, person_id=person.id)
    if known is not None:
        return Basis(known.basis)
    return (await policies.in_force(session, tenant=person.tenant)).settings.legal_basis.of(person.role)


async def _add(
    session: AsyncSession,
    person: Person,
    basis: Basis,
    now: datetime,
    *,
    policy_version: int | None = None,
    decided_by: UUID | None = None,
) -> None:
    session.add(
        LegalBasis(
            id=uuid7(),
            tenant=person.tenant,
            case_id=person.case_id,
            person_id=person.id,
            basis=basis,
            policy_version=policy_version,
            decided_by=decided_by,
            created_at=now,
        )
    )
    await session.flush()
