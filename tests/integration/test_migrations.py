"""Every history of migrations leads to the tables that the models of today describe."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from shared import migrations
from shared.database import Database
from shared.settings import SERVICES
from tests.support.platform import rows

DIRECTORY = Path(__file__).parents[2] / "services"


@pytest.mark.parametrize("service", SERVICES)
async def test_ends_at_the_models(service: str, database: Callable[[str], Awaitable[Database]]) -> None:
    url = (await database(service)).engine.url.render_as_string(hide_password=False)
    await migrations.check(url=url, directory=DIRECTORY / service / "migrations")


@pytest.mark.parametrize("service", SERVICES)
async def test_names_no_constraint_twice_over(
    service: str, database: Callable[[str], Awaitable[Database]]
) -> None:
    """The naming convention is applied to names that already have it unless they are marked as final."""
    found = await rows(await database(service), "SELECT conname AS name FROM pg_constraint")
    assert [row.name for row in found if "_ck_" in row.name or "_fk_" in row.name] == []
