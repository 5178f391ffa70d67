"""What people need to take part, given with their answer to the invitation or told to the coordinator."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.models import Person
from shared.vault import Vault


async def say(
    session: AsyncSession, vault: Vault, *, person: Person, needs: Sequence[str] | None, words: str | None
) -> None:
    """Store what a person needs and their words about it; `needs` None leaves it unchanged."""
    if needs is None:
        return
    person = await queries.person(session, tenant=person.tenant, person_id=person.id, lock=True)
    fields = await vault.open(session, person)
    changed = fields.replaced(needs=tuple(dict.fromkeys(needs)), needs_words=words)
    if changed != fields:
        await vault.seal(session, person, changed)
        person.version += 1
        await session.flush()
