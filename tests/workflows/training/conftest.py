"""Fixtures of the tests of the wait for a payment."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from deploy.local.temporal import TimeSkippingServer
from shared.database import Database
from shared.settings import Settings
from tests.workflows.training.running import Running, running


@pytest.fixture
def own_time(settings: Settings, fresh_temporal: TimeSkippingServer) -> Settings:
    """Settings with a Temporal server of this test's own."""
    changes = {"temporal_address": fresh_temporal.address, "temporal_namespace": fresh_temporal.namespace}
    return settings.model_copy(update=changes)


@pytest_asyncio.fixture
async def training(
    own_time: Settings, database: Callable[[str], Awaitable[Database]]
) -> AsyncIterator[Running]:
    """Training on all the real parts, with a time of its own."""
    async with running(own_time, await database("training")) as found:
        yield found


@pytest_asyncio.fixture
async def deaf_training(
    own_time: Settings, database: Callable[[str], Awaitable[Database]]
) -> AsyncIterator[Running]:
    """Training that hears only what the test delivers to it."""
    async with running(own_time, await database("training"), listening=False) as found:
        yield found
