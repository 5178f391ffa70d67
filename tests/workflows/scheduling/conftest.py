"""Fixtures of the tests of preparations."""

from collections.abc import AsyncIterator

import pytest_asyncio

from deploy.local.temporal import TimeSkippingServer
from tests.support.world import Worlds
from tests.support.world.scheduling import Scheduling
from tests.workflows.scheduling.preparing import Preparing
from tests.workflows.skipping import skipped_parts, skipped_settings, working


@pytest_asyncio.fixture
async def preparing(worlds: Worlds, fresh_temporal: TimeSkippingServer) -> AsyncIterator[Preparing]:
    """Scheduling with its worker, whose weeks can be skipped."""
    settings = skipped_settings(worlds.settings(), fresh_temporal)
    async with (
        worlds.open(Scheduling, settings, **skipped_parts("scheduling", fresh_temporal)) as world,
        working(world) as skipped,
    ):
        yield Preparing(skipped)
