"""Temporal: repeated starts and signals, and that nobody without the key reads a history."""

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast

import pytest
import pytest_asyncio

from deploy.local.temporal import TemporalServer, TimeSkippingServer
from shared.clock import SkippedClock
from shared.errors import Operational
from shared.settings import Settings
from shared.temporal import Temporal, prepare_namespace
from shared.worker import make_worker
from tests.support.eventually import eventually
from tests.support.platform import bare_context
from tests.support.waiting import CANARY, Input, Waits, look

CODEC_KEY = bytes(range(32))


@pytest_asyncio.fixture
async def connected(settings: Settings, fresh_temporal: TimeSkippingServer) -> AsyncIterator[Temporal]:
    # Of its own: workflows that other tests left behind would wake, with nobody to work on them, and hold time still.
    server = fresh_temporal
    await prepare_namespace(address=server.address, namespace=server.namespace)
    connection = Temporal(
        service="plans", address=server.address, namespace=server.namespace, codec_keys=[CODEC_KEY]
    )
    context = bare_context(database=cast("Any", None), settings=settings)
    worker = make_worker(await connection.client(), context, workflows=[Waits], more=[look], stop_seconds=2)
    async with worker:
        yield connection


async def _start(connection: Temporal, server: TimeSkippingServer, subject: str) -> Any:
    workflow_id = f"waits/{uuid.uuid4()}"
    now = await SkippedClock(server.address).now()
    given = Input(subject=subject, until=now + timedelta(days=30))
    for _ in range(2):
        await connection.start(Waits.run, given, id=workflow_id, tenant=uuid.uuid4())
    return (await connection.client()).get_workflow_handle(workflow_id)


class TestWaking:
    async def test_wakes_what_runs_and_says_what_does_not(
        self, connected: Temporal, fresh_temporal: TimeSkippingServer
    ) -> None:
        handle = await _start(connected, fresh_temporal, "anything")
        assert await connected.look_again(handle.id)
        assert await handle.result() == "news"
        assert not await connected.look_again(handle.id)

    async def test_a_start_of_what_runs_wakes_it_and_of_what_ended_runs_it_again(
        self, connected: Temporal, fresh_temporal: TimeSkippingServer
    ) -> None:
        handle = await _start(connected, fresh_temporal, "anything")
        first = (await handle.describe()).run_id
        given = Input(subject="anything", until=await SkippedClock(fresh_temporal.address).now())
        await connected.start(Waits.run, given, id=handle.id, tenant=uuid.uuid4())
        assert await handle.result() == "news"
        await connected.start(Waits.run, given, id=handle.id, tenant=uuid.uuid4())
        assert await handle.result() == "deadline"
        assert (await handle.describe()).run_id != first

    async def test_a_signal_to_nothing_says_so(self, connected: Temporal) -> None:
        assert not await connected.look_again("waits/never-started")

    async def test_a_server_that_was_not_prepared_is_not_taken_for_one_without_the_workflow(
        self, temporal_dev: TemporalServer
    ) -> None:
        unprepared = Temporal(
            service="plans", address=temporal_dev.address, namespace="not-there", codec_keys=[CODEC_KEY]
        )
        with pytest.raises(Operational):
            await unprepared.look_again("waits/never-started")


class TestRefusal:
    async def test_is_tried_again_and_shows_a_code_but_no_text(
        self, connected: Temporal, fresh_temporal: TimeSkippingServer
    ) -> None:
        handle = await _start(connected, fresh_temporal, "refused")

        async def tried_again() -> Any:
            found = (await handle.describe()).raw_description.pending_activities
            assert [one.attempt > 1 for one in found] == [True]
            return found[0]

        pending = await eventually(tried_again, "another try")
        assert pending.last_failure.application_failure_info.type == "refused-here"
        history = (await handle.fetch_history()).to_json()
        # Without the key, as operations staff read it.
        for hidden in (CANARY, "subject", "anything"):
            assert hidden not in history
            assert hidden not in str(pending)
