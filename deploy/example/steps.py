"""Workflow steps without Temporal: takes at once what a workflow would do at its next deadline."""

from collections.abc import AsyncIterator
from dataclasses import replace
from unittest.mock import patch
from uuid import UUID

from temporalio import workflow
from temporalio.testing import ActivityEnvironment

from shared.audit import ITSELF, Actor, acting
from shared.clocks import Clocks
from shared.context import Context
from shared.database import Scope
from shared.deadlines import Deadline, WorkflowInput
from shared.steps import activities, name_of
from shared.workflow import DeadlineWorkflow


async def take_next(
    context: Context, kind: type[DeadlineWorkflow], workflow_id: str, *, tenant: UUID
) -> None:
    """Take the step that a workflow would take at its next deadline, whatever the time is.

    Raises: LookupError if it waits for nothing, or has no step for its deadline.
    """
    async with context.database.transaction(Scope(tenant=tenant)) as session:
        due = (await Clocks(context.service).agenda(session, workflow_id=workflow_id)).next
    if due is None:
        raise LookupError(f"{workflow_id} waits for nothing")
    taken = await names_at(kind, due)
    if not taken:
        raise LookupError(f"{workflow_id} has no step for {due}")
    every = activities(context)
    for name in taken:
        inside = ActivityEnvironment()
        inside.info = replace(inside.info, workflow_id=workflow_id, activity_type=name)
        with acting(Actor(kind=ITSELF, operation=name, purpose=name, request=workflow_id)):
            await inside.run(every[name], due)


async def names_at(kind: type[DeadlineWorkflow], due: Deadline) -> list[str]:
    """Return the names of the steps that a type of workflow takes at a deadline."""
    taken: list[str] = []

    class Stepping(kind):  # type: ignore[misc, valid-type]
        async def deadlines(self, _given: WorkflowInput) -> AsyncIterator[Deadline]:
            yield due

        async def step(self, operation: object, _due: Deadline) -> None:
            taken.append(name_of(operation))  # type: ignore[arg-type]

    with patch.object(workflow, "patched", lambda _change: True):
        await Stepping().run(WorkflowInput(tenant=due.tenant))
    return taken
