"""The decoder for Temporal's web pages: it reads what this installation wrote, and answers no other page."""

import base64
import json
from typing import Any

import httpx2
from temporalio.api.common.v1 import Payload

from deploy.codec import create_app
from shared.temporal import Codec

KEY = bytes(range(32))
ORIGIN = "http://127.0.0.1:8080"


def pages(key: bytes = KEY, *, host: str = "codec", typed: str | None = "right") -> httpx2.AsyncClient:
    """Return a client of the decoder."""
    app = create_app([bytes(31) + b"x", key], password="right", origin=ORIGIN, hosts=["codec"])
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app),
        base_url=f"http://{host}",
        auth=None if typed is None else ("ops", typed),
    )


async def encrypted(text: str) -> dict[str, Any]:
    """Return a payload as the web pages send it."""
    plain = Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(text).encode())
    (sealed,) = await Codec([KEY]).encode([plain])
    return {
        "metadata": {name: base64.b64encode(value).decode() for name, value in sealed.metadata.items()},
        "data": base64.b64encode(sealed.data).decode(),
    }


class TestDecode:
    async def test_makes_payloads_readable(self) -> None:
        answer = await pages().post("/decode", json={"payloads": [await encrypted("case 7")]})

        assert base64.b64decode(answer.json()["payloads"][0]["data"]) == b'"case 7"'

    async def test_refuses_what_another_installation_wrote(self) -> None:
        answer = await pages(bytes(32)).post("/decode", json={"payloads": [await encrypted("case 7")]})

        assert answer.status_code == 400

    async def test_refuses_what_is_not_payloads(self) -> None:
        for body in (b"", b"\xff\xfe", b'{"payloads": 3}'):
            answer = await pages().post("/decode", content=body)
            assert answer.status_code == 400, body

    async def test_refuses_who_does_not_know_the_password(self) -> None:
        body = {"payloads": [await encrypted("case 7")]}
        guessed = await pages(typed="guessed").post("/decode", json=body)
        anonymous = await pages(typed=None).post("/decode", json=body)

        assert (guessed.status_code, anonymous.status_code) == (401, 401)
        assert anonymous.headers["www-authenticate"].startswith("Basic ")
        assert (await pages().get("/")).status_code == 200

    async def test_refuses_to_be_asked_under_another_name(self) -> None:
        body = {"payloads": [await encrypted("case 7")]}
        rebound = await pages(host="rebound.example").post("/decode", json=body)

        assert rebound.status_code == 400
        assert b"Invalid host" in rebound.content

    async def test_lets_only_the_web_pages_ask_from_a_browser(self) -> None:
        asked = {"Access-Control-Request-Method": "POST"}
        allowed = await pages().options("/decode", headers={"Origin": ORIGIN, **asked})
        stranger = await pages().options("/decode", headers={"Origin": "http://elsewhere.example", **asked})

        assert allowed.headers["access-control-allow-origin"] == ORIGIN
        assert "access-control-allow-origin" not in stranger.headers
