"""Fixtures of the tests of what all services have."""

from collections.abc import AsyncIterator

import pytest_asyncio

from deploy.local.temporal import TimeSkippingServer
from tests.support.world import Worlds
from tests.support.world.network import Network
from tests.workflows.skipping import Skipped, skipped_parts, skipped_settings


@pytest_asyncio.fixture
async def skipped(worlds: Worlds, fresh_temporal: TimeSkippingServer) -> AsyncIterator[Skipped[Network]]:
    """A service without a worker, whose days can be skipped."""
    settings = skipped_settings(worlds.settings(), fresh_temporal)
    async with worlds.open(Network, settings, **skipped_parts("network", fresh_temporal)) as world:
        yield Skipped(world, world.context, world.deliver_published)
