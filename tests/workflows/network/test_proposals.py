"""A proposal over days: the coordinator decides on it, or it is late on the board of the regional manager.

Every event is delivered twice here: nothing may come of the second time.
"""

from uuid import UUID

import pytest

from tests.support.world import Case
from tests.workflows.network.circle import Circle


async def proposed(circle: Circle) -> tuple[Case, UUID]:
    """Return a case, and somebody who is proposed for its circle."""
    case = await circle.world.open_case()
    who, body = circle.world.person(case, case.central), {"first_name": "Karim", "relation": "buur"}
    answer = await circle.world.do("POST", "/v1/me/proposals", who, json=body, expect=201)
    await circle.deliver()
    return case, UUID(answer["person_id"])


class TestAProposal:
    async def test_is_late_on_the_board_of_the_regional_manager_until_it_is_decided(
        self, circle: Circle
    ) -> None:
        case, person = await proposed(circle)
        await circle.skipped.reach(f"clock/proposal/{person}")
        clock = (await circle.world.clocks(case))["proposal"]
        assert (clock.state, clock.escalate_to) == ("breached", "regional-manager")
        await circle.skipped.ended(f"clock/proposal/{person}")
        path = f"/v1/persons/{person}/confirm"
        await circle.world.do("POST", path, circle.world.coordinator(case))
        assert (await circle.world.clocks(case))["proposal"].state == "stopped"
        assert await circle.clock_events("proposal") == ["started", "breached", "stopped"]

    @pytest.mark.parametrize(
        ("decision", "body"), [("confirm", None), ("remove", {"reason": "Liever niet."})]
    )
    async def test_is_never_late_once_it_is_decided(
        self, circle: Circle, decision: str, body: dict[str, str] | None
    ) -> None:
        case, person = await proposed(circle)
        await circle.skipped.waits(f"clock/proposal/{person}")
        path = f"/v1/persons/{person}/{decision}"
        await circle.world.do("POST", path, circle.world.coordinator(case), json=body)
        await circle.deliver()
        await circle.skipped.ended(f"clock/proposal/{person}")
        await circle.skipped.skip(days=30)
        assert await circle.clock_events("proposal") == ["started", "stopped"]
