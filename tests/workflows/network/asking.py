"""Requests about one's data that really run, on the service and the clock of the invitations."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from temporalio.client import WorkflowHandle

from services.network.data_requests import data_request_workflow_id
from tests.support.eventually import eventually
from tests.support.world import Case
from tests.workflows.network.inviting import Inviting


@dataclass
class Asking:
    """The service, with requests to follow."""

    service: Inviting

    async def asked(self, case: Case, person: UUID, kind: str) -> UUID:
        """Ask something of one's own data; return the request that a workflow looks after."""
        house = self.service.house
        answer = await house.ask(
            "POST", "/v1/me/data-requests", house.person(case, person), json={"kind": kind}
        )
        assert answer.status_code == 201, answer.text
        request = UUID(answer.json()["request_id"])
        await self.service.hear_own_events()
        await self.waits(request)
        return request

    async def answer(self, request: UUID, what: str, **body: Any) -> None:
        """Answer a request as the DPO, and let the service hear what it says."""
        house = self.service.house
        officer = house.officer()
        path = f"/v1/data-requests/{request}/{what}"
        await house.ask("POST", path, officer, json=body or None, expect=200)
        await self.service.hear_own_events()

    async def state(self, request: UUID) -> str:
        """Return where a request stands."""
        [row] = await self.service.house.rows("SELECT state FROM data_request WHERE id = :id", id=request)
        return str(row.state)

    async def clock_said(self, request: UUID) -> list[str]:
        """Return what the clocks of a request told, in order."""
        said = await self.service.house.rows(
            "SELECT type FROM outbox WHERE stream = :id AND type LIKE '%.clock.%' ORDER BY position",
            id=request,
        )
        return [row.type.split(".")[2] for row in said]

    async def handle(self, request: UUID) -> WorkflowHandle[Any, Any]:
        """Return the workflow of a request."""
        client = await self.service.house.context.temporal.client()
        return client.get_workflow_handle(data_request_workflow_id(request))

    async def waits(self, request: UUID, *, timers: int = 1) -> None:
        """Wait until the workflow waits for a moment (or, with no timers, for news only)."""

        async def probe() -> bool:
            kinds = await self._kinds(request)
            over = kinds.count("timer_fired_event_attributes") + kinds.count(
                "timer_canceled_event_attributes"
            )
            begun = kinds.count("activity_task_scheduled_event_attributes")
            idle = 0 < begun == kinds.count("activity_task_completed_event_attributes")
            return idle and kinds.count("timer_started_event_attributes") - over == timers

        await eventually(probe, f"{timers} timers of the request")

    async def ended(self, request: UUID) -> None:
        """Wait until the workflow has ended as it should."""
        await asyncio.wait_for((await self.handle(request)).result(), timeout=10)

    async def _kinds(self, request: UUID) -> list[str | None]:
        handle = await self.handle(request)
        return [event.WhichOneof("attributes") async for event in handle.fetch_history_events()]
