"""Records the histories that are replayed: `python -m tests.workflows.record [--anew] [NAME ...]`; no name: all.

Histories are readable and from made-up ids. A changed workflow gets a new history beside the older ones, which stay
as long as runs of that time may be under way (docs/changing-workflows.md); `--anew` replaces them.
"""

import argparse
import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

from deploy.local.postgres import PostgreSQL
from deploy.local.secrets import ensure_secrets
from deploy.local.temporal import TimeSkippingServer
from tests.support.backing import Backing, Databases
from tests.support.world import World, Worlds
from tests.support.world.intake import Intake
from tests.support.world.network import Network
from tests.support.world.plans import Plans
from tests.support.world.scheduling import Scheduling
from tests.support.world.training import Training
from tests.workflows.intake.cases import Cases
from tests.workflows.network.circle import Circle
from tests.workflows.plans.following import Following
from tests.workflows.scheduling.preparing import Preparing
from tests.workflows.shared.purging import a_round
from tests.workflows.skipping import Shifted, Skipped, skipped_parts, skipped_settings
from tests.workflows.training.running import Running

HISTORIES = Path(__file__).with_name("histories")

Play = Callable[[Skipped[Any]], Awaitable[str]]


async def _plan_b(skipped: Skipped[Any]) -> str:
    return (await Following(skipped).plan_b())[0]


# By the name of the history: the service in which it is played, and what is played, which returns a workflow's id.
PLAYS: dict[str, tuple[str, Play]] = {
    "coordinator-assignment": ("intake", lambda skipped: Cases(skipped).a_search()),
    "retention": ("intake", lambda skipped: Cases(skipped).files()),
    "invitation": ("network", lambda skipped: Circle(skipped).an_invitation()),
    "coming-of-age": ("network", lambda skipped: Circle(skipped).a_birthday()),
    "data-request": ("network", lambda skipped: Circle(skipped).a_request()),
    "survey": ("network", lambda skipped: Circle(skipped).a_survey()),
    "clock": ("network", lambda skipped: Circle(skipped).an_erasure()),
    "conference-preparation": ("scheduling", lambda skipped: Preparing(skipped).a_preparation()),
    "follow-up": ("plans", lambda skipped: Following(skipped).a_year()),
    "plan-b": ("plans", _plan_b),
    "registration-paid": ("training", lambda skipped: Running(skipped).a_reminded_payment()),
    "registration-expired": ("training", lambda skipped: Running(skipped).an_expiry()),
    "statement": ("training", lambda skipped: Running(skipped).a_statement()),
    "housekeeping": ("network", a_round),
}
_WORLDS: dict[str, type[World]] = {
    "intake": Intake,
    "network": Network,
    "plans": Plans,
    "scheduling": Scheduling,
    "training": Training,
}


@dataclass(frozen=True)
class Played:
    """What came of a play: its first and last run, by the ends of their names, and the types of its events."""

    runs: dict[str, WorkflowHistory]
    published: list[tuple[str, str | None]]


async def played(name: str, databases: Databases, secrets: Path, *, worker_by: timedelta) -> Played:
    """Play what a history is named after, with a worker whose own clock is ahead of the server's by so much."""
    service, play = PLAYS[name]
    # A server of its own: its time begins now.
    with tempfile.TemporaryDirectory() as directory:
        parts = Backing(Path(directory))
        try:
            server = await parts.get("temporal", TimeSkippingServer)
            async with _readable(service, Worlds(databases, secrets), server) as skipped:
                async with skipped.worker(clock=Shifted(skipped.context.clock, worker_by), cache=100):
                    histories = await skipped.histories(await play(skipped))
                rows = await skipped.world.rows(
                    "SELECT type, data->>'kind' AS kind FROM outbox ORDER BY position"
                )
        finally:
            await parts.stop()
    # Where a year passes in between, the runs between the first and the last are like these.
    runs = {"": histories[0]} if len(histories) == 1 else {"-first": histories[0], "-last": histories[-1]}
    return Played(runs, [(row.type, row.kind) for row in rows])


@asynccontextmanager
async def _readable(service: str, worlds: Worlds, server: TimeSkippingServer) -> AsyncIterator[Skipped[Any]]:
    """Yield a service without a worker, whose histories are not encrypted."""
    settings = skipped_settings(worlds.settings(), server)
    parts = skipped_parts(service, server, readable=True)
    async with worlds.open(_WORLDS[service], settings, **parts) as world:
        if isinstance(world, Intake):
            await world.furnish()
        yield Skipped(world, world.context, world.deliver_published)


def recorded(stem: str) -> list[Path]:
    """Return the histories of a name, the oldest first: NAME.json, NAME-2.json and so on."""
    found = {
        int(match[1] or 1): path
        for path in HISTORIES.glob(f"{stem}*.json")
        if (match := re.fullmatch(rf"{stem}(?:-(\d+))?", path.stem))
    }
    return [found[number] for number in sorted(found)]


async def record(name: str, databases: Databases, secrets: Path, *, anew: bool) -> list[Path]:
    """Write down the histories of a play."""
    found = await played(name, databases, secrets, worker_by=timedelta())
    written = []
    for suffix, history in found.runs.items():
        stem = f"{name}{suffix}"
        older = recorded(stem)
        if anew:
            while older:
                older.pop().unlink()
        # Who worked on it names a machine, and does not matter to a replay.
        text = re.sub(r'"[^"]*@[^"]*"', '"worker"', history.to_json())
        path = HISTORIES / f"{stem}{f'-{len(older) + 1}' if older else ''}.json"
        path.write_text(text + "\n")
        written.append(path)
    return written


async def main(names: list[str], *, anew: bool) -> None:
    """Record the histories of these names, or all."""
    HISTORIES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        parts = Backing(Path(directory))
        try:
            postgres = await parts.get("postgres", PostgreSQL)
            secrets = Path(directory, "secrets")
            ensure_secrets(secrets)
            databases = Databases(postgres, secrets)
            for name in names or PLAYS:
                for path in await record(name, databases, secrets, anew=anew):
                    print(path.relative_to(Path.cwd()))
            await databases.close()
        finally:
            await parts.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Records histories of workflows.")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--anew", action="store_true", help="replace the older histories")
    given = parser.parse_args()
    asyncio.run(main(given.names, anew=given.anew))
