"""The follow-up as it runs through its year: what is told, when it rests, and when it ends."""

from datetime import timedelta
from typing import Any

from shared.calendar import BRUSSELS
from shared.events import intake
from tests.support.world.plans import plan_of
from tests.workflows.plans.following import Following


class TestFollowUp:
    async def test_goes_through_the_year(self, follow: Following) -> None:
        house = follow.house
        case, plan = await follow.recorded(10, 20)
        done, lapses = plan["agreement_ids"]
        await follow.pass_moment(case)
        assert await house.told(case, "agreement-due") == [case.aunt]
        await house.ask("POST", f"/v1/agreements/{done}/done", house.person(case, case.aunt))
        await follow.hear_own_events()
        for _ in ("due", "reminder", "four weeks", "lapse"):
            await follow.pass_moment(case)
        assert len(await house.told(case, "agreement-due")) == 2
        assert len(await house.told(case, "agreement-reminder")) == 1
        (lapsed,) = await house.published("plans.agreement.lapsed.v1", case=case)
        assert lapsed.data["agreement_id"] == lapses
        await follow.record(case, "four-weeks", house.coordinator(case))
        for kind in ("three-months", "six-months", "twelve-months"):
            await follow.pass_moment(case)
            await follow.record(case, kind, house.person(case, case.neighbour))
        await follow.ended(case)
        assert await house.told(case, "check-in") == [case.neighbour] * 3
        assert len(await house.published("plans.follow-up.ended.v1", case=case)) == 1

    async def test_ends_with_the_case_and_leaves_no_timer(self, follow: Following) -> None:
        case, _ = await follow.recorded(10)
        await follow.house.handle(
            intake.CaseWithdrawn(case_id=case.id, reason="own-wish", by="central-person")
        )
        await follow.hear_own_events()
        await follow.ended(case)
        assert await follow.timers(case) == 0
        assert await follow.house.told(case, "agreement-due") == []

    async def test_rests_with_the_case(self, follow: Following) -> None:
        case, _ = await follow.recorded(10)
        await follow.house.handle(intake.CasePaused(case_id=case.id, reason="illness"))
        await follow.hear_own_events()
        await follow.resting(case)
        await follow.skip(timedelta(days=60))
        assert await follow.house.published("plans.agreement.due.v1", case=case) == []
        await follow.house.handle(intake.CaseResumed(case_id=case.id))
        await follow.hear_own_events()
        await follow.waiting(case)
        await follow.pass_moment(case)
        assert len(await follow.house.published("plans.agreement.due.v1", case=case)) == 1

    async def test_waits_for_a_new_version_and_not_for_what_it_replaced(self, follow: Following) -> None:
        house = follow.house
        case, plan = await follow.recorded(10)
        body = plan_of(case, agreements=[], review_on=_in_days(await house.context.clock.now(), 60))
        answer = await house.ask(
            "POST", f"/v1/plans/{plan['plan_id']}/versions", house.coordinator(case), json=body
        )
        assert answer.status_code == 201, answer.text
        await follow.hear_own_events()
        await follow.pass_moment(case)
        assert await house.published("plans.agreement.due.v1", case=case) == []
        assert len(await house.published("plans.check-in.due.v1", case=case)) == 1


def _in_days(now: Any, days: int) -> str:
    found: str = (now.astimezone(BRUSSELS).date() + timedelta(days=days)).isoformat()
    return found
