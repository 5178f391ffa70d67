"""A case closes by itself only when nothing in it waits: at the last check, and when the year is over."""

from typing import Any

import pytest

from tests.integration.plans.test_acceptance_and_sharing import lines
from tests.integration.plans.test_follow_up import check_ins, record, step, steps_to
from tests.support.world import Case
from tests.support.world.plans import Plans, plan_of

ENDED = "plans.follow-up.ended.v1"
# After the year and the time that is left to record its last check.
NEXT_YEAR = "2027-07-01"
PASTA = {"what": "Elke zondag samen eten", "who_text": "de buren", "by": "network", "due_on": NEXT_YEAR}


async def the_last_check(world: Plans, case: Case) -> dict[str, Any]:
    """Come to the last check of the year; the review is recorded when it comes, the other checks are not."""
    for _ in range(60):
        await step(world, case)
        known = await check_ins(world, case, world.manager())
        if known["twelve-months"]["state"] == "due":
            return known["twelve-months"]
        if known.get("review", {}).get("state") == "due":
            await record(world, known["review"], world.manager())
    raise AssertionError("the last check was never due")


async def goes_on(world: Plans, case: Case, last: dict[str, Any]) -> None:
    """Make the last check; the case stays open, also when its year is over."""
    answer = await record(world, last, world.person(case, case.neighbour))
    assert (answer.status_code, answer.json()["follow_up"]) == (200, "running")
    await steps_to(world, case, "follow-up")
    assert await world.published(ENDED, case=case) == []


async def ends(world: Plans, case: Case) -> None:
    """The next time that it is looked at, the follow-up ends."""
    await steps_to(world, case, "follow-up")
    (ended,) = await world.published(ENDED, case=case)
    assert ended.data["outcome"] == "followed-up"


class TestACase:
    async def test_closes_with_the_last_check_where_nothing_waits(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        answer = await record(
            world, await the_last_check(world, case), world.person(case, case.neighbour), decision="continue"
        )
        assert answer.json()["follow_up"] == "ended"

    @pytest.mark.parametrize("said", ["done", "lapse"])
    async def test_stays_open_for_an_agreement_whose_day_is_to_come(self, world: Plans, said: str) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case, agreements=[PASTA])
        await goes_on(world, case, await the_last_check(world, case))
        path = f"/v1/agreements/{plan['agreement_ids'][0]}/{said}"
        await world.do("POST", path, world.person(case, case.central))
        await ends(world, case)

    async def test_stays_open_until_an_agreement_has_lapsed(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[PASTA])
        await goes_on(world, case, await the_last_check(world, case))
        await steps_to(world, case, "agreement-lapse")
        assert await world.published(ENDED, case=case) == []
        await ends(world, case)

    async def test_does_not_stay_open_for_an_agreement_that_rests_for_a_plan_b(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case, agreements=[PASTA])
        body = {"version": 1, "line": 1, "reason": "Het lukt niet", "instead_of": plan["agreement_ids"][0]}
        path = f"/v1/plans/{plan['plan_id']}/plan-b"
        await world.do("POST", path, world.person(case, case.neighbour), json=body)
        last = await the_last_check(world, case)
        answer = await record(world, last, world.person(case, case.neighbour))
        assert answer.json()["follow_up"] == "ended"

    async def test_stays_open_until_what_was_refused_is_accepted_after_all(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case, agreements=[])
        path, who = f"/v1/plans/{plan['plan_id']}/acceptance", world.referrer(case.mandated)
        await world.do("PUT", path, who, json=lines(case, False, True))
        # Nobody changes it in time: that is late from then on.
        await goes_on(world, case, await the_last_check(world, case))
        await world.do("PUT", path, who, json=lines(case, True, True))
        await ends(world, case)

    async def test_stays_open_while_a_changed_plan_awaits_its_acceptance(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case, agreements=[PASTA])
        last = await the_last_check(world, case)
        (agreement,) = plan["agreement_ids"]
        body = {
            "version": 1,
            "what": "Brood bakken",
            "who_text": "de buren",
            "due_on": NEXT_YEAR,
            "reason": "Liever",
        }
        who = world.person(case, case.central)
        changed = await world.do("POST", f"/v1/agreements/{agreement}/changes", who, json=body)
        await world.do("POST", f"/v1/agreements/{changed['agreement_id']}/done", who)
        answer = await record(world, last, world.person(case, case.neighbour))
        assert answer.json()["follow_up"] == "running"
        await steps_to(world, case, "plan-acceptance")
        await ends(world, case)

    async def test_stays_open_while_the_circle_is_asked_whether_to_meet(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case, agreements=[])
        last = await the_last_check(world, case)
        path = f"/v1/plans/{plan['plan_id']}/review-requests"
        asked = await world.do("POST", path, world.person(case, case.aunt), expect=201)
        await goes_on(world, case, last)
        review = {"kind": "review", "state": "escalated", "check_in_id": asked["check_in_id"]}
        await record(world, review, world.manager())
        await ends(world, case)

    async def test_stays_open_for_what_it_asked_of_others_until_the_year_is_over(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        asked = [{"what": "Vervoer naar school", "asked_of": "de gemeente"}]
        await world.recorded(case, agreements=[], resources=asked)
        answer = await record(world, await the_last_check(world, case), world.person(case, case.neighbour))
        assert answer.json()["follow_up"] == "running"
        # Nobody is reminded of it, so it does not keep a case open for ever.
        await ends(world, case)

    async def test_closes_at_once_when_its_circle_says_so_whatever_waits(self, world: Plans) -> None:
        case = await world.open_case()
        asked = [{"what": "Vervoer naar school", "asked_of": "de gemeente"}]
        await world.recorded(case, agreements=[PASTA, *plan_of(case)["agreements"]], resources=asked)
        last = await the_last_check(world, case)
        answer = await record(world, last, world.person(case, case.neighbour), decision="close")
        assert answer.json()["follow_up"] == "ended"
