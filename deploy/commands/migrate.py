"""`kring migrate`: creates and upgrades every database, and declares every queue, in one process."""

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deploy.local.errors import PlatformError

if TYPE_CHECKING:
    from shared.secrets import Login
    from shared.settings import Settings

PARTS = ("databases", "queues", "temporal")


async def migrate(services: Sequence[str], *, wait_seconds: float, parts: Sequence[str] = PARTS) -> int:
    """Upgrade the databases of these services and the key store, declare queues, prepare Temporal."""
    doing = {"databases": _databases, "queues": _queues, "temporal": _temporal}
    # One after another, so that an error is always about the same first part.
    for part in PARTS:
        if part in parts:
            await doing[part](services, wait_seconds)
    return 0


async def _databases(services: Sequence[str], wait_seconds: float) -> None:
    # Imported before the first attempt: on one machine the server starts meanwhile.
    from deploy.commands.databases import reach
    from deploy.commands.erasures import apply_ledger
    from shared import migrations
    from shared.settings import Settings
    from shared.vault.keys import prepare_key_store

    settings = Settings()
    await reach(settings.database_url, wait_seconds=wait_seconds)
    if settings.keys_database_url is not None:
        await reach(settings.keys_database_url, "KRING_KEYS_DATABASE_URL", wait_seconds=wait_seconds)
    keys = settings.database_of("keys")
    await migrations.ensure_database(keys)
    logins = _logins(settings, services, "database_login")
    await prepare_key_store(keys, logins)
    await migrations.upgrade_all({name: settings.database_of(name) for name in services}, logins=logins)
    # No service starts before this: a restored key store contains the keys of erased subjects again.
    applied = await apply_ledger(settings)
    if applied.destroyed:
        print(f"erased again: {applied.destroyed} keys that a restore brought back")


def _logins(settings: "Settings", services: Sequence[str], name: str) -> "dict[str, list[Login]]":
    """Return all accepted logins of each service."""
    from shared.secrets import Login, versions

    return {
        service: [Login.read(path) for path in versions(settings.secrets_of(service) / name)]
        for service in services
    }


async def _queues(services: Sequence[str], wait_seconds: float) -> None:
    """Declare the queues of these services, and create their users: nothing is published before."""
    from importlib import import_module

    import aio_pika

    from shared.broker import declare_all, let_services_in
    from shared.errors import Operational
    from shared.settings import Settings

    settings = Settings()
    url = settings.broker_url.get_secret_value()
    bindings = {
        name: import_module(f"services.{name}.consumer").subscriptions.bindings() for name in services
    }
    if settings.broker_management_url is None:
        raise PlatformError("KRING_BROKER_MANAGEMENT_URL is missing: the broker's users are made there.")
    logins = _logins(settings, services, "broker_login")
    until = time.monotonic() + wait_seconds
    while True:
        try:
            await declare_all(url, bindings, scale=settings.retry_scale)
            return await let_services_in(
                settings.broker_management_url, url, logins, scale=settings.retry_scale
            )
        except (OSError, Operational, aio_pika.exceptions.AMQPError, TimeoutError) as error:
            if time.monotonic() >= until:
                where = urlsplit(url)
                raise PlatformError(
                    f"The broker at {where.hostname}:{where.port or 5672} (KRING_BROKER_URL) does not answer"
                    f" ({type(error).__name__})."
                ) from None
        await asyncio.sleep(0.1)


async def _temporal(services: Sequence[str], wait_seconds: float) -> None:
    from deploy.local.certificates import OPERATOR
    from deploy.local.temporal import ensure_namespaces
    from shared.settings import Settings
    from shared.temporal import Access

    settings = Settings()
    address = settings.temporal_address
    # Some installations have all databases on one server.
    namespaces = {settings.namespace_of(service) for service in services}
    access = Access.of(settings, OPERATOR)
    until = time.monotonic() + wait_seconds
    while True:
        try:
            return await ensure_namespaces(namespaces, address=address, access=access)
        except Exception as error:  # noqa: BLE001 - the client has no common class for "not there yet"
            if time.monotonic() >= until:
                raise PlatformError(
                    f"Temporal at {address} (KRING_TEMPORAL_ADDRESS) does not answer ({type(error).__name__})."
                ) from None
        await asyncio.sleep(0.5)
