"""A story on the real clock, under policies that last seconds, with Temporal going away and coming back under it."""

import asyncio
import json
import sys
from functools import partial
from pathlib import Path

import pytest
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from deploy.demo.player import play, story_on
from deploy.demo.report import Report
from deploy.local.part import http_get
from deploy.local.platform import Platform
from deploy.watch.watch import Watch
from shared.services import SERVICES
from tests.faults.counting import lost_or_doubled
from tests.faults.interruptions import Interruptions
from tests.support.eventually import eventually

pytestmark = pytest.mark.timeout(300)

SECONDS, LOST = (Path(__file__).with_name(name) for name in ("seconds.py", "lost.py"))

# For so many seconds after these steps: the offer's reminder, the invitation's, the poll's end fall due meanwhile.
STOPS = {("case", "No answer"): 1.0, ("case", "answers_invitation"): 1.0, ("case", "answers_poll"): 4.0}
# While the payment's workflow begins, and while the plan's does.
KILLS = [("training", "registers"), ("case", "records_plan")]


async def readiness(platform: Platform, service: str) -> tuple[int, bytes]:
    """Return what a service says of whether it can do its work."""
    return await http_get(int(platform.addresses[f"{service}-internal"].rpartition(":")[2]), "/health/ready")


async def is_ready(platform: Platform, service: str) -> bool:
    """Say whether a service can do its work."""
    return (await readiness(platform, service))[0] == 200


async def rebuild(platform: Platform) -> str:
    """Type `kring workflows rebuild`, and return what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.cli", "workflows", "rebuild", "--directory", str(platform.directory)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, printed.decode()
    return printed.decode()


async def not_waited_for(watch: Watch) -> list[str]:
    """Return the workflows that live clocks name and that do not run."""

    async def runs(service: str, workflow_id: str) -> bool:
        try:
            found = await watch.client_of(service).get_workflow_handle(workflow_id).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return found.status is WorkflowExecutionStatus.RUNNING

    named = {
        (service, clock.workflow_id)
        for service, clocks in (await watch.ledger.clocks()).items()
        for clock in clocks
        if clock.state in ("running", "paused")
    }
    return [workflow_id for service, workflow_id in sorted(named) if not await runs(service, workflow_id)]


async def fell_due_meanwhile(watch: Watch, interruptions: Interruptions) -> set[str]:
    """Return the kinds of clocks that warned or ran out while the part was away."""
    return {
        clock.kind
        for clock in await watch.clocks()
        for moment in (clock.warn_at, clock.due_at)
        if moment is not None and any(gone < moment < back for gone, back in interruptions.went.values())
    }


class TestTheStoryOfSeconds:
    async def test_ends_right_though_temporal_is_stopped_and_killed(self) -> None:
        report = Report("seconds")
        async with Platform(extra={"KRING_RETRY_SCALE": "0.2"}) as platform:
            said_missing: list[bytes] = []

            async def ask_whether_ready() -> None:
                status, said = await readiness(platform, "intake")
                assert status == 503, said
                said_missing.append(said)

            interruptions = Interruptions(
                platform, "temporal", stops=STOPS, kills=KILLS, meanwhile=ask_whether_ready
            )
            async with story_on(platform, listeners=[interruptions], patience=90) as story:
                await play(SECONDS, story, report)
                await interruptions.over()
                assert await fell_due_meanwhile(story.watch, interruptions)
                assert await lost_or_doubled(story.watch) == []
            assert report.ok, report.failed
            assert interruptions.went.keys() == {*STOPS, *KILLS}
            assert all(b"temporal" in said for said in said_missing)
            # They found it again by themselves: not one had to be started anew.
            assert [name for name in SERVICES if platform.parts[name].restarts] == []
            for name in SERVICES:
                await eventually(partial(is_ready, platform, name), f"{name} to be ready")
                for line in platform.parts[name].part.log.read_text().splitlines():
                    assert json.loads(line)["service"] == name


class TestTheLossOfItsData:
    async def test_all_is_waited_for_again_and_nothing_done_twice(self) -> None:
        report, printed = Report("lost"), list[str]()
        async with Platform(extra={"KRING_RETRY_SCALE": "0.2"}) as platform:

            async def lose_data() -> None:
                data = list((platform.directory / "temporal").glob("temporal.db*"))
                assert data
                for file in data:
                    file.unlink()

            async def start_anew() -> None:
                assert await not_waited_for(story.watch)
                printed.append(await rebuild(platform))
                assert await not_waited_for(story.watch) == []

            interruptions = Interruptions(
                platform,
                "temporal",
                stops={("lost", "Nobody does anything"): 0.0},
                kills=[],
                meanwhile=lose_data,
                afterwards=start_anew,
            )
            async with story_on(platform, listeners=[interruptions], patience=120) as story:
                await play(LOST, story, report)
                await interruptions.over()
                assert await not_waited_for(story.watch) == []
                assert await lost_or_doubled(story.watch) == []
            assert report.ok, report.failed
        assert "CoordinatorAssignment: 1 started, 0 ran already" in printed[0]
