"""Rate limits.

Anonymous writes are counted by address in PostgreSQL, hence across processes and restarts: in a transaction
before the request's own, so that a refused or failed request counts too. Time is that of the database's
machine, so that all processes agree on it.

Authenticated callers are counted in the process, as are the addresses from which they write to open routes: it
costs nothing, and their token can be traced to them. So these limits apply to each process separately.
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
# More than one person has to change through their link in a day.
CHANGES_A_DAY = 30
_MINUTE = 60.0
_MAX_COUNTED = 20_000
_READS = frozenset({"GET", "HEAD", "OPTIONS"})

# One statement: two simultaneous requests count as two. An expired window restarts; some other expired ones, of
# whatever length, are deleted along with it.
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
    """This address sent too many anonymous writes."""

    code = "too-often"
    title = "This was tried too often from your address: wait a little and try again"


class AsksTooOften(TooManyRequests):
    """This caller sends more requests than any needs to."""

    code = "asks-too-often"
    title = "You ask too often: wait a little and go on more slowly"


class RateLimiter:
    """Limits each principal's requests in this process, and principals' writes to open routes by address.

    One moment is stored for each: when their full allowance is available again. Each request moves it forward
    by its share of the window, and it may not lie more than one window ahead.
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
        # Slightly above zero, to absorb rounding in the sum of many shares.
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
        """Forget those with a full allowance; if all are active, start over rather than grow."""
        busy = {key: moment for key, moment in self._even_at.items() if moment > now}
        self._even_at = busy if len(busy) <= _MAX_COUNTED // 2 else {}


async def count(database: Database, key: bytes, *, most: int, seconds: int = WINDOW_SECONDS) -> None:
    """Count once under a key, in a window of at most a day.

    Raises: TooOften, with the seconds to wait, once `most` is exceeded.
    """
    (counted,) = await database.fetch_alone(_COUNT, key, seconds, _LONGEST_SECONDS)
    if counted["hits"] > most:
        raise TooOften(retry_after=max(1, counted["left"]))


async def count_change(
    context: Context, principal: Principal, *, what: str, refusal: type[TooManyRequests]
) -> None:
    """Count a change that a person makes through their link: rows stay of each, or others are mailed about it.

    `what`: what is counted together. Raises: `refusal`, with the seconds to wait.
    """
    if principal.kind is not Kind.PERSON:
        return
    try:
        key = context.vault.count_as(str(principal.id), field=what)
        await count(context.database, key, most=CHANGES_A_DAY, seconds=_LONGEST_SECONDS)
    except TooOften as often:
        raise refusal(retry_after=often.facts["retry_after"]) from None


async def is_within(database: Database, key: bytes, *, most: int, seconds: int = WINDOW_SECONDS) -> bool:
    """Count once under a key, and tell whether `most` is not exceeded: for things then left out, not refused."""
    try:
        await count(database, key, most=most, seconds=seconds)
    except TooOften:
        return False
    return True


async def count_anonymous(request: Request) -> None:
    """Count an anonymous write to an open route, by the address it comes from. Raises: TooOften."""
    context: Context = request.app.state.context
    most = context.settings.anonymous_limit
    if request.method in _READS or not most:
        return
    # Keyed: a plain digest of an address could be looked up.
    key = context.vault.count_as(_address(request), field=f"{request.method} {request.scope.get(ROUTE)}")
    await count(context.database, key, most=most)


def count_known(request: Request) -> None:
    """Count a principal's write to such a route in the same way, in this process. Raises: TooOften."""
    if request.method not in _READS:
        limiter: RateLimiter = request.app.state.limiter
        limiter.count_write(_address(request))


def _address(request: Request) -> str:
    return counted_as(request.client.host if request.client else "")
