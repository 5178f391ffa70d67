"""Records the histories that are replayed: `python -m tests.workflows.record [NAME ...]`, all if none is named.

Histories are readable and from made-up ids. A changed workflow gets a new history beside the older ones, which stay
as long as runs of that time may be under way: see docs/changing-workflows.md.
"""

import asyncio
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from deploy.local.postgres import PostgreSQL
from deploy.local.secrets import ensure_secrets
from deploy.local.temporal import TimeSkippingServer
from shared.secrets import database_key
from tests.integration.intake.house import opened as intake_opened
from tests.support.backing import KEYS, Backing, Databases
from tests.support.world import Worlds
from tests.support.world.network import Network
from tests.support.world.plans import Plans
from tests.support.world.scheduling import Scheduling
from tests.support.world.training import Training
from tests.workflows.intake.cases import Cases
from tests.workflows.network.circle import Circle
from tests.workflows.plans.following import Following
from tests.workflows.scheduling.preparing import Preparing
from tests.workflows.shared.purging import a_round
from tests.workflows.skipping import Skipped, skipped_parts, skipped_settings
from tests.workflows.training.running import Running

HISTORIES = Path(__file__).with_name("histories")

Play = Callable[[Skipped[Any]], Awaitable[str]]
# By the name of the history: the service in which it is played, and what is played, which returns a workflow's id.
PLAYS: dict[str, tuple[str, Play]] = {
    "coordinator-assignment": ("intake", lambda skipped: Cases(skipped).a_search()),
    "retention": ("intake", lambda skipped: Cases(skipped).files()),
    "invitation": ("network", lambda skipped: Circle(skipped).an_invitation()),
    "coming-of-age": ("network", lambda skipped: Circle(skipped).a_birthday()),
    "data-request": ("network", lambda skipped: Circle(skipped).a_request()),
    "clock": ("network", lambda skipped: Circle(skipped).an_erasure()),
    "conference-preparation": ("scheduling", lambda skipped: Preparing(skipped).a_preparation()),
    "follow-up": ("plans", lambda skipped: Following(skipped).a_year()),
    "registration-paid": ("training", lambda skipped: Running(skipped).a_reminded_payment()),
    "registration-expired": ("training", lambda skipped: Running(skipped).an_expiry()),
    "housekeeping": ("network", a_round),
}
_WORLDS = {"network": Network, "plans": Plans, "scheduling": Scheduling, "training": Training}


@asynccontextmanager
async def readable(
    service: str, worlds: Worlds, databases: Databases, server: TimeSkippingServer
) -> AsyncIterator[Skipped[Any]]:
    """Yield a service with its worker, whose histories are not encrypted."""
    settings = skipped_settings(worlds.settings(), server)
    parts = skipped_parts(service, server, readable=True)
    if service == "intake":
        await databases.recreate(KEYS)
        async with intake_opened(settings, await databases.fresh(service), **parts) as house:
            await house.furnish()
            skipped: Skipped[Any] = Skipped(house, house.context, house.hear_own_events)
            async with skipped.worker(cache=100):
                yield skipped
        return
    async with worlds.open(_WORLDS[service], settings, **parts) as world:
        skipped = Skipped(world, world.context, world.deliver_published)
        async with skipped.worker(cache=100):
            yield skipped


async def record(name: str, databases: Databases, secrets: Path) -> list[Path]:
    """Play what a history is named after, and write down the first and the last run of the workflow."""
    service, play = PLAYS[name]
    # A server of its own: its time begins now.
    with tempfile.TemporaryDirectory() as directory:
        parts = Backing(Path(directory))
        try:
            server = await parts.get("temporal", TimeSkippingServer)
            async with readable(service, Worlds(databases, secrets), databases, server) as skipped:
                histories = await skipped.histories(await play(skipped))
        finally:
            await parts.stop()
    # Where a year passes in between, the runs between the first and the last are like these.
    runs = {"": histories[0]} if len(histories) == 1 else {"-first": histories[0], "-last": histories[-1]}
    written = []
    for suffix, history in runs.items():
        # Who worked on it names a machine, and does not matter to a replay.
        text = re.sub(r'"[^"]*@[^"]*"', '"worker"', history.to_json())
        path = HISTORIES / f"{name}{suffix}.json"
        path.write_text(text + "\n")
        written.append(path)
    return written


async def main(names: list[str]) -> None:
    """Record the histories of these names, or all."""
    HISTORIES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        parts = Backing(Path(directory))
        try:
            postgres = await parts.get("postgres", PostgreSQL)
            secrets = Path(directory, "secrets")
            ensure_secrets(secrets)
            databases = Databases(postgres, database_key(secrets))
            for name in names or PLAYS:
                for path in await record(name, databases, secrets):
                    print(path.relative_to(Path.cwd()))
            await databases.close()
        finally:
            await parts.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
