"""Fixtures of the tests of searches."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest_asyncio
from pydantic import SecretStr

from deploy.local.postgres import PostgreSQL
from deploy.local.temporal import TimeSkippingServer
from shared.database import Database
from shared.settings import Settings
from tests.support.backing import KEYS, Databases
from tests.workflows.intake.searching import Searching, searching


@pytest_asyncio.fixture
async def search(
    postgres: PostgreSQL,
    databases: Databases,
    database: Callable[[str], Awaitable[Database]],
    fresh_temporal: TimeSkippingServer,
    secrets_dir: Path,
) -> AsyncIterator[Searching]:
    """Intake with its worker, whose days can be skipped."""
    await databases.recreate(KEYS)
    settings = Settings(
        database_url=SecretStr(postgres.url),
        temporal_address=fresh_temporal.address,
        temporal_namespace=fresh_temporal.namespace,
        secrets_dir=secrets_dir,
        local=True,
    )
    async with searching(settings, await database("intake"), fresh_temporal) as found:
        yield found
