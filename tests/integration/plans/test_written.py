"""The plan in writing: how long the coordinator has for it after the conference."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.clock_workflow import ClockWorkflow
from shared.events import intake
from tests.support.steps import step_on
from tests.support.world import Case
from tests.support.world.plans import Plans, changed_plan

KIND = "written-plan"


async def clock(world: Plans, case: Case) -> Any:
    """Return the newest clock of the plan that is to be written; None if there is none."""
    return (await world.clocks(case)).get(KIND)


class TestWrittenPlan:
    async def test_is_waited_for_five_working_days_from_the_day_of_the_conference(self, world: Plans) -> None:
        case = await world.open_case()
        waits = await clock(world, case)
        assert (waits.state, waits.subject) == ("running", case.conference)
        assert (waits.owner, waits.escalate_to) == ("coordinator", "regional-manager")
        # The conference was on a Monday: Thursday and the next Monday, until the evening in Brussels.
        assert waits.warn_at == datetime(2026, 3, 5, 22, 59, tzinfo=UTC)
        assert waits.due_at == datetime(2026, 3, 9, 22, 59, tzinfo=UTC)

    async def test_is_waited_for_as_the_organisation_says(self, world: Plans) -> None:
        await world.set_policy(world.manager(), {"written_plan_warn": "1d", "written_plan": "2d"})
        waits = await clock(world, await world.open_case())
        assert waits.due_at - waits.warn_at == timedelta(days=1)

    async def test_is_waited_for_no_longer_once_it_is_written(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        assert (await clock(world, case)).state == "stopped"

    async def test_made_without_the_conference_ends_it_too(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case, conference_id=None)
        assert (await clock(world, case)).state == "stopped"

    async def test_rests_while_the_case_does(self, world: Plans) -> None:
        case = await world.open_case()
        due = (await clock(world, case)).due_at
        await world.handle(intake.CasePaused(case_id=case.id, reason="illness"))
        assert (await clock(world, case)).state == "paused"
        world.later(days=3)
        await world.handle(intake.CaseResumed(case_id=case.id))
        waits = await clock(world, case)
        assert (waits.state, waits.due_at - due) == ("running", timedelta(days=3))

    async def test_starts_resting_in_a_case_that_does(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        await world.handle(intake.CasePaused(case_id=case.id, reason="illness"))
        world.later(days=30)
        await world.met_again(case)
        assert (await clock(world, case)).state == "paused"

    async def test_is_not_waited_for_when_the_case_is_withdrawn(self, world: Plans) -> None:
        case = await world.open_case()
        await world.handle(case.withdrawn())
        assert (await clock(world, case)).state == "stopped"
        await world.met_again(case)
        assert await world.rows("SELECT 1 FROM clock WHERE state <> 'stopped'") == []

    async def test_goes_over_to_the_regional_manager_without_a_coordinator(self, world: Plans) -> None:
        case = await world.open_case()
        await world.handle(case.released())
        waits = await clock(world, case)
        assert (waits.state, waits.owner) == ("running", "regional-manager")

    async def test_written_before_the_conference_is_heard_of_is_not_waited_for(self, world: Plans) -> None:
        case = Case(tenant=world.tenant)
        before = [case.opened(), case.baseline(), case.assigned(), *case.people(), case.ready()]
        await world.handle_all(*before, case=case)
        heard_late = await world.message(case.met(), case=case)
        world.later(hours=2)
        await world.recorded(case, conference_id=None)
        assert await world.deliver(heard_late, case.met().TYPE) == "handled"
        assert await clock(world, case) is None

    async def test_is_not_waited_for_where_none_was_made(self, world: Plans) -> None:
        case = Case(tenant=world.tenant)
        none = case.met().model_copy(update={"outcome": "no-plan"})
        await world.handle_all(case.opened(), case.assigned(), none, case=case)
        assert await clock(world, case) is None

    async def test_of_a_later_conference_is_waited_for_anew(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        world.later(days=30)
        again = await world.met_again(case)
        assert (await clock(world, case)).subject == again
        plan = (await world.rows("SELECT id FROM plan"))[0].id
        path, who = f"/v1/plans/{plan}/versions", world.coordinator(case)
        # What the circle changed in the meantime is not what it decided there.
        later: dict[str, Any] = {"review_on": "2026-08-01"}
        await world.do("POST", path, who, json=changed_plan(case, **later))
        assert (await clock(world, case)).state == "running"
        body = changed_plan(replace(case, conference=again), 2, **later)
        await world.do("POST", path, who, json=body)
        assert (await clock(world, case)).state == "stopped"

    async def test_that_nobody_writes_is_late_on_the_board_of_the_regional_manager(
        self, world: Plans
    ) -> None:
        case = await world.open_case()
        for warned in (True, False):
            await step_on(world, ClockWorkflow, f"clock/{KIND}/{case.conference}")
            assert ((await clock(world, case)).state == "running") is warned
        waits = await clock(world, case)
        assert (waits.state, waits.escalate_to) == ("breached", "regional-manager")
        await world.recorded(case)
        assert (await clock(world, case)).state == "stopped"
