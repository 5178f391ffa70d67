"""Fixtures of the tests of plans."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from pydantic import SecretStr

from deploy.local.postgres import PostgreSQL
from shared.settings import Settings
from tests.integration.plans.house import House, opened
from tests.support.backing import KEYS, Databases


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def standing_house(
    postgres: PostgreSQL, databases: Databases, secrets_dir: Path
) -> AsyncIterator[House]:
    """Plans, made once."""
    await databases.recreate(KEYS)
    settings = Settings(database_url=SecretStr(postgres.url), secrets_dir=secrets_dir, local=True)
    async with opened(settings, await databases.fresh("plans")) as found:
        yield found


@pytest_asyncio.fixture
async def house(standing_house: House) -> House:
    """Plans, knowing nothing yet; its events stay in its outbox."""
    await standing_house.empty()
    return standing_house
