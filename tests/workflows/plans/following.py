"""A follow-up that really runs: plans with its worker, on a Temporal server that skips from moment to moment."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from google.protobuf.duration_pb2 import Duration
from temporalio.api.testservice.v1 import SleepRequest
from temporalio.client import WorkflowHandle

from deploy.local.temporal import TimeSkippingServer
from services.plans import worker
from services.plans.consumer import subscriptions
from services.plans.queries import next_moment
from services.plans.workflows import follow_up_id
from shared.calendar import BRUSSELS
from shared.clock import SkippedClock
from shared.database import Database, Scope
from shared.outbox import envelope
from shared.settings import Settings
from shared.temporal import Temporal, prepare_namespace
from shared.worker import make_worker
from tests.support.eventually import eventually
from tests.support.world import Case
from tests.support.world.plans import Plans


@dataclass
class Following:
    """The service, and a hand on the clock of its Temporal server."""

    house: Plans
    heard: int = 0

    async def hear_own_events(self) -> int:
        """Deliver what plans has said since the last time to plans itself, as the broker would; return how much."""
        rows = await self.house.rows(
            "SELECT position, id, type, time, sequence, tenant, case_id, causation_id, traceparent,"
            " data::text AS data FROM outbox WHERE position > :heard ORDER BY position",
            heard=self.heard,
        )
        known = subscriptions.all()
        for row in rows:
            self.heard = row.position
            if row.type in known:
                await subscriptions.deliver(
                    envelope(row._mapping, "urn:kring:plans"), row.type, self.house.context
                )
        return len(rows)

    async def skip(self, length: timedelta) -> None:
        """Let the server's time pass."""
        duration = Duration()
        duration.FromTimedelta(length)
        client = await self.house.context.temporal.client()
        await client.test_service.unlock_time_skipping_with_sleep(SleepRequest(duration=duration))

    async def moment_of(self, case: Case) -> datetime | None:
        """Return the next moment of the case's clocks."""
        async with self.house.context.database.transaction(Scope(tenant=case.tenant)) as session:
            moment = await next_moment(session, case_id=case.id, tenant=case.tenant)
        return None if moment is None else moment.at

    async def pass_moment(self, case: Case) -> None:
        """Skip to the next moment of the case's clocks, and wait until the workflow has done what it asks for."""
        moment = await self.moment_of(case)
        assert moment is not None
        before = await self.pending(case)
        await self.skip(moment - await self.house.now() + timedelta(seconds=1))

        async def done() -> bool:
            return await self.pending(case) != before

        await eventually(done, f"the step at {moment}")
        await self.hear_own_events()

    async def recorded(self, *days: int) -> tuple[Case, dict[str, Any]]:
        """Return a case whose plan has an agreement due after each number of days, already followed up."""
        house = self.house
        case = await house.open_case()
        today = (await house.now()).astimezone(BRUSSELS).date()
        agreements = [
            {
                "what": "Samen opstaan",
                "who_person_ids": [str(case.aunt)],
                "due_on": (today + timedelta(days=n)).isoformat(),
            }
            for n in days
        ]
        review_on = (today + timedelta(days=90)).isoformat()
        plan = await house.recorded(case, agreements=agreements, review_on=review_on)
        await self.hear_own_events()
        await self.waiting(case)
        return case, plan

    async def record(self, case: Case, kind: str, who: dict[str, str]) -> None:
        """Record the check that is due, which must be of this kind."""
        listed = (await self.house.ask("GET", f"/v1/cases/{case.id}/check-ins", who)).json()["items"]
        (due,) = [item for item in listed if item["state"] == "due"]
        assert due["kind"] == kind
        path = f"/v1/check-ins/{due['check_in_id']}/record"
        answer = await self.house.ask("POST", path, who, json={"decision": "continue"})
        assert answer.status_code == 200, answer.text
        await self.hear_own_events()

    async def waiting(self, case: Case) -> None:
        """Wait until the workflow waits for a moment."""

        async def probe() -> bool:
            return await self.timers(case) == 1

        await eventually(probe, "the follow-up to wait for its next moment")

    async def resting(self, case: Case) -> None:
        """Wait until the workflow waits for nothing but news."""

        async def probe() -> bool:
            return await self.timers(case) == 0

        await eventually(probe, "the follow-up to rest")

    async def ended(self, case: Case) -> None:
        """Wait until the workflow has ended well."""

        async def probe() -> bool:
            return await self.has_ended_well(case)

        await eventually(probe, "the follow-up to end")

    async def pending(self, case: Case) -> list[Any]:
        """Return where each clock of the case stands."""
        return await self.house.rows(
            "SELECT id, state, warned_at FROM clock WHERE case_id = :case ORDER BY id", case=case.id
        )

    async def handle(self, case: Case) -> "WorkflowHandle[Any, Any]":
        """Return the workflow of a case."""
        return (await self.house.context.temporal.client()).get_workflow_handle(follow_up_id(case.id))

    async def has_ended_well(self, case: Case) -> bool:
        """Say whether the workflow of a case has ended as it should."""
        history = await (await self.handle(case)).fetch_history()
        return history.events[-1].HasField("workflow_execution_completed_event_attributes")

    async def timers(self, case: Case) -> int:
        """Return how many timers the workflow has started and neither seen fire nor cancelled."""
        history = await (await self.handle(case)).fetch_history()
        kinds = [event.WhichOneof("attributes") for event in history.events]
        over = kinds.count("timer_fired_event_attributes") + kinds.count("timer_canceled_event_attributes")
        return kinds.count("timer_started_event_attributes") - over


@asynccontextmanager
async def following(
    settings: Settings, database: Database, server: TimeSkippingServer, *, readable: bool = False
) -> AsyncIterator[Following]:
    """Yield plans with its worker; `readable` leaves histories unencrypted, for recording them."""
    await prepare_namespace(address=server.address, namespace=server.namespace)
    others: dict[str, Any] = {"clock": SkippedClock(server.address)}
    if readable:
        others["temporal"] = Temporal(address=server.address, namespace=server.namespace, codec_key=None)
    async with Plans.open(settings, **others) as house:
        running = make_worker(
            await house.context.temporal.client(),
            service="plans",
            workflows=worker.workflows,
            activities=worker.activities(house.context),
            stop_seconds=2,
        )
        async with running:
            yield Following(house)
