"""Starts the workflows that should run and do not, as after the loss of Temporal's data.

What they wait for is in the database, and so is what they have done (`shared.effects`), so nothing happens
twice.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from shared.clock_rows import Watcher
from shared.clocks import Clocks
from shared.context import Context
from shared.database import Database
from shared.deadlines import WorkflowInput
from shared.housekeeping.workflows import Housekeeping, start_housekeeping
from shared.subscriptions import Subscriptions

# How many are read at a time.
_AT_ONCE = 50


@dataclass
class Rebuilt:
    """How many workflows of a service were started, and how many were already running, by type."""

    started: Counter[str] = field(default_factory=Counter)
    ran: Counter[str] = field(default_factory=Counter)

    def count(self, workflow: type, *, started: bool) -> None:
        """Count one."""
        (self.started if started else self.ran)[workflow.__name__] += 1


async def rebuild(context: Context, subscriptions: Subscriptions, owners: Database) -> Rebuilt:
    """Start every workflow of a service that a live clock names and that does not run, and its housekeeping.

    Running ones reload what they wait for: Temporal's data may be older than the clocks. May be interrupted and
    repeated at any time. `owners`: the service's database with its owner's login. Raises: Operational.
    """
    rebuilt, clocks, after = Rebuilt(), Clocks(context.service), ""

    async def ensure(watcher: Watcher) -> None:
        workflow, given = subscriptions.watcher_of(watcher.kind), WorkflowInput(tenant=watcher.tenant)
        started = await context.temporal.ensure(
            workflow.run, given, id=watcher.workflow_id, tenant=watcher.tenant
        )
        rebuilt.count(workflow, started=started)

    while True:
        async with owners.transaction() as session:
            watchers = await clocks.watchers(session, after=after, most=_AT_ONCE)
        if not watchers:
            break
        await asyncio.gather(*map(ensure, watchers))
        after = watchers[-1].workflow_id
    rebuilt.count(Housekeeping, started=await start_housekeeping(context))
    return rebuilt
