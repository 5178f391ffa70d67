"""The inbox: one row per event that this service has handled, so that a repeated delivery changes nothing."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import fetch

HANDLED = "handled"
DEAD = "dead"

_ACCEPT = (
    "INSERT INTO inbox (consumer, event_id, outcome, handled_at) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT DO NOTHING RETURNING 1"
)
_SETTLE = "UPDATE inbox SET outcome = $3 WHERE consumer = $1 AND event_id = $2"
_REPLAY = "DELETE FROM inbox WHERE consumer = $1 AND event_id = $2 AND outcome = 'dead'"
_ALL_KNOWN = (
    "SELECT count(*) AS known FROM inbox"
    " WHERE (consumer, event_id) IN (SELECT * FROM unnest($1::text[], $2::uuid[]))"
)
_KNOWN = "SELECT 1 FROM inbox WHERE consumer = $1 AND event_id = $2"


async def accept(session: AsyncSession, *, consumer: str, event_id: UUID, outcome: str = HANDLED) -> bool:
    """Record the event in the caller's transaction; False if it was already handled.

    A concurrent delivery of the same event waits here until the other transaction ends.
    """
    return bool(await fetch(session, _ACCEPT, consumer, event_id, outcome, datetime.now(UTC)))


async def settle(session: AsyncSession, *, consumer: str, event_id: UUID, outcome: str) -> None:
    """Change the recorded outcome of an event accepted in this transaction."""
    await fetch(session, _SETTLE, consumer, event_id, outcome)


async def is_known(session: AsyncSession, *, consumer: str, event_id: UUID) -> bool:
    """Tell whether the event was handled before."""
    return bool(await fetch(session, _KNOWN, consumer, event_id))


async def are_known(session: AsyncSession, events: Sequence[tuple[str, UUID]]) -> bool:
    """Tell whether events, each by its consumer and its id, were all handled."""
    consumers, ids = zip(*set(events), strict=True)
    (found,) = await fetch(session, _ALL_KNOWN, list(consumers), list(ids))
    return bool(found["known"] == len(ids))


async def forget_dead(session: AsyncSession, *, consumer: str, event_id: UUID) -> None:
    """Let an event that became a dead letter be handled again (replay)."""
    await fetch(session, _REPLAY, consumer, event_id)
