"""Fixtures of the tests of erasing."""

from collections.abc import AsyncIterator

import pytest_asyncio

from deploy.local.temporal import TimeSkippingServer
from tests.support.backing import Databases
from tests.support.world import Worlds
from tests.support.world.platform import CasePlatform


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def running(
    worlds: Worlds, databases: Databases, temporal: TimeSkippingServer
) -> AsyncIterator[CasePlatform]:
    """Intake, network, scheduling and plans, made once; workflows that they start wait for a worker."""
    settings = worlds.settings(temporal_address=temporal.address, temporal_namespace=temporal.namespace)
    async with CasePlatform.open(settings, databases) as platform:
        yield platform


@pytest_asyncio.fixture
async def platform(running: CasePlatform) -> CasePlatform:
    """Intake, network, scheduling and plans, with an organisation of their own; and nothing else in them."""
    return await running.emptied()
