"""The test service as a fixture: made once for a module, empty for each test."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest_asyncio

from tests.integration.shared.http_service import Running, running
from tests.support.backing import KEYS, PLATFORM, Databases


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running_service(databases: Databases) -> AsyncIterator[Running]:
    """The test service, made once."""
    async with AsyncExitStack() as stack:
        yield await running(await databases.fresh(PLATFORM), await databases.fresh(KEYS), stack)
    await databases.close()


@pytest_asyncio.fixture
async def service(running_service: Running) -> Running:
    """The test service, with nothing in its tables."""
    await running_service.empty()
    return running_service
