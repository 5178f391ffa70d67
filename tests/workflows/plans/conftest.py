"""Fixtures of the tests of the follow-up."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest_asyncio
from pydantic import SecretStr

from deploy.local.postgres import PostgreSQL
from deploy.local.temporal import TimeSkippingServer
from shared.database import Database
from shared.settings import Settings
from tests.support.backing import KEYS, Databases
from tests.workflows.plans.following import Following, following


@pytest_asyncio.fixture
async def follow(
    postgres: PostgreSQL,
    databases: Databases,
    database: Callable[[str], Awaitable[Database]],
    fresh_temporal: TimeSkippingServer,
    secrets_dir: Path,
) -> AsyncIterator[Following]:
    """Plans with its worker, whose year can be skipped."""
    await databases.recreate(KEYS)
    settings = Settings(
        database_url=SecretStr(postgres.url),
        temporal_address=fresh_temporal.address,
        temporal_namespace=fresh_temporal.namespace,
        secrets_dir=secrets_dir,
        local=True,
    )
    async with following(settings, await database("plans"), fresh_temporal) as found:
        yield found
