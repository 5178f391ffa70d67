"""A circle that meets by itself: who says so, what is expected then, and what its meeting allows."""

from datetime import timedelta
from typing import Any

import pytest

from shared.ids import uuid7
from tests.integration.plans.test_adjusting import AGREED, case_with_plan
from tests.integration.plans.test_copies import copy
from tests.integration.plans.test_follow_up import check_ins, record, steps_to
from tests.support.world import Case, problem
from tests.support.world.plans import Plans, changed_plan

OWN = "own-meeting"


async def decided(world: Plans, case: Case, kind: str = "three-months") -> None:
    """Let the monitor say at a check that the circle meets by itself."""
    found: dict[str, Any] = {}
    while found.get("state") != "due":
        await steps_to(world, case, "check-in")
        found = (await check_ins(world, case, world.manager()))[kind]
    answer = await record(world, found, world.person(case, case.neighbour), decision=OWN)
    assert (answer.status_code, answer.json()["follow_up"]) == (200, "running")


async def met(
    world: Plans, plan: dict[str, Any], who: dict[str, str], *, changed: bool, days: int = 0
) -> Any:
    """Say that the circle met some days ago."""
    day = (await world.now()).date() - timedelta(days=days)
    path, body = f"/v1/plans/{plan['plan_id']}/own-meetings", {"met_on": f"{day}", "changed": changed}
    return await world.ask("POST", path, who, json=body)


async def states(world: Plans, case: Case) -> dict[str, str]:
    clocks = await world.clocks(case)
    return {kind: clocks[kind].state for kind in (OWN, "plan-adjust") if kind in clocks}


class TestACircleThatMeetsByItself:
    async def test_seeks_nobody_and_its_people_and_who_follows_it_ask_later_what_came_of_it(
        self, world: Plans
    ) -> None:
        case, _ = await case_with_plan(world)
        await world.handle(case.released())
        await decided(world, case)
        (said,) = await world.published("plans.check-in.recorded.v1", case=case)
        assert said.data["decision"] == OWN
        clock = (await world.clocks(case))[OWN]
        assert (clock.state, clock.owner, clock.escalate_to) == (
            "running",
            "regional-manager",
            "regional-manager",
        )
        await steps_to(world, case, OWN)
        assert set(await world.told(case, OWN)) == {case.central, case.neighbour}
        await steps_to(world, case, OWN)
        assert (await world.clocks(case))[OWN].state == "breached"

    async def test_looks_at_its_plan_again_at_the_usual_time(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case, agreements=[AGREED], review_on="2026-04-01")
        for _ in ("near", "due"):
            await steps_to(world, case, "review")
        await steps_to(world, case, "check-in")
        review = (await check_ins(world, case, world.coordinator(case)))["review"]
        for who, body in (
            (case.aunt, {"meet_again": True, "without_coordinator": True}),
            (case.neighbour, {"meet_again": True}),
        ):
            path = f"/v1/check-ins/{review['check_in_id']}/review-answer"
            await world.do("PUT", path, world.person(case, who), json=body)
        counted = (await check_ins(world, case, world.person(case, case.aunt)))["review"]["review_answers"]
        assert (counted["meet_again"], counted["without_coordinator"]) == (2, 1)
        assert counted["own_without_coordinator"] is True
        await record(world, review, world.coordinator(case), decision=OWN)
        central = world.person(case, case.central)
        read = await world.do("GET", f"/v1/plans/{plan['plan_id']}", central)
        day = (await world.now()).date() + timedelta(days=56)
        assert timedelta(0) <= (day.fromisoformat(read["review_on"]) - day) <= timedelta(days=4)
        assert (await copy(world, case, case.central))["plan"]["review_on"] == read["review_on"]

    async def test_keeps_a_review_date_that_is_still_to_come(self, world: Plans) -> None:
        case, plan = await case_with_plan(world)
        await decided(world, case)
        read = await world.do("GET", f"/v1/plans/{plan['plan_id']}", world.person(case, case.central))
        assert read["review_on"] == "2027-12-01"

    async def test_does_not_end_the_follow_up_before_it_is_known_what_came_of_it(self, world: Plans) -> None:
        case, plan = await case_with_plan(world)
        await world.do(
            "POST", f"/v1/agreements/{plan['agreement_ids'][0]}/done", world.person(case, case.central)
        )
        await decided(world, case, "twelve-months")
        await steps_to(world, case, "follow-up")
        assert await world.published("plans.follow-up.ended.v1", case=case) == []

    @pytest.mark.parametrize("answer", [{"another_coordinator": True}, {"meet_again": False}])
    async def test_wants_no_coordinator_and_does_meet(self, world: Plans, answer: dict[str, bool]) -> None:
        path = f"/v1/check-ins/{uuid7()}/review-answer"
        case = await world.open_case()
        body = {"meet_again": True, "without_coordinator": True} | answer
        assert problem(await world.ask("PUT", path, world.person(case, case.aunt), json=body))[0] == 422


class TestAMeeting:
    async def test_that_changes_nothing_is_the_end_of_it(self, world: Plans) -> None:
        case, plan = await case_with_plan(world)
        await decided(world, case)
        assert (await met(world, plan, world.person(case, case.central), changed=False)).status_code == 201
        assert await states(world, case) == {OWN: "stopped"}
        (fact,) = await world.published("plans.circle.met.v1", case=case)
        assert (fact.data["changed"], fact.data["said_as"], fact.data["ends_task"]) == (
            False,
            "person",
            False,
        )

    async def test_that_changes_something_awaits_a_version_also_where_nobody_spoke_of_it_before(
        self, world: Plans
    ) -> None:
        case, plan = await case_with_plan(world)
        neighbour = world.person(case, case.neighbour)
        assert (await met(world, plan, neighbour, changed=True)).status_code == 201
        assert await states(world, case) == {"plan-adjust": "running"}
        body = {
            "version": 1,
            "what": "Brood",
            "due_on": AGREED["due_on"],
            "reason": "Liever",
            "who_text": "oma",
        }
        await world.do("POST", f"/v1/agreements/{plan['agreement_ids'][0]}/changes", neighbour, json=body)
        assert await states(world, case) == {"plan-adjust": "stopped"}

    async def test_of_which_somebody_says_otherwise_is_as_was_said_last(self, world: Plans) -> None:
        case, plan = await case_with_plan(world)
        await met(world, plan, world.person(case, case.neighbour), changed=True)
        await met(world, plan, world.manager(), changed=False)
        assert await states(world, case) == {"plan-adjust": "stopped"}
        reader = world.person(case, case.aunt)
        [known] = (await world.do("GET", f"/v1/plans/{plan['plan_id']}", reader))["own_meetings"]
        assert (known["changed"], known["said_as"]) == (False, "regional-manager")
        assert (await copy(world, case, case.aunt))["plan"]["own_meetings"] == [known["met_on"]]

    async def test_was_held_since_the_plan_and_not_in_the_future(self, world: Plans) -> None:
        case, plan = await case_with_plan(world)
        world.later(days=3)
        who = world.person(case, case.central)
        for days in (4, -1):
            assert problem(await met(world, plan, who, changed=False, days=days)) == (
                422,
                "date-out-of-range",
            )
        assert await world.published("plans.circle.met.v1", case=case) == []

    async def test_ends_the_coordinators_task_if_the_calls_were_made(self, world: Plans) -> None:
        case, plan = await case_with_plan(world)
        call = (await check_ins(world, case, world.coordinator(case)))["four-weeks"]
        await record(world, call, world.coordinator(case), decision="adjust")
        await met(world, plan, world.person(case, case.central), changed=False)
        (fact,) = await world.published("plans.circle.met.v1", case=case)
        assert fact.data["ends_task"] is True


class TestAVersion:
    async def test_from_a_meeting_of_the_circle_by_itself_has_other_goals_once(self, world: Plans) -> None:
        case, plan = await case_with_plan(world)
        await decided(world, case)
        day = f"{(await world.now()).date()}"
        who, path = world.coordinator(case), f"/v1/plans/{plan['plan_id']}/versions"
        body = changed_plan(case, agreements=[AGREED], review_on="2027-12-01") | {"conference_id": None}
        assert await world.refused("POST", path, who, json=body | {"goals": ["Sporten"]}) == (
            403,
            "goals-of-the-circle",
        )
        own = body | {"goals": ["Sporten"], "met_on": day}
        await world.do("POST", path, who, json=own)
        assert await states(world, case) == {OWN: "stopped"}
        newest, first = (await world.do("GET", path, who))["items"]
        assert (newest["met_on"], first["met_on"]) == (day, None)
        [known] = (await world.do("GET", f"/v1/plans/{plan['plan_id']}", who))["own_meetings"]
        assert (known["met_on"], known["changed"], known["said_as"]) == (day, True, "coordinator")
        # No other year begins, and the same meeting allows it once.
        assert await world.rows("SELECT 1 FROM check_in WHERE plan_version = 2") == []
        again = await world.refused("POST", path, who, json=own | {"goals": ["Dansen"], "version": 2})
        assert again == (403, "goals-of-the-circle")

    async def test_comes_from_a_conference_or_from_such_a_meeting(self, world: Plans) -> None:
        case, plan = await case_with_plan(world)
        body = changed_plan(case) | {"met_on": f"{(await world.now()).date()}"}
        path = f"/v1/plans/{plan['plan_id']}/versions"
        assert problem(await world.ask("POST", path, world.coordinator(case), json=body))[0] == 422
