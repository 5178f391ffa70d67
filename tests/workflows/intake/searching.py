"""A search for a coordinator that really runs: intake with its worker, on a Temporal server whose time is skipped."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from google.protobuf.duration_pb2 import Duration
from temporalio.api.testservice.v1 import SleepRequest

from deploy.local.temporal import TimeSkippingServer
from services.intake import worker
from services.intake.domain.codes import assignment_workflow_id
from services.intake.queries.search import Standing, standing
from shared.clock import SkippedClock
from shared.database import Database, Scope
from shared.settings import Settings
from shared.temporal import Temporal, prepare_namespace
from shared.worker import make_worker
from tests.integration.intake.house import Case, House, opened
from tests.support.eventually import eventually

_STARTED = "timer_started_event_attributes"
_OVER = ("timer_fired_event_attributes", "timer_canceled_event_attributes")


@dataclass
class Searching:
    """The service, and a hand on the clock of its Temporal server."""

    house: House
    number: int = 1

    async def begun(self, **changes: Any) -> Case:
        """Return a case whose search has begun."""
        case = await self.house.open_case(await self.house.refer(**changes))
        await self.house.hear_own_events()
        return case

    async def offer(self, case: Case, *not_these: UUID | None) -> UUID:
        """Return the offer that waits for an answer, once there is another than these and the search waits too."""

        async def probe() -> UUID | None:
            rows = await self.house.rows(
                "SELECT id FROM offer WHERE case_id = :case AND state = 'open'", case=case.id
            )
            return rows[0].id if rows and rows[0].id not in not_these else None

        found = await eventually(probe, "an offer")
        await self.waiting(case)
        return found

    async def standing(self, case: Case) -> Standing:
        """Return where the search stands."""
        async with self.house.context.database.transaction(Scope(tenant=self.house.tenant)) as session:
            return await standing(session, tenant=self.house.tenant, case_id=case.id, number=self.number)

    async def pass_moment(self, case: Case) -> None:
        """Skip to the next moment of the search, and wait until it has done what that asks for."""
        before = await self.standing(case)
        assert before.next_at is not None
        await self.skip(before.next_at - await self.house.context.clock.now() + timedelta(seconds=1))

        async def done() -> bool:
            return await self.standing(case) != before

        await eventually(done, f"{before.todo} at {before.next_at}")
        await self.house.hear_own_events()

    async def skip(self, length: timedelta) -> None:
        """Let the server's time pass."""
        duration = Duration()
        duration.FromTimedelta(length)
        client = await self.house.context.temporal.client()
        await client.test_service.unlock_time_skipping_with_sleep(SleepRequest(duration=duration))

    async def waiting(self, case: Case) -> None:
        """Wait until the search waits for a moment."""
        await self._timers(case, 1, "the search to wait for its next moment")

    async def resting(self, case: Case) -> None:
        """Wait until the search waits for nothing but news."""
        await self._timers(case, 0, "the search to rest")

    async def ended(self, case: Case) -> None:
        """Wait until the search has ended well."""

        async def probe() -> bool:
            history = await self.history(case)
            kind = history.events[-1].WhichOneof("attributes")
            return bool(kind == "workflow_execution_completed_event_attributes")

        await eventually(probe, "the search to end")

    async def history(self, case: Case) -> Any:
        """Return the history of the search."""
        client = await self.house.context.temporal.client()
        return await client.get_workflow_handle(assignment_workflow_id(case.id, self.number)).fetch_history()

    async def _timers(self, case: Case, wanted: int, what: str) -> None:
        async def probe() -> bool:
            kinds = [event.WhichOneof("attributes") for event in (await self.history(case)).events]
            idle = kinds[-1] != "workflow_task_scheduled_event_attributes"
            return idle and kinds.count(_STARTED) - sum(map(kinds.count, _OVER)) == wanted

        await eventually(probe, what)


@asynccontextmanager
async def searching(
    settings: Settings, database: Database, server: TimeSkippingServer, *, readable: bool = False
) -> AsyncIterator[Searching]:
    """Yield intake with its worker; `readable` leaves histories unencrypted, for recording them."""
    await prepare_namespace(address=server.address, namespace=server.namespace)
    others: dict[str, Any] = {"clock": SkippedClock(server.address)}
    if readable:
        others["temporal"] = Temporal(address=server.address, namespace=server.namespace, codec_key=None)
    async with opened(settings, database, **others) as house:
        await house.furnish()
        running = make_worker(
            await house.context.temporal.client(),
            service="intake",
            workflows=worker.workflows,
            activities=worker.activities(house.context),
            stop_seconds=2,
        )
        async with running:
            yield Searching(house)
