"""Waiting for who must accept a plan, and for what nobody does, over the months of a follow-up."""

from datetime import timedelta
from typing import Any

from shared.ids import uuid7
from tests.support.world import Case
from tests.support.world.plans import changed_plan
from tests.workflows.plans.following import Following


async def judged(follow: Following, case: Case, plan: dict[str, Any], *, met: bool) -> None:
    """Have the mandated organisation find every bottom line met, or none."""
    reason = {} if met else {"reason": "Niet veilig genoeg"}
    body = {"lines": [{"bottom_line_id": str(line), "met": met, **reason} for line in case.bottom_lines]}
    path = f"/v1/plans/{plan['plan_id']}/acceptance"
    await follow.world.do("PUT", path, follow.world.referrer(case.mandated), json=body)
    await follow.skipped.deliver()


async def amended(follow: Following, case: Case, plan: dict[str, Any]) -> None:
    """Have the circle change its plan."""
    path = f"/v1/plans/{plan['plan_id']}/versions"
    read = await follow.world.do("GET", f"/v1/plans/{plan['plan_id']}", follow.world.coordinator(case))
    body = changed_plan(case, agreements=[], review_on=read["review_on"])
    await follow.world.do("POST", path, follow.world.coordinator(case), json=body)
    await follow.skipped.deliver()


async def acceptance_of(follow: Following, case: Case, plan: dict[str, Any]) -> str:
    path = f"/v1/plans/{plan['plan_id']}"
    found: str = (await follow.world.do("GET", path, follow.world.coordinator(case)))["acceptance"]
    return found


class TestAcceptance:
    async def test_is_presumed_once_its_time_is_over(self, follow: Following) -> None:
        case, workflow_id, plan = await follow.recorded(mandated=uuid7())
        await follow.state_of(workflow_id, case, "plan-acceptance", until="stopped")
        assert await acceptance_of(follow, case, plan) == "presumed"
        (said,) = await follow.world.published("plans.plan.accepted.v1", case=case)
        assert said.data["presumed"] is True
        # The year goes on.
        await follow.skipped.waits(workflow_id)

    async def test_is_not_presumed_after_a_refusal_and_escalates(self, follow: Following) -> None:
        case, workflow_id, plan = await follow.recorded(mandated=uuid7())
        await judged(follow, case, plan, met=False)
        await follow.state_of(workflow_id, case, "plan-amendment", until="breached")
        overdue = (await follow.world.clocks(case))["plan-amendment"]
        assert (overdue.owner, overdue.escalate_to) == ("coordinator", "regional-manager")
        await amended(follow, case, plan)
        await follow.state_of(workflow_id, case, "plan-acceptance", until="breached")
        assert await acceptance_of(follow, case, plan) == "awaited"
        assert await follow.world.published("plans.plan.accepted.v1", case=case) == []
        breached = await follow.world.published("plans.clock.breached.v1", case=case)
        assert [row.data["kind"] for row in breached][:2] == ["plan-amendment", "plan-acceptance"]

    async def test_of_an_amended_plan_leaves_no_deadline(self, follow: Following) -> None:
        case, workflow_id, plan = await follow.recorded(mandated=uuid7())
        await judged(follow, case, plan, met=False)
        await amended(follow, case, plan)
        await judged(follow, case, plan, met=True)
        await follow.state_of(workflow_id, case, "check-in", until="breached")
        assert await acceptance_of(follow, case, plan) == "accepted"
        breached = await follow.world.published("plans.clock.breached.v1", case=case)
        assert {row.data["kind"] for row in breached}.isdisjoint({"plan-amendment", "plan-acceptance"})


class TestWhatNobodyDoes:
    async def test_a_call_and_a_check_that_nobody_makes_are_late_for_who_is_responsible(
        self, follow: Following
    ) -> None:
        case, workflow_id, _ = await follow.recorded(referring=uuid7())
        for kind in ("referrer-call", "check-in"):
            await follow.state_of(workflow_id, case, kind, until="breached")
            assert (await follow.world.clocks(case))[kind].escalate_to == "regional-manager"

    async def test_a_year_of_which_nobody_says_anything_ends_once_its_review_was_answered(
        self, follow: Following
    ) -> None:
        case, workflow_id, _ = await follow.recorded(10)
        begun = await follow.skipped.now()
        while await follow.skipped.now() < begun + timedelta(days=500):
            await follow.skipped.reach(workflow_id)
        # Whether to meet is still asked: somebody's turn, for all to see.
        review = (await follow.world.clocks(case))["check-in"]
        assert (review.state, review.escalate_to) == ("breached", "regional-manager")
        assert await follow.world.published("plans.follow-up.ended.v1", case=case) == []
        listed = (await follow.world.do("GET", f"/v1/cases/{case.id}/check-ins", follow.world.manager()))[
            "items"
        ]
        [late] = [item for item in listed if item["kind"] == "review"]
        path = f"/v1/check-ins/{late['check_in_id']}/record"
        await follow.world.do("POST", path, follow.world.manager(), json={"decision": "continue"})
        await follow.skipped.deliver()
        await follow.skipped.reach(workflow_id)
        await follow.skipped.ended(workflow_id)
        (ended,) = await follow.world.published("plans.follow-up.ended.v1", case=case)
        assert ended.data["outcome"] == "followed-up"
