"""Fixtures of the tests of scheduling."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.support.world import Worlds
from tests.support.world.scheduling import Scheduling


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def running(worlds: Worlds) -> AsyncIterator[Scheduling]:
    """Scheduling, made once."""
    async with worlds.open(Scheduling) as world:
        yield world


@pytest_asyncio.fixture
async def world(running: Scheduling) -> Scheduling:
    """Scheduling, knowing nothing yet."""
    return await running.emptied()
