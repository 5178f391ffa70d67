"""Temporal lists the workflows that run by what each waits for, page by page."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowExecutionStatus
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from deploy.local.temporal import TemporalServer
from shared.http.paging import CursorNotReadable
from shared.temporal import Temporal
from shared.visibility import PAUSED, Running, running
from shared.workflow import NEXT_DUE, PHASE
from tests.support.eventually import eventually

NOW = datetime(2031, 3, 1, 9, tzinfo=UTC)


OWN, OTHER = "kring-plans", "kring-network"


def of(server: TemporalServer, namespace: str) -> Temporal:
    return Temporal(
        service="plans", address=server.address, namespace=namespace, codec_keys=[bytes(range(32))]
    )


@pytest.fixture
def connected(temporal_dev: TemporalServer) -> Temporal:
    return of(temporal_dev, OWN)


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
            items, _ = await running(connected, namespace=OWN, most=50, **narrowed)  # type: ignore[arg-type]
            return {each.id.removeprefix(f"{kind}/") for each in items if each.id.startswith(kind)}

        async def all_are_listed() -> bool:
            return await found() == {"late", "warns", "further", "still"}

        await eventually(all_are_listed, "Temporal to list them")
        assert await found(waits_for=kind) == {"late", "warns", "further"}
        assert await found(waits_for=kind, late_at=NOW) == {"late"}
        assert await found(late_at=NOW) == {"late"}
        assert await found(waits_for=PAUSED) == {"still"}
        [late], _ = await running(connected, namespace=OWN, waits_for=kind, late_at=NOW, most=1)
        expected = Running(late.id, late.run_id, "Waiting", late.started_at, kind, NOW - timedelta(days=1))
        assert late == expected

        first, after = await running(connected, namespace=OWN, waits_for=kind, most=2)
        second, _ = await running(connected, namespace=OWN, waits_for=kind, most=2, after=after)
        assert len({each.id for each in first + second}) == 3

    @pytest.mark.parametrize("mark", [b"x", b"\x01further", b"{}", b"e" * 400])
    async def test_are_not_looked_for_after_what_was_never_handed_out(
        self, connected: Temporal, mark: bytes
    ) -> None:
        with pytest.raises(CursorNotReadable):
            await running(connected, namespace=OWN, most=5, after=mark)


class TestTheNamespaceOfAService:
    async def test_holds_its_workflows_and_nobody_elses(
        self, connected: Temporal, temporal_dev: TemporalServer
    ) -> None:
        name, other = f"of-{uuid.uuid4().hex[:8]}/one", of(temporal_dev, OTHER)
        await waiting(connected, name, "due", None)

        # It is there to be woken in its own; to another it is not there, and may be there too.
        assert await connected.look_again(name)
        assert not await other.look_again(name)
        await waiting(other, name, "due", None)
        handles = [(await each.client()).get_workflow_handle(name) for each in (connected, other)]
        own, theirs = [(await each.describe()).run_id for each in handles]
        assert own != theirs

        async def lists(namespace: str) -> set[str]:
            return {each.run_id for each in (await running(connected, namespace=namespace, most=50))[0]}

        async def both_are_listed() -> bool:
            return own in await lists(OWN) and theirs in await lists(OTHER)

        await eventually(both_are_listed, "Temporal to list them")
        assert own not in await lists(OTHER)
        await handles[0].terminate()
        assert (await handles[1].describe()).status == WorkflowExecutionStatus.RUNNING
