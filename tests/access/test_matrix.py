"""Who may do what to which case: everybody tries every operation, and what comes of it is what `matrix.yaml` says."""

from pathlib import Path

import pytest

from shared.services import SERVICES
from tests.access.cast import Cast
from tests.access.conftest import Populated
from tests.access.observing import observe
from tests.access.table import TABLE, readers, spelled_out, written
from tests.access.world import doors, gate_of


@pytest.mark.timeout(600)
@pytest.mark.parametrize("service", SERVICES)
async def test_everybody_may_do_what_the_table_says_and_nothing_else(
    service: str, populated: Populated, secrets_dir: Path
) -> None:
    async with populated(service) as world:
        everybody = world.cast.askers(secrets_dir)
        wanted = written(service, set(everybody))
        document = (await world.http.get("/openapi.json")).json()
        rows = {gate_of(row) for row in wanted}
        assert rows == set(doors(document)), "every operation has a row in the table"
        assert set(world.tries) <= set(wanted), "what is tried stands in the table"
        found = await observe(world, list(wanted), everybody)
    wrong = {
        row: {
            asker: f"{found.outcomes[row][asker]}, not {outcome}"
            for asker, outcome in outcomes.items()
            if found.outcomes[row][asker] != outcome
        }
        for row, outcomes in wanted.items()
    }
    assert {row: askers for row, askers in wrong.items() if askers} == {}
    possible = {
        row
        for row, outcomes in wanted.items()
        if set(outcomes.values()) - {"no", "refused", "hidden", "gone"}
    }
    assert possible - found.done == set(), "somebody really did what each row says can be done"
    assert dict(found.telling) == {}, "what is hidden looks as if it did not exist"
    assert set(readers(service)) == set(world.contents), (
        "each has a line under `contents` of the service in matrix.yaml"
    )
    assert {what: found.seen[what] for what in world.contents} == readers(service)


def test_everybody_is_named_as_in_the_cast(secrets_dir: Path) -> None:
    everybody = set(Cast().askers(secrets_dir))
    assert spelled_out(["everyone"]) == everybody
    for name in TABLE["groups"]:
        assert spelled_out([name]) <= everybody, name
