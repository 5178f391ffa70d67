"""Fixtures of the tests of the wait for a payment."""

from collections.abc import AsyncIterator

import pytest_asyncio

from deploy.local.temporal import TimeSkippingServer
from shared.settings import Settings
from tests.support.world import Worlds
from tests.workflows.skipping import skipped_parts, skipped_settings
from tests.workflows.training.running import Running, running


@pytest_asyncio.fixture
async def training(
    settings: Settings, worlds: Worlds, fresh_temporal: TimeSkippingServer
) -> AsyncIterator[Running]:
    """Training on all the real parts, with a time of its own."""
    parts = skipped_parts("training", fresh_temporal)
    async with running(worlds, skipped_settings(settings, fresh_temporal), parts) as found:
        yield found


@pytest_asyncio.fixture
async def quiet_training(
    settings: Settings, worlds: Worlds, fresh_temporal: TimeSkippingServer
) -> AsyncIterator[Running]:
    """Training that gets only what the test delivers to it."""
    parts, own = skipped_parts("training", fresh_temporal), skipped_settings(settings, fresh_temporal)
    async with running(worlds, own, parts, listening=False) as found:
        yield found
