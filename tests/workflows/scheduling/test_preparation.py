"""The preparation of a conference on the real parts, time skipped."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest_asyncio

from deploy.local.temporal import TimeSkippingServer
from services.scheduling.subscribers import subscriptions
from shared.database import Database
from shared.events import intake
from shared.settings import Settings
from tests.support.platform import outbox_body
from tests.support.world import problem
from tests.workflows.scheduling.platform import Platform, running


@pytest_asyncio.fixture
async def platform(
    settings: Settings, fresh_temporal: TimeSkippingServer, database: Callable[[str], Awaitable[Database]]
) -> AsyncIterator[Platform]:
    changes = {"temporal_address": fresh_temporal.address, "temporal_namespace": fresh_temporal.namespace}
    own_time = settings.model_copy(update=changes)
    async with running(own_time, await database("scheduling")) as found:
        yield found


class TestConferencePreparation:
    async def test_chases_the_silent_closes_the_poll_and_ends_when_the_circle_met(
        self, platform: Platform
    ) -> None:
        house = platform.house
        case = await house.polled(20, 30)
        await platform.started(case)
        await house.say(case, case.central, "yes")
        await house.say(case, case.aunt, "no", "yes")
        poll = (await house.clocks(case))["poll"]

        await platform.move_to(poll.warn_at)
        await platform.told(case, "poll-reminder", {case.neighbour, case.teacher})
        await platform.move_to(poll.due_at)
        await platform.reached(case, "poll", "breached")
        assert (await house.poll(case))["closed_because"] == "due"
        assert (await house.poll(case))["best_option_id"] == str(case.options[1])
        assert (await house.schedule(case)).status_code == 200
        await platform.move(timedelta(days=25))
        assert (await platform.hold(case)).status_code == 200
        await platform.ended(case)
        await platform.told(case, "poll-reminder", {case.neighbour, case.teacher})

    async def test_warns_and_tells_when_nothing_comes_of_it(self, platform: Platform) -> None:
        house = platform.house
        case = await house.assigned()
        await platform.started(case)
        target = (await house.clocks(case))["conference-target"]
        await platform.move_to(target.warn_at)
        await platform.reached(case, "conference-target", "warned")
        await platform.move_to(target.due_at)
        await platform.reached(case, "conference-target", "breached")
        answer = await house.post(case, f"/v1/conferences/{case.conference}/cancel", reason="other")
        assert answer.status_code == 200
        await platform.ended(case)

    async def test_rests_with_the_case_and_ends_with_it(self, platform: Platform) -> None:
        house = platform.house
        case = await house.polled(60, 70)
        handle = await platform.started(case)
        poll = (await house.clocks(case))["poll"]
        await house.handle(intake.CasePaused(case_id=case.id, reason="holiday"), sequence=50)
        await platform.move_to(poll.due_at)
        assert "TIMER_FIRED" not in (await handle.fetch_history()).to_json()
        await house.handle(intake.CaseResumed(case_id=case.id), sequence=51)
        resumed = (await house.clocks(case))["poll"]
        await platform.move_to(resumed.warn_at)
        await platform.told(case, "poll-reminder", set(case.circle))
        withdrawn = intake.CaseWithdrawn(case_id=case.id, reason="family-wish", by="central-person")
        await house.handle(withdrawn, sequence=52)
        await platform.ended(case)
        assert problem(await house.say(case, case.aunt, "yes")) == (409, "case-stopped")

    async def test_is_started_once_however_often_that_is_heard(self, platform: Platform) -> None:
        house = platform.house
        case = await house.assigned()
        handle = await platform.started(case)
        first = (await handle.describe()).run_id
        (started,) = await house.published("scheduling.preparation.started.v1", case=case)
        # As after a crash between the start of the workflow and the note of it.
        await house.rows("DELETE FROM inbox WHERE event_id = :id RETURNING 1", id=started.id)
        body = await outbox_body(house.context.database, started.id, "urn:kring:scheduling")
        assert await subscriptions.deliver(body, started.type, house.context) == "handled"
        assert (await handle.describe()).run_id == first

    async def test_shows_no_personal_data(self, platform: Platform) -> None:
        house = platform.house
        case = await house.polled(20)
        handle = await platform.started(case)
        await house.schedule(case, option_id=str(case.options[0]))
        await house.post(case, f"/v1/conferences/{case.conference}/cancel", reason="other")
        await platform.ended(case)
        history = (await handle.fetch_history()).to_json()
        for hidden in ("Linde", str(case.aunt), "preparation_no"):
            assert hidden not in history
