"""A deadline that its step does not settle: nothing spins, nothing ends, and all goes on when that is mended."""

from typing import Any

import pytest

from shared.clocks import Clocks
from shared.events.base import ERASURE_CONFIRMED
from tests.support.eventually import eventually
from tests.workflows.network.circle import Circle


async def _nothing_to_do(*_: Any, **__: Any) -> None:
    """Settle nothing, as a step with a fault would."""


async def failing_step(circle: Circle, workflow_id: str) -> tuple[str, int]:
    """Return with what the step in hand failed, and how often it was tried by now."""
    found = (await (await circle.skipped.handle(workflow_id)).describe()).raw_description.pending_activities
    assert len(found) == 1
    return found[0].last_failure.application_failure_info.type, found[0].attempt


async def tried_in_vain(circle: Circle, workflow_id: str) -> None:
    """Skip to the warning, whose step settles nothing, and past hours in which it is tried again."""
    due = (await circle.skipped.agenda(workflow_id)).next
    assert due is not None
    await circle.skipped.skip_to(due.at)

    async def failed() -> bool:
        assert (await failing_step(circle, workflow_id))[0] == "StillDue"
        return True

    await eventually(failed, "the step to fail")
    _, before = await failing_step(circle, workflow_id)
    await circle.skipped.skip(hours=2)
    _, after = await failing_step(circle, workflow_id)
    # Once a minute at most, by the server: the workflow itself has asked for the step once, and waits.
    assert 1 <= after - before <= 150
    assert (await circle.skipped.kinds(workflow_id)).count("activity_task_scheduled") == 1
    assert await circle.clock_events("erasure") == ["started"]
    assert await circle.world.rows("SELECT 1 FROM effect") == []


class TestStillDue:
    async def test_goes_on_when_the_code_is_mended(
        self, circle: Circle, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _, _, workflow_id = await circle.erased()
        with monkeypatch.context() as broken:
            broken.setattr(Clocks, "reach", _nothing_to_do)
            await tried_in_vain(circle, workflow_id)
        await circle.skipped.skip(minutes=2)
        await circle.skipped.waits(workflow_id)
        assert await circle.clock_events("erasure") == ["started", "warned"]
        await circle.skipped.reach(workflow_id)
        await circle.skipped.ended(workflow_id)
        assert await circle.clock_events("erasure") == ["started", "warned", "breached"]

    async def test_goes_on_when_the_facts_are(self, circle: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
        case, person, workflow_id = await circle.erased()
        monkeypatch.setattr(Clocks, "reach", _nothing_to_do)
        await tried_in_vain(circle, workflow_id)
        await circle.deliver()
        for holder in ("intake", "scheduling", "plans"):
            await circle.world.handle(ERASURE_CONFIRMED[holder](kind="person", subject=person), case=case)
        await circle.deliver()
        await circle.skipped.skip(minutes=2)
        await circle.skipped.ended(workflow_id)
        assert await circle.clock_events("erasure") == ["started", "stopped"]
