"""The clock of an erasure of one person: warned of, late, or stopped by the last confirmation."""

import pytest

from shared.events.base import ERASURE_CONFIRMED
from tests.workflows.network.erasing import Erasing
from tests.workflows.network.inviting import Inviting


@pytest.fixture
def erasing(service: Inviting) -> Erasing:
    """The service, with somebody to erase."""
    return Erasing(service)


class TestDeadline:
    async def test_warns_and_then_is_late_when_not_all_confirm(
        self, erasing: Erasing, service: Inviting
    ) -> None:
        await erasing.begin()
        assert (await erasing.clock()).warned_at is None
        await erasing.skip_to("warn_at")
        await erasing.waits(2)
        assert (await erasing.clock()).warned_at is not None
        await erasing.skip_to("due_at")
        await erasing.ended()
        assert (await erasing.clock()).state == "breached"
        said = await service.house.rows(
            "SELECT type FROM outbox WHERE type LIKE 'network.clock.%' AND data->>'kind' = 'erasure'"
            " ORDER BY position"
        )
        assert [row.type.split(".")[2] for row in said] == ["started", "warned", "breached"]

    async def test_ends_without_a_word_when_all_have_confirmed(
        self, erasing: Erasing, service: Inviting
    ) -> None:
        await erasing.begin()
        # Its own: written, confirmed, heard.
        for _ in range(2):
            await service.hear_own_events()
        for holder in ("intake", "scheduling", "plans"):
            fact = ERASURE_CONFIRMED[holder](kind="person", subject=erasing.person)
            await service.house.handle(fact, case=erasing.case)
        assert (await erasing.clock()).state == "stopped"
        await erasing.skip_to("warn_at")
        await erasing.ended()
        assert (await erasing.clock()).warned_at is None
