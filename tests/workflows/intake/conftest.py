"""Fixtures of the tests of searches and of retention."""

from collections.abc import AsyncIterator

import pytest_asyncio

from deploy.local.temporal import TimeSkippingServer
from tests.support.world import Worlds
from tests.support.world.intake import Intake
from tests.workflows.intake.cases import Cases
from tests.workflows.skipping import Skipped, skipped_parts, skipped_settings


@pytest_asyncio.fixture
async def cases(worlds: Worlds, fresh_temporal: TimeSkippingServer) -> AsyncIterator[Cases]:
    """Intake without a worker; its years can be skipped."""
    settings = skipped_settings(worlds.settings(), fresh_temporal)
    async with worlds.open(Intake, settings, **skipped_parts("intake", fresh_temporal)) as world:
        await world.furnish()
        yield Cases(Skipped(world, world.context, world.deliver_published))


@pytest_asyncio.fixture
async def search(cases: Cases) -> AsyncIterator[Cases]:
    """Intake with its worker."""
    async with cases.skipped.worker():
        yield cases
