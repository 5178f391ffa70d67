"""The clock of an erasure of one person: warned of, late, or stopped by the last confirmation."""

from typing import Any
from uuid import UUID

import pytest
from temporalio.client import WorkflowHandle

from shared.auth import Role
from shared.deadlines import workflow_id
from shared.events.base import ERASURE_CONFIRMED
from shared.ids import uuid7
from tests.integration.network.house import Case
from tests.support.eventually import eventually
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
        officer = house.staff(uuid7(), house.tenant, Role.DPO)
        path = f"/v1/persons/{self.person}/erase"
        answer = await house.ask("POST", path, officer, json={"because": "asked"})
        assert answer.status_code == 200, answer.text
        await self.service.hear_own_events()
        await self.waits(1)

    async def clock(self) -> Any:
        [row] = await self.service.house.rows(
            "SELECT id, state, warned_at, warn_at, due_at FROM clock WHERE kind = 'erasure' AND subject = :id",
            id=self.person,
        )
        return row

    async def skip_to(self, moment: str) -> None:
        """Let time pass until a little after a moment of the clock."""
        length = getattr(await self.clock(), moment) - await self.service.house.context.clock.now()
        await self.service.skip(seconds=length.total_seconds() + 1)

    async def handle(self) -> WorkflowHandle[Any, Any]:
        client = await self.service.house.context.temporal.client()
        return client.get_workflow_handle(workflow_id((await self.clock()).id))

    async def kinds(self) -> list[str | None]:
        history = await (await self.handle()).fetch_history()
        return [event.WhichOneof("attributes") for event in history.events]

    async def waits(self, timers: int) -> None:
        async def probe() -> bool:
            return (await self.kinds()).count("timer_started_event_attributes") == timers

        await eventually(probe, f"the deadline to wait for its moment number {timers}")

    async def ended(self) -> None:
        async def probe() -> bool:
            return (await self.kinds())[-1] == "workflow_execution_completed_event_attributes"

        await eventually(probe, "the deadline to end")


@pytest.fixture
def erasing(service: Inviting) -> Erasing:
    """The service, with somebody to erase."""
    return Erasing(service)


class TestDeadline:
    async def test_warns_and_then_is_late_when_not_all_confirm(
        self, erasing: Erasing, service: Inviting
    ) -> None:
        await erasing.begin()
        assert (await erasing.clock()).warned_at is None
        await erasing.skip_to("warn_at")
        await erasing.waits(2)
        assert (await erasing.clock()).warned_at is not None
        await erasing.skip_to("due_at")
        await erasing.ended()
        assert (await erasing.clock()).state == "breached"
        said = await service.house.rows(
            "SELECT type FROM outbox WHERE type LIKE 'network.clock.%' AND data->>'kind' = 'erasure'"
            " ORDER BY position"
        )
        assert [row.type.split(".")[2] for row in said] == ["started", "warned", "breached"]

    async def test_ends_without_a_word_when_all_have_confirmed(
        self, erasing: Erasing, service: Inviting
    ) -> None:
        await erasing.begin()
        # Its own: written, confirmed, heard.
        for _ in range(2):
            await service.hear_own_events()
        for holder in ("intake", "scheduling", "plans"):
            fact = ERASURE_CONFIRMED[holder](kind="person", subject=erasing.person)
            await service.house.hear(fact, case=erasing.case)
        assert (await erasing.clock()).state == "stopped"
        await erasing.skip_to("warn_at")
        await erasing.ended()
        assert (await erasing.clock()).warned_at is None
