"""The clock of an erasure of one person: warned of, late, or stopped by the last confirmation."""

from shared.events.base import ERASURE_CONFIRMED
from tests.workflows.network.circle import Circle


class TestClock:
    async def test_warns_and_then_is_late_when_not_all_confirm(self, circle: Circle) -> None:
        _, person, workflow_id = await circle.erased()
        assert (await circle.running(person)).warned_at is None
        await circle.skipped.reach(workflow_id)
        assert (await circle.running(person)).warned_at is not None
        await circle.skipped.reach(workflow_id)
        await circle.skipped.ended(workflow_id)
        assert await circle.clock_events("erasure") == ["started", "warned", "breached"]

    async def test_ends_without_a_word_when_all_have_confirmed(self, circle: Circle) -> None:
        case, person, workflow_id = await circle.erased()
        # Its own: written, confirmed, handled.
        await circle.deliver()
        for holder in ("intake", "scheduling", "plans"):
            fact = ERASURE_CONFIRMED[holder](kind="person", subject=person)
            await circle.world.handle(fact, case=case)
        await circle.deliver()
        await circle.skipped.ended(workflow_id)
        assert await circle.clock_events("erasure") == ["started", "stopped"]
