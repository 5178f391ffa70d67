"""Populated services, for tests of who may do what."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import SecretStr

from deploy.local.postgres import PostgreSQL
from shared.database import Database
from shared.settings import Settings
from tests.access.world import World
from tests.support.backing import KEYS, Databases

Populated = Callable[[str], AbstractAsyncContextManager[World]]


@pytest.fixture
def populated(
    postgres: PostgreSQL,
    databases: Databases,
    database: Callable[[str], Awaitable[Database]],
    secrets_dir: Path,
    broker_url: str,
) -> Populated:
    """Return what populates a service by name, and keeps its rows to come back to."""

    @asynccontextmanager
    async def populate(service: str) -> AsyncIterator[World]:
        await databases.recreate(KEYS)
        settings = Settings(
            database_url=SecretStr(postgres.url),
            broker_url=SecretStr(broker_url),
            secrets_dir=secrets_dir,
            local=True,
        )
        worlds = import_module(f"tests.access.worlds.{service}")
        async with worlds.world(settings, await database(service)) as world:
            await world.miss_deadlines()
            await world.keep()
            try:
                yield world
            finally:
                await world.forget()

    return populate
