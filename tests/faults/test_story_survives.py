"""The first story with parts dying under it. FAULTS=60 makes it longer and SEED=7 repeats a run."""

import os
import random

import pytest

from deploy.demo.player import FIRST, play, story_on
from deploy.demo.report import Report
from deploy.local.platform import Platform
from shared.services import SERVICES
from tests.faults.chaos import Chaos, Outages
from tests.faults.counting import lost_or_doubled

pytestmark = pytest.mark.timeout(3600 if "FAULTS" in os.environ else 900)

KILLS = int(os.environ.get("FAULTS", "8"))
SEED = int(os.environ.get("SEED", random.randrange(10_000)))
# Of some 160 steps and moves of time.
EVERY = min(8.0, 80 / KILLS)
PATIENCE = 180.0


class TestTheFirstStory:
    async def test_ends_right_though_parts_are_killed_and_stopped(self) -> None:
        print(f"SEED={SEED}")  # shown where it fails
        report = Report("killed")
        async with Platform(skipped_time=True, extra={"KRING_RETRY_SCALE": "0.2"}) as platform:
            chaos = Chaos(platform, parts=[*SERVICES, "mailbox"], seed=SEED, every=EVERY, most=KILLS)
            outages = Outages(platform, after_steps={20: "rabbitmq", 45: "postgresql"})
            async with story_on(platform, listeners=[chaos, outages], patience=PATIENCE) as story:
                await play(FIRST, story, report)
                await outages.over()
                assert await lost_or_doubled(story.watch) == []
            assert report.ok, report.failed
            assert chaos.killed.total() == KILLS, f"only {chaos.killed}"
            assert outages.stopped.keys() == {"rabbitmq", "postgresql"}
