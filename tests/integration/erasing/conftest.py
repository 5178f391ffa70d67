"""Fixtures of the tests of erasing."""

from collections.abc import AsyncIterator

import pytest_asyncio

from shared.settings import Settings
from tests.integration.erasing.house import Houses, opened
from tests.support.backing import Databases


@pytest_asyncio.fixture
async def houses(settings: Settings, databases: Databases) -> AsyncIterator[Houses]:
    """Intake, network, scheduling and plans, with an organisation of their own; and nothing else in them."""
    async with opened(settings, databases) as found:
        yield found
    await databases.close()
