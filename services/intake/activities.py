"""The one step of intake that is more than one transaction: processing files whose deadline was reached."""

from datetime import datetime

import structlog
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import SERVICE
from services.intake.domain.retention import retention_workflow_id
from services.intake.operations import retention_deadlines
from shared.clocks import Clocks
from shared.context import Context
from shared.database import Scope
from shared.deadlines import Deadline, Done
from shared.effects import take
from shared.steps import steps

log = structlog.get_logger(__name__)

ATTENDED = Counter("kring_retention_total", "Deadlines of files: warned, lifted, erased, held", ["came_of"])

_AT_A_TIME = 20


@steps("intake.sweep-files")
async def sweep_files(context: Context, due: Deadline) -> Done:
    """Process some of the reached deadlines of files and holds, `due` among them.

    Each in a transaction of its own: a failure holds up no other. Raises what went wrong, at the end.
    """
    # A retry after a failure also processes deadlines reached meanwhile.
    by = max(due.at, await context.clock.now())
    workflow_id = retention_workflow_id(due.tenant)
    async with context.database.transaction(Scope(tenant=due.tenant)) as session:
        reached = await Clocks(SERVICE).reached(session, workflow_id=workflow_id, by=by, most=_AT_A_TIME)
    failed: Exception | None = None
    for deadline in reached:
        try:
            await _attend(context, deadline)
        except Exception as error:  # noqa: BLE001 - raised below
            failed = failed or error
    if failed is not None:
        raise failed
    return Done(done=bool(reached))


async def _attend(context: Context, due: Deadline) -> None:
    came_of: list[retention_deadlines.CameOf] = []

    async def attend(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
        came_of.append(await retention_deadlines.attend(session, due=due, now=now))
        return came_of[-1] != retention_deadlines.CameOf.NOTHING

    await take(context, due, attend)
    for found in came_of:
        ATTENDED.labels(found).inc()
        log.info("retention.attended", kind=due.kind, subject=str(due.subject), came_of=found)
