"""`kring workflows rebuild`: restart every workflow that should run according to the databases."""

from collections.abc import Sequence
from importlib import import_module

from shared.database import Database
from shared.rebuilding import rebuild as rebuild_workflows
from shared.runtime import connected
from shared.settings import Settings


async def rebuild(services: Sequence[str]) -> int:
    """Start what should run and does not, and print how many of each service and type. Raises: Operational."""
    settings = Settings()
    started = 0
    for service in services:
        subscriptions = import_module(f"services.{service}.consumer").subscriptions
        owners = Database.connect(
            settings.database_of(service), application_name="kring-workflows", pool_size=1
        )
        try:
            async with connected(service, settings) as context:
                rebuilt = await rebuild_workflows(context, subscriptions, owners)
        finally:
            await owners.close()
        started += rebuilt.started.total()
        for name in sorted({*rebuilt.started, *rebuilt.ran}):
            print(f"{service:<10}  {name}: {rebuilt.started[name]} started, {rebuilt.ran[name]} ran already")
    print(f"{started} workflows were started.")
    return 0
