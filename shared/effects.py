"""Steps of workflows that are done once however often they are tried: the answer is stored with the effect."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

R = TypeVar("R", bound=BaseModel)

# An upsert that changes nothing: it waits for a concurrent try of the same step and then sees its answer.
_CLAIM = text(
    "INSERT INTO effect (key, result, done_at) VALUES (:key, 'null', :now)"
    " ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING result, (xmax = 0) AS fresh"
)
_STORE = text("UPDATE effect SET result = CAST(:result AS jsonb) WHERE key = :key")


async def once(
    session: AsyncSession, *, key: str, result: type[R], operation: Callable[[], Awaitable[R]]
) -> R:
    """Run `operation` in the caller's transaction unless it was done before under `key`; return its answer.

    `key` is "<workflow id>/<step>/<ordinal>". The answer is stored: it may hold ids, codes and dates only.
    """
    row = (await session.execute(_CLAIM, {"key": key, "now": datetime.now(UTC)})).one()
    if not row.fresh:
        return result.model_validate(row.result)
    answer = await operation()
    await session.execute(_STORE, {"key": key, "result": answer.model_dump_json()})
    return answer
