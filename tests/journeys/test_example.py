"""The example of `kring up --example`: who one can be in it, what is late in it, and what their links lead to."""

import json
from typing import Any

import httpx
import pytest

from deploy.commands.up import EXAMPLE
from deploy.example.filling import fill
from deploy.local.platform import Platform
from deploy.watch.watch import Watch
from shared.auth import Role
from shared.services import PROCESSES

pytestmark = pytest.mark.timeout(900)


def written(platform: Platform, name: str) -> list[dict[str, Any]]:
    """Return a file that the example leaves beside the data."""
    found: list[dict[str, Any]] = json.loads((platform.directory / name).read_text())
    return found


class TestTheExample:
    async def test_has_somebody_in_each_role_links_that_open_and_something_late(self) -> None:
        told: list[str] = []
        async with Platform(services=PROCESSES, extra=EXAMPLE) as platform:
            await fill(platform, tell=told.append)
            async with Watch.over(platform) as watch:
                late = {clock.kind for clock in await watch.clocks() if clock.state == "breached"}
            accounts, links = written(platform, "accounts.json"), written(platform, "links.json")
            async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
                shown = [(await http.get(link["link"])).status_code for link in links]
        assert {*Role} - {role for each in accounts for role in each["roles"]} == {Role.INTEGRATION}
        assert all(
            each.keys() == {"id", "name", "organisation", "organisation_name", "roles"} for each in accounts
        )
        assert all(each.keys() == {"name", "what", "link"} for each in links)
        assert shown == [200] * 7
        assert "allocation" in late
        assert told[-1].startswith("21 cases")
