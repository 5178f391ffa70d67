"""What people need to take part, given with their answer or told to the coordinator, and in which language we write."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.models import Person
from shared.languages import Language
from shared.vault import Vault


async def record(
    session: AsyncSession, vault: Vault, *, person: Person, needs: Sequence[str] | None, words: str | None
) -> None:
    """Store what a person needs and their words about it; `needs` None leaves it unchanged."""
    if needs is not None:
        await _change(session, vault, person, needs=tuple(dict.fromkeys(needs)), needs_words=words)


async def set_language(session: AsyncSession, vault: Vault, *, person: Person, language: Language) -> None:
    """Store in which language a person's pages and mails are from now on."""
    await _change(session, vault, person, language=language)


async def _change(session: AsyncSession, vault: Vault, person: Person, **changes: Any) -> None:
    person = await queries.person(session, tenant=person.tenant, person_id=person.id, lock=True)
    fields = await vault.open(session, person)
    changed = fields.replaced(**changes)
    if changed != fields:
        await vault.seal(session, person, changed)
        person.version += 1
        await session.flush()
