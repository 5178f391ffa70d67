"""Temporal lists the workflows that run by what each waits for, page by page."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from deploy.local.temporal import TemporalServer
from shared.temporal import Temporal
from shared.visibility import PAUSED, Running, running
from shared.workflow import NEXT_DUE, PHASE
from tests.support.eventually import eventually

NOW = datetime(2031, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def connected(temporal_dev: TemporalServer) -> Temporal:
    return Temporal(
        service="plans", address=temporal_dev.address, namespace="kring", codec_keys=[bytes(range(32))]
    )


async def waiting(connected: Temporal, name: str, phase: str, due: datetime | None) -> None:
    """Let a workflow run of which nobody takes the first step, with what it would publish."""
    published = [SearchAttributePair(PHASE, phase)]
    due_at = [SearchAttributePair(NEXT_DUE, due)] if due else []
    await (await connected.client()).start_workflow(
        "Waiting",
        id=name,
        task_queue="nobody",
        search_attributes=TypedSearchAttributes([*published, *due_at]),
    )


class TestTheWorkflowsThatRun:
    async def test_are_found_by_what_they_wait_for_and_what_is_late(self, connected: Temporal) -> None:
        # Of a kind of their own: other tests leave workflows behind.
        kind = f"of-{uuid.uuid4().hex[:8]}"
        for name, phase, days in (("late", "due", -1), ("warns", "warn", 1), ("further", "due", 9)):
            await waiting(connected, f"{kind}/{name}", f"{kind}:{phase}", NOW + timedelta(days=days))
        await waiting(connected, f"{kind}/still", PAUSED, None)

        async def found(**narrowed: object) -> set[str]:
            items, _ = await running(connected, most=50, **narrowed)  # type: ignore[arg-type]
            return {each.id.removeprefix(f"{kind}/") for each in items if each.id.startswith(kind)}

        async def all_are_listed() -> bool:
            return await found() == {"late", "warns", "further", "still"}

        await eventually(all_are_listed, "Temporal to list them")
        assert await found(waits_for=kind) == {"late", "warns", "further"}
        assert await found(waits_for=kind, late_at=NOW) == {"late"}
        assert await found(late_at=NOW) == {"late"}
        assert await found(waits_for=PAUSED) == {"still"}
        [late], _ = await running(connected, waits_for=kind, late_at=NOW, most=1)
        expected = Running(late.id, late.run_id, "Waiting", late.started_at, kind, NOW - timedelta(days=1))
        assert late == expected

        first, after = await running(connected, waits_for=kind, most=2)
        second, _ = await running(connected, waits_for=kind, most=2, after=after)
        assert len({each.id for each in first + second}) == 3
