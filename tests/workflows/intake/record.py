"""Records the history of a search, readable and from made-up ids: `python -m tests.workflows.intake.record`.

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
from services.intake.queries.search import Phase
from shared.secrets import database_key
from shared.settings import Settings
from tests.support.backing import KEYS, Backing, Databases
from tests.support.eventually import eventually
from tests.workflows.intake.searching import Searching, searching

HISTORIES = Path(__file__).with_name("histories")


async def play(search: Searching) -> str:
    """Play a search in which everything happens once, and return the workflow's history as JSON."""
    house = search.house
    second = await house.enter_coordinator()
    first = await house.enter_coordinator(languages=["nl", "fr"])
    case = await search.begun(wishes={"languages": ["nl", "fr"]})
    declined = await search.offer(case)
    await house.do("POST", f"/v1/cases/{case.id}/pause", house.manager(), json={"reason": "holiday"})
    await house.hear_own_events()
    await search.resting(case)
    await house.do("POST", f"/v1/cases/{case.id}/resume", house.manager())
    await house.hear_own_events()
    await search.waiting(case)
    await house.decline(declined, first)
    await house.hear_own_events()
    await search.offer(case, declined)
    # Reminded, late, expired; then nobody is left, until somebody new is there to be asked.
    while (await search.standing(case)).phase == Phase.OFFERED:
        await search.pass_moment(case)
    await search.waiting(case)
    third = await house.enter_coordinator()

    async def asked() -> bool:
        if (await search.standing(case)).phase == Phase.NOBODY_LEFT:
            await search.pass_moment(case)
        return (await search.standing(case)).phase == Phase.OFFERED

    await eventually(asked, "the newcomer to be asked")
    await house.accept(await search.offer(case), third)
    await house.hear_own_events()
    await search.ended(case)
    assert await house.mails("offer-made") == [first, second, third]
    # Who worked on it names a machine, and does not matter to a replay.
    return re.sub(r'"[^"]*@[^"]*"', '"worker"', (await search.history(case)).to_json())


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
            database = await databases.fresh("intake")
            async with searching(settings, database, server, readable=True) as search:
                HISTORIES.joinpath(f"{name}.json").write_text(await play(search) + "\n")
            await databases.close()
        finally:
            await parts.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:] or ["assignment-0001"]))
