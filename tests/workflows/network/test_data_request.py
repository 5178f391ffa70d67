"""A request about one's data over months: a warning, the escalation, more time, and the copy put away.

Every event is delivered twice here: nothing may come of the second time.
"""

import pytest

from shared.errors import Operational
from shared.events import intake
from tests.support.eventually import eventually
from tests.workflows.network.asking import Asking
from tests.workflows.network.inviting import Inviting


@pytest.fixture
def asking(service: Inviting) -> Asking:
    """The service, with requests to follow."""
    return Asking(service)


class TestDataRequest:
    async def test_warns_a_week_before_and_escalates_when_the_month_is_over(
        self, asking: Asking, service: Inviting
    ) -> None:
        case = await service.house.open_case()
        request = await asking.asked(case, case.central, "copy")
        await service.skip(days=22)
        assert await asking.clock_said(request) == ["started"]
        await service.skip(days=1, hours=2)
        await asking.waits(request)
        assert await asking.clock_said(request) == ["started", "warned"]
        await service.skip(days=7)
        await asking.waits(request, timers=0)
        assert await asking.clock_said(request) == ["started", "warned", "breached"]
        await asking.answer(request, "approve")
        await asking.waits(request)
        assert await asking.state(request) == "approved"

    async def test_puts_a_copy_away_when_its_time_is_over(self, asking: Asking, service: Inviting) -> None:
        case = await service.house.open_case()
        request = await asking.asked(case, case.central, "copy")
        await asking.answer(request, "approve")
        await asking.waits(request)
        await service.skip(days=29)
        assert await asking.state(request) == "approved"
        await service.skip(days=1, hours=2)
        await asking.ended(request)
        assert await asking.state(request) == "done"
        assert await asking.clock_said(request) == ["started", "stopped"]

    async def test_waits_longer_when_more_time_was_given(self, asking: Asking, service: Inviting) -> None:
        case = await service.house.open_case()
        request = await asking.asked(case, case.central, "correction")
        await asking.answer(request, "extend", reason="Het is veel.")
        await asking.waits(request)
        await service.skip(days=40)
        assert await asking.clock_said(request) == ["started", "stopped", "started"]
        await asking.answer(request, "approve")
        await asking.answer(request, "done")
        await asking.ended(request)

    async def test_outlives_the_case_and_ends_with_a_refusal(self, asking: Asking, service: Inviting) -> None:
        case = await service.house.open_case()
        request = await asking.asked(case, case.central, "erasure")
        await service.house.handle(intake.CaseClosed(case_id=case.id, outcome="followed-up"))
        await service.hear_own_events()
        await service.skip(days=23, hours=2)
        await asking.waits(request)
        assert await asking.clock_said(request) == ["started", "warned"]
        await asking.answer(request, "refuse", reason="De wet vraagt dat we dit bewaren.")
        await asking.ended(request)
        await service.skip(days=30)
        assert await asking.clock_said(request) == ["started", "warned", "stopped"]

    async def test_erases_a_little_later_unless_it_is_taken_back(
        self, asking: Asking, service: Inviting
    ) -> None:
        house = service.house
        case = await house.open_case()
        aunt, uncle = await house.add(case, "Nadia"), await house.add(case, "Karim")
        taken_back = await asking.asked(case, uncle, "erasure")
        await asking.answer(taken_back, "approve")
        request = await asking.asked(case, aunt, "erasure")
        await asking.answer(request, "approve")
        path = f"/v1/me/data-requests/{taken_back}/withdraw"
        assert (await house.ask("POST", path, house.person(case, uncle))).status_code == 200
        await service.hear_own_events()
        await service.skip(days=1)
        assert await asking.state(request) == "approved"
        await service.skip(days=1, hours=2)
        await asking.ended(request)
        await service.hear_own_events()
        assert await asking.state(request) == "done"
        assert await asking.state(taken_back) == "withdrawn"
        states = await house.rows("SELECT id, state FROM person WHERE case_id = :case", case=case.id)
        assert {row.id: row.state for row in states}[aunt] == "erased"
        assert {row.id: row.state for row in states}[uncle] == "active"

    async def test_is_tried_again_until_intake_says_that_nothing_holds_it(
        self, asking: Asking, service: Inviting
    ) -> None:
        house = service.house
        case = await house.open_case()
        aunt = await house.add(case, "Nadia")
        request = await asking.asked(case, aunt, "erasure")
        await asking.answer(request, "approve")
        house.others.holds[case.id] = Operational("intake: ConnectError")
        await service.skip(days=2, hours=2)

        async def tried() -> bool:
            return [purpose for _, _, purpose in house.others.asked].count("erase-person") > 1

        await eventually(tried, "intake to be asked again")
        assert await asking.state(request) == "approved"
        house.others.holds[case.id] = False
        # By now it is tried once a minute.
        await service.skip(minutes=2)
        await asking.ended(request)
        assert await asking.state(request) == "done"
        [row] = await house.rows("SELECT state FROM person WHERE id = :id", id=aunt)
        assert row.state == "erased"
