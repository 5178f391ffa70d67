"""Why a deadline was missed: who may say so, of what, and who learns of it."""

from typing import Any
from uuid import UUID

import pytest

from shared.auth import Role
from shared.clock_workflow import ClockWorkflow
from shared.events import intake
from shared.ids import uuid7
from tests.support.steps import step_on
from tests.support.world import Case
from tests.support.world.plans import Plans

WRITTEN = "written-plan"
EXPLAINED = "plans.clock.explained.v1"


async def missed(world: Plans, case: Case) -> Any:
    """Let the plan not be written in time, and return its clock."""
    for _ in range(2):
        await step_on(world, ClockWorkflow, f"clock/{WRITTEN}/{case.conference}")
    clock = (await world.clocks(case))[WRITTEN]
    assert clock.state == "breached"
    return clock


def path_of(clock_id: UUID) -> str:
    return f"/v1/clocks/{clock_id}/late-reason"


async def reason_of(world: Plans, clock_id: UUID) -> str | None:
    (row,) = await world.rows("SELECT late_reason FROM clock WHERE id = :id", id=clock_id)
    reason: str | None = row.late_reason
    return reason


class TestExplain:
    async def test_is_kept_published_once_and_noted_in_the_audit_log(self, world: Plans) -> None:
        case = await world.open_case()
        clock = await missed(world, case)
        who, body = world.coordinator(case), {"reason": "waited-for-others"}
        for _ in range(2):
            await world.do("PUT", path_of(clock.id), who, json=body, expect=204)
        assert await reason_of(world, clock.id) == "waited-for-others"
        (fact,) = await world.published(EXPLAINED)
        assert (
            fact.data["clock_id"],
            fact.data["kind"],
            fact.data["late_reason"],
            fact.data["stopped_at"],
        ) == (*(str(clock.id), WRITTEN, "waited-for-others", None),)
        noted = await world.rows(
            "SELECT what, roles FROM audit_log WHERE case_id = :case AND operation = :operation",
            case=case.id,
            operation="PUT /v1/clocks/{clock_id}/late-reason",
        )
        assert [(row.what, row.roles) for row in noted] == [([EXPLAINED], ["coordinator"])]

    async def test_is_also_for_what_was_met_since_and_may_be_corrected(self, world: Plans) -> None:
        case = await world.open_case()
        clock = await missed(world, case)
        await world.recorded(case)
        for reason in ("other", "not-recorded"):
            await world.do("PUT", path_of(clock.id), world.manager(), json={"reason": reason}, expect=204)
        assert await reason_of(world, clock.id) == "not-recorded"
        last = (await world.published(EXPLAINED))[-1]
        assert (last.data["late_reason"], last.data["stopped_at"] is None) == ("not-recorded", False)
        # What is told later of the clock still says so.
        assert (await world.clocks(case))[WRITTEN].state == "stopped"

    async def test_is_not_for_what_was_not_missed(self, world: Plans) -> None:
        case = await world.open_case()
        clock = (await world.clocks(case))[WRITTEN]
        who, body = world.coordinator(case), {"reason": "holidays"}
        assert await world.refused("PUT", path_of(clock.id), who, json=body) == (409, "clock-not-late")
        await world.recorded(case)
        assert await world.refused("PUT", path_of(clock.id), who, json=body) == (409, "clock-not-late")
        assert await reason_of(world, clock.id) is None
        assert await world.published(EXPLAINED) == []
        with pytest.raises(Exception, match="ck_clock_late"):
            await world.execute("UPDATE clock SET late_reason = 'holidays' WHERE id = :id", id=clock.id)

    @pytest.mark.parametrize(
        "body", [{"reason": "illness"}, {"reason": "Oma was ziek"}, {"reason": None}, {}]
    )
    async def test_is_one_of_a_few_codes(self, world: Plans, body: dict[str, Any]) -> None:
        clock = await missed(world, case := await world.open_case())
        refusal = await world.refused("PUT", path_of(clock.id), world.coordinator(case), json=body)
        assert refusal == (422, "invalid-request")

    async def test_is_hidden_from_who_has_nothing_to_do_with_it(self, world: Plans) -> None:
        clock = await missed(world, await world.open_case())
        other = await world.open_case()
        others = [
            world.coordinator(other),
            world.stranger(Role.REGIONAL_MANAGER),
            world.stranger(Role.DPO),
            world.referrer(uuid7()),
            world.colleague(Role.FINANCE, Role.DPO),
            world.colleague(Role.COORDINATOR),
        ]
        for who in others:
            refusal = await world.refused("PUT", path_of(clock.id), who, json={"reason": "other"})
            assert refusal == (404, "clock-not-found")
        refusal = await world.refused("PUT", path_of(uuid7()), world.manager(), json={"reason": "other"})
        assert refusal == (404, "clock-not-found")
        assert await reason_of(world, clock.id) is None

    async def test_is_over_with_the_case_that_was_erased(self, world: Plans) -> None:
        case = await world.open_case()
        clock = await missed(world, case)
        await world.handle_all(case.withdrawn(), intake.CaseErased(case_id=case.id))
        refusal = await world.refused("PUT", path_of(clock.id), world.manager(), json={"reason": "other"})
        assert refusal == (410, "case-erased")

    async def test_is_for_the_organisation_that_owns_the_clock(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        await world.execute(
            "UPDATE clock SET state = 'breached', breached_at = started_at WHERE kind = 'plan-acceptance'"
        )
        clock = (await world.clocks(case))["plan-acceptance"]
        body = {"reason": "holidays"}
        await world.do("PUT", path_of(clock.id), world.referrer(case.mandated), json=body, expect=204)
        assert await reason_of(world, clock.id) == "holidays"
