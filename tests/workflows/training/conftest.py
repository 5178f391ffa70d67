"""Fixtures of the tests of the wait for a payment."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest_asyncio

from deploy.local.temporal import TimeSkippingServer
from shared.database import Database
from shared.settings import Settings
from tests.workflows.training.running import Running, running


@pytest_asyncio.fixture
async def training(
    settings: Settings, database: Callable[[str], Awaitable[Database]], fresh_temporal: TimeSkippingServer
) -> AsyncIterator[Running]:
    """Training on all the real parts, with a time of its own."""
    own_time = {"temporal_address": fresh_temporal.address, "temporal_namespace": fresh_temporal.namespace}
    async with running(settings.model_copy(update=own_time), await database("training")) as found:
        yield found
