"""Locks on names, for what only one transaction at a time may do and no row represents. Held until the commit."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

# Two names with the same number sometimes wait for each other, which is harmless.
_HOLD = text("SELECT pg_advisory_xact_lock(hashtext(:name), hashtext(:key))")
_TRY = text("SELECT pg_try_advisory_xact_lock(hashtext(:name), hashtext(:key))")


async def hold(session: AsyncSession | AsyncConnection, name: str, key: object = "") -> None:
    """Wait until no other transaction holds this name and key, then hold them."""
    await session.execute(_HOLD, {"name": name, "key": str(key)})


async def try_hold(session: AsyncSession | AsyncConnection, name: str, key: object = "") -> bool:
    """Hold a name and key unless another transaction does; return whether they are held."""
    held: bool = (await session.execute(_TRY, {"name": name, "key": str(key)})).scalar_one()
    return held
