"""Twelve and eighteen: a warning, then the young person is asked; it moves with the birth date and stops with the case.

Every event is delivered twice here: nothing may come of the second time.
"""

from datetime import timedelta

import pytest

from services.network.workflows import ComingOfAgeInput
from shared.calendar import BRUSSELS
from shared.events import intake
from shared.ids import uuid7
from tests.workflows.network.growing_up import GrowingUp
from tests.workflows.network.inviting import Inviting


@pytest.fixture
def growing_up(service: Inviting) -> GrowingUp:
    return GrowingUp(service)


class TestTurningTwelve:
    async def test_is_warned_of_and_then_asks_the_young_person(self, growing_up: GrowingUp) -> None:
        service, house = growing_up.service, growing_up.service.house
        case = await house.open_case()
        child = await growing_up.child(case, await growing_up.born(12, days=60))
        clock = await growing_up.running(child)
        await growing_up.waits(clock.id)
        assert (clock.kind, clock.owner) == ("turns-12", "coordinator")
        assert clock.due_at.astimezone(BRUSSELS).weekday() == 0
        now = await house.now()
        await service.skip(seconds=(clock.warn_at - now).total_seconds() + 5)
        await growing_up.waits(clock.id)
        assert (await growing_up.running(child)).warned_at is not None
        assert await service.kinds(case) == []
        await service.skip(days=28, hours=2)
        await growing_up.ended(clock.id)
        assert await growing_up.told(child) == [12]
        [mail] = [mail for mail in await house.emails(case=case) if mail.recipient == child]
        assert (mail.kind, mail.parameters["age"]) == ("consent-asked", 12)
        following = await growing_up.running(child)
        assert following.kind == "turns-18"
        await service.hear_own_events()
        await growing_up.waits(following.id)
        assert await growing_up.told(child) == [12]

    async def test_is_a_task_of_the_owner_where_no_mail_can_be_sent(self, growing_up: GrowingUp) -> None:
        service, house = growing_up.service, growing_up.service.house
        case = await house.open_case()
        child = await growing_up.child(case, await growing_up.born(12, days=3), email=None)
        clock = await growing_up.running(child)
        await service.skip(days=12)
        await growing_up.ended(clock.id)
        found = {row.kind: row.state for row in await growing_up.clocks(child)}
        assert found == {"turns-12": "breached", "turns-18": "running"}
        assert await growing_up.told(child) == [12]
        assert await service.kinds(case) == []

    async def test_comes_while_the_case_rests(self, growing_up: GrowingUp) -> None:
        service, house = growing_up.service, growing_up.service.house
        case = await house.open_case()
        child = await growing_up.child(case, await growing_up.born(12, days=40))
        clock = await growing_up.running(child)
        await house.handle(intake.CasePaused(case_id=case.id, reason="illness"))
        await service.hear_own_events()
        assert (await growing_up.running(child)).due_at == clock.due_at
        await growing_up.waits(clock.id)
        await service.skip(days=50)
        await growing_up.ended(clock.id)
        assert await growing_up.told(child) == [12]


class TestTurningEighteen:
    async def test_ends_the_say_of_those_with_parental_authority(self, growing_up: GrowingUp) -> None:
        service, house = growing_up.service, growing_up.service.house
        case = await house.open_case()
        child = await growing_up.child(case, await growing_up.born(18, days=20))
        path = f"/v1/persons/{case.mother}"
        await house.ask("PATCH", path, house.coordinator(case), json={"parental_authority": True})
        path = f"/v1/cases/{case.id}/consent-status"

        async def asked() -> set[str]:
            persons = (await house.ask("GET", path, house.coordinator(case))).json()["persons"]
            [found] = [person for person in persons if person["person_id"] == str(child)]
            return {voice["person_id"] for voice in found["purposes"][0]["voices"]}

        assert await asked() == {str(child), str(case.mother)}
        clock = await growing_up.running(child)
        await service.skip(days=28)
        await growing_up.ended(clock.id)
        assert await asked() == {str(child)}
        assert await growing_up.told(child) == [18]
        assert [row.state for row in await growing_up.clocks(child)] == ["stopped"]


class TestMoving:
    async def test_follows_a_corrected_birth_date(self, growing_up: GrowingUp) -> None:
        service, house = growing_up.service, growing_up.service.house
        case = await house.open_case()
        child = await growing_up.child(case, await growing_up.born(12, days=10))
        clock = await growing_up.running(child)
        later = await growing_up.born(12, days=100)
        path, who = f"/v1/persons/{child}", house.coordinator(case)
        await house.ask("PATCH", path, who, json={"birth_date": later.isoformat()})
        await service.hear_own_events()
        await growing_up.ended(clock.id)
        moved = await growing_up.running(child)
        assert timedelta(days=80) < moved.due_at - clock.due_at < timedelta(days=100)
        await service.skip(days=30)
        await growing_up.waits(moved.id)
        assert await growing_up.told(child) == []
        await house.ask("PATCH", path, who, json={"birth_date": None})
        await service.hear_own_events()
        await growing_up.ended(moved.id)
        assert [row.state for row in await growing_up.clocks(child)] == ["stopped", "stopped"]

    async def test_still_asks_who_turns_out_to_be_older(self, growing_up: GrowingUp) -> None:
        service, house = growing_up.service, growing_up.service.house
        case = await house.open_case()
        child = await growing_up.child(case, await growing_up.born(12, days=100))
        older = await growing_up.born(12, days=-100)
        path = f"/v1/persons/{child}"
        await house.ask("PATCH", path, house.coordinator(case), json={"birth_date": older.isoformat()})
        await service.hear_own_events()
        clock = await growing_up.running(child)
        assert clock.kind == "turns-12"
        await service.skip(days=9)
        await growing_up.ended(clock.id)
        assert await growing_up.told(child) == [12]

    async def test_goes_over_to_whoever_is_there(self, growing_up: GrowingUp) -> None:
        service, house = growing_up.service, growing_up.service.house
        case = await house.open_case(coordinator=False)
        await house.handle_all(case.assigned())
        child = await growing_up.child(case, await growing_up.born(12, days=60))
        released = intake.CoordinatorReleased(
            case_id=case.id, assignment_no=1, coordinator_id=case.coordinator, reason="unavailable"
        )
        await house.handle(released)
        await service.hear_own_events()
        clock = await growing_up.running(child)
        assert clock.owner == "regional-manager"
        await growing_up.waits(clock.id)
        await house.handle_all(case.assigned(2))
        await service.hear_own_events()
        assert (await growing_up.running(child)).owner == "coordinator"
        await service.skip(days=70)
        await growing_up.ended((await growing_up.clocks(child))[2].id)
        assert await growing_up.told(child) == [12]


class TestStopping:
    async def test_comes_with_the_end_of_the_case(self, growing_up: GrowingUp) -> None:
        service, house = growing_up.service, growing_up.service.house
        case = await house.open_case()
        child = await growing_up.child(case, await growing_up.born(12, days=10))
        clock = await growing_up.running(child)
        await house.handle(case.withdrawn())
        await service.hear_own_events()
        await growing_up.ended(clock.id)
        await service.skip(days=40)
        assert await growing_up.told(child) == []

    async def test_comes_with_leaving_the_circle(self, growing_up: GrowingUp) -> None:
        service, house = growing_up.service, growing_up.service.house
        case = await house.open_case()
        child = await growing_up.child(case, await growing_up.born(12, days=10))
        clock = await growing_up.running(child)
        path = f"/v1/persons/{child}/remove"
        await house.ask("POST", path, house.coordinator(case), json={"reason": "x"})
        await service.hear_own_events()
        await growing_up.ended(clock.id)
        assert [row.state for row in await growing_up.clocks(child)] == ["stopped"]

    async def test_is_at_once_for_a_clock_that_is_nowhere(self, growing_up: GrowingUp) -> None:
        nowhere = uuid7()
        house = growing_up.service.house
        given = ComingOfAgeInput(tenant=house.tenant, clock_id=nowhere)
        await house.context.temporal.start(
            "ComingOfAge", given, id=f"coming-of-age/{nowhere}", service="network", tenant=house.tenant
        )
        await growing_up.ended(nowhere)
