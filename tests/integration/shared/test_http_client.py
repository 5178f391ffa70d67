"""Asking over HTTP: what is sent arrives as it was meant, and nothing is done that nobody asked for."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from services.portal.client import Client, Operation, ServiceRefused
from shared.errors import Operational
from shared.http_client import HttpClient
from shared.settings import Settings
from tests.support.serving import serving


async def _echo(request: Request) -> Response:
    sent: dict[str, Any] = {
        "method": request.method,
        "path": request.scope["raw_path"].decode(),
        "query": request.query_params.multi_items(),
        "headers": dict(request.headers),
        "body": (await request.body()).decode(),
    }
    return JSONResponse(sent, status_code=201, headers={"Kring-After": "x", "set-cookie": "a=b"})


async def _elsewhere(_request: Request) -> Response:
    return RedirectResponse("/echo")


@asynccontextmanager
async def asking() -> AsyncIterator[tuple[HttpClient, str]]:
    """Yield a client, and where a server tells what it was sent."""
    routes = [Route("/elsewhere", _elsewhere), Route("/{path:path}", _echo, methods=["GET", "POST"])]
    client = HttpClient(seconds=5, connections=5)
    async with serving(Starlette(routes=routes), Settings()) as port:
        yield client, f"http://127.0.0.1:{port}"
        await client.close()


class TestAsk:
    async def test_sends_what_was_given_and_says_no_more_of_itself(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        async with asking() as (client, url):
            query = {"case_id": ["a", "b&c"], "limit": "3"}
            answer = await client.ask(
                "echo", "POST", f"{url}/a%2Fb", headers={"x-it": "1"}, query=query, body={"é": 1}
            )
            sent = json.loads(answer.content)
            again = await client.ask("echo", "GET", f"{url}/echo", headers={})
        assert answer.status == 201
        assert answer.is_success
        assert answer.headers["kring-after"] == "x"
        assert (sent["method"], sent["path"]) == ("POST", "/a%2Fb")
        assert sent["query"] == [["case_id", "a"], ["case_id", "b&c"], ["limit", "3"]]
        assert sent["body"] == '{"é":1}'
        assert sent["headers"]["content-type"] == "application/json"
        assert not {"user-agent", "cookie"} & set(sent["headers"])
        assert b"cookie" not in again.content

    async def test_follows_no_redirect(self) -> None:
        async with asking() as (client, url):
            answer = await client.ask("echo", "GET", f"{url}/elsewhere", headers={})
        assert (answer.status, answer.is_success, answer.problem) == (307, False, "unknown")

    async def test_nobody_there_is_operational_and_names_whom_alone(self) -> None:
        client = HttpClient(seconds=5, connections=5)
        with pytest.raises(Operational) as caught:
            await client.ask("plans", "GET", "http://127.0.0.1:1/secret", headers={})
        await client.close()
        assert str(caught.value).startswith("plans: ")
        assert "secret" not in str(caught.value)


async def test_the_portal_sends_nothing_that_can_stand_in_no_header() -> None:
    operation = Operation("intake", "GET", "/v1/cases", dict)
    with pytest.raises(ServiceRefused, match="invalid"):
        await Client(Settings()).ask(operation, headers={"idempotency-key": "a\r\nkring-tenant: b"})
