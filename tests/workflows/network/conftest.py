"""Fixtures of the tests of network over time."""

from collections.abc import AsyncIterator

import pytest_asyncio

from deploy.local.temporal import TimeSkippingServer
from tests.support.world import Worlds
from tests.support.world.network import Network
from tests.workflows.network.circle import Circle
from tests.workflows.skipping import skipped_parts, skipped_settings, working


@pytest_asyncio.fixture
async def circle(worlds: Worlds, fresh_temporal: TimeSkippingServer) -> AsyncIterator[Circle]:
    """Network with its worker, whose days can be skipped."""
    settings = skipped_settings(worlds.settings(), fresh_temporal)
    async with (
        worlds.open(Network, settings, **skipped_parts("network", fresh_temporal)) as world,
        working(world) as skipped,
    ):
        yield Circle(skipped)
