"""Fixtures of the tests of the portal."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from services.portal.people import COORDINATOR, WRITE_IN
from tests.support.backing import Backing
from tests.support.html_checker import HtmlChecker
from tests.support.portal import Browser, FakeServices, put_behind
from tests.support.world import Worlds
from tests.support.world.portal import Portal


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def running(worlds: Worlds) -> AsyncIterator[Portal]:
    """The portal, made once."""
    async with worlds.open(Portal) as world:
        yield world


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def html_checker(backing: Backing) -> HtmlChecker:
    """What reads each page that a browser gets."""
    return await backing.get("html_checker", HtmlChecker)


@pytest_asyncio.fixture
async def world(running: Portal) -> Portal:
    """The portal before anybody came."""
    return await running.emptied()


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    """Services that answer what the test says."""
    made = FakeServices()
    # Anybody behind a link can choose their language on any page, and is told there whom to call.
    made.answer(WRITE_IN, None)
    made.answer(COORDINATOR, {"first_name": "Hanne", "last_name": "Peeters", "phone": "+32 470 12 34 56"})
    put_behind(monkeypatch, made)
    return made


@pytest_asyncio.fixture
async def browser(world: Portal, html_checker: HtmlChecker) -> Browser:
    """A browser of somebody who comes for the first time, to an organisation that is known."""
    await world.execute(
        "INSERT INTO tenant_profile (tenant, version, name, country, time_zone)"
        " VALUES (:tenant, 1, :name, 'BE', 'Europe/Brussels')",
        tenant=world.tenant,
        name="De Ring",
    )
    return Browser(world, html_checker)
