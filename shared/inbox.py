"""The way in: one row per event that this service has dealt with, so that a repeated delivery changes nothing."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

HANDLED = "handled"
DEAD = "dead"

_ACCEPT = text(
    "INSERT INTO inbox (consumer, event_id, outcome, handled_at) VALUES (:consumer, :event_id, :outcome, :now)"
    " ON CONFLICT DO NOTHING RETURNING 1"
)
_SETTLE = text("UPDATE inbox SET outcome = :outcome WHERE consumer = :consumer AND event_id = :event_id")
_REPLAY = text("DELETE FROM inbox WHERE consumer = :consumer AND event_id = :event_id AND outcome = 'dead'")
_KNOWN = text("SELECT 1 FROM inbox WHERE consumer = :consumer AND event_id = :event_id")


async def accept(session: AsyncSession, *, consumer: str, event_id: UUID, outcome: str = HANDLED) -> bool:
    """Note the event in the caller's transaction; False if it was dealt with before.

    A concurrent delivery of the same event waits here until the other transaction ends.
    """
    result = await session.execute(
        _ACCEPT,
        {"consumer": consumer, "event_id": event_id, "outcome": outcome, "now": datetime.now(UTC)},
    )
    return result.first() is not None


async def settle(session: AsyncSession, *, consumer: str, event_id: UUID, outcome: str) -> None:
    """Change what is noted about an event accepted in this transaction."""
    await session.execute(_SETTLE, {"consumer": consumer, "event_id": event_id, "outcome": outcome})


async def is_known(session: AsyncSession, *, consumer: str, event_id: UUID) -> bool:
    """Say whether the event was dealt with before."""
    return (await session.execute(_KNOWN, {"consumer": consumer, "event_id": event_id})).first() is not None


async def forget_dead(session: AsyncSession, *, consumer: str, event_id: UUID) -> None:
    """Let an event that died be handled again (replay)."""
    await session.execute(_REPLAY, {"consumer": consumer, "event_id": event_id})
