"""Fixtures of the tests of scheduling."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
from pydantic import SecretStr

from deploy.local.postgres import PostgreSQL
from shared import logs
from shared.database import Database
from shared.settings import Settings
from tests.integration.scheduling.house import House, opened
from tests.support.backing import KEYS, Databases


@pytest.fixture(scope="module", autouse=True)
def _plain_logs() -> Iterator[None]:
    """Log as in production: structlog's default prints every variable of every frame, which takes seconds."""
    structlog.configure(processors=[logs.cut_exceptions, structlog.processors.JSONRenderer()])
    yield
    structlog.reset_defaults()


@pytest_asyncio.fixture
async def house(
    postgres: PostgreSQL,
    databases: Databases,
    database: Callable[[str], Awaitable[Database]],
    secrets_dir: Path,
) -> AsyncIterator[House]:
    """Scheduling, knowing nothing yet; its events stay in its outbox."""
    await databases.recreate(KEYS)
    settings = Settings(database_url=SecretStr(postgres.url), secrets_dir=secrets_dir, local=True)
    async with opened(settings, await database("scheduling")) as found:
        yield found
