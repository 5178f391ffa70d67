"""Workflow steps are idempotent: a step that was taken is not taken again, however often it is retried."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from shared.clocks import Clocks
from shared.context import Context
from shared.database import Scope, fetch
from shared.deadlines import Deadline, Done
from shared.trail import taken_by

# An upsert that changes nothing: it waits for a concurrent attempt of the same step and then sees that it was taken.
_CLAIM = (
    "INSERT INTO effect (key, done_at) VALUES ($1, $2)"
    " ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING (xmax = 0) AS fresh"
)
_GIVE_BACK = "DELETE FROM effect WHERE key = $1"


class StillDue(Exception):
    """A step left its deadline as the clock's next one, so the workflow would take it again and again.

    Nothing of the step is stored. Temporal shows it as failing and retries it at growing intervals, each time
    with facts loaded anew: the workflow neither spins nor ends, and continues once the facts or the code are
    fixed.
    """


class Step(Protocol):
    """What a step does at a deadline; False if there was nothing to do, so nothing was changed."""

    def __call__(self, session: AsyncSession, *, due: Deadline, now: datetime) -> Awaitable[bool]:
        """Return whether anything changed."""


async def once(session: AsyncSession, *, key: str, operation: Callable[[], Awaitable[bool]]) -> bool:
    """Run `operation` in the caller's transaction unless it already changed something under `key`.

    Returns whether it changed anything, now or before. An operation that had nothing to do can be run again.
    """
    (claimed,) = await fetch(session, _CLAIM, key, datetime.now(UTC))
    if not claimed["fresh"]:
        return True
    changed = await operation()
    if not changed:
        await fetch(session, _GIVE_BACK, key)
    return changed


async def take(context: Context, due: Deadline, step: Step) -> Done:
    """Take a workflow's step at a deadline, once, in a transaction of its own; called from an activity.

    The effect's key is `<workflow id>/<activity>/<clock id>/<at>`. The step's time is never before its
    deadline. Raises: StillDue.
    """
    info = activity.info()
    workflow_id = info.workflow_id or ""
    key = f"{workflow_id}/{info.activity_type}/{due.clock_id}/{due.at.isoformat()}"
    now = max(await context.clock.now(), due.at)
    with taken_by(workflow_id):
        async with context.database.transaction(Scope(tenant=due.tenant)) as session:
            done = await once(session, key=key, operation=lambda: step(session, due=due, now=now))
            if await Clocks(context.service).waiting_for(session, due) is not None:
                raise StillDue(str(due))
    return Done(done=done)
