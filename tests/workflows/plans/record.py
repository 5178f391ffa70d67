"""Records the history of a year's follow-up, readable and from made-up ids: `python -m tests.workflows.plans.record`.

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
from shared.events import intake
from shared.secrets import database_key
from shared.settings import Settings
from tests.support.backing import KEYS, Backing, Databases
from tests.workflows.plans.following import Following, following

HISTORIES = Path(__file__).with_name("histories")


async def play(follow: Following) -> str:
    """Play a year in which everything happens once, and return the workflow's history as JSON."""
    house = follow.house
    case, plan = await follow.recorded(10, 20)
    await follow.pass_moment(case)
    await house.ask("POST", f"/v1/agreements/{plan['agreement_ids'][0]}/done", house.person(case, case.aunt))
    await house.handle(intake.CasePaused(case_id=case.id, reason="illness"))
    await follow.hear_own_events()
    await follow.resting(case)
    await follow.skip(timedelta(days=5))
    await house.handle(intake.CaseResumed(case_id=case.id))
    await follow.hear_own_events()
    await follow.waiting(case)
    # The second agreement: due, reminded of, lapsed; and the coordinator's call in between.
    for _ in range(4):
        await follow.pass_moment(case)
    await follow.record(case, "four-weeks", house.coordinator(case))
    for kind in ("three-months", "six-months", "twelve-months"):
        await follow.pass_moment(case)
        await follow.record(case, kind, house.person(case, case.neighbour))
    await follow.ended(case)
    history = await (await follow.handle(case)).fetch_history()
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
            settings = Settings(
                database_url=SecretStr(postgres.url),
                temporal_address=server.address,
                temporal_namespace=server.namespace,
                secrets_dir=secrets,
                local=True,
            )
            database = await databases.fresh("plans")
            async with following(settings, database, server, readable=True) as follow:
                HISTORIES.joinpath(f"{name}.json").write_text(await play(follow) + "\n")
            await databases.close()
        finally:
            await parts.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:] or ["follow-up-0001"]))
