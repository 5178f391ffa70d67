"""Across organisations: whoever belongs to one gets nothing of another, through any operation, whatever they send."""

import asyncio
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from shared.services import SERVICES
from tests.access.cast import Headers
from tests.access.conftest import Populated
from tests.access.table import written
from tests.access.world import ID, World

# Examples of each operation.
_EXAMPLES = 12
_TENANT = "kring-tenant"
# Those who run the installation are of no organisation.
_OF_NONE = {"ops elsewhere"}


class Apart:
    """What is of an organisation in a service's database: all its ids, and what its rows add up to."""

    def __init__(self, world: World, tables: list[str]) -> None:
        self._world = world
        self._tables = tables
        self.ids: frozenset[str] = frozenset()

    @classmethod
    async def of(cls, world: World) -> "Apart":
        """Find out what there is."""
        async with world.owner.transaction() as session:
            tables = await session.execute(
                text(
                    "SELECT quote_ident(table_name) FROM information_schema.columns"
                    " WHERE table_schema = 'public' AND column_name = 'tenant' ORDER BY 1"
                )
            )
            found = cls(world, list(tables.scalars()))
        here, there = [await found._all_ids(tenant) for tenant in (world.cast.tenant, world.cast.elsewhere)]
        # The register of organisations is shown to every tenant.
        known = {str(value) for name, value in vars(world.cast).items() if not name.endswith("case")}
        found.ids = frozenset(here - there - known)
        return found

    async def _all_ids(self, tenant: Any) -> set[str]:
        rows = await self._rows("string_agg(t::text, ' ')", tenant)
        return {one for row in rows for one in ID.findall(row or "")}

    async def digest(self) -> dict[str, str | None]:
        """Return what the rows of the tenant add up to, table by table."""
        rows = await self._rows("md5(string_agg(t::text, '|' ORDER BY t::text))", self._world.cast.tenant)
        return dict(zip(self._tables, rows, strict=True))

    async def _rows(self, of: str, tenant: Any) -> list[str | None]:
        parts = (
            f"SELECT {number}, (SELECT {of} FROM public.{table} t WHERE tenant = :tenant) AS found"
            for number, table in enumerate(self._tables)
        )
        async with self._world.owner.transaction() as session:
            rows = await session.execute(text(" UNION ALL ".join(parts) + " ORDER BY 1"), {"tenant": tenant})
            return [row.found for row in rows]


@st.composite
def crossings(draw: st.DrawFn, world: World, row: str, asker: str, theirs: list[str]) -> dict[str, Any]:
    """Return a request of a row with ids of another organisation in its path, its query and its body."""
    any_id = st.sampled_from(theirs)
    ids = {
        name: draw(
            st.sampled_from([value, world.ids_elsewhere.get(name, value)])
            | (any_id if ID.fullmatch(value) else st.just(value))
        )
        for name, value in world.ids.items()
    }
    plain = world.request(row, asker)
    request: dict[str, Any] = world.request(row, asker, ids) if draw(st.booleans()) else plain
    if "json" in request:
        request["json"] = _with_ids(draw, request["json"], any_id)
    if draw(st.booleans()):
        names = ["case_id", "person_id", "tenant", "cursor", "organisation_id", "id"]
        request["params"] = {draw(st.sampled_from(names)): draw(any_id)}
    return request


def _with_ids(draw: st.DrawFn, body: Any, any_id: st.SearchStrategy[str]) -> Any:
    if isinstance(body, dict):
        return {name: _with_ids(draw, value, any_id) for name, value in body.items()}
    if isinstance(body, list):
        return [_with_ids(draw, value, any_id) for value in body]
    if isinstance(body, str) and ID.fullmatch(body):
        return draw(st.just(body) | any_id)
    return body


@pytest.mark.timeout(180)
@pytest.mark.parametrize("service", SERVICES)
async def test_nothing_of_an_organisation_is_read_or_changed_by_another(
    service: str, populated: Populated, secrets_dir: Path
) -> None:
    async with populated(service) as world:
        everybody = world.cast.askers(secrets_dir)
        table = written(service, set(everybody))
        strangers = {
            name: headers
            for name, headers in everybody.items()
            if name.endswith("elsewhere") and name not in _OF_NONE
        }
        apart = await Apart.of(world)
        assert len(apart.ids) > 3
        before = await apart.digest()
        loop = asyncio.get_running_loop()

        async def cross(row: str, asker: str, headers: Headers, request: dict[str, Any]) -> None:
            answer = await world.http.request(headers=headers, **request)
            assert answer.is_success or answer.status_code < 500, answer.text
            # What is open to anyone shows what is on offer, or needs another proof: a link.
            open_to_anyone = table[row]["nobody"] == "yes"
            _holds_nothing(world, frozenset() if open_to_anyone else apart.ids, request, answer)
            if row.startswith("GET "):
                return
            # What the table lets them do here is no crossing: a referrer refers to whom they like.
            if table[row][asker] != "yes":
                assert await apart.digest() == before, (row, asker, answer.text)
            if answer.is_success:
                await world.restore()

        def try_row(row: str) -> None:
            @settings(
                max_examples=_EXAMPLES,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(data=st.data())
            def attempt(data: st.DataObject) -> None:
                asker = data.draw(st.sampled_from(sorted(strangers)))
                tenant = data.draw(st.sampled_from([world.cast.tenant, world.cast.elsewhere]))
                request = data.draw(crossings(world, row, asker, sorted(apart.ids)))
                headers = strangers[asker] | {_TENANT: str(tenant)}
                crossing = cross(row, asker, headers, request)
                asyncio.run_coroutine_threadsafe(crossing, loop).result(30)

            attempt()

        for row in table:
            # In a thread of its own, because what generates the requests waits for each answer.
            await asyncio.to_thread(try_row, row)


def _holds_nothing(
    world: World, ids: frozenset[str], request: dict[str, Any], answer: httpx2.Response
) -> None:
    said = answer.text if "image" not in answer.headers.get("content-type", "") else ""
    shown = {what for what, words in world.contents.items() if words in said and "elsewhere" not in what}
    assert shown == set(), (request, said)
    sent = set(ID.findall(unquote(re.sub(r"\s", "", repr(request)))))
    assert ids & set(ID.findall(said)) <= sent, (request, said)
