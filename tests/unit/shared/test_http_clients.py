"""Who asks is counted by address: what one client can hold, and whom a proxy speaks for."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest
from fastapi import Request
from pydantic import ValidationError

from shared.http import Router, anonymous
from shared.http.clients import counted_as
from shared.settings import Settings
from tests.support.serving import answer_to, connection, serving
from tests.unit.shared.test_http_server import app, problem_in, settings, status_of

LOOPBACK = {"KRING_TRUSTED_PROXIES": "127.0.0.0/8, ::1/128"}
GET = b"GET /v1/who HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
SLOW_BODY = (
    b"POST /v1/said HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n"
)
router = Router()


@router.get("/v1/address", dependencies=[anonymous])
async def address(request: Request) -> str:
    """Return whom the service takes the client for."""
    return request.client.host if request.client else ""


class TestCountedAs:
    @pytest.mark.parametrize(
        ("address", "client"),
        [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
            ("fe80::1%eth0", "fe80::/64"),
            ("somewhere", ""),
            ("", ""),
        ],
    )
    def test_is_what_one_customer_has(self, address: str, client: str) -> None:
        assert counted_as(address) == client


class TestTrustedProxies:
    async def _seen(self, forwarded: list[str], **options: Any) -> str:
        made = settings(**options)
        running = app(made)
        running.router.routes.extend(router.routes)
        headers = [("x-forwarded-for", each) for each in forwarded]
        async with serving(running, made) as port, httpx2.AsyncClient() as client:
            return str((await client.get(f"http://127.0.0.1:{port}/v1/address", headers=headers)).json())

    @pytest.mark.parametrize("forwarded", [["192.0.2.1"], ["192.0.2.1", "127.0.0.1"]])
    async def test_are_none_unless_named_not_even_on_this_machine(
        self, forwarded: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # What the server reads by itself is not asked either.
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
        assert await self._seen(forwarded) == "127.0.0.1"
        assert await self._seen(forwarded, trusted_proxies="10.0.0.0/8") == "127.0.0.1"

    async def test_say_for_whom_they_ask_and_what_clients_put_before_is_not_believed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KRING_TRUSTED_PROXIES", LOOPBACK["KRING_TRUSTED_PROXIES"])
        assert await self._seen(["203.0.113.9, 192.0.2.1"]) == "192.0.2.1"
        assert await self._seen(["203.0.113.9", "192.0.2.1", "127.0.0.2"]) == "192.0.2.1"
        assert await self._seen(["203.0.113.9, 2001:db8::5"]) == "2001:db8::5"
        assert await self._seen([]) == "127.0.0.1"

    @pytest.mark.parametrize("named", ["0.0.0.0/0", "10.0.0.0/8,::/0", "proxy", "10.0.0.1/8", "*"])
    def test_are_networks_and_not_everybody(self, named: str) -> None:
        with pytest.raises(ValidationError):
            Settings(trusted_proxies=named)  # type: ignore[arg-type]


class TestAtOnce:
    async def test_one_address_with_slow_bodies_does_not_block_others(self) -> None:
        few = settings(http_connections=20, http_connections_per_client=8)
        async with serving(app(few), few) as port, AsyncExitStack() as open_connections:
            slow = []
            for _ in range(8):
                reader, writer = await open_connections.enter_async_context(connection(port))
                writer.write(SLOW_BODY)
                slow.append(reader)
            refused = [await answer_to(port, GET) for _ in range(20)]
            assert {(status_of(each), problem_in(each)) for each in refused} == {
                (429, "too-many-connections")
            }
            # Another address of this machine is served meanwhile.
            transport = httpx2.AsyncHTTPTransport(local_address="127.0.0.2")
            async with httpx2.AsyncClient(transport=transport) as other:
                assert (await other.get(f"http://127.0.0.1:{port}/v1/who")).status_code == 401

    async def test_who_lets_go_is_let_in_again(self) -> None:
        few = settings(http_connections_per_client=2)
        async with serving(app(few), few) as port:
            for _ in range(5):
                answers = [await answer_to(port, GET) for _ in range(2)]
                assert [status_of(answer) for answer in answers] == [401, 401]

    async def test_one_client_of_a_proxy_does_not_block_its_others(self) -> None:
        few = settings(http_connections_per_client=3, trusted_proxies="127.0.0.1/32")
        mine = SLOW_BODY.replace(b"host: a", b"host: a\r\nx-forwarded-for: 2001:db8::1")
        async with serving(app(few), few) as port, AsyncExitStack() as open_connections:
            for _ in range(3):
                _, writer = await open_connections.enter_async_context(connection(port))
                writer.write(mine)
                await writer.drain()
            more = mine.replace(b"db8::1", b"db8::2")
            refused = await asyncio.wait_for(answer_to(port, more), 60)
            assert (status_of(refused), problem_in(refused)) == (429, "too-many-at-once")
            other = GET.replace(b"host: a", b"host: a\r\nx-forwarded-for: 2001:db8:0:1::1")
            assert status_of(await answer_to(port, other)) == 401
