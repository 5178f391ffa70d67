"""Who calls the circle together on the review date: somebody of it, for as long as they belong to it."""

import pytest

from shared.events import network
from tests.integration.plans.test_changing import changed
from tests.integration.plans.test_copies import copy
from tests.integration.plans.test_follow_up import LATER, steps_to
from tests.support.world import problem
from tests.support.world.plans import Plans, plan_of


class TestTheConvener:
    async def test_is_named_by_the_circle_and_kept_when_it_changes_an_agreement(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        named = str(case.aunt)
        plan = await world.recorded(case, convener_person_id=named)
        path, circle = f"/v1/plans/{plan['plan_id']}", world.person(case, case.neighbour)
        assert (await world.do("GET", path, circle))["convener_person_id"] == named
        await changed(world, case, plan["agreement_ids"][0], world.coordinator(case))
        read = await world.do("GET", path, circle)
        assert (read["version"], read["convener_person_id"]) == (2, named)
        recorded = await world.published("plans.plan.recorded.v1", case=case)
        assert [each.data["convener_person_id"] for each in recorded] == [named, named]
        for person in (case.aunt, case.neighbour):
            assert (await copy(world, case, person))["plan"]["you_convene"] is (person == case.aunt)

    async def test_is_of_the_circle(self, world: Plans) -> None:
        case = await world.open_case()
        body = plan_of(case, convener_person_id=str(case.teacher))
        refused = await world.ask("POST", f"/v1/cases/{case.id}/plans", world.coordinator(case), json=body)
        assert problem(refused) == (422, "convener-not-of-circle")

    @pytest.mark.parametrize("gone", [network.PersonRemoved, network.PersonExcluded, network.PersonErased])
    async def test_who_left_is_not_the_convener_any_more(
        self, world: Plans, gone: type[network.PersonRemoved | network.PersonExcluded | network.PersonErased]
    ) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(
            case, agreements=[], review_on=LATER, convener_person_id=str(case.neighbour)
        )
        await world.handle(gone(case_id=case.id, person_id=case.neighbour))
        coordinator = world.coordinator(case)
        listed = await world.do("GET", f"/v1/cases/{case.id}/plans", coordinator)
        read = await world.do("GET", f"/v1/plans/{plan['plan_id']}", coordinator)
        assert [each["convener_person_id"] for each in (*listed["items"], read)] == [None, None]
        await steps_to(world, case, "review")
        reminded = await world.commands(case, "review-reminder")
        assert not any("you_convene" in each["parameters"] for each in reminded)

    async def test_hears_before_the_day_that_they_call_the_circle_together(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[], review_on=LATER, convener_person_id=str(case.aunt))
        await steps_to(world, case, "review")
        told = {
            each["person_id"]: each["parameters"] for each in await world.commands(case, "review-reminder")
        }
        assert {str(each) for each in (case.central, case.aunt, case.neighbour)} <= told.keys()
        # Mails name nobody but their reader.
        assert [who for who, parameters in told.items() if "you_convene" in parameters] == [str(case.aunt)]
        assert {parameters["due_on"] for parameters in told.values()} == {LATER}
