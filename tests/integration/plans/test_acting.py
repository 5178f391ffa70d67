"""Where nobody coordinates a case, or what slips is late, the regional manager follows its plan in their place."""

import pytest

from services.plans.domain import AgreementState
from shared.auth import Role
from shared.ids import uuid7
from tests.integration.plans.test_follow_up import steps_to
from tests.support.world.plans import Plans


class TestTheRegionalManager:
    async def test_reads_and_settles_what_slips_when_nobody_coordinates(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case)
        path = f"/v1/plans/{plan['plan_id']}"
        assert (await world.refused("GET", path, world.manager()))[0] == 403
        await world.handle(case.released())
        assert (await world.refused("GET", path, world.manager()))[0] == 403
        await steps_to(world, case, "agreement-slips")
        clock = (await world.clocks(case))["agreement-slips"]
        assert clock.owner == "regional-manager"
        shown = await world.do("GET", path, world.manager())
        assert shown["agreements"][0]["what"] == "Samen opstaan"
        listed = await world.do("GET", f"/v1/cases/{case.id}/agreements", world.manager())
        assert len(listed["items"]) == 2
        share = await world.refused("POST", f"{path}/share", world.manager(), json={"person_ids": None})
        assert share[0] == 403
        done = await world.do("POST", f"/v1/agreements/{clock.subject}/done", world.manager())
        assert done["state"] == AgreementState.DONE
        assert (await world.refused("GET", path, world.manager()))[0] == 403
        stranger = world.staff(uuid7(), uuid7(), Role.REGIONAL_MANAGER)
        assert (await world.ask("GET", path, stranger)).status_code in (403, 404)

    @pytest.mark.parametrize("what", ["done", "lapse"])
    async def test_does_so_beside_a_coordinator_once_it_is_late(self, world: Plans, what: str) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case)
        await steps_to(world, case, "agreement-slips")
        slipping = (await world.clocks(case))["agreement-slips"]
        settle = f"/v1/agreements/{slipping.subject}/{what}"
        assert (slipping.state, slipping.owner) == ("running", "coordinator")
        assert (await world.refused("POST", settle, world.manager()))[0] == 403
        while (await world.rows("SELECT state FROM clock WHERE id = :id", id=slipping.id))[
            0
        ].state == "running":
            await steps_to(world, case, "agreement-slips")
        await world.ask("POST", settle, world.manager(), expect=200)
