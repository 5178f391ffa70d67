"""Who may do what to which case: everybody tries every operation, and what comes of it is what `matrix.yaml` says."""

from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from deploy.local.postgres import PostgreSQL
from shared.database import Database
from shared.settings import SERVICES, Settings
from tests.access.cast import Cast
from tests.access.observing import observe
from tests.access.world import door_of, doors
from tests.support.backing import KEYS, Databases

TABLE: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("matrix.yaml").read_text())


def spelled_out(names: list[str]) -> set[str]:
    """Return the askers that names of askers and of groups stand for."""
    groups: dict[str, list[str]] = TABLE["groups"]
    found: set[str] = set()
    for name in names:
        found |= spelled_out(groups[name]) if name in groups else {name}
    return found


def written(service: str, everybody: set[str]) -> dict[str, dict[str, str]]:
    """Return by row what the table says of each asker: those it does not name get a plain no."""
    rows: dict[str, dict[str, str]] = {}
    for row, outcomes in TABLE["services"][service]["rows"].items():
        rows[row] = dict.fromkeys(everybody, "no")
        for outcome, names in outcomes.items():
            for asker in spelled_out(names):
                assert asker in everybody, f"{row}: nobody is called {asker}"
                assert rows[row][asker] == "no", f"{row}: {asker} stands there twice"
                rows[row][asker] = outcome
    return rows


@pytest.mark.timeout(180)
@pytest.mark.parametrize("service", SERVICES)
async def test_everybody_may_do_what_the_table_says_and_nothing_else(
    service: str,
    postgres: PostgreSQL,
    databases: Databases,
    database: Callable[[str], Awaitable[Database]],
    secrets_dir: Path,
) -> None:
    await databases.recreate(KEYS)
    settings = Settings(database_url=SecretStr(postgres.url), secrets_dir=secrets_dir, local=True)
    worlds = import_module(f"tests.access.worlds.{service}")
    async with worlds.world(settings, await database(service)) as world:
        everybody = world.cast.askers(secrets_dir)
        wanted = written(service, set(everybody))
        document = (await world.http.get("/openapi.json")).json()
        operations = {
            door for door in doors(document) if not door.startswith(("GET /health", "GET /metrics"))
        }
        assert {door_of(row) for row in wanted} == operations, "every operation has a row in the table"
        assert set(world.tries) <= set(wanted), "what is tried stands in the table"
        await world.keep()
        try:
            found = await observe(world, list(wanted), everybody)
        finally:
            await world.forget()
    wrong = {
        row: {
            asker: f"{found.outcomes[row][asker]}, not {outcome}"
            for asker, outcome in outcomes.items()
            if found.outcomes[row][asker] != outcome
        }
        for row, outcomes in wanted.items()
    }
    assert {row: askers for row, askers in wrong.items() if askers} == {}
    possible = {row for row, outcomes in wanted.items() if set(outcomes.values()) - {"no", "hidden", "gone"}}
    assert possible - found.done == set(), "somebody really did what each row says can be done"
    assert dict(found.telling) == {}, "what is hidden looks as if it did not exist"
    readers = {what: spelled_out(names) for what, names in TABLE["services"][service]["contents"].items()}
    assert set(readers) == set(world.contents)
    assert {what: found.seen[what] for what in readers} == readers


def test_everybody_is_named_as_in_the_cast(secrets_dir: Path) -> None:
    everybody = set(Cast().askers(secrets_dir))
    assert spelled_out(["everyone"]) == everybody
    for name in TABLE["groups"]:
        assert spelled_out([name]) <= everybody, name
