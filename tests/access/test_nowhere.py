"""Of an organisation that there is not nothing is kept, whoever names it: else rows could be made without end."""

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.ids import uuid7
from shared.services import SERVICES
from tests.access.conftest import Populated
from tests.access.table import written
from tests.access.world import World

# Answers by idempotency key go by themselves, and ops enter organisations that are not there yet.
_KEPT_A_WHILE = {"idempotency_key"}
_BY_OPS = {"POST /v1/organisations"}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("service", SERVICES)
async def test_nothing_is_kept_of_an_organisation_that_there_is_not(
    service: str, populated: Populated, secrets_dir: Path
) -> None:
    async with populated(service) as world:
        everybody = world.cast.askers(secrets_dir)
        nowhere, kept = uuid7(), {}
        for row in written(service, set(everybody)):
            if row.startswith("GET ") or row in _BY_OPS:
                continue
            changed = False
            for asker, headers in everybody.items():
                named = headers | {"kring-tenant": str(nowhere)}
                answer = await world.http.request(headers=named, **world.request(row, asker))
                assert answer.status_code < 500, (row, asker, answer.text)
                changed = changed or answer.is_success
            if tables := await _rows_of(world, nowhere) - _KEPT_A_WHILE:
                kept[row] = tables
            if changed:
                await world.restore()
        assert kept == {}


async def _rows_of(world: World, tenant: UUID) -> set[str]:
    """Return the tables that hold a row of an organisation."""
    async with world.owner.transaction() as session:
        tables = await session.scalars(
            text(
                "SELECT quote_ident(table_name) FROM information_schema.columns"
                " WHERE table_schema = 'public' AND column_name = 'tenant'"
            )
        )
        parts = [
            f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM public.{table} WHERE tenant = :tenant)"
            for table in tables
        ]
        found = await session.scalars(text(" UNION ALL ".join(parts)), {"tenant": tenant})
        return set(found)
