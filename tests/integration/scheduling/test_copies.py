"""What scheduling hands out for somebody's own copy: their dates, and nobody else's answers."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.events import intake, network
from tests.integration.scheduling.house import Case, House


async def copy(house: House, case: Case, person: UUID) -> Any:
    """Return what scheduling hands out on one person."""
    token = house.context.issuer.service(service="network", purpose="copy-for-person", tenant=case.tenant)
    path = f"/v1/cases/{case.id}/persons/{person}/copy"
    answer = await house.http.get(path, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestCopy:
    async def test_gives_the_dates_that_one_was_asked_and_what_one_said(self, house: House) -> None:
        case = await house.polled()
        await house.say(case, case.uncle, "yes", "no")
        await house.say(case, case.neighbour, "maybe", "yes")
        found = await copy(house, case, case.uncle)
        [poll] = found["polls"]
        assert [said["answer"] for said in poll["answers"]][:2] == ["yes", "no"]
        assert poll["asked_at"] is not None
        assert found["circle"]["mode"] is not None
        assert found["erased"] is False
        for other in (case.neighbour, case.central, case.coordinator):
            assert str(other) not in str(found)
        assert "maybe" not in str(found)

    async def test_gives_the_meetings_that_one_was_told_of(self, house: House) -> None:
        case = await house.scheduled()
        [meeting] = (await copy(house, case, case.uncle))["conferences"]
        assert (meeting["conference_no"], meeting["told"]) == (1, True)
        assert "Buurthuis De Linde" in meeting["venue"]

    @pytest.mark.parametrize("left", [network.PersonRemoved, network.PersonExcluded])
    async def test_tells_nobody_who_left_when_and_where_the_others_meet(
        self, house: House, left: Any
    ) -> None:
        case = await house.scheduled(20)
        await house.hear(left(case_id=case.id, person_id=case.uncle))
        moved = await house.schedule(case, venue={"name": "De Nieuwe Zaal", "address": "Kerkplein 9"})
        assert moved.status_code == 200, moved.text
        found = await copy(house, case, case.uncle)
        [meeting] = found["conferences"]
        assert (meeting["told"], found["erased"]) == (True, False)
        assert [meeting[name] for name in ("starts_at", "ends_at", "held_on", "venue")] == [None] * 4
        [meeting] = (await copy(house, case, case.neighbour))["conferences"]
        assert "De Nieuwe Zaal" in meeting["venue"]

    @pytest.mark.parametrize("left", [network.PersonRemoved, network.PersonExcluded])
    async def test_is_told_so_also_where_the_case_stopped_before_that_was_heard(
        self, house: House, left: Any
    ) -> None:
        case = await house.scheduled()
        stopped = intake.CaseWithdrawn(case_id=case.id, reason="family-wish", by="central-person")
        assert await house.hear(stopped) == "handled"
        assert await house.hear(left(case_id=case.id, person_id=case.uncle)) == "handled"
        [meeting] = (await copy(house, case, case.uncle))["conferences"]
        assert (meeting["starts_at"], meeting["venue"]) == (None, None)
        path = f"/v1/conferences/{case.conference}"
        assert (await house.ask("GET", path, house.person(case, case.uncle))).status_code == 404
        assert (await house.ask("GET", path, house.person(case, case.neighbour))).status_code == 200

    async def test_of_a_stranger_there_is_nothing(self, house: House) -> None:
        case = await house.scheduled()
        found = await copy(house, case, uuid4())
        assert (found["circle"], found["polls"], found["conferences"]) == (None, [], [])

    async def test_says_that_the_place_was_erased(self, house: House) -> None:
        case = await house.scheduled()
        async with house.context.database.transaction() as session:
            await house.context.vault.destroy(session, subjects=[case.id])
        found = await copy(house, case, case.uncle)
        assert (found["erased"], found["conferences"][0]["venue"]) == (True, None)
