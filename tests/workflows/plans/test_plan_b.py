"""Plan B as it runs: it waits for its own day and what rests for it does not, with the case it is paused and ends."""

from shared.events import intake
from tests.support.eventually import eventually
from tests.workflows.plans.following import Following
from tests.workflows.skipping import kinds_of

DAY = 24 * 60 * 60


class TestPlanB:
    async def test_is_reminded_of_before_on_and_after_its_own_day_and_what_rests_for_it_is_not(
        self, follow: Following
    ) -> None:
        world, skipped = follow.world, follow.skipped
        case, workflow_id, plan = await follow.recorded(10)
        begun = await world.now()
        made = await follow.call_in(case, plan, world.person(case, case.neighbour))
        assert await world.told(case, "plan-b") == [case.aunt]
        for _ in ("near", "due", "reminder", "monitor"):
            await skipped.reach(workflow_id)
        assert [
            await world.told(case, f"agreement-{kind}") for kind in ("near", "due", "reminder", "slips")
        ] == [[case.aunt], [case.aunt], [case.aunt], [case.neighbour]]
        # A week to do it, a week to the reminder, and another one to the monitor; the tenth day passed meanwhile.
        assert 20 <= (await world.now() - begun).total_seconds() / DAY <= 22
        due = await world.published("plans.agreement.due.v1", case=case)
        assert [row.data["agreement_id"] for row in due] == [made["agreement_id"]]
        path = f"/v1/agreements/{made['agreement_id']}/done"
        await world.do("POST", path, world.person(case, case.aunt))
        await skipped.deliver()
        # What is waited for next is the coordinator's call.
        await skipped.reach(workflow_id)
        await follow.record(case, "four-weeks", world.coordinator(case))
        assert await world.published("plans.agreement.lapsed.v1", case=case) == []

    async def test_that_was_done_is_called_in_anew_with_a_day_of_its_own(self, follow: Following) -> None:
        world, skipped = follow.world, follow.skipped
        case, workflow_id, plan = await follow.recorded(10)
        ids = []
        for _ in range(2):
            made = await follow.call_in(case, plan, world.person(case, case.central))
            ids.append(made["agreement_id"])
            for _ in ("near", "due"):
                await skipped.reach(workflow_id)
            path = f"/v1/agreements/{ids[-1]}/done"
            await world.do("POST", path, world.person(case, case.aunt))
            await skipped.deliver()
        due = await world.published("plans.agreement.due.v1", case=case)
        assert [row.data["agreement_id"] for row in due] == ids
        assert await world.told(case, "agreement-near") == [case.aunt] * 2
        assert await world.told(case, "agreement-reminder") == []

    async def test_that_is_called_in_while_the_case_is_paused_is_asked_about_once_it_is_resumed(
        self, follow: Following
    ) -> None:
        world, skipped = follow.world, follow.skipped
        case, workflow_id, plan = await follow.recorded(10)
        await world.handle(intake.CasePaused(case_id=case.id, reason="illness"))
        await skipped.deliver()
        await follow.call_in(case, plan, world.coordinator(case))
        await skipped.paused(workflow_id)
        await skipped.skip(days=60)
        assert await world.told(case, "agreement-near") == []
        await world.handle(intake.CaseResumed(case_id=case.id))
        await skipped.deliver()
        # Its day, as the plan says it, passed meanwhile.

        async def is_asked() -> bool:
            return await world.told(case, "agreement-due") == [case.aunt]

        await eventually(is_asked, "who does it to be asked")

    async def test_ends_with_the_case_and_leaves_no_timer(self, follow: Following) -> None:
        workflow_id, case = await follow.plan_b()
        kinds = [kind for run in await follow.skipped.histories(workflow_id) for kind in kinds_of(run)]
        assert kinds.count("timer_started") == kinds.count("timer_fired") + kinds.count("timer_canceled")
        live = await follow.world.rows("SELECT 1 FROM clock WHERE state IN ('running', 'paused')")
        assert live == []
        assert await follow.world.told(case, "agreement-due") == [case.aunt]
