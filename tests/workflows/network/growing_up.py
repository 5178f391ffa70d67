"""Birthdays that really come, on the service and the clock of the invitations."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from temporalio.client import WorkflowHandle

from services.network.domain.consents import coming_of_age_workflow_id
from shared.calendar import BRUSSELS
from tests.support.eventually import eventually
from tests.support.world import Case
from tests.workflows.network.inviting import Inviting


@dataclass
class GrowingUp:
    """The service, with children whose birthdays come."""

    service: Inviting

    async def born(self, age: int, *, days: int) -> date:
        """Return when somebody was born who reaches an age in so many days."""
        today = (await self.service.house.now()).astimezone(BRUSSELS).date()
        day: date = today + timedelta(days=days)
        # On the twenty-ninth of February in a year without one, a day is as good as another.
        return day.replace(year=day.year - age, day=min(day.day, 28))

    async def child(self, case: Case, born: date, **body: Any) -> UUID:
        """Add a child whom the case is about too."""
        child = await self.service.house.add(
            case, "Amina", role="central", birth_date=born.isoformat(), **body
        )
        await self.service.hear_own_events()
        return child

    async def clocks(self, child: UUID) -> list[Any]:
        """Return the clocks of a child, in order."""
        return await self.service.house.rows(
            "SELECT id, kind, state, owner, warn_at, due_at, warned_at FROM clock WHERE subject = :child"
            " ORDER BY id",
            child=child,
        )

    async def running(self, child: UUID) -> Any:
        """Return the clock of a child that runs."""
        [clock] = [row for row in await self.clocks(child) if row.state == "running"]
        return clock

    async def handle(self, clock: UUID) -> WorkflowHandle[Any, Any]:
        """Return the workflow of a clock."""
        client = await self.service.house.context.temporal.client()
        return client.get_workflow_handle(coming_of_age_workflow_id(clock))

    async def waits(self, clock: UUID) -> None:
        """Wait until the workflow waits for its next moment."""

        async def probe() -> bool:
            handle = await self.handle(clock)
            kinds = [event.WhichOneof("attributes") async for event in handle.fetch_history_events()]
            over = kinds.count("timer_fired_event_attributes") + kinds.count(
                "timer_canceled_event_attributes"
            )
            begun = kinds.count("activity_task_scheduled_event_attributes")
            idle = 0 < begun == kinds.count("activity_task_completed_event_attributes")
            return idle and kinds.count("timer_started_event_attributes") - over == 1

        await eventually(probe, "a workflow that waits for a birthday")

    async def ended(self, clock: UUID) -> None:
        """Wait until the workflow has ended as it should."""
        await asyncio.wait_for((await self.handle(clock)).result(), timeout=10)

    async def told(self, child: UUID) -> list[int]:
        """Return which ages of a child were told."""
        rows = await self.service.house.rows(
            "SELECT data FROM outbox WHERE type = 'network.person.came-of-age.v1'"
            " AND data ->> 'person_id' = :child ORDER BY position",
            child=str(child),
        )
        return [row.data["age"] for row in rows]
