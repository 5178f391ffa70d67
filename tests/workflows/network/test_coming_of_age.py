"""Twelve and eighteen: a warning, then the young person is asked; it moves with the birth date and stops with the case.

Every event is delivered twice here: nothing may come of the second time.
"""

from datetime import timedelta

from services.network.domain.consents import coming_of_age_workflow_id
from services.network.workflows import ComingOfAge
from shared.calendar import BRUSSELS
from shared.deadlines import WorkflowInput
from shared.events import intake
from shared.ids import uuid7
from tests.workflows.network.circle import Circle


class TestTurningSeven:
    async def test_tells_plans_and_asks_nobody_anything(self, circle: Circle) -> None:
        world, skipped = circle.world, circle.skipped
        case = await world.open_case()
        child = await circle.child(case, await circle.born(7, days=60))
        assert ((await circle.running(child)).kind, await brackets(circle)) == (
            "turns-7",
            ["minor", "under-seven"],
        )
        await skipped.reach(coming_of_age_workflow_id(child))
        await circle.deliver()
        await skipped.waits(coming_of_age_workflow_id(child))
        assert (await circle.running(child)).kind == "turns-12"
        assert await brackets(circle) == ["minor", "under-seven", "minor"]
        assert await circle.came_of_age(child) == []
        assert await circle.emails(case) == []


async def brackets(circle: Circle) -> list[str | None]:
    told = await circle.world.published("network.youngest.changed.v1")
    return [row.data["bracket"] for row in told]


class TestTurningTwelve:
    async def test_is_warned_of_and_then_asks_the_young_person(self, circle: Circle) -> None:
        world, skipped = circle.world, circle.skipped
        case = await world.open_case()
        child = await circle.child(case, await circle.born(12, days=60))
        clock = await circle.running(child)
        await skipped.waits(coming_of_age_workflow_id(child))
        assert (clock.kind, clock.owner) == ("turns-12", "coordinator")
        assert clock.due_at.astimezone(BRUSSELS).weekday() == 0
        await skipped.reach(coming_of_age_workflow_id(child))
        await skipped.waits(coming_of_age_workflow_id(child))
        assert (await circle.running(child)).warned_at is not None
        assert await circle.emails(case) == []
        await skipped.reach(coming_of_age_workflow_id(child))
        assert await circle.came_of_age(child) == [12]
        [mail] = [mail for mail in await world.emails(case=case) if mail.recipient == child]
        assert (mail.kind, mail.parameters["age"]) == ("consent-asked", 12)
        following = await circle.running(child)
        assert following.kind == "turns-18"
        await circle.deliver()
        await skipped.waits(coming_of_age_workflow_id(child))
        assert await circle.came_of_age(child) == [12]

    async def test_is_a_task_of_the_owner_where_no_mail_can_be_sent(self, circle: Circle) -> None:
        world = circle.world
        case = await world.open_case()
        child = await circle.child(case, await circle.born(12, days=3), email=None)
        await circle.pass_birthday(child)
        found = {row.kind: row.state for row in await circle.clocks(child)}
        assert found == {"turns-12": "breached", "turns-18": "running"}
        assert await circle.came_of_age(child) == [12]
        assert await circle.emails(case) == []

    async def test_comes_while_the_case_is_paused(self, circle: Circle) -> None:
        world, skipped = circle.world, circle.skipped
        case = await world.open_case()
        child = await circle.child(case, await circle.born(12, days=40))
        clock = await circle.running(child)
        await world.handle(intake.CasePaused(case_id=case.id, reason="illness"))
        await circle.deliver()
        assert (await circle.running(child)).due_at == clock.due_at
        await skipped.waits(coming_of_age_workflow_id(child))
        await circle.pass_birthday(child)
        assert await circle.came_of_age(child) == [12]


class TestTurningEighteen:
    async def test_ends_the_say_of_those_with_parental_authority(self, circle: Circle) -> None:
        world, skipped = circle.world, circle.skipped
        case = await world.open_case()
        child = await circle.child(case, await circle.born(18, days=20))
        assert (await world.correct(case, case.mother, parental_authority=True)).is_success
        path = f"/v1/cases/{case.id}/consent-status"

        async def asked() -> set[str]:
            persons = (await world.ask("GET", path, world.coordinator(case))).json()["persons"]
            [found] = [person for person in persons if person["person_id"] == str(child)]
            return {voice["person_id"] for voice in found["purposes"][0]["voices"]}

        assert await asked() == {str(child), str(case.mother)}
        await circle.pass_birthday(child)
        await skipped.ended(coming_of_age_workflow_id(child))
        assert await asked() == {str(child)}
        assert await circle.came_of_age(child) == [18]
        assert [row.state for row in await circle.clocks(child)] == ["stopped"]


class TestMoving:
    async def test_follows_a_corrected_birth_date(self, circle: Circle) -> None:
        world, skipped = circle.world, circle.skipped
        case = await world.open_case()
        child = await circle.child(case, await circle.born(12, days=10))
        clock = await circle.running(child)
        later = await circle.born(12, days=100)
        assert (await world.correct(case, child, birth_date=later.isoformat())).is_success
        await circle.deliver()
        moved = await circle.running(child)
        assert timedelta(days=80) < moved.due_at - clock.due_at < timedelta(days=100)
        await skipped.skip(days=30)
        await skipped.waits(coming_of_age_workflow_id(child))
        assert await circle.came_of_age(child) == []
        assert (await world.correct(case, child, birth_date=None)).is_success
        await circle.deliver()
        await skipped.ended(coming_of_age_workflow_id(child))
        assert [row.state for row in await circle.clocks(child)] == ["stopped", "stopped"]

    async def test_still_asks_who_turns_out_to_be_older(self, circle: Circle) -> None:
        world = circle.world
        case = await world.open_case()
        child = await circle.child(case, await circle.born(12, days=100))
        older = await circle.born(12, days=-100)
        assert (await world.correct(case, child, birth_date=older.isoformat())).is_success
        await circle.deliver()
        clock = await circle.running(child)
        assert clock.kind == "turns-12"
        await circle.pass_birthday(child)
        assert await circle.came_of_age(child) == [12]

    async def test_goes_over_to_whoever_is_there(self, circle: Circle) -> None:
        world, skipped = circle.world, circle.skipped
        case = await world.open_case(coordinator=False)
        await world.handle_all(case.assigned())
        child = await circle.child(case, await circle.born(12, days=60))
        released = intake.CoordinatorReleased(
            case_id=case.id, assignment_no=1, coordinator_id=case.coordinator, reason="unavailable"
        )
        await world.handle(released)
        await circle.deliver()
        clock = await circle.running(child)
        assert clock.owner == "regional-manager"
        await skipped.waits(coming_of_age_workflow_id(child))
        await world.handle_all(case.assigned(2))
        await circle.deliver()
        assert (await circle.running(child)).owner == "coordinator"
        await circle.pass_birthday(child)
        assert await circle.came_of_age(child) == [12]


class TestStopping:
    async def test_comes_with_the_end_of_the_case(self, circle: Circle) -> None:
        world, skipped = circle.world, circle.skipped
        case = await world.open_case()
        child = await circle.child(case, await circle.born(12, days=10))
        await world.handle(case.withdrawn())
        await circle.deliver()
        await skipped.ended(coming_of_age_workflow_id(child))
        await skipped.skip(days=40)
        assert await circle.came_of_age(child) == []

    async def test_comes_with_leaving_the_circle(self, circle: Circle) -> None:
        world, skipped = circle.world, circle.skipped
        case = await world.open_case()
        child = await circle.child(case, await circle.born(12, days=10))
        path = f"/v1/persons/{child}/remove"
        await world.ask("POST", path, world.coordinator(case), json={"reason": "x"})
        await circle.deliver()
        await skipped.ended(coming_of_age_workflow_id(child))
        assert [row.state for row in await circle.clocks(child)] == ["stopped"]

    async def test_is_at_once_if_no_clock_names_it(self, circle: Circle) -> None:
        workflow_id, tenant = coming_of_age_workflow_id(uuid7()), circle.world.tenant
        given = WorkflowInput(tenant=tenant)
        await circle.world.context.temporal.start(ComingOfAge.run, given, id=workflow_id, tenant=tenant)
        await circle.skipped.ended(workflow_id)
