"""Files whose time passes: intake with its worker, on a Temporal server that skips decades."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from google.protobuf.duration_pb2 import Duration
from temporalio.api.testservice.v1 import SleepRequest
from temporalio.client import WorkflowHandle
from temporalio.worker import Worker

from services.intake import worker
from services.intake.domain.retention import retention_workflow_id
from shared.auth import Role
from shared.ids import uuid7
from shared.worker import make_worker
from tests.integration.intake.house import Case, House
from tests.support.eventually import eventually


@dataclass
class Keeping:
    """The service, and a hand on the clock of its Temporal server."""

    house: House

    async def worker(self) -> Worker:
        """Return a worker that is not running yet. It remembers no workflow: none waits for it when it is gone."""
        return make_worker(
            await self.house.context.temporal.client(),
            service="intake",
            workflows=worker.workflows,
            activities=worker.activities(self.house.context),
            stop_seconds=2,
            workflow_cache=0,
        )

    def dpo(self) -> dict[str, str]:
        """Return the headers of the officer for the protection of data."""
        return self.house.staff(uuid7(), self.house.tenant, Role.DPO)

    async def withdrawn(self, referral_id: UUID | None = None) -> Case:
        """Return a case that stopped, of which retention has heard."""
        case = await self.house.open_case(referral_id)
        path = f"/v1/cases/{case.id}/withdraw"
        await self.house.do("POST", path, self.house.manager(), json={"reason": "solved"})
        await self.hear()
        return case

    async def hear(self) -> None:
        """Let intake hear what it said about clocks and erasures, as the broker would."""
        await self.house.hear_own_events("intake.clock.started.v1", "intake.case.erased.v1")

    async def hold(self, case: Case, **changes: Any) -> UUID:
        """Set a hold."""
        body = {"reason": "Er loopt een klacht."} | changes
        path = f"/v1/cases/{case.id}/holds"
        answer = await self.house.do("POST", path, self.dpo(), json=body)
        await self.hear()
        return UUID(answer["hold_id"])

    async def lift(self, hold_id: UUID) -> None:
        """Lift a hold."""
        await self.house.do("POST", f"/v1/holds/{hold_id}/lift", self.dpo())
        await self.hear()

    async def state(self, case: Case) -> str:
        """Return where a case stands."""
        rows = await self.house.rows('SELECT state FROM "case" WHERE id = :case', case=case.id)
        return str(rows[0].state)

    async def clock(self, subject: UUID) -> Any:
        """Return the last clock of a file or a hold."""
        rows = await self.house.rows(
            "SELECT state, due_at, warned_at FROM clock WHERE kind IN ('retention', 'hold') AND subject = :subject"
            " ORDER BY started_at DESC, id DESC LIMIT 1",
            subject=subject,
        )
        return rows[0]

    async def skip_to(self, moment: datetime) -> None:
        """Let the server's time pass until a little after a moment."""
        length = moment - await self.house.context.clock.now() + timedelta(seconds=1)
        duration = Duration()
        duration.FromTimedelta(length)
        client = await self.house.context.temporal.client()
        await client.test_service.unlock_time_skipping_with_sleep(SleepRequest(duration=duration))

    async def skip(self, **length: float) -> None:
        """Let the server's time pass."""
        await self.skip_to(await self.house.context.clock.now() + timedelta(**length))

    async def handle(self) -> WorkflowHandle[Any, Any]:
        """Return the workflow."""
        client = await self.house.context.temporal.client()
        return client.get_workflow_handle(retention_workflow_id(self.house.tenant))

    async def waiting(self) -> None:
        """Wait until the workflow waits for a moment, and for nothing else."""

        async def probe() -> bool:
            kinds = [
                event.WhichOneof("attributes")
                for event in (await (await self.handle()).fetch_history()).events
            ]
            over = kinds.count("timer_fired_event_attributes") + kinds.count(
                "timer_canceled_event_attributes"
            )
            return (
                kinds[-1]
                in ("timer_started_event_attributes", "upsert_workflow_search_attributes_event_attributes")
                and kinds.count("timer_started_event_attributes") - over == 1
            )

        await eventually(probe, "retention to wait for its next moment")

    async def ended(self) -> None:
        """Wait until the workflow has nothing left to wait for. Nobody confirms an erasure here: each becomes late."""
        await self.waiting()
        await self.skip(days=14)

        async def probe() -> bool:
            last = (await (await self.handle()).fetch_history()).events[-1]
            return last.HasField("workflow_execution_completed_event_attributes")

        await eventually(probe, "retention to end")

    async def erased(self, *cases: Case) -> None:
        """Wait until cases are erased."""

        async def probe() -> bool:
            return {await self.state(case) for case in cases} == {"erased"}

        await eventually(probe, "the files to be erased")
