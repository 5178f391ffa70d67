"""The test service as a fixture: made once for a module, empty for each test."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
import structlog

from shared import logs
from tests.integration.shared.http_service import Running, running
from tests.support.backing import KEYS, PLATFORM, Databases


@pytest.fixture(scope="module")
def plain_logs() -> Iterator[None]:
    """Log as in production: structlog's default prints every variable of every frame, which takes seconds."""
    structlog.configure(processors=[logs.cut_exceptions, structlog.processors.JSONRenderer()])
    yield
    structlog.reset_defaults()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running_service(databases: Databases, plain_logs: None) -> AsyncIterator[Running]:
    """The test service, made once."""
    del plain_logs
    async with AsyncExitStack() as stack:
        yield await running(await databases.fresh(PLATFORM), await databases.fresh(KEYS), stack)
    await databases.close()


@pytest_asyncio.fixture
async def service(running_service: Running) -> Running:
    """The test service, with nothing in its tables."""
    await running_service.empty()
    return running_service
