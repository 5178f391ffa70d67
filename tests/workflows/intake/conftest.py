"""Fixtures of the tests of searches and of retention."""

from collections.abc import AsyncIterator

import pytest_asyncio

from deploy.local.temporal import TimeSkippingServer
from tests.integration.intake.house import opened
from tests.support.backing import KEYS, Databases
from tests.support.world import Worlds
from tests.workflows.intake.cases import Cases
from tests.workflows.skipping import Skipped, skipped_parts, skipped_settings


@pytest_asyncio.fixture
async def cases(
    worlds: Worlds, databases: Databases, fresh_temporal: TimeSkippingServer
) -> AsyncIterator[Cases]:
    """Intake without a worker; its years can be skipped."""
    await databases.recreate(KEYS)
    settings = skipped_settings(worlds.settings(), fresh_temporal)
    database, parts = await databases.fresh("intake"), skipped_parts("intake", fresh_temporal)
    async with opened(settings, database, **parts) as house:
        await house.furnish()
        yield Cases(Skipped(house, house.context, house.hear_own_events))


@pytest_asyncio.fixture
async def search(cases: Cases) -> AsyncIterator[Cases]:
    """Intake with its worker."""
    async with cases.skipped.worker():
        yield cases
