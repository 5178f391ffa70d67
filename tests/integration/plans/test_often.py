"""Nobody fills the mailbox of another by changing or sharing a plan through their link again and again."""

import pytest

from shared.http import limits
from tests.integration.plans.test_changing import change, changed
from tests.support.world import problem
from tests.support.world.plans import Plans

_FEW = 2
_REFUSED = (429, "plan-changed-often")


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CHANGES_A_DAY", _FEW)


class TestSomebodyWhoGoesOnAllDay:
    async def test_shares_the_plan_a_few_times_and_can_always_end_that(self, world: Plans) -> None:
        case = await world.open_case()
        path = f"/v1/plans/{(await world.recorded(case))['plan_id']}"
        who, to = world.person(case, case.central), {"person_ids": [str(case.teacher)], "parts": ["goals"]}
        for each in (*[who] * _FEW, world.coordinator(case)):
            await world.ask("POST", f"{path}/share", each, json=to, expect=200)
            await world.ask("DELETE", f"{path}/shares/{case.teacher}", who, expect=200)
        answer = await world.ask("POST", f"{path}/share", who, json=to)
        assert problem(answer) == _REFUSED
        assert int(answer.headers["retry-after"]) > 0
        assert await world.told(case, "plan-shared") == [case.teacher] * (_FEW + 1)

    async def test_changes_it_a_few_times_whatever_they_change(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case)
        first, second = plan["agreement_ids"]
        who, progress = world.person(case, case.central), f"/v1/agreements/{second}/progress"
        await changed(world, case, first, who)
        await world.do("POST", progress, who, json={"progress": "help"})
        # Nobody is mailed about this.
        await world.do("POST", progress, who, json={"progress": "nearly"})
        for path, body in (
            (progress, {"progress": "changed"}),
            (f"/v1/agreements/{second}/changes", change(case, version=2)),
            (f"/v1/plans/{plan['plan_id']}/plan-b", {"version": 2, "line": 1, "reason": "Ziek"}),
        ):
            assert await world.refused("POST", path, who, json=body) == _REFUSED
        await world.do("POST", progress, world.person(case, case.neighbour), json={"progress": "changed"})
