"""The plan of somebody who turns eighteen: nobody has to accept it any more."""

from typing import Any

import pytest

from shared.events import network
from tests.integration.plans.test_acceptance_and_sharing import lines
from tests.support.world import Case
from tests.support.world.plans import Plans, changed_plan


async def turns(world: Plans, case: Case, bracket: network.AgeBracket | None) -> None:
    await world.handle(network.YoungestChanged(case_id=case.id, bracket=bracket))


async def acceptance(world: Plans, case: Case, plan: dict[str, Any]) -> str:
    shown = await world.do("GET", f"/v1/plans/{plan['plan_id']}", world.coordinator(case), expect=200)
    return str(shown["acceptance"])


class TestWhoTurnsEighteen:
    @pytest.mark.parametrize(
        ("met", "before", "after"),
        [
            (None, "awaited", "not-needed"),
            ((False, True), "partly-accepted", "not-needed"),
            ((False, False), "refused", "not-needed"),
            ((True, True), "accepted", "accepted"),
        ],
    )
    async def test_has_a_plan_that_waits_for_nobody(
        self, world: Plans, met: tuple[bool, ...] | None, before: str, after: str
    ) -> None:
        case = await world.open_case()
        await turns(world, case, "minor")
        plan = await world.recorded(case)
        path, judge = f"/v1/plans/{plan['plan_id']}/acceptance", world.referrer(case.mandated)
        if met is not None:
            await world.do("PUT", path, judge, json=lines(case, *met))
        assert await acceptance(world, case, plan) == before
        await turns(world, case, None)
        assert await acceptance(world, case, plan) == after
        clocks = await world.clocks(case)
        assert {clocks[kind].state for kind in ("plan-acceptance", "plan-amendment") if kind in clocks} == {
            "stopped"
        }
        # Who had the mandate reads the plan of an adult only if it is shared with them.
        await world.ask("GET", f"/v1/plans/{plan['plan_id']}", judge, expect=404)
        body = changed_plan(case)
        await world.do("POST", f"/v1/plans/{plan['plan_id']}/versions", world.coordinator(case), json=body)
        assert await acceptance(world, case, plan) == "not-needed"

    async def test_is_somebody_whose_age_was_known(self, world: Plans) -> None:
        case = await world.open_case()
        await turns(world, case, None)
        assert await acceptance(world, case, await world.recorded(case)) == "awaited"

    async def test_was_entered_wrongly_where_a_minor_is_known_later(self, world: Plans) -> None:
        case = await world.open_case()
        for bracket in ("minor", None, "minor"):
            await turns(world, case, bracket)
        assert await acceptance(world, case, await world.recorded(case)) == "awaited"

    async def test_counts_whatever_is_heard_first(self, world: Plans) -> None:
        case = await world.open_case()
        for bracket, sequence in ((None, 1_000_002), ("minor", 1_000_001)):
            fact = network.YoungestChanged(case_id=case.id, bracket=bracket)  # type: ignore[arg-type]
            await world.handle(fact, sequence=sequence)
        assert await acceptance(world, case, await world.recorded(case)) == "not-needed"
