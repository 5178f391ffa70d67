"""For whoever changes a model: `python -m shared.migrations revision SERVICE "what changes"`, or `check SERVICE`."""

import asyncio
import sys
from pathlib import Path

from shared import migrations
from shared.settings import Settings


def main() -> None:
    """Write a step from the difference between models and database, or say whether there is one."""
    command, service, *message = sys.argv[1:]
    url, directory = Settings().database_of(service), Path("services", service, "migrations")
    if command == "revision":
        asyncio.run(migrations.revision(url=url, directory=directory, message=message[0]))
    else:
        asyncio.run(migrations.check(url=url, directory=directory))


main()
