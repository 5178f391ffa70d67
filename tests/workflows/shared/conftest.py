"""Fixtures of the tests of housekeeping."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from pydantic import SecretStr

from deploy.local.postgres import PostgreSQL
from deploy.local.temporal import TimeSkippingServer
from shared.runtime import connected
from shared.settings import Settings
from tests.support.backing import KEYS, Databases
from tests.support.rooms import Rooms
from tests.workflows.shared.keeping import SERVICE, Keeping, keeping


@pytest_asyncio.fixture
async def house(
    postgres: PostgreSQL, databases: Databases, fresh_temporal: TimeSkippingServer, secrets_dir: Path
) -> AsyncIterator[Keeping]:
    """A service whose days can be skipped."""
    await databases.recreate(KEYS)
    settings = Settings(database_url=SecretStr(postgres.url), secrets_dir=secrets_dir, local=True)
    owner = await databases.fresh(SERVICE)
    async with (
        connected(SERVICE, settings) as context,
        keeping(Rooms(context.database, owner, settings), fresh_temporal, codec_key=bytes(32)) as found,
    ):
        yield found
    await databases.close()
