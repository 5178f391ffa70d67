"""Fixtures of the tests of intake."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.support.world import Worlds
from tests.support.world.intake import Intake


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def running(worlds: Worlds) -> AsyncIterator[Intake]:
    """Intake, made once."""
    async with worlds.open(Intake) as world:
        yield world


@pytest_asyncio.fixture
async def world(running: Intake) -> Intake:
    """Intake with three organisations, a manager and a referrer."""
    return await running.emptied()
