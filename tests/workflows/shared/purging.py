"""Housekeeping that really runs."""

from datetime import timedelta
from typing import Any

from shared.housekeeping.workflows import housekeeping_workflow_id, start_housekeeping
from tests.support.eventually import eventually
from tests.support.rooms import ROWS, Rooms
from tests.workflows.skipping import PATIENCE, Skipped

HOUSEKEEPING = housekeeping_workflow_id("network")


def rooms_of(skipped: Skipped[Any]) -> Rooms:
    """Return the tables that are purged."""
    world = skipped.world
    return Rooms(world.context.database, world.owner, world.context.settings)


async def fill(skipped: Skipped[Any]) -> None:
    """Write rows of every kind that are a little older than what is kept."""
    for table in ROWS:
        await rooms_of(skipped).fill(table, older=timedelta(minutes=1), count=3)


async def left(skipped: Skipped[Any]) -> int:
    """Return how many rows are left."""
    return sum([await rooms_of(skipped).left(table) for table in ROWS])


async def purged(skipped: Skipped[Any]) -> None:
    """Wait until a round is over."""

    async def probe() -> bool:
        return (await skipped.kinds(HOUSEKEEPING))[-1:] == ["timer_started"]

    await eventually(probe, "a round of housekeeping", seconds=PATIENCE)


async def a_round(skipped: Skipped[Any]) -> str:
    """Play a round in which there is something to purge of every kind, and return the workflow's id."""
    await fill(skipped)
    await start_housekeeping(skipped.context)
    await purged(skipped)
    return HOUSEKEEPING
