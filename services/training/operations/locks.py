"""What one organisation does one thing at a time: deciding on its money."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_LOCK_CLASS = 746_103
_LOCK = text("SELECT pg_advisory_xact_lock(:lock_class, hashtext(:tenant))")


async def lock_money(session: AsyncSession, *, tenant: UUID) -> None:
    """Wait until nobody else decides on this organisation's payments or choices; held to the end of the transaction."""
    await session.execute(_LOCK, {"lock_class": _LOCK_CLASS, "tenant": str(tenant)})
