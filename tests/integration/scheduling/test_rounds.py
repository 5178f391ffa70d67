"""A case goes round as often as its people need: each round has a preparation and a conference of its own."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from shared.events import intake, plans
from shared.ids import uuid7
from tests.integration.scheduling.test_conferences import hold
from tests.support.world import NOW, Case, problem
from tests.support.world.scheduling import VENUE, Scheduling, dates

STARTED = "scheduling.preparation.started.v1"


async def _begin(world: Scheduling, case: Case) -> dict[str, object]:
    answer = await world.post(case, f"/v1/cases/{case.id}/preparations")
    assert answer.status_code == 201, answer.text
    begun: dict[str, object] = answer.json()
    return begun


async def _call_off(world: Scheduling, case: Case, reason: str = "family-wish") -> None:
    answer = await world.change_date(case, "cancel", reason=reason)
    assert answer.status_code == 200, answer.text


def _wants_to_meet(case: Case, decision: str = "new-conference") -> plans.CheckInRecorded:
    return plans.CheckInRecorded.model_validate(
        {"case_id": case.id, "check_in_id": uuid7(), "kind": "three-months", "decision": decision}
    )


def _released(case: Case) -> intake.CoordinatorReleased:
    return intake.CoordinatorReleased(
        case_id=case.id, assignment_no=1, coordinator_id=case.coordinator, reason="task-done"
    )


def _recorded(case: Case) -> plans.PlanRecorded:
    return plans.PlanRecorded(
        case_id=case.id,
        plan_id=uuid7(),
        version=1,
        conference_id=None,
        agreement_ids=(),
        review_on=date(2026, 9, 1),
        needs_acceptance=False,
    )


async def _meet(world: Scheduling, case: Case, outcome: str = "no-plan") -> None:
    world.later(days=21)
    answer = await hold(world, case, outcome=outcome)
    assert answer.status_code == 200, answer.text


async def _next_step(world: Scheduling, case: Case) -> tuple[str, str] | None:
    """Return the state and the owner of what comes next."""
    clock = (await world.clocks(case)).get("next-step")
    return None if clock is None else (clock.state, clock.owner)


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


class TestWhatComesNext:
    @pytest.mark.parametrize("ended", [_meet, _call_off])
    async def test_is_asked_after_a_round_without_a_plan_until_the_next(
        self, world: Scheduling, ended: Any
    ) -> None:
        case = await world.scheduled(20)
        assert await _next_step(world, case) is None
        await ended(world, case)
        clock = (await world.clocks(case))["next-step"]
        now = await world.now()
        assert (clock.owner, clock.escalate_to) == ("coordinator", "regional-manager")
        assert clock.warn_at is not None
        assert (clock.warn_at > now, clock.due_at - now <= timedelta(days=9)) == (True, True)
        await _begin(world, case)
        assert await _next_step(world, case) == ("stopped", "coordinator")

    async def test_is_asked_of_the_regional_manager_without_a_coordinator(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        await _meet(world, case)
        await world.handle(_released(case))
        assert await _next_step(world, case) == ("running", "regional-manager")
        await world.handle(case.assigned(2, uuid7()))
        assert await _next_step(world, case) == ("running", "coordinator")

    async def test_waits_while_the_case_is_paused(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        await _call_off(world, case)
        for event, state in (
            (intake.CasePaused(case_id=case.id, reason="illness"), "paused"),
            (intake.CaseResumed(case_id=case.id), "running"),
        ):
            await world.handle(event)
            assert await _next_step(world, case) == (state, "coordinator")

    async def test_is_known_once_there_is_a_plan_or_the_case_ended(self, world: Scheduling) -> None:
        for tell in (_recorded, Case.withdrawn):
            case = await world.scheduled(20)
            await _call_off(world, case)
            await world.handle(tell(case))
            assert await _next_step(world, case) == ("stopped", "coordinator")

    async def test_is_not_asked_where_a_plan_is_followed_up(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        await world.handle(_recorded(case))
        await _call_off(world, case)
        assert await _next_step(world, case) is None

    @pytest.mark.parametrize("outcome", ["plan", "continued"])
    async def test_is_not_asked_where_the_meeting_says_it(self, world: Scheduling, outcome: str) -> None:
        case = await world.scheduled(20)
        await _meet(world, case, outcome)
        assert await _next_step(world, case) is None

    async def test_is_not_asked_where_the_plan_needs_no_meeting(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        await _call_off(world, case, "plan-without-meeting")
        assert await _next_step(world, case) is None
