"""Services opened for tests, each on a fresh database of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr

from shared.settings import Settings
from tests.support.backing import KEYS, Databases
from tests.support.world.base import World

W = TypeVar("W", bound=World)


class Worlds:
    """Opens services on the databases of this run of the tests."""

    def __init__(self, databases: Databases, secrets_dir: Path) -> None:
        self._databases = databases
        self._secrets_dir = secrets_dir

    def settings(self, **changes: Any) -> Settings:
        """Return settings that name the database server and the keys, and other parts only if given."""
        return Settings(
            database_url=SecretStr(self._databases.url), secrets_dir=self._secrets_dir, local=True, **changes
        )

    @asynccontextmanager
    async def open(self, kind: type[W], settings: Settings | None = None, **parts: Any) -> AsyncIterator[W]:
        """Yield a service with empty tables and an empty store of keys."""
        for name in (KEYS, kind.service):
            await self._databases.recreate(name)
        async with kind.open(settings or self.settings(), **parts) as world:
            yield world
