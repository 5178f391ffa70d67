"""Fixtures of the tests of intake."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from pydantic import SecretStr

from deploy.local.postgres import PostgreSQL
from shared.settings import Settings
from tests.integration.intake.house import House, opened
from tests.support.backing import KEYS, Databases


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running_intake(
    postgres: PostgreSQL, databases: Databases, secrets_dir: Path
) -> AsyncIterator[House]:
    """Intake, made once for a module: its app and its connections."""
    await databases.recreate(KEYS)
    settings = Settings(database_url=SecretStr(postgres.url), secrets_dir=secrets_dir, local=True)
    async with opened(settings, await databases.fresh("intake")) as found:
        yield found
    await databases.close()


@pytest_asyncio.fixture
async def house(running_intake: House) -> House:
    """Intake with three organisations, a manager and a referrer; its events stay in its outbox."""
    return await running_intake.anew()
