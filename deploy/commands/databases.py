"""The databases of an installation, with the owner's login: whether the server answers, and which exist."""

import asyncio
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import asyncpg
from pydantic import SecretStr

from deploy.local.errors import PlatformError
from shared.database import DRIVER_ERRORS
from shared.services import SERVICES
from shared.settings import Settings


async def reach(address: SecretStr, setting: str = "KRING_DATABASE_URL", *, wait_seconds: float = 0) -> None:
    """Wait until the database server accepts a login. Raises: PlatformError, naming it without its password."""
    server = address.get_secret_value()
    parts = urlsplit(server)
    where = f"The database server at {parts.hostname}:{parts.port or 5432} ({setting})"
    until = time.monotonic() + wait_seconds
    while True:
        try:
            connection = await asyncpg.connect(f"{server.rstrip('/')}/postgres", timeout=5)
            await connection.close()
            return
        except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError):
            raise PlatformError(f"{where} does not accept the user or password given.") from None
        except (*DRIVER_ERRORS, TimeoutError) as error:
            if time.monotonic() >= until:
                raise PlatformError(f"{where} does not answer ({type(error).__name__}).") from None
        await asyncio.sleep(0.1)


async def with_database(
    settings: Settings, service: str | None = None, *, among: Sequence[str] = SERVICES
) -> Sequence[str]:
    """Return the services with a database here (an installation may run only some), or the requested one.

    Raises: PlatformError if the server does not answer, or the requested service has none.
    """
    await reach(settings.database_url)
    server = settings.database_url.get_secret_value()
    connection = await asyncpg.connect(f"{server.rstrip('/')}/postgres", timeout=5)
    try:
        names = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
    finally:
        await connection.close()
    found = [name for name in among if f"kring_{name}" in names and service in (None, name)]
    if not found:
        raise PlatformError(
            f"There is no database of {service or 'any service'} here; `kring migrate` makes it."
        )
    return found
