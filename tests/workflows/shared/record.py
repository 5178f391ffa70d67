"""Records the history of a round of housekeeping, readable: `python -m tests.workflows.shared.record`.

Run it when the workflow changes on purpose, and keep the older history too while runs of that time may be under way.
"""

import asyncio
import re
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from deploy.local.postgres import PostgreSQL
from deploy.local.secrets import ensure_secrets
from deploy.local.temporal import TimeSkippingServer
from shared.runtime import connected
from shared.secrets import database_key
from shared.settings import Settings
from tests.support.backing import KEYS, Backing, Databases
from tests.support.rooms import ROWS, Rooms
from tests.workflows.shared.keeping import SERVICE, Keeping, keeping

HISTORIES = Path(__file__).with_name("histories")


async def play(house: Keeping) -> str:
    """Play a round in which there is something to purge of every kind, and return the workflow's history as JSON."""
    for table in ROWS:
        await house.rooms.fill(table, older=timedelta(minutes=1), count=3)
    async with await house.worker():
        await house.begin()
        await house.resting()
        handle = await house.handle()
        first = (await handle.describe()).run_id
        await house.skip(timedelta(hours=25))
        await house.resting()
        client = await house.temporal.client()
        history = await client.get_workflow_handle(handle.id, run_id=first).fetch_history()
    # Who worked on it names a machine, and does not matter to a replay.
    return re.sub(r'"[^"]*@[^"]*"', '"worker"', history.to_json())


async def main(name: str) -> None:
    """Record under a name."""
    with tempfile.TemporaryDirectory() as directory:
        parts = Backing(Path(directory))
        try:
            postgres = await parts.get("postgres", PostgreSQL)
            server = await parts.get("temporal", TimeSkippingServer)
            secrets = Path(directory, "secrets")
            ensure_secrets(secrets)
            databases = Databases(postgres, database_key(secrets))
            await databases.recreate(KEYS)
            settings = Settings(database_url=SecretStr(postgres.url), secrets_dir=secrets, local=True)
            owner = await databases.fresh(SERVICE)
            async with (
                connected(SERVICE, settings) as context,
                keeping(Rooms(context.database, owner, settings), server, codec_key=None) as house,
            ):
                HISTORIES.joinpath(f"{name}.json").write_text(await play(house) + "\n")
            await databases.close()
        finally:
            await parts.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:] or ["housekeeping-0001"]))
