"""One step of a round: some batches of one table, each a short transaction of its own.

If killed in the middle, the finished batches stay done, and the next attempt finds the rest.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Counter
from pydantic import BaseModel, ConfigDict
from temporalio import activity

from shared.context import Context
from shared.database import NO_SCOPE, Scope
from shared.housekeeping import purging
from shared.housekeeping.rules import RetentionRule, retention_rules
from shared.housekeeping.sweeping import Sweep, sweep

log = structlog.get_logger(__name__)

PURGED = Counter("kring_purged_rows_total", "Rows deleted because their time was over", ["service", "table"])
SWEPT = Counter(
    "kring_swept_total", "Things of people that went because their time was over", ["service", "what"]
)

_BATCH = 500
# For sweeps: each batch is a transaction of its own.
_ITEMS = 20
# Well within the activity's time limit: the rest is left to another activity.
_SECONDS = 10.0
_NOBODY = UUID(int=0)


class Progress(BaseModel):
    """What to purge, and how far this round has come; `after` is None when nothing of the tenant is left."""

    model_config = ConfigDict(frozen=True)

    what: str
    tenant: UUID = _NOBODY
    after: datetime | None = purging.BEGINNING


class Plan(BaseModel):
    """What a round purges, and how long to wait after it."""

    model_config = ConfigDict(frozen=True)

    what: tuple[str, ...]
    rest: timedelta


class Purged(BaseModel):
    """The result of a step: how many rows were deleted, and where to continue if there may be more."""

    model_config = ConfigDict(frozen=True)

    rows: int
    next: Progress | None = None


class Housekeeper:
    """The steps of housekeeping in one service."""

    def __init__(
        self,
        context: Context,
        *,
        batch: int = _BATCH,
        seconds: float = _SECONDS,
        sweeps: Mapping[str, Sweep] | None = None,
    ) -> None:
        self._context = context
        self._batch = batch
        self._seconds = seconds
        self._kept = retention_rules(context.settings)
        self._sweeps = dict(sweeps or {})

    def all(self) -> Sequence[Callable[..., Any]]:
        """Return the activities."""
        return [self.plan, self.purge]

    @activity.defn(name="housekeeping.plan")
    async def plan(self) -> Plan:
        """Return what a round does: workflows never read settings themselves."""
        rest = timedelta(hours=self._context.settings.housekeeping_hours)
        return Plan(what=(*self._kept, *self._sweeps), rest=rest)

    @activity.defn(name="housekeeping.purge")
    async def purge(self, progress: Progress) -> Purged:
        """Purge batch after batch for a few seconds."""
        swept = self._sweeps.get(progress.what)
        if swept is not None:
            return await self._sweep(swept, progress)
        what = self._kept.get(progress.what)
        if what is None:
            # Planned by another version than the one running now.
            return Purged(rows=0)
        until = time.monotonic() + self._seconds
        before = await self._now(what) - what.length
        rows = 0
        async for tenant in self._tenants(progress, of_tenants=what.of_tenants):
            after = (progress.after if tenant == progress.tenant else None) or purging.BEGINNING
            more = True
            while more:
                gone, after = await self._batch_of(what, tenant, after=after, before=before)
                rows += gone
                more = gone == self._batch
                if time.monotonic() > until:
                    place = Progress(what=progress.what, tenant=tenant, after=after if more else None)
                    return self._purged(what, rows, place)
        return self._purged(what, rows, None)

    async def _sweep(self, what: Sweep, progress: Progress) -> Purged:
        """Process one tenant's items after another's for a few seconds."""
        until = time.monotonic() + self._seconds
        now = await self._context.clock.now()
        items = 0
        async for tenant in self._tenants(progress, of_tenants=True):
            more = True
            while more:
                found, done = await sweep(self._context, what, tenant=tenant, now=now, most=_ITEMS)
                items += done
                # Items that only fail are left to the next round.
                more = found == _ITEMS and done > 0
                if time.monotonic() > until:
                    after = purging.BEGINNING if more else None
                    return self._swept(
                        progress, items, Progress(what=progress.what, tenant=tenant, after=after)
                    )
        return self._swept(progress, items, None)

    def _swept(self, progress: Progress, items: int, place: Progress | None) -> Purged:
        if items:
            SWEPT.labels(self._context.service, progress.what).inc(items)
            log.info("housekeeping.swept", what=progress.what, items=items)
        return Purged(rows=items, next=place)

    async def _tenants(self, progress: Progress, *, of_tenants: bool) -> Any:
        """Yield the scope of the rows to purge: no tenant once, or every tenant from where the last step ended."""
        if progress.after is not None and (progress.tenant != _NOBODY or not of_tenants):
            yield progress.tenant
        if not of_tenants:
            return
        after = progress.tenant
        while True:
            async with self._context.database.transaction() as session:
                found = await purging.tenants_after(session, after=after, most=self._batch)
            for tenant in found:
                yield tenant
            if len(found) < self._batch:
                return
            after = found[-1]

    async def _batch_of(
        self, what: RetentionRule, tenant: UUID, *, after: datetime, before: datetime
    ) -> tuple[int, datetime]:
        scope = Scope(tenant=tenant) if what.of_tenants else NO_SCOPE
        async with self._context.database.transaction(scope) as session:
            return await purging.purge(session, what, after=after, before=before, most=self._batch)

    async def _now(self, what: RetentionRule) -> datetime:
        return datetime.now(UTC) if what.clock == "machine" else await self._context.clock.now()

    def _purged(self, what: RetentionRule, rows: int, place: Progress | None) -> Purged:
        if rows:
            PURGED.labels(self._context.service, what.table).inc(rows)
            log.info("housekeeping.purged", table=what.table, rows=rows)
        return Purged(rows=rows, next=place)
