"""The preparation of a conference over weeks: polls, the target, pauses, and its ends.

Every event is delivered twice here: nothing may come of the second time.
"""

from uuid import UUID

from shared.events import intake
from tests.support.platform import outbox_body
from tests.support.world import Case, problem
from tests.workflows.scheduling.preparing import Preparing, workflow_of


class TestConferencePreparation:
    async def test_reminds_the_silent_closes_the_poll_and_ends_when_the_circle_met(
        self, preparing: Preparing
    ) -> None:
        world, skipped = preparing.world, preparing.skipped
        case = await preparing.polled(20, 30)
        await world.say(case, case.central, "yes")
        await world.say(case, case.aunt, "no", "yes")

        await skipped.reach(workflow_of(case))
        assert set(await world.told(case, "poll-reminder")) == {case.neighbour, case.teacher}
        await skipped.reach(workflow_of(case))
        assert (await world.clocks(case))["poll"].state == "breached"
        assert (await world.poll(case))["closed_because"] == "due"
        assert (await world.poll(case))["best_option_id"] == str(case.options[1])
        assert (await world.schedule(case)).status_code == 200
        await skipped.deliver()
        await skipped.skip(days=25)
        assert (await preparing.hold(case)).status_code == 200
        await skipped.ended(workflow_of(case))
        assert len(await world.told(case, "poll-reminder")) == 2

    async def test_closes_a_poll_that_all_answered_after_a_time_for_corrections(
        self, preparing: Preparing
    ) -> None:
        world, skipped = preparing.world, preparing.skipped
        case = await preparing.polled(20, 30)
        for person in case.circle:
            await world.say(case, person, "yes")
        await skipped.deliver()
        await skipped.reach(workflow_of(case))
        assert (await world.poll(case))["closed_because"] == "all-answered"
        assert await world.told(case, "poll-reminder") == []

    async def test_warns_and_notes_when_nothing_comes_of_it(self, preparing: Preparing) -> None:
        world, skipped = preparing.world, preparing.skipped
        case = await world.assigned()
        await skipped.deliver()
        for expected in ("running", "breached"):
            await skipped.reach(workflow_of(case))
            target = (await world.clocks(case))["conference-target"]
            assert (target.state, target.warned_at is not None) == (expected, True)
        answer = await world.change_date(case, "cancel", reason="other")
        assert answer.status_code == 200
        await skipped.deliver()
        await skipped.ended(workflow_of(case))

    async def test_is_started_again_by_a_poll_that_opens_when_the_target_is_past(
        self, preparing: Preparing
    ) -> None:
        world, skipped = preparing.world, preparing.skipped
        case = await world.assigned()
        await world.handle_all(case.ready(), case=case)
        await skipped.deliver()
        for _ in ("warned", "late"):
            await skipped.reach(workflow_of(case))
        await skipped.ended(workflow_of(case))
        await world.open_poll(case, 20)
        await skipped.deliver()
        await skipped.reach(workflow_of(case))
        assert set(await world.told(case, "poll-reminder")) == set(case.circle)

    async def test_is_paused_with_the_case_and_ends_with_it(self, preparing: Preparing) -> None:
        world, skipped = preparing.world, preparing.skipped
        case = await preparing.polled(60, 70)
        poll = (await world.clocks(case))["poll"]
        await world.handle(intake.CasePaused(case_id=case.id, reason="holiday"))
        await skipped.deliver()
        await skipped.paused(workflow_of(case))
        await skipped.skip_to(poll.due_at)
        assert "timer_fired" not in await skipped.kinds(workflow_of(case))
        await world.handle(intake.CaseResumed(case_id=case.id))
        await skipped.deliver()
        await skipped.reach(workflow_of(case))
        assert set(await world.told(case, "poll-reminder")) == set(case.circle)
        await world.handle(case.withdrawn())
        await skipped.deliver()
        await skipped.ended(workflow_of(case))
        assert problem(await world.say(case, case.aunt, "yes")) == (409, "case-stopped")

    async def test_is_started_once_however_often_that_is_heard(self, preparing: Preparing) -> None:
        world, skipped = preparing.world, preparing.skipped
        case = await world.assigned()
        await skipped.deliver()
        await skipped.waits(workflow_of(case))
        first = await run_of(preparing, case)
        (started,) = await world.published("scheduling.clock.started.v1", case=case)
        # As after a crash between the start of the workflow and the note of it.
        await world.rows("DELETE FROM inbox WHERE event_id = :id RETURNING 1", id=started.id)
        body = await outbox_body(world.context.database, started.id, "urn:kring:scheduling")
        assert await world.deliver(body, started.type) == "handled"
        assert await run_of(preparing, case) == first

    async def test_shows_no_personal_data(self, preparing: Preparing) -> None:
        world, skipped = preparing.world, preparing.skipped
        case = await preparing.polled(20)
        await world.schedule(case, option_id=str(case.options[0]))
        await world.change_date(case, "cancel", reason="other")
        await skipped.deliver()
        await skipped.ended(workflow_of(case))
        for history in await skipped.histories(workflow_of(case)):
            for hidden in ("Linde", str(case.aunt), "clock_id"):
                assert hidden not in history.to_json()


async def run_of(preparing: Preparing, case: Case) -> UUID:
    """Return which run of the preparation's workflow there is."""
    found = (await (await preparing.skipped.handle(workflow_of(case))).describe()).run_id
    return UUID(found)
