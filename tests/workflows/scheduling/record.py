"""Records a preparation's history, readable and from made-up ids: `python -m tests.workflows.scheduling.record`.

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
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.secrets import ensure_secrets
from deploy.local.temporal import TimeSkippingServer
from shared.events import intake
from shared.secrets import database_key
from shared.settings import Settings
from tests.support.backing import KEYS, Backing, Databases
from tests.workflows.scheduling.platform import Platform, running

HISTORIES = Path(__file__).with_name("histories")


async def play(platform: Platform) -> str:
    """Play a preparation in which everything happens once, and return the workflow's history as JSON."""
    house = platform.house
    case = await house.polled(12, 20, 90)
    handle = await platform.started(case)
    await house.say(case, case.central, "yes")
    await house.handle(intake.CasePaused(case_id=case.id, reason="holiday"), sequence=50)
    await platform.move(timedelta(days=1))
    await house.handle(intake.CaseResumed(case_id=case.id), sequence=51)
    for moment, what in (("warn_at", "warned"), ("due_at", "breached")):
        await platform.move_to(getattr((await house.clocks(case))["poll"], moment))
        await platform.reached(case, "poll", what)
    await house.schedule(case, option_id=str(case.options[0]))
    await platform.move(timedelta(hours=1))
    await house.postponed(case)
    await platform.move(timedelta(hours=1))
    await house.schedule(case, option_id=str(case.options[-1]))
    for moment, what in (("warn_at", "warned"), ("due_at", "breached")):
        await platform.move_to(getattr((await house.clocks(case))["conference-target"], moment))
        await platform.reached(case, "conference-target", what)
    await platform.move(timedelta(days=60))
    (await platform.hold(case)).raise_for_status()
    await platform.ended(case)
    # Who worked on it names a machine, and does not matter to a replay.
    return re.sub(r'"[^"]*@[^"]*"', '"worker"', (await handle.fetch_history()).to_json())


async def main(name: str) -> None:
    """Record under a name."""
    with tempfile.TemporaryDirectory() as directory:
        parts = Backing(Path(directory))
        try:
            parts.start(["postgres", "rabbitmq", "temporal"])
            postgres = await parts.get("postgres", PostgreSQL)
            rabbitmq = await parts.get("rabbitmq", RabbitMQ)
            server = await parts.get("temporal", TimeSkippingServer)
            secrets = Path(directory, "secrets")
            ensure_secrets(secrets)
            databases = Databases(postgres, database_key(secrets))
            await databases.recreate(KEYS)
            settings = Settings(
                database_url=SecretStr(postgres.url),
                broker_url=SecretStr(await rabbitmq.create_vhost("recording")),
                temporal_address=server.address,
                temporal_namespace=server.namespace,
                secrets_dir=secrets,
                local=True,
                retry_scale=0.05,
            )
            database = await databases.fresh("scheduling")
            async with running(settings, database, readable=True) as platform:
                HISTORIES.joinpath(f"{name}.json").write_text(await play(platform) + "\n")
            await databases.close()
        finally:
            await parts.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:] or ["preparation-0001"]))
