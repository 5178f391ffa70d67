"""Rebuilding workflows: what live clocks name runs again, by its type and input, and nothing else is started."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest_asyncio
from temporalio.client import WorkflowExecutionStatus

from deploy.local.temporal import TimeSkippingServer
from services.plans.subscribers import subscriptions
from shared.clocks import Clocks
from shared.context import Context
from shared.database import Database
from shared.deadlines import TimeLimit, WorkflowInput
from shared.rebuilding import Rebuilt, rebuild
from shared.runtime import connected
from shared.settings import Settings
from tests.support.platform import NOW

FIRST, SECOND = uuid4(), uuid4()
clocks = Clocks("plans")


@pytest_asyncio.fixture
async def plans(database: Callable[[str], Awaitable[Database]]) -> Database:
    """The database of plans, with clocks of two tenants that run, are paused, late or stopped."""
    made = await database("plans")
    async with made.transaction() as session:
        for tenant, kind, workflow_id in (
            (FIRST, "check-in", "follow-up/running"),
            (FIRST, "agreement", "follow-up/running"),
            (FIRST, "agreement", "follow-up/paused"),
            (SECOND, "agreement", "follow-up/of-another-tenant"),
            (FIRST, "acceptance", "clock/acceptance"),
            (FIRST, "check-in", "follow-up/late"),
            (FIRST, "check-in", "follow-up/stopped"),
        ):
            clock = await clocks.start(
                session,
                kind=kind,
                subject=uuid4(),
                stream=uuid4(),
                tenant=tenant,
                case=None,
                owner="coordinator",
                now=NOW,
                limit=TimeLimit(NOW + timedelta(days=10)),
                workflow_id=workflow_id,
            )
            about = {"kind": kind, "subject": clock.subject, "now": NOW}
            if workflow_id == "follow-up/paused":
                await clocks.pause(session, **about, reason="case-paused")  # type: ignore[arg-type]
            if workflow_id == "follow-up/stopped":
                await clocks.stop(session, **about)  # type: ignore[arg-type]
            if workflow_id == "follow-up/late":
                assert clock.deadline is not None
                await clocks.reach(session, clock.deadline, now=clock.due_at)
    return made


@pytest_asyncio.fixture
async def context(settings: Settings, fresh_temporal: TimeSkippingServer) -> AsyncIterator[Context]:
    """The connected parts of plans, with a Temporal server on which nothing was ever started."""
    settings = settings.model_copy(
        update={"temporal_address": fresh_temporal.address, "temporal_namespace": fresh_temporal.namespace}
    )
    async with connected("plans", settings) as made:
        yield made


async def running(context: Context, workflow_id: str) -> tuple[str | None, UUID]:
    """Return the type of a workflow that runs, and its input's tenant."""
    handle = (await context.temporal.client()).get_workflow_handle(workflow_id)
    found = await handle.describe()
    assert found.status is WorkflowExecutionStatus.RUNNING
    begun = (await handle.fetch_history()).events[0].workflow_execution_started_event_attributes
    (given,) = await found.data_converter.decode(begun.input.payloads, [WorkflowInput])
    return found.workflow_type, given.tenant


class TestRebuilding:
    async def test_starts_what_live_clocks_name(self, context: Context, plans: Database) -> None:
        rebuilt = await rebuild(context, subscriptions, plans)
        assert rebuilt == Rebuilt(started=Counter(FollowUp=3, ClockWorkflow=1, Housekeeping=1))
        assert await running(context, "follow-up/running") == ("FollowUp", FIRST)
        assert await running(context, "follow-up/paused") == ("FollowUp", FIRST)
        assert await running(context, "follow-up/of-another-tenant") == ("FollowUp", SECOND)
        assert await running(context, "clock/acceptance") == ("Clock", FIRST)

    async def test_starts_only_the_one_that_was_lost(self, context: Context, plans: Database) -> None:
        await rebuild(context, subscriptions, plans)
        assert (await rebuild(context, subscriptions, plans)).started == Counter()
        client = await context.temporal.client()
        await client.get_workflow_handle("follow-up/running").terminate()
        rebuilt = await rebuild(context, subscriptions, plans)
        assert rebuilt == Rebuilt(
            started=Counter(FollowUp=1), ran=Counter(FollowUp=2, ClockWorkflow=1, Housekeeping=1)
        )
        assert await running(context, "follow-up/running") == ("FollowUp", FIRST)
