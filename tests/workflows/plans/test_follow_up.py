"""The follow-up as it runs through its year: what is told, when it is paused, and when it ends."""

from datetime import timedelta
from typing import Any

from shared.calendar import BRUSSELS
from shared.events import intake
from shared.ids import uuid7
from tests.support.world.plans import changed_plan
from tests.workflows.plans.following import SLIPS, SLIPS_ON, Following
from tests.workflows.skipping import kinds_of


class TestFollowUp:
    async def test_goes_through_the_year(self, follow: Following) -> None:
        world, skipped = follow.world, follow.skipped
        case, workflow_id, plan = await follow.recorded(10, 20)
        done, lapses = plan["agreement_ids"]
        for _ in ("near", "due"):
            await skipped.reach(workflow_id)
        assert await world.told(case, "agreement-near") == [case.aunt]
        assert await world.told(case, "agreement-due") == [case.aunt]
        await world.do("POST", f"/v1/agreements/{done}/done", world.person(case, case.aunt))
        await skipped.deliver()
        for _ in SLIPS:
            await skipped.reach(workflow_id)
        await follow.record(case, "four-weeks", world.coordinator(case))
        for _ in SLIPS_ON:
            await skipped.reach(workflow_id)
        assert await world.told(case, "agreement-slips") == [case.neighbour]
        assert await world.published("plans.clock.breached.v1", case=case) != []
        assert len(await world.told(case, "agreement-due")) == 2
        assert len(await world.told(case, "agreement-reminder")) == 1
        (lapsed,) = await world.published("plans.agreement.lapsed.v1", case=case)
        assert lapsed.data["agreement_id"] == lapses
        await skipped.reach(workflow_id)
        await follow.record(case, "three-months", world.person(case, case.neighbour))
        for _ in ("review is near", "review date"):
            await skipped.reach(workflow_id)
        await skipped.waits(workflow_id)
        assert case.aunt in await world.told(case, "review-reminder")
        assert case.aunt in await world.told(case, "review")
        await follow.record(case, "review", world.manager())
        for kind in ("six-months", "twelve-months"):
            await skipped.reach(workflow_id)
            await follow.record(case, kind, world.person(case, case.neighbour))
        await skipped.ended(workflow_id)
        assert await world.told(case, "check-in") == [case.neighbour] * 3
        assert len(await world.published("plans.follow-up.ended.v1", case=case)) == 1

    async def test_ends_with_the_case_and_leaves_no_timer(self, follow: Following) -> None:
        case, workflow_id, _ = await follow.recorded(10)
        await follow.world.handle(
            intake.CaseWithdrawn(case_id=case.id, reason="own-wish", by="central-person")
        )
        await follow.skipped.deliver()
        await follow.skipped.ended(workflow_id)
        kinds = [kind for run in await follow.skipped.histories(workflow_id) for kind in kinds_of(run)]
        assert kinds.count("timer_started") == kinds.count("timer_canceled") > 0
        assert await follow.world.told(case, "agreement-due") == []

    async def test_is_paused_with_the_case(self, follow: Following) -> None:
        world, skipped = follow.world, follow.skipped
        case, workflow_id, _ = await follow.recorded(10)
        await world.handle(intake.CasePaused(case_id=case.id, reason="illness"))
        await skipped.deliver()
        await skipped.paused(workflow_id)
        await skipped.skip(days=60)
        assert await world.published("plans.agreement.due.v1", case=case) == []
        await world.handle(intake.CaseResumed(case_id=case.id))
        await skipped.deliver()
        for _ in ("near", "due"):
            await skipped.reach(workflow_id)
        assert len(await world.published("plans.agreement.due.v1", case=case)) == 1

    async def test_ends_only_when_what_the_circle_wants_to_adjust_is_in_the_plan(
        self, follow: Following
    ) -> None:
        world, skipped = follow.world, follow.skipped
        case, workflow_id, plan = await follow.recorded()
        await skipped.reach(workflow_id)
        await follow.record(case, "four-weeks", world.coordinator(case))
        await skipped.reach(workflow_id)
        await follow.record(case, "three-months", world.person(case, case.neighbour))
        for _ in ("review is near", "review date"):
            await skipped.reach(workflow_id)
        await skipped.waits(workflow_id)
        await follow.record(case, "review", world.manager())
        await skipped.reach(workflow_id)
        await follow.record(case, "six-months", world.person(case, case.neighbour))
        await skipped.reach(workflow_id)
        await follow.record(case, "twelve-months", world.person(case, case.neighbour), "adjust")
        # Nobody does: that is late, and the end of the year does not close the case.
        for _ in ("late", "the end of the year"):
            await skipped.reach(workflow_id)
        assert (await world.clocks(case))["plan-adjust"].state == "breached"
        assert await world.published("plans.follow-up.ended.v1", case=case) == []
        body = changed_plan(case, agreements=[], review_on=_in_days(await world.now(), 5))
        path = f"/v1/plans/{plan['plan_id']}/versions"
        await world.do("POST", path, world.coordinator(case), json=body)
        await skipped.deliver()
        assert (await world.clocks(case))["plan-adjust"].state == "stopped"

    async def test_asks_in_time_what_came_of_a_meeting_that_the_circle_holds_by_itself(
        self, follow: Following
    ) -> None:
        world, skipped = follow.world, follow.skipped
        case, workflow_id, plan = await follow.recorded()
        await skipped.reach(workflow_id)
        await follow.record(case, "four-weeks", world.coordinator(case), "own-meeting")
        decided = await world.now()
        await skipped.reach(workflow_id)
        assert await world.now() - decided >= timedelta(days=27)
        assert set(await world.told(case, "own-meeting")) == {case.central, case.neighbour}
        await follow.state_of(workflow_id, case, "own-meeting", until="breached")
        body = {"met_on": f"{(await world.now()).date()}", "changed": False}
        path = f"/v1/plans/{plan['plan_id']}/own-meetings"
        await world.do("POST", path, world.person(case, case.central), json=body)
        await skipped.deliver()
        assert (await world.clock_states(case))["own-meeting"] == "stopped"

    async def test_waits_for_a_new_version_and_not_for_what_it_replaced(self, follow: Following) -> None:
        world, skipped = follow.world, follow.skipped
        case, workflow_id, plan = await follow.recorded(10)
        body = changed_plan(case, agreements=[], review_on=_in_days(await world.now(), 60))
        path = f"/v1/plans/{plan['plan_id']}/versions"
        await world.do("POST", path, world.coordinator(case), json=body)
        await skipped.deliver()
        await skipped.reach(workflow_id)
        assert await world.published("plans.agreement.due.v1", case=case) == []
        assert len(await world.published("plans.check-in.due.v1", case=case)) == 1

    async def test_reminds_of_an_agreement_that_was_changed_on_its_new_day_and_of_the_others_on_theirs(
        self, follow: Following
    ) -> None:
        world, skipped = follow.world, follow.skipped
        case, workflow_id, plan = await follow.recorded(10, 13)
        # Somebody else is to do it, a week later.
        day = _in_days(await world.now(), 17)
        body = {"version": 1, "reason": "Tante is ziek", "what": "Later opstaan", "due_on": day}
        path = f"/v1/agreements/{plan['agreement_ids'][0]}/changes"
        who = {"who_person_ids": [str(case.neighbour)]}
        made = await world.do("POST", path, world.person(case, case.central), json=body | who)
        await skipped.deliver()
        for _ in ("near the other", "the other", "near the changed", "the changed"):
            await skipped.reach(workflow_id)
        assert (await world.now()).astimezone(BRUSSELS).date().isoformat() == day
        due = await world.published("plans.agreement.due.v1", case=case)
        assert [row.data["agreement_id"] for row in due] == [plan["agreement_ids"][1], made["agreement_id"]]
        for kind in ("agreement-near", "agreement-due"):
            assert await world.told(case, kind) == [case.aunt, case.neighbour]

    async def test_waits_for_the_call_to_the_referrer_and_for_a_check_that_was_moved(
        self, follow: Following
    ) -> None:
        world, skipped = follow.world, follow.skipped
        case, workflow_id, _ = await follow.recorded(referring=uuid7())
        # The family and the referrer are to be called at the same moment.
        await skipped.reach(workflow_id)
        await skipped.waits(workflow_id)
        warned = await world.published("plans.clock.warned.v1", case=case)
        assert {row.data["kind"] for row in warned} == {"check-in", "referrer-call"}
        calls = f"/v1/cases/{case.id}/referrer-calls"
        await world.do("POST", calls, world.coordinator(case), json={"going": "as-agreed"})
        await follow.record(case, "four-weeks", world.coordinator(case))
        (called,) = await world.published("plans.referrer.called.v1", case=case)
        assert called.data["ends_task"] is False
        listed = (await world.do("GET", f"/v1/cases/{case.id}/check-ins", world.coordinator(case)))["items"]
        (three,) = (item["check_in_id"] for item in listed if item["kind"] == "three-months")
        day = _in_days(await world.now(), 20)
        body = {"on": day, "reason": "Ze vragen het"}
        await world.do("PUT", f"/v1/check-ins/{three}/day", world.coordinator(case), json=body)
        await skipped.deliver()
        await skipped.reach(workflow_id)
        assert (await world.now()).astimezone(BRUSSELS).date().isoformat() == day
        await follow.record(case, "three-months", world.person(case, case.neighbour))


def _in_days(now: Any, days: int) -> str:
    found: str = (now.astimezone(BRUSSELS).date() + timedelta(days=days)).isoformat()
    return found
