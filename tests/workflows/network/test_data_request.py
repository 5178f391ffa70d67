"""A request about one's data over months: a warning, the escalation, more time, and the copy put away.

Every event is delivered twice here: nothing may come of the second time.
"""

from services.network.data_requests import COPY_CLOCK, DATA_REQUEST_CLOCK, data_request_workflow_id
from shared.errors import Operational
from shared.events import intake
from tests.support.eventually import eventually
from tests.workflows.network.circle import Circle


class TestDataRequest:
    async def test_warns_a_week_before_and_escalates_when_the_month_is_over(self, circle: Circle) -> None:
        case = await circle.world.open_case()
        request = await circle.asked(case, case.central, "copy")
        await circle.skipped.skip(days=22)
        assert await circle.clock_events(DATA_REQUEST_CLOCK) == ["started"]
        await circle.skipped.skip(days=1, hours=2)
        await circle.skipped.waits(data_request_workflow_id(request))
        assert await circle.clock_events(DATA_REQUEST_CLOCK) == ["started", "warned"]
        await circle.skipped.skip(days=7)
        await circle.skipped.ended(data_request_workflow_id(request))
        assert await circle.clock_events(DATA_REQUEST_CLOCK) == ["started", "warned", "breached"]
        await circle.answer(request, "approve")
        await circle.skipped.waits(data_request_workflow_id(request))
        assert await circle.request_state(request) == "approved"

    async def test_puts_a_copy_away_when_its_time_is_over(self, circle: Circle) -> None:
        case = await circle.world.open_case()
        request = await circle.asked(case, case.central, "copy")
        await circle.answer(request, "approve")
        await circle.skipped.waits(data_request_workflow_id(request))
        await circle.skipped.skip(days=29)
        assert await circle.request_state(request) == "approved"
        await circle.skipped.skip(days=1, hours=2)
        await circle.skipped.ended(data_request_workflow_id(request))
        assert await circle.request_state(request) == "done"
        assert await circle.clock_events(DATA_REQUEST_CLOCK) == ["started", "stopped"]
        assert await circle.clock_events(COPY_CLOCK) == ["started", "stopped"]

    async def test_waits_longer_when_more_time_was_given(self, circle: Circle) -> None:
        case = await circle.world.open_case()
        request = await circle.asked(case, case.central, "correction")
        await circle.answer(request, "extend", reason="Het is veel.")
        await circle.skipped.waits(data_request_workflow_id(request))
        await circle.skipped.skip(days=40)
        assert await circle.clock_events(DATA_REQUEST_CLOCK) == ["started", "stopped", "started"]
        await circle.answer(request, "approve")
        await circle.answer(request, "done")
        await circle.skipped.ended(data_request_workflow_id(request))

    async def test_outlives_the_case_and_ends_with_a_refusal(self, circle: Circle) -> None:
        case = await circle.world.open_case()
        request = await circle.asked(case, case.central, "erasure")
        await circle.world.handle(intake.CaseClosed(case_id=case.id, outcome="followed-up"))
        await circle.deliver()
        await circle.skipped.skip(days=23, hours=2)
        await circle.skipped.waits(data_request_workflow_id(request))
        assert await circle.clock_events(DATA_REQUEST_CLOCK) == ["started", "warned"]
        await circle.answer(request, "refuse", reason="De wet vraagt dat we dit bewaren.")
        await circle.skipped.ended(data_request_workflow_id(request))
        await circle.skipped.skip(days=30)
        assert await circle.clock_events(DATA_REQUEST_CLOCK) == ["started", "warned", "stopped"]

    async def test_erases_a_little_later_unless_it_is_taken_back(self, circle: Circle) -> None:
        world = circle.world
        case = await world.open_case()
        aunt, uncle = await world.add(case, "Nadia"), await world.add(case, "Karim")
        taken_back = await circle.asked(case, uncle, "erasure")
        await circle.answer(taken_back, "approve")
        request = await circle.asked(case, aunt, "erasure")
        await circle.answer(request, "approve")
        path = f"/v1/me/data-requests/{taken_back}/withdraw"
        assert (await world.ask("POST", path, world.person(case, uncle))).status_code == 200
        await circle.deliver()
        await circle.skipped.skip(days=1)
        assert await circle.request_state(request) == "approved"
        await circle.skipped.skip(days=1, hours=2)
        await circle.skipped.ended(data_request_workflow_id(request))
        await circle.deliver()
        assert await circle.request_state(request) == "done"
        assert await circle.request_state(taken_back) == "withdrawn"
        states = await world.rows("SELECT id, state FROM person WHERE case_id = :case", case=case.id)
        assert {row.id: row.state for row in states}[aunt] == "erased"
        assert {row.id: row.state for row in states}[uncle] == "active"

    async def test_is_tried_again_until_intake_says_that_nothing_holds_it(self, circle: Circle) -> None:
        world = circle.world
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        request = await circle.asked(case, aunt, "erasure")
        await circle.answer(request, "approve")
        world.others.holds[case.id] = Operational("intake: ConnectError")
        await circle.skipped.skip(days=2, hours=2)

        async def tried() -> bool:
            return [purpose for _, _, purpose in world.others.asked].count("erase-person") > 1

        await eventually(tried, "intake to be asked again")
        assert await circle.request_state(request) == "approved"
        world.others.holds[case.id] = False
        # By now it is tried once a minute.
        await circle.skipped.skip(minutes=2)
        await circle.skipped.ended(data_request_workflow_id(request))
        assert await circle.request_state(request) == "done"
        [row] = await world.rows("SELECT state FROM person WHERE id = :id", id=aunt)
        assert row.state == "erased"
