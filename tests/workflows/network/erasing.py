"""An erasure of one person whose clock really runs, on the service and the clock of the invitations."""

from typing import Any
from uuid import UUID

from temporalio.client import WorkflowHandle

from shared.deadlines import workflow_id
from tests.support.eventually import eventually
from tests.support.world import Case
from tests.workflows.network.inviting import Inviting


class Erasing:
    """The service, and the erasure of somebody in it."""

    case: Case
    person: UUID

    def __init__(self, service: Inviting) -> None:
        self.service = service

    async def begin(self) -> None:
        """Ask for the erasure of somebody, which a workflow looks after."""
        house = self.service.house
        self.case = await house.open_case()
        self.person = await house.add(self.case, "Rachid")
        await self.service.hear_own_events()
        officer = house.officer()
        path = f"/v1/persons/{self.person}/erase"
        answer = await house.ask("POST", path, officer, json={"because": "asked"})
        assert answer.status_code == 200, answer.text
        await self.service.hear_own_events()
        await self.waits(1)

    async def clock(self) -> Any:
        """Return the clock of the erasure."""
        [row] = await self.service.house.rows(
            "SELECT id, state, warned_at, warn_at, due_at FROM clock WHERE kind = 'erasure' AND subject = :id",
            id=self.person,
        )
        return row

    async def skip_to(self, moment: str) -> None:
        """Let time pass until a little after a moment of the clock."""
        length = getattr(await self.clock(), moment) - await self.service.house.now()
        await self.service.skip(seconds=length.total_seconds() + 1)

    async def handle(self) -> WorkflowHandle[Any, Any]:
        """Return the workflow that looks after the clock."""
        client = await self.service.house.context.temporal.client()
        return client.get_workflow_handle(workflow_id((await self.clock()).id))

    async def kinds(self) -> list[str | None]:
        """Return what happened in the workflow so far."""
        history = await (await self.handle()).fetch_history()
        return [event.WhichOneof("attributes") for event in history.events]

    async def waits(self, timers: int) -> None:
        """Wait until the workflow has set as many timers."""

        async def probe() -> bool:
            return (await self.kinds()).count("timer_started_event_attributes") == timers

        await eventually(probe, f"the deadline to wait for its moment number {timers}")

    async def ended(self) -> None:
        """Wait until the workflow is over."""

        async def probe() -> bool:
            return (await self.kinds())[-1] == "workflow_execution_completed_event_attributes"

        await eventually(probe, "the deadline to end")
