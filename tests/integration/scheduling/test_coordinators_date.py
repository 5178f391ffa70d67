"""Who coordinates a case has the date of its conference in their calendar, as the circle has, and who did has not."""

from typing import Any

import pytest

from shared.events import intake
from shared.ids import uuid7
from tests.support.world import Case
from tests.support.world.scheduling import Scheduling

pytestmark = pytest.mark.usefixtures("lock_order")


async def told(world: Scheduling, case: Case) -> list[tuple[Any, str, int]]:
    """Return which coordinator was told what, with the revision of the date, in order."""
    found = await world.published("intake.notify-coordinator.v1", case=case)
    return [
        (row.data["coordinator_id"], row.data["calendar"]["method"], row.data["calendar"]["revision"])
        for row in found
    ]


def grows(entries: list[tuple[Any, str, int]]) -> bool:
    """Say whether each entry is newer than the one before it, as a calendar wants it."""
    revisions = [revision for _, _, revision in entries]
    return revisions == sorted(set(revisions))


class TestTheCoordinatorsCalendar:
    async def test_gets_the_date_each_time_it_changes_and_loses_it_when_it_is_called_off(
        self, world: Scheduling
    ) -> None:
        case = await world.scheduled()
        assert [entry[:2] for entry in await told(world, case)] == [(str(case.coordinator), "REQUEST")]
        options = (await world.poll(case))["options"]
        answer = await world.schedule(case, option_id=options[1]["option_id"])
        assert answer.status_code == 200, answer.text
        await world.change_date(case, "cancel", reason="family-wish")
        entries = await told(world, case)
        assert [method for _, method, _ in entries] == ["REQUEST", "REQUEST", "CANCEL"]
        assert grows(entries)
        published = await world.published("intake.notify-coordinator.v1", case=case)
        assert {row.data["calendar"]["uid"] for row in published} == {str(case.conference)}

    async def test_loses_a_date_that_is_put_off(self, world: Scheduling) -> None:
        case = await world.scheduled()
        await world.postponed(case)
        entries = await told(world, case)
        assert [method for _, method, _ in entries] == ["REQUEST", "CANCEL"]
        assert grows(entries)

    async def test_loses_it_with_a_case_that_stops_and_hears_so_though_it_did(
        self, world: Scheduling
    ) -> None:
        case = await world.scheduled()
        await world.handle(intake.CaseWithdrawn(case_id=case.id, reason="own-wish", by="central-person"))
        *_, last = await world.published("intake.notify-coordinator.v1", case=case)
        assert (last.data["kind"], last.data["even_if_stopped"]) == ("conference-date-off", True)

    async def test_passes_it_on_to_who_coordinates_next(self, world: Scheduling) -> None:
        case, following = await world.scheduled(), uuid7()
        await world.handle(case.released())
        await world.handle(case.assigned(2, following))
        entries = await told(world, case)
        assert [entry[:2] for entry in entries] == [
            (str(case.coordinator), "REQUEST"),
            (str(case.coordinator), "CANCEL"),
            (str(following), "REQUEST"),
        ]
        assert grows(entries)

    async def test_says_nothing_of_a_day_that_is_over_or_is_not_set(self, world: Scheduling) -> None:
        case = await world.polled()
        await world.handle(case.released())
        assert await told(world, case) == []
        other = await world.scheduled()
        world.later(days=60)
        await world.handle(other.released())
        assert len(await told(world, other)) == 1
