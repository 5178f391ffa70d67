"""By when a plan is reviewed: sooner for a child under seven or another minor, whatever the organisation wants."""

from typing import Any

import pytest

from shared.events import intake, network
from shared.ids import uuid7
from tests.support.world import Case, problem
from tests.support.world.plans import Plans, changed_plan, plan_of

# The world's day is the second of March 2026.
SIX_MONTHS, A_YEAR, TWO_YEARS = "2026-09-02", "2027-03-03", "2028-03-03"


@pytest.fixture
async def case(world: Plans) -> Case:
    return await world.open_case()


def youngest(case: Case, bracket: network.AgeBracket | None) -> network.YoungestChanged:
    return network.YoungestChanged(case_id=case.id, bracket=bracket)


async def latest(world: Plans, case: Case) -> dict[str, Any]:
    path = f"/v1/cases/{case.id}/latest-review"
    found: dict[str, Any] = await world.do("GET", path, world.coordinator(case), expect=200)
    return {name: found[name] for name in ("day", "reason")}


async def usual(world: Plans, case: Case) -> tuple[str, str]:
    path = f"/v1/cases/{case.id}/latest-review"
    found = await world.do("GET", path, world.coordinator(case), expect=200)
    return found["usual_day"], found["usual_by"]


class TestTheLatestReview:
    @pytest.mark.parametrize(
        ("bracket", "day", "next_day"),
        [
            ("under-seven", SIX_MONTHS, "2026-09-03"),
            ("minor", A_YEAR, "2027-03-04"),
            (None, TWO_YEARS, "2028-03-04"),
        ],
    )
    async def test_depends_on_the_youngest(
        self, world: Plans, case: Case, bracket: network.AgeBracket | None, day: str, next_day: str
    ) -> None:
        await world.handle(youngest(case, bracket))
        assert await latest(world, case) == {"day": day, "reason": bracket}
        path, who = f"/v1/cases/{case.id}/plans", world.coordinator(case)
        refused = await world.ask("POST", path, who, json=plan_of(case, review_on=next_day), expect=422)
        assert problem(refused) == (422, "review-too-late")
        assert day in refused.json()["detail"]
        await world.ask("POST", path, who, json=plan_of(case, review_on=day), expect=201)

    async def test_of_a_new_version_depends_on_who_is_the_youngest_by_then(
        self, world: Plans, case: Case
    ) -> None:
        plan = await world.recorded(case, review_on=A_YEAR)
        await world.handle(youngest(case, "under-seven"))
        path, who = f"/v1/plans/{plan['plan_id']}/versions", world.coordinator(case)
        refused = await world.ask("POST", path, who, json=changed_plan(case, review_on=A_YEAR), expect=422)
        assert problem(refused) == (422, "review-too-late")
        await world.handle(youngest(case, "minor"))
        await world.ask("POST", path, who, json=changed_plan(case, review_on=A_YEAR), expect=201)

    async def test_is_that_of_an_organisation_that_wants_it_sooner(self, world: Plans) -> None:
        await world.set_policy(world.manager(), {"review_within": "30d", "review_within_minor": "20d"})
        case = await world.open_case()
        await world.handle(youngest(case, "under-seven"))
        assert await latest(world, case) == {"day": "2026-04-01", "reason": None}
        await world.handle(youngest(case, "minor"))
        assert await latest(world, case) == {"day": "2026-03-22", "reason": "minor"}

    async def test_is_the_organisations_where_nothing_was_heard_of_ages(
        self, world: Plans, case: Case
    ) -> None:
        assert await latest(world, case) == {"day": TWO_YEARS, "reason": None}


class TestTheUsualReview:
    @pytest.mark.parametrize(
        ("policy", "day", "by"),
        [
            # Eight weeks after Monday the second of March.
            ({}, "2026-04-27", "policy"),
            # On Sunday the twelfth of April, which the weekend makes Monday.
            ({"review_usual": "41d"}, "2026-04-13", "policy"),
            # Easter Sunday: the Monday after it is a holiday too.
            ({"review_usual": "34d"}, "2026-04-07", "policy"),
            # The latest day is Easter Monday itself: the Friday before.
            ({"review_within": "35d"}, "2026-04-03", "latest"),
            ({"review_usual": "34d", "review_within": "35d"}, "2026-04-03", "latest"),
            ({"review_usual": "35wd"}, "2026-04-21", "policy"),
            ({"review_usual": "PT1H", "review_within": "PT2H"}, "2026-03-02", "policy"),
        ],
    )
    async def test_is_a_working_day_by_the_latest(
        self, world: Plans, policy: dict[str, str], day: str, by: str
    ) -> None:
        if policy:
            await world.set_policy(world.manager(), policy)
        case = await world.open_case()
        assert await usual(world, case) == (day, by)
        await world.recorded(case, agreements=[], review_on=day)

    async def test_comes_sooner_because_of_a_young_child(self, world: Plans) -> None:
        await world.set_policy(world.manager(), {"review_usual": "200d"})
        case = await world.open_case()
        assert await usual(world, case) == ("2026-09-18", "policy")
        await world.handle(youngest(case, "under-seven"))
        assert await usual(world, case) == (SIX_MONTHS, "latest")


class TestWhatIsHeardOfAges:
    async def test_is_the_newest_whatever_comes_late_or_twice(self, world: Plans, case: Case) -> None:
        again = uuid7()
        await world.handle(youngest(case, "under-seven"), sequence=70, event_id=again)
        await world.handle(youngest(case, "minor"), sequence=72)
        await world.handle(youngest(case, None), sequence=71)
        await world.handle(youngest(case, "under-seven"), sequence=70, event_id=again)
        assert (await latest(world, case))["reason"] == "minor"

    async def test_is_deleted_with_the_case_and_comes_no_more(self, world: Plans, case: Case) -> None:
        await world.handle(youngest(case, "under-seven"))
        await world.handle(intake.CaseErased(case_id=case.id))
        await world.handle(youngest(case, "under-seven"))
        assert await world.rows("SELECT case_id FROM youngest") == []
