"""Fixtures of the tests of the portal."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.support.world import Worlds
from tests.support.world.portal import Portal


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def running(worlds: Worlds) -> AsyncIterator[Portal]:
    """The portal, made once."""
    async with worlds.open(Portal) as world:
        yield world


@pytest_asyncio.fixture
async def world(running: Portal) -> Portal:
    """The portal before anybody came."""
    return await running.emptied()
