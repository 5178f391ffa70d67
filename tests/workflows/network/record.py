"""Records the history of an invitation, readable and from made-up ids: `python -m tests.workflows.network.record`.

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
from shared.events import intake
from shared.secrets import database_key
from shared.settings import Settings
from tests.support.backing import KEYS, Backing, Databases
from tests.workflows.network.inviting import Inviting, inviting

HISTORIES = Path(__file__).with_name("histories")


async def play(service: Inviting) -> str:
    """Play an invitation to which everything happens once, and return its history as JSON."""
    house = service.house
    case = await house.open_case()
    person, invitation = await service.invited(case, "Nadia")
    await service.skip(days=2)
    await house.hear(intake.CasePaused(case_id=case.id, reason="illness"), case=case)
    await service.hear_own_events()
    await service.waits(invitation, timers=0)
    await house.hear(intake.CaseResumed(case_id=case.id), case=case)
    await service.hear_own_events()
    await service.waits(invitation)
    await service.skip(days=2, seconds=10)
    await service.waits(invitation)
    await service.skip(days=4)
    await service.waits(invitation, timers=0)
    await house.ask("POST", "/v1/me/invitation/answer", house.person(case, person), json={"answer": "yes"})
    await service.hear_own_events()
    await service.ended(invitation)
    history = await (await service.handle(invitation)).fetch_history()
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
            await databases.recreate("network")
            settings = Settings(
                database_url=SecretStr(postgres.url),
                temporal_address=server.address,
                temporal_namespace=server.namespace,
                secrets_dir=secrets,
                local=True,
            )
            async with inviting(settings, server, readable=True) as service:
                HISTORIES.joinpath(f"{name}.json").write_text(await play(service) + "\n")
        finally:
            await parts.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:] or ["invitation-0001"]))
