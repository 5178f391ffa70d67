"""Fixtures of the tests of plans."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.support.world import Worlds
from tests.support.world.plans import Plans


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def running(worlds: Worlds) -> AsyncIterator[Plans]:
    """Plans, made once."""
    async with worlds.open(Plans) as world:
        yield world


@pytest_asyncio.fixture
async def world(running: Plans) -> Plans:
    """Plans, knowing nothing yet."""
    return await running.emptied()
