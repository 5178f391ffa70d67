"""Fixtures of the tests of training."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.support.world import Worlds
from tests.support.world.training import Training


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def running(worlds: Worlds) -> AsyncIterator[Training]:
    """Training, made once."""
    async with worlds.open(Training) as world:
        yield world


@pytest_asyncio.fixture
async def world(running: Training) -> Training:
    """Training with nothing on offer yet."""
    return await running.emptied()
