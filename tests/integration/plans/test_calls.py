"""Four weeks after the plan the referrer is called, beside the family: two clocks and two records."""

from typing import Any

import pytest

from shared.ids import uuid7
from tests.integration.plans.test_follow_up import check_ins, record, steps_to
from tests.support.world import Case, problem
from tests.support.world.plans import Plans

SAYS = {"going": "partly", "new_needs": True, "note": "School ziet hem vaker"}


async def referred(world: Plans) -> tuple[Case, str]:
    """Return a case that a professional referred, with its plan."""
    case = await world.open_case(mandated=None, referring=uuid7())
    return case, (await world.recorded(case, agreements=[]))["plan_id"]


async def call(world: Plans, case: Case, who: dict[str, str], **changes: Any) -> Any:
    """Write down what the referrer says."""
    return await world.ask("POST", f"/v1/cases/{case.id}/referrer-calls", who, json=SAYS | changes)


class TestTheReferrer:
    async def test_is_called_by_who_coordinates_and_it_ends_the_task_with_the_familys_call(
        self, world: Plans
    ) -> None:
        case, _ = await referred(world)
        await steps_to(world, case, "referrer-call")
        clock = (await world.clocks(case))["referrer-call"]
        assert (clock.owner, clock.state, clock.escalate_to) == ("coordinator", "running", "regional-manager")
        family = (await check_ins(world, case, world.coordinator(case)))["four-weeks"]
        await record(world, family, world.coordinator(case))
        (said,) = await world.published("plans.check-in.recorded.v1", case=case)
        assert said.data["task_goes_on"] is True
        assert (await call(world, case, world.coordinator(case))).status_code == 201
        (called,) = await world.published("plans.referrer.called.v1", case=case)
        assert (called.data["going"], called.data["ends_task"]) == ("partly", True)
        assert (await world.clocks(case))["referrer-call"].state == "stopped"
        shown = await world.do("GET", f"/v1/cases/{case.id}/referrer-calls", world.coordinator(case))
        assert (shown["next_at"], {name: shown["calls"][0][name] for name in SAYS}) == (None, SAYS)
        again = await call(world, case, world.coordinator(case))
        assert (again.status_code, again.json()["type"].rsplit("/")[-1]) == (409, "no-referrer-to-call")

    async def test_may_be_called_first(self, world: Plans) -> None:
        case, _ = await referred(world)
        world.later(days=25)
        await call(world, case, world.coordinator(case))
        (called,) = await world.published("plans.referrer.called.v1", case=case)
        assert called.data["ends_task"] is False
        family = (await check_ins(world, case, world.coordinator(case)))["four-weeks"]
        await record(world, family, world.coordinator(case))
        (said,) = await world.published("plans.check-in.recorded.v1", case=case)
        assert said.data["task_goes_on"] is False

    async def test_is_called_by_the_regional_manager_without_a_coordinator_or_when_it_is_late(
        self, world: Plans
    ) -> None:
        case, _ = await referred(world)
        await steps_to(world, case, "referrer-call")
        await world.handle(case.released())
        clock = (await world.clocks(case))["referrer-call"]
        assert (clock.owner, clock.state) == ("regional-manager", "running")
        shown = await world.do("GET", f"/v1/cases/{case.id}/referrer-calls", world.manager())
        assert shown["can_be_made"] is True
        await steps_to(world, case, "referrer-call")
        shown = await world.do("GET", f"/v1/cases/{case.id}/referrer-calls", world.manager())
        assert (shown["late"], shown["owner"]) == (True, "regional-manager")
        assert (await call(world, case, world.manager())).status_code == 201

    @pytest.mark.parametrize("days", [0, 20])
    async def test_is_not_called_more_than_a_week_early(self, world: Plans, days: int) -> None:
        case, _ = await referred(world)
        world.later(days=days)
        shown = await world.do("GET", f"/v1/cases/{case.id}/referrer-calls", world.coordinator(case))
        assert shown["can_be_made"] is False
        assert (await call(world, case, world.coordinator(case))).status_code == 409

    async def test_is_not_called_where_people_asked_for_themselves(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[])
        assert "referrer-call" not in await world.clocks(case)
        world.later(days=28)
        assert (await call(world, case, world.coordinator(case))).status_code == 409

    async def test_is_called_again_in_the_year_of_a_new_conference(self, world: Plans) -> None:
        case, plan = await referred(world)
        world.later(days=28)
        await call(world, case, world.coordinator(case))
        again = str(await world.met_again(case))
        body = {
            "conference_id": again,
            "goals": ["Samen verder"],
            "agreements": [],
            "review_on": "2026-09-01",
            "version": 1,
            "reason": "We zagen elkaar opnieuw",
        }
        await world.do("POST", f"/v1/plans/{plan}/versions", world.coordinator(case), json=body)
        assert (await world.clocks(case))["referrer-call"].state == "running"


class TestTheDayOfACheck:
    async def test_is_moved_while_the_year_runs_and_the_reason_stays(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[], review_on="2028-01-01")
        three = (await check_ins(world, case, world.coordinator(case)))["three-months"]
        path = f"/v1/check-ins/{three['check_in_id']}/day"
        body = {"on": "2026-05-04", "reason": "Ze zijn op vakantie"}
        moved = await world.do("PUT", path, world.coordinator(case), json=body)
        assert moved["due_at"].startswith("2026-05-04T07:00")
        await steps_to(world, case, "check-in")
        await steps_to(world, case, "check-in")
        await steps_to(world, case, "check-in")
        assert (await world.now()).date().isoformat() == "2026-05-04"
        found = (await check_ins(world, case, world.manager()))["three-months"]
        assert (found["state"], found["moved_reason"]) == ("due", body["reason"])
        await record(world, found, world.person(case, case.neighbour), note="Het gaat")
        found = (await check_ins(world, case, world.person(case, case.central)))["three-months"]
        assert (found["note"], found["moved_reason"]) == ("Het gaat", body["reason"])
        assert await world.refused("PUT", path, world.coordinator(case), json=body) == (
            409,
            "check-in-not-movable",
        )

    async def test_that_somebody_else_moved_is_read_first(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[])
        three = (await check_ins(world, case, world.coordinator(case)))["three-months"]
        path, read = f"/v1/check-ins/{three['check_in_id']}/day", three["due_at"][:10]
        body = {"reason": "Vakantie", "instead_of": read}
        await world.do("PUT", path, world.coordinator(case), json=body | {"on": "2026-06-08"})
        refused = await world.ask("PUT", path, world.manager(), json=body | {"on": "2026-06-15"})
        assert (problem(refused), refused.json()["facts"]) == ((409, "other-version"), {"on": "2026-06-08"})
        body = body | {"on": "2026-06-15", "instead_of": "2026-06-08"}
        await world.do("PUT", path, world.manager(), json=body)

    @pytest.mark.parametrize("on", ["2026-03-01", "2026-03-20", "2026-09-30", "2030-01-01"])
    async def test_lies_between_those_beside_it(self, world: Plans, on: str) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[])
        three = (await check_ins(world, case, world.coordinator(case)))["three-months"]
        path = f"/v1/check-ins/{three['check_in_id']}/day"
        body = {"on": on, "reason": "Later"}
        assert await world.refused("PUT", path, world.manager(), json=body) == (422, "day-not-between")

    async def test_of_the_last_check_comes_before_the_end_of_the_follow_up(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[])
        checks = await check_ins(world, case, world.coordinator(case))
        path = f"/v1/check-ins/{checks['twelve-months']['check_in_id']}/day"
        end = (await world.clocks(case))["follow-up"].due_at.date().isoformat()
        body = {"on": end, "reason": "Later"}
        await world.do("PUT", path, world.manager(), json=body | {"on": "2027-04-01"})
        assert (await world.refused("PUT", path, world.manager(), json=body | {"on": "2027-12-01"}))[0] == 422
        call = f"/v1/check-ins/{checks['four-weeks']['check_in_id']}/day"
        assert (await world.refused("PUT", call, world.manager(), json=body))[1] == "check-in-not-movable"
