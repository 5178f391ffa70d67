"""What scheduling hands out for somebody's own copy: their dates, and nobody else's answers."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.events import intake, network
from tests.support.erased import destroy_in
from tests.support.world import Case
from tests.support.world.scheduling import Scheduling


async def copy(world: Scheduling, case: Case, person: UUID) -> Any:
    """Return what scheduling hands out on one person."""
    who = world.from_service("copy-for-person")
    path = f"/v1/cases/{case.id}/persons/{person}/copy"
    answer = await world.http.get(path, headers=who)
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestCopy:
    async def test_gives_the_dates_that_one_was_asked_and_what_one_said(self, world: Scheduling) -> None:
        case = await world.polled()
        await world.say(case, case.aunt, "yes", "no")
        await world.say(case, case.neighbour, "maybe", "yes")
        found = await copy(world, case, case.aunt)
        [poll] = found["polls"]
        assert [said["answer"] for said in poll["answers"]][:2] == ["yes", "no"]
        assert poll["asked_at"] is not None
        assert found["circle"]["mode"] is not None
        assert found["erased"] is False
        for other in (case.neighbour, case.central, case.coordinator):
            assert str(other) not in str(found)
        assert "maybe" not in str(found)

    async def test_gives_the_meetings_that_one_was_told_of(self, world: Scheduling) -> None:
        case = await world.scheduled()
        [meeting] = (await copy(world, case, case.aunt))["conferences"]
        assert (meeting["conference_no"], meeting["notified"]) == (1, True)
        assert "Buurthuis De Linde" in meeting["venue"]

    @pytest.mark.parametrize("left", [network.PersonRemoved, network.PersonExcluded])
    async def test_tells_nobody_who_left_when_and_where_the_others_meet(
        self, world: Scheduling, left: Any
    ) -> None:
        case = await world.scheduled(20)
        await world.handle(left(case_id=case.id, person_id=case.aunt))
        moved = await world.schedule(case, venue={"name": "De Nieuwe Zaal", "address": "Kerkplein 9"})
        assert moved.status_code == 200, moved.text
        found = await copy(world, case, case.aunt)
        [meeting] = found["conferences"]
        assert (meeting["notified"], found["erased"]) == (True, False)
        assert [meeting[name] for name in ("starts_at", "ends_at", "held_on", "venue")] == [None] * 4
        [meeting] = (await copy(world, case, case.neighbour))["conferences"]
        assert "De Nieuwe Zaal" in meeting["venue"]

    @pytest.mark.parametrize("left", [network.PersonRemoved, network.PersonExcluded])
    async def test_is_told_so_also_where_the_case_stopped_before_that_was_heard(
        self, world: Scheduling, left: Any
    ) -> None:
        case = await world.scheduled()
        stopped = intake.CaseWithdrawn(case_id=case.id, reason="family-wish", by="central-person")
        assert await world.handle(stopped) == "handled"
        assert await world.handle(left(case_id=case.id, person_id=case.aunt)) == "handled"
        [meeting] = (await copy(world, case, case.aunt))["conferences"]
        assert (meeting["starts_at"], meeting["venue"]) == (None, None)
        path = f"/v1/conferences/{case.conference}"
        await world.ask("GET", path, world.person(case, case.aunt), expect=410)
        await world.ask("GET", path, world.person(case, case.neighbour), expect=200)

    async def test_of_a_stranger_there_is_nothing(self, world: Scheduling) -> None:
        case = await world.scheduled()
        found = await copy(world, case, uuid4())
        assert (found["circle"], found["polls"], found["conferences"]) == (None, [], [])

    async def test_says_that_the_place_was_erased(self, world: Scheduling) -> None:
        case = await world.scheduled()
        await destroy_in(world.context, case.id)
        found = await copy(world, case, case.aunt)
        assert (found["erased"], found["conferences"][0]["venue"]) == (True, None)
