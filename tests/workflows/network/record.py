"""Records a history, readable and from made-up ids: `python -m tests.workflows.network.record NAME`.

What is played is what the name begins with: `invitation-...`, `data-request-...`, `coming-of-age-...` or
`deadline-...`, which all services share.

Run it when the workflow changes on purpose, and keep the older history too while runs of that time may be under way.
"""

import asyncio
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from temporalio.client import WorkflowHandle

from deploy.local.postgres import PostgreSQL
from deploy.local.secrets import ensure_secrets
from deploy.local.temporal import TimeSkippingServer
from shared.events import intake
from shared.secrets import database_key
from shared.settings import Settings
from tests.support.backing import KEYS, Backing, Databases
from tests.workflows.network.asking import Asking
from tests.workflows.network.erasing import Erasing
from tests.workflows.network.growing_up import GrowingUp
from tests.workflows.network.inviting import Inviting, inviting

HISTORIES = Path(__file__).with_name("histories")


async def play(service: Inviting) -> str:
    """Play an invitation to which everything happens once, and return its history as JSON."""
    house = service.house
    case = await house.open_case()
    person, invitation = await service.invited(case, "Nadia")
    await service.skip(days=2)
    await house.handle(intake.CasePaused(case_id=case.id, reason="illness"))
    await service.hear_own_events()
    await service.waits(invitation, timers=0)
    await house.handle(intake.CaseResumed(case_id=case.id))
    await service.hear_own_events()
    await service.waits(invitation)
    await service.skip(days=2, seconds=10)
    await service.waits(invitation)
    await service.skip(days=4)
    await service.waits(invitation, timers=0)
    await house.ask("POST", "/v1/me/invitation/answer", house.person(case, person), json={"answer": "yes"})
    await service.hear_own_events()
    await service.ended(invitation)
    return await _readable(await service.handle(invitation))


async def play_request(service: Inviting) -> str:
    """Play a request that is answered late, and return its history as JSON."""
    asking = Asking(service)
    case = await service.house.open_case()
    request = await asking.asked(case, case.central, "copy")
    await asking.answer(request, "extend", reason="Het is veel.")
    await asking.waits(request)
    await service.skip(days=83, hours=2)
    await asking.waits(request)
    await service.skip(days=7)
    await asking.waits(request, timers=0)
    await asking.answer(request, "approve")
    await asking.waits(request)
    await service.skip(days=30, hours=2)
    await asking.ended(request)
    return await _readable(await asking.handle(request))


async def play_birthday(service: Inviting) -> str:
    """Play a birthday that is warned of and comes, and return its history as JSON."""
    growing_up = GrowingUp(service)
    case = await service.house.open_case()
    child = await growing_up.child(case, await growing_up.born(12, days=60))
    clock = await growing_up.running(child)
    await growing_up.waits(clock.id)
    await service.skip(days=50)
    await growing_up.waits(clock.id)
    await service.skip(days=20)
    await growing_up.ended(clock.id)
    return await _readable(await growing_up.handle(clock.id))


async def play_deadline(service: Inviting) -> str:
    """Play an erasure that is warned of and late, and return the history of its deadline as JSON."""
    erasing = Erasing(service)
    await erasing.begin()
    await erasing.skip_to("warn_at")
    await erasing.waits(2)
    await erasing.skip_to("due_at")
    await erasing.ended()
    return await _readable(await erasing.handle())


async def _readable(handle: WorkflowHandle[Any, Any]) -> str:
    # Who worked on it names a machine, and does not matter to a replay.
    return re.sub(r'"[^"]*@[^"]*"', '"worker"', (await handle.fetch_history()).to_json())


PLAYS = {
    "invitation": play,
    "data-request": play_request,
    "coming-of-age": play_birthday,
    "deadline": play_deadline,
}


def _play_of(name: str) -> Callable[[Inviting], Awaitable[str]]:
    return next(play for begin, play in PLAYS.items() if name.startswith(begin))


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
                HISTORIES.joinpath(f"{name}.json").write_text(await _play_of(name)(service) + "\n")
        finally:
            await parts.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:] or ["invitation-0001"]))
