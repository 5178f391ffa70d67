"""The example of `kring up`: who one can be in it, what is late in it, what runs on, and what their links lead to."""

import json
import re
from typing import Any

import httpx2
import pytest

from deploy.local.example import Example
from deploy.local.platform import Platform
from deploy.watch.watch import Watch
from shared.auth import Role

pytestmark = pytest.mark.timeout(900)


def written(platform: Platform, name: str) -> list[dict[str, Any]]:
    """Return a file that the example leaves beside the data."""
    found: list[dict[str, Any]] = json.loads((platform.directory / name).read_text())
    return found


class TestTheExample:
    async def test_has_somebody_in_each_role_links_that_open_something_late_and_workflows_that_wait(
        self,
    ) -> None:
        told: list[str] = []
        async with Platform(example=Example(told.append, every=5)) as platform:
            async with Watch.over(platform) as watch:
                clocks = await watch.clocks()
                now = await watch.now()
                started = (platform.directory / "logs" / "workflows.log").read_text()
            accounts, links = written(platform, "accounts.json"), written(platform, "links.json")
            async with httpx2.AsyncClient(timeout=30, trust_env=False) as http:
                shown = [(await http.get(link["link"])).status_code for link in links]
        assert {*Role} - {role for each in accounts for role in each["roles"]} == {Role.INTEGRATION}
        assert all(
            each.keys() == {"id", "name", "organisation", "organisation_name", "roles"} for each in accounts
        )
        assert all(each.keys() == {"name", "what", "link"} for each in links)
        assert shown == [200] * len(links) != []
        assert told[0].startswith("8 cases")
        assert {"invitation", "payment"} <= {clock.kind for clock in clocks if clock.state == "breached"}
        assert (now - min(clock.started_at for clock in clocks)).days > 90
        waiting = {clock.workflow_id for clock in clocks if clock.state in ("running", "paused")}
        assert len(waiting) > 5
        assert int(re.findall(r"(\d+) workflows were started", started)[0]) >= len(waiting)
