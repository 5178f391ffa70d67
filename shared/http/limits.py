"""How often an address may write without saying who it is: counted in PostgreSQL, so across processes and restarts.

A request is counted in a transaction before its own begins: one that is refused or fails counts too. Time is the
machine's, from the database, so that all processes agree on it.
"""

from fastapi import Request
from sqlalchemy import text

from shared.auth import NO_TENANT
from shared.context import Context
from shared.database import Database
from shared.errors import TooManyRequests
from shared.http.middleware import ROUTE

# One window for all: long enough to make guessing useless, short enough to wait for.
WINDOW_SECONDS = 600
_READS = frozenset({"GET", "HEAD", "OPTIONS"})

# One statement: two requests at once are counted as two. A window that is over begins anew; some others that are over
# are swept along with it.
_COUNT = text(
    """
    WITH swept AS (
        DELETE FROM rate_limit WHERE key IN (
            SELECT key FROM rate_limit
            WHERE window_at < now() - make_interval(secs => :seconds) AND key <> :key
            ORDER BY window_at LIMIT 2 FOR UPDATE SKIP LOCKED
        )
    )
    INSERT INTO rate_limit AS known (key, window_at, hits) VALUES (:key, now(), 1)
    ON CONFLICT (key) DO UPDATE SET
        hits = CASE WHEN known.window_at < now() - make_interval(secs => :seconds) THEN 1 ELSE known.hits + 1 END,
        window_at = CASE WHEN known.window_at < now() - make_interval(secs => :seconds) THEN now()
                         ELSE known.window_at END
    RETURNING hits, ceil(extract(epoch FROM window_at - now()) + :seconds)::int
    """
)


class TooOften(TooManyRequests):
    """This address wrote too often without saying who it is."""

    code = "too-often"
    title = "This was tried too often from your address: wait a little and try again"


async def count(database: Database, key: bytes, *, most: int, seconds: int = WINDOW_SECONDS) -> None:
    """Count once under a key. Raises: TooOften, with the seconds to wait, from the time `most` has been passed."""
    async with database.transaction() as session:
        hits, left = (await session.execute(_COUNT, {"key": key, "seconds": seconds})).one()
    if hits > most:
        raise TooOften(retry_after=max(1, left))


async def count_anonymous(request: Request) -> None:
    """Count a write to a route that is open to anyone, by the address it comes from. Raises: TooOften."""
    context: Context = request.app.state.context
    most = context.settings.anonymous_limit
    if request.method in _READS or not most:
        return
    address = request.client.host if request.client else ""
    # Keyed: a digest of an address alone could be looked up.
    key = context.vault.blind_index(NO_TENANT, address, field=f"{request.method} {request.scope.get(ROUTE)}")
    await count(context.database, key, most=most)
