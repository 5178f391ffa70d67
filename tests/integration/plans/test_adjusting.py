"""What a circle wants to adjust at a check: somebody must see to it, until the plan says it."""

from typing import Any

import pytest

from shared.events import scheduling
from shared.ids import uuid7
from tests.integration.plans.test_closing import NEXT_YEAR, the_last_check
from tests.integration.plans.test_follow_up import check_ins, record, steps_to
from tests.support.world import Case
from tests.support.world.plans import Plans, changed_plan

ADJUST = "plan-adjust"
AGREED = {"what": "Samen koken", "who_text": "de buren", "by": "network", "due_on": NEXT_YEAR}


async def wants_to_adjust(world: Plans, case: Case, kind: str = "three-months") -> None:
    """Let the monitor say at a check that the circle wants to adjust something."""
    found: dict[str, Any] = {}
    while found.get("state") != "due":
        await steps_to(world, case, "check-in")
        found = (await check_ins(world, case, world.manager()))[kind]
    answer = await record(world, found, world.person(case, case.neighbour), decision="adjust")
    assert (answer.status_code, answer.json()["follow_up"]) == (200, "running")


async def state(world: Plans, case: Case) -> tuple[str, str]:
    clock = (await world.clocks(case))[ADJUST]
    return clock.state, clock.owner


async def case_with_plan(world: Plans, **changes: Any) -> tuple[Case, dict[str, Any]]:
    case = await world.open_case(mandated=None, **changes)
    return case, await world.recorded(case, agreements=[AGREED], review_on="2027-12-01")


class TestAdjusting:
    async def test_is_the_coordinators_and_late_on_the_managers_board(self, world: Plans) -> None:
        case, _ = await case_with_plan(world)
        await wants_to_adjust(world, case)
        assert await state(world, case) == ("running", "coordinator")
        assert (await world.clocks(case))[ADJUST].escalate_to == "regional-manager"
        await steps_to(world, case, ADJUST)
        assert await state(world, case) == ("breached", "coordinator")

    async def test_is_the_managers_without_a_coordinator_and_handed_over(self, world: Plans) -> None:
        case, _ = await case_with_plan(world)
        await world.handle(case.released())
        await wants_to_adjust(world, case)
        assert await state(world, case) == ("running", "regional-manager")
        await world.handle(case.assigned(2))
        assert await state(world, case) == ("running", "coordinator")

    async def test_does_not_end_the_follow_up_at_the_last_check_either(self, world: Plans) -> None:
        case, plan = await case_with_plan(world)
        who = world.person(case, case.central)
        await world.do("POST", f"/v1/agreements/{plan['agreement_ids'][0]}/done", who)
        last = await the_last_check(world, case)
        answer = await record(world, last, world.person(case, case.neighbour), decision="adjust")
        assert answer.json()["follow_up"] == "running"
        await steps_to(world, case, "follow-up")
        assert await world.published("plans.follow-up.ended.v1", case=case) == []

    async def test_ends_with_the_next_version(self, world: Plans) -> None:
        case, plan = await case_with_plan(world)
        await wants_to_adjust(world, case)
        body = changed_plan(case, agreements=[AGREED], review_on="2027-12-01")
        path = f"/v1/plans/{plan['plan_id']}/versions"
        await world.do("POST", path, world.coordinator(case), json=body)
        assert (await state(world, case))[0] == "stopped"
        (adjusted,) = await world.published("plans.plan.adjusted.v1", case=case)
        # The call of four weeks was never made: the task goes on.
        assert (adjusted.data["version"], adjusted.data["ends_task"]) == (2, False)

    async def test_ends_with_a_changed_agreement(self, world: Plans) -> None:
        case, plan = await case_with_plan(world)
        await wants_to_adjust(world, case)
        body = {
            "version": 1,
            "what": "Brood bakken",
            "due_on": NEXT_YEAR,
            "reason": "Liever",
            "who_text": "de buren",
        }
        path = f"/v1/agreements/{plan['agreement_ids'][0]}/changes"
        await world.do("POST", path, world.person(case, case.neighbour), json=body)
        assert (await state(world, case))[0] == "stopped"

    async def test_does_not_end_with_plan_b_which_is_in_the_plan_already(self, world: Plans) -> None:
        case, plan = await case_with_plan(world)
        await wants_to_adjust(world, case)
        body = {"version": 1, "line": 1, "reason": "Het lukt niet"}
        path = f"/v1/plans/{plan['plan_id']}/plan-b"
        await world.do("POST", path, world.person(case, case.neighbour), json=body)
        assert (await state(world, case))[0] == "running"

    async def test_ends_with_a_new_round(self, world: Plans) -> None:
        case, _ = await case_with_plan(world)
        await wants_to_adjust(world, case)
        fact = scheduling.PreparationStarted(
            case_id=case.id,
            preparation_no=2,
            reason="review",
            conference_id=uuid7(),
            target_at=await world.now(),
        )
        await world.handle(fact)
        assert (await state(world, case))[0] == "stopped"
        assert await world.published("plans.plan.adjusted.v1", case=case) == []

    @pytest.mark.parametrize(("decision", "expected"), [("continue", "stopped"), ("adjust", "breached")])
    async def test_follows_the_latest_decision(self, world: Plans, decision: str, expected: str) -> None:
        case, _ = await case_with_plan(world)
        await wants_to_adjust(world, case)
        found: dict[str, Any] = {}
        while found.get("state") != "due":
            await steps_to(world, case, "check-in")
            found = (await check_ins(world, case, world.manager()))["six-months"]
        await record(world, found, world.person(case, case.neighbour), decision=decision)
        assert (await state(world, case))[0] == expected


class TestTheTaskOfTheCoordinator:
    async def test_goes_on_after_the_calls_until_the_plan_is_adjusted(self, world: Plans) -> None:
        case, plan = await case_with_plan(world)
        call = (await check_ins(world, case, world.coordinator(case)))["four-weeks"]
        await record(world, call, world.coordinator(case), decision="adjust")
        (said,) = await world.published("plans.check-in.recorded.v1", case=case)
        assert said.data["task_goes_on"] is True
        body = changed_plan(case, agreements=[AGREED], review_on="2027-12-01")
        path = f"/v1/plans/{plan['plan_id']}/versions"
        await world.do("POST", path, world.coordinator(case), json=body)
        (adjusted,) = await world.published("plans.plan.adjusted.v1", case=case)
        assert adjusted.data["ends_task"] is True

    async def test_goes_on_when_the_referrer_is_called_first(self, world: Plans) -> None:
        case, _ = await case_with_plan(world, referring=uuid7())
        who = world.coordinator(case)
        await record(world, (await check_ins(world, case, who))["four-weeks"], who, decision="adjust")
        body = {"going": "as-agreed", "new_needs": False}
        await world.do("POST", f"/v1/cases/{case.id}/referrer-calls", who, json=body)
        (called,) = await world.published("plans.referrer.called.v1", case=case)
        assert called.data["ends_task"] is False
