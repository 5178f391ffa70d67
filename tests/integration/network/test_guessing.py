"""Guessing at personal links is slowed down, whoever it hits, and holds up nobody at another address."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest_asyncio

from services.network.api import create_app
from shared.auth import link_token
from shared.ids import uuid7
from tests.integration.network.test_links import _lasting_link
from tests.support.world import Case
from tests.support.world.network import Network

MOST = 8


@pytest_asyncio.fixture
async def limited(world: Network) -> AsyncIterator[Any]:
    """Return what makes a client at an address of its own, of a service that lets a few tries through."""
    settings = world.context.settings.model_copy(update={"anonymous_limit": MOST})
    app = create_app(replace(world.context, settings=settings))
    clients: list[httpx2.AsyncClient] = []

    def at(address: str) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app=app, client=(address, 1))
        clients.append(httpx2.AsyncClient(transport=transport, base_url="http://network"))
        return clients[-1]

    await world.rows("DELETE FROM rate_limit RETURNING 1")
    yield at
    for client in clients:
        await client.aclose()


async def _try(client: httpx2.AsyncClient, token: str, **options: Any) -> httpx2.Response:
    return await client.post("/v1/links/exchange", json={"token": token}, **options)


def _guess() -> str:
    return link_token(b"not the key" * 3, uuid7(), 1)


class TestGuessing:
    async def test_is_slowed_down_and_told_how_long(self, limited: Any) -> None:
        client = limited("192.0.2.1")
        statuses = [(await _try(client, _guess())).status_code for _ in range(MOST + 1)]
        assert statuses == [404] * MOST + [429]
        answer = await _try(client, _guess())
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"].endswith("/too-often")
        assert 0 < int(answer.headers["retry-after"]) <= 600

    async def test_counts_tries_that_come_at_once(self, limited: Any) -> None:
        client = limited("192.0.2.2")
        answers = await asyncio.gather(*(_try(client, _guess()) for _ in range(3 * MOST)))
        assert sorted(answer.status_code for answer in answers) == [404] * MOST + [429] * (2 * MOST)

    async def test_is_not_let_off_by_a_token_that_says_nothing(self, limited: Any) -> None:
        client = limited("192.0.2.3")
        headers = {"authorization": "Bearer made.up.token"}
        statuses = [(await _try(client, _guess(), headers=headers)).status_code for _ in range(MOST + 1)]
        assert statuses[-1] == 429

    async def test_is_not_let_off_by_a_good_token(self, world: Network, limited: Any) -> None:
        client = limited("192.0.2.9")
        statuses = [
            (await _try(client, _guess(), headers=world.manager())).status_code for _ in range(MOST + 1)
        ]
        assert statuses == [404] * MOST + [429]

    async def test_from_all_addresses_of_one_customer_is_counted_as_one(self, limited: Any) -> None:
        tried = [await _try(limited(f"2001:db8:1:2::{number:x}"), _guess()) for number in range(MOST + 1)]
        assert [answer.status_code for answer in tried] == [404] * MOST + [429]
        assert (await _try(limited("2001:db8:1:3::1"), _guess())).status_code == 404

    async def test_of_links_to_renew_is_slowed_down_too(self, limited: Any) -> None:
        client = limited("192.0.2.8")
        path = "/v1/links/request-new"
        statuses = [(await client.post(path, json={"token": _guess()})).status_code for _ in range(MOST + 1)]
        assert statuses == [202] * MOST + [429]

    async def test_counts_what_cannot_be_read_too(self, limited: Any) -> None:
        client = limited("192.0.2.4")
        for _ in range(MOST):
            assert (await client.post("/v1/links/exchange", content=b"{")).status_code in {400, 422}
        assert (await _try(client, _guess())).status_code == 429

    async def test_does_not_hold_up_the_holder_at_another_address(self, world: Network, limited: Any) -> None:
        case: Case = await world.open_case()
        token = await _lasting_link(world, case.central)
        guesser = limited("192.0.2.5")
        for _ in range(MOST + 1):
            await _try(guesser, token[:-4] + "AAAA")
        assert (await _try(guesser, token)).status_code == 429
        assert (await _try(limited("192.0.2.6"), token)).status_code == 200

    async def test_begins_anew_when_the_time_is_over(self, world: Network, limited: Any) -> None:
        client = limited("192.0.2.7")
        for _ in range(MOST + 1):
            await _try(client, _guess())
        await world.rows("UPDATE rate_limit SET window_at = window_at - interval '601 seconds' RETURNING 1")
        assert (await _try(client, _guess())).status_code == 404

    async def test_keeps_no_address(self, world: Network, limited: Any) -> None:
        await _try(limited("198.51.100.77"), _guess())
        [row] = await world.rows("SELECT rate_limit::text AS all FROM rate_limit")
        assert "198.51.100.77" not in row.all
        assert b"198.51.100.77".hex() not in row.all
