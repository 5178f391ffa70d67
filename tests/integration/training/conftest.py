"""Fixtures of the tests of training."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest_asyncio
from pydantic import SecretStr

from deploy.local.postgres import PostgreSQL
from shared.database import Database
from shared.settings import Settings
from tests.integration.training.house import House, opened
from tests.support.backing import KEYS, Databases


@pytest_asyncio.fixture
async def house(
    postgres: PostgreSQL,
    databases: Databases,
    database: Callable[[str], Awaitable[Database]],
    secrets_dir: Path,
) -> AsyncIterator[House]:
    """Training with nothing on offer yet; its events stay in its outbox."""
    await databases.recreate(KEYS)
    settings = Settings(database_url=SecretStr(postgres.url), secrets_dir=secrets_dir, local=True)
    async with opened(settings, await database("training")) as found:
        yield found
