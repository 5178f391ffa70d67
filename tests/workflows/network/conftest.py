"""Fixtures of the tests of invitations over time."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from pydantic import SecretStr

from deploy.local.postgres import PostgreSQL
from deploy.local.temporal import TimeSkippingServer
from shared.settings import Settings
from tests.support.backing import KEYS, Databases
from tests.workflows.network.inviting import Inviting, inviting


@pytest_asyncio.fixture
async def service(
    postgres: PostgreSQL,
    databases: Databases,
    fresh_temporal: TimeSkippingServer,
    secrets_dir: Path,
) -> AsyncIterator[Inviting]:
    """Network with its worker, whose days can be skipped."""
    await databases.recreate(KEYS)
    await databases.recreate("network")
    settings = Settings(
        database_url=SecretStr(postgres.url),
        temporal_address=fresh_temporal.address,
        temporal_namespace=fresh_temporal.namespace,
        secrets_dir=secrets_dir,
        local=True,
    )
    async with inviting(settings, fresh_temporal) as found:
        yield found
