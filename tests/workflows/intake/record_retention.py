"""Records the history of retention, readable: `python -m tests.workflows.intake.record_retention`.

Run it when the workflow changes on purpose, and keep the older history too while runs of that time may be under way.
"""

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from pydantic import SecretStr

from deploy.local.postgres import PostgreSQL
from deploy.local.secrets import ensure_secrets
from deploy.local.temporal import TimeSkippingServer
from shared.clock import SkippedClock
from shared.secrets import database_key
from shared.settings import Settings
from shared.temporal import Temporal, prepare_namespace
from tests.integration.intake.house import opened
from tests.support.backing import KEYS, Backing, Databases
from tests.workflows.intake.keeping import Keeping

HISTORIES = Path(__file__).with_name("histories")


async def play(files: Keeping) -> list[str]:
    """Play files that are warned of, held, let go and erased, and return the first and the last run as JSON."""
    async with await files.worker():
        case = await files.withdrawn(await files.house.refer_oneself())
        await files.waiting()
        handle = await files.handle()
        began = (await handle.describe()).run_id
        first = await files.withdrawn()
        await files.waiting()
        hold = await files.hold(first)
        await files.waiting()
        await files.skip_to((await files.clock(case.id)).due_at)
        await files.erased(case)
        await files.lift(hold)
        await files.waiting()
        await files.skip_to((await files.clock(first.id)).due_at)
        await files.erased(first)
        await files.ended()
        client = await files.house.context.temporal.client()
        runs = [client.get_workflow_handle(handle.id, run_id=began), handle]
        histories = [(await run.fetch_history()).to_json() for run in runs]
    # Who worked on it names a machine, and does not matter to a replay.
    return [re.sub(r'"[^"]*@[^"]*"', '"worker"', history) for history in histories]


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
            settings = Settings(
                database_url=SecretStr(postgres.url),
                temporal_address=server.address,
                temporal_namespace=server.namespace,
                secrets_dir=secrets,
                local=True,
            )
            await prepare_namespace(address=server.address, namespace=server.namespace)
            plain = Temporal(address=server.address, namespace=server.namespace, codec_key=None)
            database = await databases.fresh("intake")
            async with opened(
                settings, database, clock=SkippedClock(server.address), temporal=plain
            ) as house:
                await house.furnish()
                for which, history in zip(("first", "last"), await play(Keeping(house)), strict=True):
                    HISTORIES.joinpath(f"{name}-{which}.json").write_text(history + "\n")
            await databases.close()
        finally:
            await parts.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:] or ["retention-0001"]))
