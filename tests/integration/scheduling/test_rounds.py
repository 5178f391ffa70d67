"""A case goes round as often as its people need: each round has a preparation and a conference of its own."""

import asyncio
from datetime import timedelta

from shared.events import intake, plans
from shared.ids import uuid7
from tests.support.world import NOW, Case, problem
from tests.support.world.scheduling import VENUE, Scheduling, dates

STARTED = "scheduling.preparation.started.v1"


async def _begin(world: Scheduling, case: Case) -> dict[str, object]:
    answer = await world.post(case, f"/v1/cases/{case.id}/preparations")
    assert answer.status_code == 201, answer.text
    begun: dict[str, object] = answer.json()
    return begun


async def _call_off(world: Scheduling, case: Case) -> None:
    answer = await world.change_date(case, "cancel", reason="family-wish")
    assert answer.status_code == 200, answer.text


def _wants_to_meet(case: Case, decision: str = "new-conference") -> plans.CheckInRecorded:
    return plans.CheckInRecorded.model_validate(
        {"case_id": case.id, "check_in_id": uuid7(), "kind": "three-months", "decision": decision}
    )


def _released(case: Case) -> intake.CoordinatorReleased:
    return intake.CoordinatorReleased(
        case_id=case.id, assignment_no=1, coordinator_id=case.coordinator, reason="task-done"
    )


async def _reasons(world: Scheduling, case: Case) -> list[tuple[int, str]]:
    found = await world.published(STARTED, case=case)
    return [(event.data["preparation_no"], event.data["reason"]) for event in found]


class TestTheCoordinator:
    async def test_begins_again_after_a_conference_that_was_called_off(self, world: Scheduling) -> None:
        case = await world.scheduled()
        await _call_off(world, case)
        begun = await _begin(world, case)
        assert (begun["preparation_no"], begun["conference_no"], begun["reason"]) == (2, 2, "called-off")
        clock = (await world.clocks(case))["conference-target"]
        assert (clock.state, clock.workflow_id) == ("running", f"preparation/{case.id}/2")
        assert clock.due_at == NOW + timedelta(weeks=8, hours=-1)

    async def test_finds_the_circle_as_it_stood_and_sets_a_date(self, world: Scheduling) -> None:
        case = await world.scheduled()
        await _call_off(world, case)
        await _begin(world, case)
        case.conference = (await world.conferences(case))[-1]["conference_id"]
        date = dates(40)[0]
        answer = await world.schedule(case, venue=VENUE, date=date)
        assert answer.status_code == 200, answer.text
        told = await world.told(case, "conference-scheduled")
        assert sorted(told) == sorted(2 * case.circle)

    async def test_begins_one_round_by_a_double_click(self, world: Scheduling) -> None:
        case = await world.scheduled()
        await _call_off(world, case)
        path = f"/v1/cases/{case.id}/preparations"
        answers = await asyncio.gather(*(world.post(case, path) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
        refused = next(answer for answer in answers if answer.status_code == 409)
        assert problem(refused) == (409, "preparation-runs")
        assert len(await _reasons(world, case)) == 2

    async def test_begins_none_while_one_runs_or_when_the_case_stopped(self, world: Scheduling) -> None:
        case = await world.scheduled()
        path = f"/v1/cases/{case.id}/preparations"
        assert problem(await world.post(case, path)) == (409, "preparation-runs")
        await world.handle(case.withdrawn())
        assert problem(await world.post(case, path)) == (409, "case-stopped")

    async def test_is_paused_and_resumed_with_the_case_in_the_second_round_too(
        self, world: Scheduling
    ) -> None:
        case = await world.scheduled()
        await _call_off(world, case)
        await _begin(world, case)
        await world.handle(intake.CasePaused(case_id=case.id, reason="illness"))
        assert (await world.clocks(case))["conference-target"].state == "paused"
        await world.handle(intake.CaseResumed(case_id=case.id))
        assert (await world.clocks(case))["conference-target"].state == "running"


class TestTheCircle:
    async def test_meets_again_at_once_while_there_is_a_coordinator(self, world: Scheduling) -> None:
        case = await world.scheduled()
        await _call_off(world, case)
        await world.handle(_wants_to_meet(case))
        assert await _reasons(world, case) == [(1, "referral"), (2, "review")]

    async def test_waits_for_a_coordinator_where_there_is_none(self, world: Scheduling) -> None:
        case = await world.scheduled()
        await _call_off(world, case)
        await world.handle_all(_released(case), _wants_to_meet(case), case=case)
        assert await _reasons(world, case) == [(1, "referral")]
        another = uuid7()
        await world.handle(case.assigned(2, another))
        assert await _reasons(world, case) == [(1, "referral"), (2, "review")]
        # Who takes over from them goes on with it.
        await world.handle(case.assigned(3, uuid7()))
        assert len(await _reasons(world, case)) == 2

    async def test_begins_nothing_when_it_goes_on_as_it_is(self, world: Scheduling) -> None:
        case = await world.scheduled()
        await _call_off(world, case)
        await world.handle(_wants_to_meet(case, "adjust"))
        assert len(await _reasons(world, case)) == 1

    async def test_has_one_round_though_the_decision_comes_twice(self, world: Scheduling) -> None:
        case = await world.scheduled()
        await _call_off(world, case)
        await asyncio.gather(*(world.handle(_wants_to_meet(case)) for _ in range(2)))
        assert len(await _reasons(world, case)) == 2

    async def test_wants_nothing_any_more_when_the_case_stopped(self, world: Scheduling) -> None:
        case = await world.scheduled()
        await _call_off(world, case)
        await world.handle_all(_released(case), _wants_to_meet(case), case.withdrawn(), case=case)
        assert not await world.rows("SELECT 1 FROM wanted_round WHERE tenant = :tenant")
