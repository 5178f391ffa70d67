"""Caches an issuer's keys: fresh ones are used at once, renewed in time, and kept while the issuer is down.

What happens, by the age of the last answer:

    0 ......... renew ......... fresh ................. stale
    at once     at once, and    waits for an answer;    keys no longer count:
                fetched again   if none comes, at once  Operational
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import structlog
from prometheus_client import Counter

from shared.auth.issuers import TrustedIssuer
from shared.auth.keys import KeyRing, VerificationKey, read_keys
from shared.errors import Operational

log = structlog.get_logger(__name__)

FETCHES = Counter(
    "kring_issuer_fetches_total", "Times that an issuer's keys were asked for", ["issuer", "outcome"]
)
_NEVER = float("-inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTimes:
    """How long keys count, in seconds."""

    # A revoked key is refused after this time at the latest, unless the issuer cannot be reached.
    fresh: float = 300
    # How long the keys of an unreachable issuer keep counting.
    stale: float = 3600
    # The minimum time between two requests to an issuer, whatever tokens arrive.
    again: float = 10

    @property
    def renew(self) -> float:
        """The age after which keys are requested again while the cached ones still serve."""
        return self.fresh / 2


class IssuerSilent(Operational):
    """An issuer's keys cannot be fetched, so tokens cannot be verified."""


class Keys(Protocol):
    """The keys of one issuer, wherever they come from."""

    def at_hand(self) -> KeyRing | None:
        """Return the keys that count now, or None if they must be waited for."""

    async def current(self) -> KeyRing:
        """Return the keys that count now. Raises: IssuerSilent."""

    async def find(self, kid: str | None, algorithm: str) -> list[VerificationKey]:
        """Return the candidate keys for a token. Raises: IssuerSilent."""


class StaticKeys:
    """Keys that are listed in issuers.json."""

    def __init__(self, trusted: TrustedIssuer) -> None:
        self._ring = read_keys(trusted.jwks, algorithms=trusted.algorithms)

    def at_hand(self) -> KeyRing | None:
        """Return the keys."""
        return self._ring

    async def current(self) -> KeyRing:
        """Return the keys."""
        return self._ring

    async def find(self, kid: str | None, algorithm: str) -> list[VerificationKey]:
        """Return the candidate keys for a token."""
        return self._ring.find(kid, algorithm)


class RemoteKeys:
    """Keys fetched from their issuer: one fetch at a time, with a minimum pause in between."""

    def __init__(
        self,
        issuer: str,
        fetch: Callable[[], Awaitable[KeyRing]],
        *,
        times: KeyTimes,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._times = times
        self._clock = clock
        self._ring: KeyRing | None = None
        self._asked = self._answered = _NEVER
        self._failing = False
        self._fetching: asyncio.Task[None] | None = None

    def at_hand(self) -> KeyRing | None:
        """Return the keys that count now, or None if they must be waited for."""
        age = self._clock() - self._answered
        if self._ring is None or age >= self._times.stale:
            return None
        if age < self._times.renew:
            return self._ring
        if age < self._times.fresh or self._failing:
            self._ask()
            return self._ring
        return None

    async def current(self) -> KeyRing:
        """Return the keys that count now. Raises: IssuerSilent."""
        ring = self.at_hand()
        if ring is None:
            await self._asked_again()
            ring = self._ring
        if ring is None or self._clock() - self._answered >= self._times.stale:
            raise IssuerSilent("issuer: its keys are not to be had")
        return ring

    async def find(self, kid: str | None, algorithm: str) -> list[VerificationKey]:
        """Return the candidate keys for a token. Raises: IssuerSilent.

        An unknown key may be new: the keys are fetched again, unless that was done a moment ago.
        """
        ring = await self.current()
        if not ring.knows(kid):
            await self._asked_again()
            ring = await self.current()
            if not ring.knows(kid) and self._failing:
                raise IssuerSilent("issuer: a key is not known, and the issuer does not answer")
        return ring.find(kid, algorithm)

    async def _asked_again(self) -> None:
        fetching = self._ask()
        if fetching is not None:
            # A waiting caller may give up; the fetch continues for the others.
            await asyncio.shield(fetching)

    def _ask(self) -> asyncio.Task[None] | None:
        """Return the fetch under way, or start one if the last began long enough ago."""
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        if self._clock() - self._asked < self._times.again:
            return None
        self._asked = self._clock()
        self._fetching = asyncio.create_task(self._renew(self._asked), name="issuer-keys")
        return self._fetching

    async def _renew(self, began: float) -> None:
        try:
            self._ring = await self._fetch()
        except Exception as error:  # noqa: BLE001 - whatever another organisation's machine makes of it
            self._failing = True
            FETCHES.labels(self._issuer, "failed").inc()
            log.warning("issuer.silent", issuer=self._issuer, cause=type(error).__name__)
            return
        self._answered = began
        self._failing = False
        FETCHES.labels(self._issuer, "fetched").inc()
        if not len(self._ring):
            log.warning("issuer.no-usable-key", issuer=self._issuer)
