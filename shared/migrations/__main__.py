"""For model changes: `python -m shared.migrations revision HISTORY "what changes"`.

HISTORY is a service, or `platform` for the tables that every service has.
"""

import argparse
import asyncio

from shared import migrations
from shared.services import PROCESSES
from shared.settings import Settings


def main() -> None:
    """Write a step from the difference between the models and the existing steps."""
    parser = argparse.ArgumentParser(prog="python -m shared.migrations", description=main.__doc__)
    parser.add_argument("command", choices=["revision"])
    parser.add_argument("history", choices=[migrations.PLATFORM.name, *PROCESSES])
    parser.add_argument("message", help="what the step does, in a few words")
    asked = parser.parse_args()
    history = migrations.history_of(asked.history)
    asyncio.run(
        migrations.revision(history, url=Settings().database_of(asked.history), message=asked.message)
    )


main()
