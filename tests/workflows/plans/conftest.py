"""Fixtures of the tests of the follow-up."""

from collections.abc import AsyncIterator

import pytest_asyncio

from deploy.local.temporal import TimeSkippingServer
from tests.support.world import Worlds
from tests.support.world.plans import Plans
from tests.workflows.plans.following import Following
from tests.workflows.skipping import skipped_parts, skipped_settings, working


@pytest_asyncio.fixture
async def follow(worlds: Worlds, fresh_temporal: TimeSkippingServer) -> AsyncIterator[Following]:
    """Plans with its worker, whose year can be skipped."""
    settings = skipped_settings(worlds.settings(), fresh_temporal)
    async with (
        worlds.open(Plans, settings, **skipped_parts("plans", fresh_temporal)) as world,
        working(world) as skipped,
    ):
        yield Following(skipped)
