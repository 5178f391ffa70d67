"""How often somebody may ask.

Who does not say who it is is counted by address when writing, in PostgreSQL, so across processes and restarts: in a
transaction before the request's own, so that one that is refused or fails counts too. Time is the machine's, from the
database, so that all processes agree on it.

Who says who it is is counted in the process, as is the address from which they write to an open route: it costs
nothing, and their token can be traced to them. So these limits hold for each process by itself.
"""

import math
import time
from collections.abc import Callable
from uuid import UUID

from fastapi import Request

from shared.auth import Kind, Principal, Role
from shared.context import Context
from shared.database import Database
from shared.errors import TooManyRequests
from shared.http.clients import counted_as
from shared.http.middleware import ROUTE
from shared.settings import Settings

# One window for all: long enough to make guessing useless, short enough to wait for.
WINDOW_SECONDS = 600
_LONGEST_SECONDS = 86_400
_MINUTE = 60.0
_MAX_COUNTED = 20_000
_READS = frozenset({"GET", "HEAD", "OPTIONS"})

# One statement: two requests at once are counted as two. A window that is over begins anew; some others that are over,
# however long they are, are swept along with it.
_COUNT = """
    WITH swept AS (
        DELETE FROM rate_limit WHERE key IN (
            SELECT key FROM rate_limit
            WHERE window_at < now() - make_interval(secs => $3::int) AND key <> $1
            ORDER BY window_at LIMIT 2 FOR UPDATE SKIP LOCKED
        )
    )
    INSERT INTO rate_limit AS known (key, window_at, hits) VALUES ($1, now(), 1)
    ON CONFLICT (key) DO UPDATE SET
        hits = CASE WHEN known.window_at < now() - make_interval(secs => $2::int) THEN 1 ELSE known.hits + 1 END,
        window_at = CASE WHEN known.window_at < now() - make_interval(secs => $2::int) THEN now()
                         ELSE known.window_at END
    RETURNING hits, ceil(extract(epoch FROM window_at - now()) + $2::int)::int AS left
    """


class TooOften(TooManyRequests):
    """This address wrote too often without saying who it is."""

    code = "too-often"
    title = "This was tried too often from your address: wait a little and try again"


class AsksTooOften(TooManyRequests):
    """This member of staff, person, system or service asked more often than anyone needs to."""

    code = "asks-too-often"
    title = "You ask too often: wait a little and go on more slowly"


class RateLimiter:
    """How often each principal asked this process lately, and each address of principals wrote to open routes.

    Of each it keeps one moment: when they will have been silent long enough to be owed the whole allowance of a window
    again. Each request moves it on by its share of that window, and it may not lie more than the window ahead.
    """

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._staff = settings.staff_limit
        self._by_kind = {Kind.PERSON: settings.person_limit, Kind.SERVICE: settings.service_limit}
        self._integration = settings.integration_limit
        self._writes = settings.anonymous_limit
        self._clock = clock
        self._even_at: dict[tuple[str, UUID | str], float] = {}

    def count(self, principal: Principal) -> None:
        """Count a request. Raises: AsksTooOften, with the seconds to wait; such a request is not counted."""
        self._count((principal.kind, principal.id), self._most(principal), _MINUTE, AsksTooOften)

    def count_write(self, address: str) -> None:
        """Count a principal's write to a route that is open to anyone. Raises: TooOften; then it is not counted."""
        self._count(("address", address), self._writes, WINDOW_SECONDS, TooOften)

    def _count(
        self, key: tuple[str, UUID | str], most: int, window: float, refusal: type[TooManyRequests]
    ) -> None:
        if not most:
            return
        now, share = self._clock(), window / most
        even_at = max(self._even_at.get(key, now), now) + share
        early = even_at - now - window
        # A little more than nothing, for what rounding makes of the sum of many shares.
        if early > share / 1000:
            raise refusal(retry_after=max(1, math.ceil(early)))
        self._even_at[key] = even_at
        if len(self._even_at) > _MAX_COUNTED:
            self._forget(now)

    def _most(self, principal: Principal) -> int:
        if principal.kind is not Kind.STAFF:
            return self._by_kind[principal.kind]
        return self._integration if principal.has(Role.INTEGRATION) else self._staff

    def _forget(self, now: float) -> None:
        """Forget those who are owed everything anyway; if all are busy, begin anew rather than grow."""
        busy = {key: moment for key, moment in self._even_at.items() if moment > now}
        self._even_at = busy if len(busy) <= _MAX_COUNTED // 2 else {}


async def count(database: Database, key: bytes, *, most: int, seconds: int = WINDOW_SECONDS) -> None:
    """Count once under a key, in a window of at most a day.

    Raises: TooOften, with the seconds to wait, from the time `most` has been passed.
    """
    (counted,) = await database.fetch_alone(_COUNT, key, seconds, _LONGEST_SECONDS)
    if counted["hits"] > most:
        raise TooOften(retry_after=max(1, counted["left"]))


async def is_within(database: Database, key: bytes, *, most: int, seconds: int = WINDOW_SECONDS) -> bool:
    """Count once under a key, and say whether `most` was not passed: for what is then left out, not refused."""
    try:
        await count(database, key, most=most, seconds=seconds)
    except TooOften:
        return False
    return True


async def count_anonymous(request: Request) -> None:
    """Count a stranger's write to a route that is open to anyone, by the address it comes from. Raises: TooOften."""
    context: Context = request.app.state.context
    most = context.settings.anonymous_limit
    if request.method in _READS or not most:
        return
    # Keyed: a digest of an address alone could be looked up.
    key = context.vault.count_as(_address(request), field=f"{request.method} {request.scope.get(ROUTE)}")
    await count(context.database, key, most=most)


def count_known(request: Request) -> None:
    """Count a principal's write to such a route likewise, in this process. Raises: TooOften."""
    if request.method not in _READS:
        limiter: RateLimiter = request.app.state.limiter
        limiter.count_write(_address(request))


def _address(request: Request) -> str:
    return counted_as(request.client.host if request.client else "")
