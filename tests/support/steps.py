"""Steps of workflows without Temporal: what a workflow would do at a deadline, done here and now."""

from typing import Any, Literal
from uuid import UUID

from deploy.example.steps import take_next
from shared.clocks import Clocks
from shared.context import Context
from shared.database import Scope
from shared.deadlines import Deadline
from shared.workflow import DeadlineWorkflow


async def deadline_of(context: Context, *, tenant: UUID, kind: str, subject: UUID | str) -> Deadline | None:
    """Return the next deadline of a clock."""
    async with context.database.transaction(Scope(tenant=tenant)) as session:
        clock = await Clocks(context.service).find(session, kind=kind, subject=UUID(str(subject)))
    return None if clock is None else clock.deadline


async def attempt(
    context: Context,
    step: Any,
    *,
    tenant: UUID,
    kind: str,
    subject: UUID | str,
    what: Literal["warn", "due"],
    **parts: Any,
) -> bool:
    """Take a step at a clock's deadline, if that is next and was reached; return whether it changed anything."""
    due, now = (
        await deadline_of(context, tenant=tenant, kind=kind, subject=subject),
        await context.clock.now(),
    )
    if due is None or due.what != what or due.at > now:
        return False
    async with context.database.transaction(Scope(tenant=tenant)) as session:
        changed: bool = await step(session, due=due, now=now, **parts)
    return changed


async def step_on(world: Any, workflow: type[DeadlineWorkflow], workflow_id: str) -> Deadline:
    """Move a world's clock to the next deadline of a workflow, and take the step that the workflow would take."""
    context: Context = world.context
    async with context.database.transaction(Scope(tenant=world.tenant)) as session:
        due = (await Clocks(context.service).agenda(session, workflow_id=workflow_id)).next
    assert due is not None, f"{workflow_id} waits for nothing"
    world.clock.time = max(world.clock.time, due.at)
    await take_next(context, workflow, workflow_id, tenant=world.tenant)
    return due
