"""The preparation of a conference over weeks: polls, the target, pauses, and its ends.

Every event is delivered twice here: nothing may come of the second time.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from shared.events import intake, network
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
        assert (await world.poll(case))["closed_reason"] == "due"
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
        assert (await world.poll(case))["closed_reason"] == "all-answered"
        assert await world.told(case, "poll-reminder") == []

    async def test_warns_of_each_step_and_notes_that_it_is_late_when_nothing_comes_of_it(
        self, preparing: Preparing
    ) -> None:
        world, skipped = preparing.world, preparing.skipped
        case = await world.assigned()
        await skipped.deliver()
        early = ("first-contact", "baseline-talk", "baseline-told")
        steps = (*early, "circle-ready", "conference-date", "conference-target")
        # Two of the steps are due at once.
        await skipped.reach_all(workflow_of(case))
        late = await world.clocks(case)
        assert {kind: (late[kind].state, late[kind].escalate_to) for kind in steps} == dict.fromkeys(
            steps, ("breached", "regional-manager")
        )
        assert all(late[kind].warned_at is not None for kind in steps)
        answer = await world.change_date(case, "cancel", reason="other")
        assert answer.status_code == 200
        await skipped.deliver()
        await skipped.ended(workflow_of(case))

    async def test_is_over_within_days_on_the_urgent_track(self, preparing: Preparing) -> None:
        world, skipped = preparing.world, preparing.skipped
        case, begun = await world.assigned(track="urgent"), await skipped.now()
        await skipped.deliver()
        target = (await world.clocks(case))["conference-target"].due_at
        await skipped.reach_all(workflow_of(case))
        assert (await world.clocks(case))["conference-target"].state == "breached"
        assert target - begun <= timedelta(days=4)
        # A date may be set without asking which days suit; then nothing waits but the day.
        await world.handle_all(case.ready(), case=case)
        await skipped.deliver()
        agreed = {"starts_at": await _in(skipped, days=1), "ends_at": await _in(skipped, days=1, hours=3)}
        answer = await world.schedule(case, date=agreed)
        assert answer.status_code == 200, answer.text
        await skipped.deliver()
        await skipped.skip(days=2)
        assert (await preparing.hold(case)).status_code == 200

    async def test_is_late_only_after_the_time_that_was_given_more(self, preparing: Preparing) -> None:
        world, skipped = preparing.world, preparing.skipped
        case = await world.assigned()
        await skipped.deliver()
        before = (await world.clocks(case))["conference-target"].due_at
        until = (before + timedelta(days=40)).date().isoformat()
        path = f"/v1/conferences/{case.conference}/extend"
        answer = await world.post(case, path, until=until, reason="family-needs-time")
        assert answer.status_code == 200, answer.text
        await skipped.deliver()
        await skipped.reach_all(workflow_of(case), by=before)
        await skipped.skip_to(before)
        assert (await world.clocks(case))["conference-target"].state == "running"
        await skipped.reach_all(workflow_of(case))
        assert (await world.clocks(case))["conference-target"].state == "breached"
        assert await skipped.now() >= before + timedelta(days=40)

    async def test_reminds_of_the_new_day_and_not_of_the_one_that_was_put_off(
        self, preparing: Preparing
    ) -> None:
        world, skipped = preparing.world, preparing.skipped
        case = await preparing.polled(20, 45)
        await world.schedule(case, option_id=str(case.options[0]))
        await skipped.deliver()
        await world.postponed(case)
        await skipped.deliver()
        await world.schedule(case, option_id=str(case.options[-1]))
        await skipped.deliver()
        begun = await skipped.now()
        while await world.told(case, "conference-reminder") == []:
            await skipped.reach(workflow_of(case))
        assert await skipped.now() - begun > timedelta(days=35)
        assert set(await world.told(case, "conference-reminder")) == set(case.circle)
        await skipped.skip(days=9)
        assert (await preparing.hold(case)).status_code == 200
        await skipped.ended(workflow_of(case))

    async def test_leaves_what_comes_next_to_be_warned_of_and_noted_as_late_when_it_brings_no_plan(
        self, preparing: Preparing
    ) -> None:
        world, skipped = preparing.world, preparing.skipped
        case = await world.assigned()
        await skipped.deliver()
        assert (await world.change_date(case, "cancel", reason="family-wish")).status_code == 200
        await skipped.deliver()
        for state in ("running", "breached"):
            await skipped.reach(f"clock/next-step/{case.id}")
            clock = (await world.clocks(case))["next-step"]
            assert (clock.state, clock.warned_at is not None) == (state, True)
        await skipped.ended(f"clock/next-step/{case.id}")

    async def test_is_started_again_by_a_poll_that_opens_when_the_target_is_past(
        self, preparing: Preparing
    ) -> None:
        world, skipped = preparing.world, preparing.skipped
        case = await world.assigned()
        await world.handle_all(case.ready(), case=case)
        await skipped.deliver()
        await world.on_course(case)
        await skipped.deliver()
        for _ in ("the date", "the conference"):
            for _ in ("warned", "late"):
                await skipped.reach(workflow_of(case))
        await skipped.ended(workflow_of(case))
        await world.open_poll(case, 20)
        await skipped.deliver()
        await skipped.reach(workflow_of(case))
        assert set(await world.told(case, "poll-reminder")) == set(case.circle)

    async def test_reminds_the_circle_before_the_day_and_asks_afterwards_what_came_of_it(
        self, preparing: Preparing
    ) -> None:
        world, skipped = preparing.world, preparing.skipped
        case = await preparing.polled(20)
        await world.schedule(case, option_id=str(case.options[0]))
        await world.handle(network.PersonRemoved(case_id=case.id, person_id=case.neighbour))
        await skipped.deliver()
        await skipped.reach(workflow_of(case))
        assert set(await world.told(case, "conference-reminder")) == {*case.circle} - {case.neighbour}
        for expected in ("running", "breached"):
            await skipped.reach(workflow_of(case))
            assert (await world.clocks(case))["conference-outcome"].state == expected
        assert (await preparing.hold(case)).status_code == 200
        assert (await world.clocks(case))["conference-outcome"].state == "stopped"
        await skipped.ended(workflow_of(case))

    async def test_warns_of_what_changes_after_the_circle_was_told_and_notes_that_nobody_decided(
        self, preparing: Preparing
    ) -> None:
        world, skipped = preparing.world, preparing.skipped
        case = await preparing.polled(20)
        await world.schedule(case, option_id=str(case.options[0]))
        await skipped.deliver()
        changed = intake.BaselineChanged(case_id=case.id, version=2, changed=("questions",))
        await world.handle(changed)
        await skipped.deliver()
        for state in ("running", "breached"):
            await skipped.reach(workflow_of(case))
            clock = (await world.clocks(case))["late-news"]
            assert (clock.state, clock.warned_at is not None) == (state, True)
        answer = await world.post(case, f"/v1/conferences/{case.conference}/inform-again")
        assert answer.status_code == 200
        await world.told_questions(case)
        assert (await world.clocks(case))["late-news"].state == "stopped"
        await skipped.deliver()
        await skipped.skip(days=21)
        assert (await preparing.hold(case)).status_code == 200
        await skipped.ended(workflow_of(case))

    async def test_notes_that_nobody_decided_whether_the_day_stands_without_somebody_who_has_to_be_there(
        self, preparing: Preparing
    ) -> None:
        world, skipped = preparing.world, preparing.skipped
        case = await preparing.dated_without_the_aunt()
        await skipped.reach(workflow_of(case))
        clock = (await world.clocks(case))["key-person-out"]
        assert (clock.state, clock.escalate_to) == ("breached", "regional-manager")
        await world.schedule(case, option_id=str(case.options[0]))
        assert (await world.clocks(case))["key-person-out"].state == "stopped"

    async def test_asks_no_decision_once_who_has_to_be_there_comes_after_all(
        self, preparing: Preparing
    ) -> None:
        world, skipped = preparing.world, preparing.skipped
        case = await preparing.dated_without_the_aunt()
        await skipped.waits(workflow_of(case))
        await world.handle(case.ready())
        await skipped.deliver()
        await skipped.waits(workflow_of(case))
        await skipped.skip(days=10)
        assert (await world.clocks(case))["key-person-out"].state == "stopped"
        late = await world.published("scheduling.clock.breached.v1", case=case)
        assert [event for event in late if event.data["kind"] == "key-person-out"] == []

    async def test_counts_from_the_day_that_is_set_however_long_the_case_was_paused(
        self, preparing: Preparing
    ) -> None:
        world, skipped = preparing.world, preparing.skipped
        case = await preparing.polled(20)
        await world.schedule(case, option_id=str(case.options[0]))
        before = await world.clocks(case)
        await world.handle(intake.CasePaused(case_id=case.id, reason="holiday"))
        await skipped.deliver()
        await skipped.paused(workflow_of(case))
        await skipped.skip(days=5)
        await world.handle(intake.CaseResumed(case_id=case.id))
        after = await world.clocks(case)
        for kind in ("conference-reminder", "conference-outcome"):
            assert (after[kind].state, after[kind].due_at) == ("running", before[kind].due_at)
        assert after["conference-target"].due_at > before["conference-target"].due_at

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
        started, *_others = await world.published("scheduling.clock.started.v1", case=case)
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


async def _in(skipped: Any, **length: float) -> str:
    moment: str = (await skipped.now() + timedelta(**length)).isoformat()
    return moment
