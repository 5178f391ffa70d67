"""Fixtures of the tests of scheduling: one service for all tests of a file, and a tenant of its own for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
from pydantic import SecretStr

from deploy.local.postgres import PostgreSQL
from shared import logs
from shared.settings import Settings
from tests.integration.scheduling.house import House, opened
from tests.support.backing import KEYS, Databases


@pytest.fixture(scope="module", autouse=True)
def _plain_logs() -> Iterator[None]:
    """Log as in production: structlog's default prints every variable of every frame, which takes seconds."""
    structlog.configure(processors=[logs.cut_exceptions, structlog.processors.JSONRenderer()])
    yield
    structlog.reset_defaults()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(postgres: PostgreSQL, databases: Databases, secrets_dir: Path) -> AsyncIterator[House]:
    """Scheduling on its database; its events stay in its outbox."""
    await databases.recreate(KEYS)
    settings = Settings(database_url=SecretStr(postgres.url), secrets_dir=secrets_dir, local=True)
    async with opened(settings, await databases.fresh("scheduling")) as found:
        yield found
    await databases.close()


@pytest.fixture
def house(service: House) -> House:
    """Scheduling as a tenant sees it that nobody knows yet, at the first moment."""
    return service.renewed()
