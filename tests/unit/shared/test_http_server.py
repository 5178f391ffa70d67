"""What a client may send before it has said anything: bounded in size and in time, on the server that is used."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast
from uuid import uuid4

import httpx2
import pytest
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.auth import LOCAL_ISSUER, Issuer, Role, Verifier, generate_key, trusted_issuer
from shared.context import Context
from shared.fields import Text
from shared.http import Anyone, RequestModel, Router, anonymous, create_service_app
from shared.http.limits import AsksTooOften, RateLimiter
from shared.http.middleware import CALLER_KNOWN
from shared.http.server import HEAD_SECONDS, MAX_HEAD, MAX_URL, BoundedProtocol
from shared.settings import Settings
from tests.support.eventually import eventually
from tests.support.serving import answer_to, connection, serving

KEY = generate_key()
STAFF = Issuer(KEY, name=LOCAL_ISSUER)
NEVER = asyncio.Event()
given_up: list[str] = []
router = Router()


class Said(RequestModel):
    """A text."""

    text: Text


@router.post("/v1/said", dependencies=[anonymous])
async def said(body: Said) -> int:
    """Return the length of what was said."""
    return len(body.text)


@router.post("/v1/kept")
async def keep(body: Said, principal: Anyone) -> str:
    """Return who said it."""
    return f"{principal.label}: {body.text}"


@router.get("/v1/who")
async def who(principal: Anyone) -> str:
    """Return who asks."""
    return principal.label


@router.get("/v1/never", dependencies=[anonymous])
async def never() -> str:
    """Never answer."""
    try:
        await NEVER.wait()
    except asyncio.CancelledError:
        given_up.append("cancelled")
        raise
    return ""


@router.get("/v1/bug", dependencies=[anonymous])
async def bug() -> str:
    """Run into a bug."""
    secret = SecretStr("hidden").get_secret_value()
    return {"a name": secret}[secret]


def app(settings: Settings) -> Any:
    nothing = cast("Any", None)
    context = Context(
        service="test",
        settings=settings,
        database=nothing,
        clock=nothing,
        vault=nothing,
        temporal=nothing,
        services=nothing,
        issuer=nothing,
    )
    verifier = Verifier.of([trusted_issuer(LOCAL_ISSUER, KEY)], local=True)
    return create_service_app(context, title="Test", routers=[router], verifier=verifier)


def settings(**options: Any) -> Settings:
    return Settings(local=True, **options)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Yield the port of a service with the usual limits."""
    async with serving(app(settings()), settings()) as number:
        yield number


async def _send(writer: asyncio.StreamWriter, *parts: bytes) -> None:
    for part in parts:
        writer.write(part)
        await writer.drain()


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def problem_in(answer: bytes) -> str:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    return str(json.loads(body)["type"]).rpartition("/")[2]


GET = b"GET /v1/who HTTP/1.1\r\nhost: a\r\nconnection: close\r\n"


class TestHead:
    async def test_of_the_usual_size_is_read(self, port: int) -> None:
        assert status_of(await answer_to(port, GET + b"x: " + b"y" * 8000 + b"\r\n\r\n")) == 401

    async def test_with_a_long_address_is_refused(self, port: int) -> None:
        answer = await answer_to(port, b"GET /" + b"a" * (MAX_URL + 1) + b" HTTP/1.1\r\nhost: a\r\n\r\n")
        assert (status_of(answer), problem_in(answer)) == (414, "address-too-long")

    @pytest.mark.parametrize(
        "headers",
        [
            b"x: " + b"y" * MAX_HEAD + b"\r\n\r\n",
            b"".join(b"x-%d: y\r\n" % number for number in range(8000)) + b"\r\n",
        ],
        ids=["one", "many"],
    )
    async def test_with_large_headers_is_refused(self, port: int, headers: bytes) -> None:
        answer = await answer_to(port, GET + headers)
        assert (status_of(answer), problem_in(answer)) == (431, "headers-too-large")

    async def test_that_never_ends_is_refused(self, port: int) -> None:
        endless = [b"y" * 10_000] * 5000
        async with connection(port) as (_, writer):
            with pytest.raises(ConnectionError):
                await _send(writer, GET + b"x: ", *endless)

    @pytest.mark.parametrize("begun", [b"", b"GET /v1/who HT", GET, b"\r\n\r\n"])
    async def test_that_does_not_come_is_not_waited_for(
        self, port: int, begun: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(BoundedProtocol, "head_seconds", 0.1)
        answer = await asyncio.wait_for(answer_to(port, begun), HEAD_SECONDS)
        assert (status_of(answer), problem_in(answer)) == (408, "too-slow")

    async def test_that_does_not_come_after_another_is_not_waited_for(
        self, port: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(BoundedProtocol, "head_seconds", 0.2)
        async with connection(port) as (reader, writer):
            writer.write(b"GET /v1/who HTTP/1.1\r\nhost: a\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 401")
            writer.write(b"\r\n")
            rest = await asyncio.wait_for(reader.read(), HEAD_SECONDS)
        assert b"HTTP/1.1 408" in rest

    async def test_that_is_none_is_refused(self, port: int) -> None:
        answer = await answer_to(port, b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
        assert (status_of(answer), problem_in(answer)) == (400, "malformed")

    async def test_of_a_second_request_on_the_connection_is_counted_anew(self, port: int) -> None:
        one = b"GET /v1/who HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 20_000 + b"\r\n\r\n"
        last = one.replace(b"host: a", b"host: a\r\nconnection: close")
        answer = await answer_to(port, one, one, one, last)
        assert answer.count(b"HTTP/1.1 401") == 4


def _post(path: str, *headers: str, length: int) -> bytes:
    lines = (f"POST {path} HTTP/1.1", "host: a", "content-type: application/json", *headers)
    return "\r\n".join([*lines, f"content-length: {length}", "connection: close", "", ""]).encode()


class TestBody:
    @pytest.mark.parametrize("more", [(), ("idempotency-key: k",)], ids=["plain", "with a key"])
    async def test_is_not_waited_for_when_the_caller_is_refused(
        self, port: int, more: tuple[str, ...]
    ) -> None:
        # Nothing of the body is ever sent.
        head = _post("/v1/kept", *more, length=900_000)
        answer = await asyncio.wait_for(answer_to(port, head), 60)
        assert (status_of(answer), problem_in(answer)) == (401, "token-missing")

    async def test_that_finds_no_room_beside_others_is_sent_again_later(self) -> None:
        small = settings(http_body_bytes=16 * 1024 * 1024)
        body = b'{"text": "x"}' + b" " * 900_000
        counted, go_on = asyncio.Event(), asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield body
            counted.set()
            await go_on.wait()
            yield b" "

        served, headers = app(small), {"content-type": "application/json"}
        elsewhere = httpx2.ASGITransport(app=served, client=("192.0.2.7", 1))
        async with (
            httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=served), base_url="http://test", headers=headers
            ) as client,
            httpx2.AsyncClient(transport=elsewhere, base_url="http://test", headers=headers) as others,
            httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=_known(served)), base_url="http://test", headers=headers
            ) as known,
        ):
            first = asyncio.create_task(client.post("/v1/said", content=slow()))
            await counted.wait()
            refused = await client.post("/v1/said", content=body)
            # Credentials that nobody checked give no more room.
            made_up = {"authorization": "Bearer x", "cookie": "kring-staff=x"}
            assert (await client.post("/v1/said", content=body, headers=made_up)).status_code == 503
            # Who is known has more, and others have theirs.
            assert (await known.post("/v1/said", content=body)).status_code == 200
            assert (await others.post("/v1/said", content=body)).status_code == 200
            assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (503, "unavailable")
            assert refused.headers["retry-after"]
            go_on.set()
            assert (await first).status_code == 200
            assert (await client.post("/v1/said", content=body)).status_code == 200


class TestTime:
    async def test_request_that_takes_too_long_is_given_up(self) -> None:
        short = settings(request_seconds=0.2)
        given_up.clear()
        async with serving(app(short), short) as port:
            answer = await answer_to(port, b"GET /v1/never HTTP/1.1\r\nhost: a\r\n\r\n")
        assert (status_of(answer), problem_in(answer)) == (503, "took-too-long")
        assert b"retry-after" in answer
        assert given_up == ["cancelled"]

    async def test_body_that_comes_slowly_is_cut(self) -> None:
        short = settings(request_seconds=0.3)
        head = b"POST /v1/said HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n"
        async with serving(app(short), short) as port:
            answer = await asyncio.wait_for(answer_to(port, head, b'{"te'), 20)
        assert (status_of(answer), problem_in(answer)) == (408, "too-slow")

    async def test_client_that_is_gone_leaves_nothing_running(self) -> None:
        short = settings(request_seconds=0.2)
        given_up.clear()
        async with serving(app(short), short) as port:
            async with connection(port) as (_, writer):
                writer.write(b"GET /v1/never HTTP/1.1\r\nhost: a\r\n\r\n")
                await writer.drain()
            await eventually(lambda: given_up == ["cancelled"], "the request is given up")


class TestAnswer:
    async def test_tells_nothing_of_the_server_and_much_to_browsers(self, port: int) -> None:
        head = (await answer_to(port, GET + b"\r\n")).partition(b"\r\n\r\n")[0].decode().lower()
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])

        assert "server" not in headers
        assert "x-powered-by" not in headers
        assert headers["x-frame-options"] == "deny"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]
        assert "strict-transport-security" not in headers

    async def test_asks_for_tls_for_ever_where_there_is_tls(self) -> None:
        https = settings(public_url="https://kring.example")
        async with serving(app(https), https) as port:
            assert b"strict-transport-security: max-age=" in await answer_to(port, GET + b"\r\n")

    async def test_to_a_bug_shows_nothing_of_it(self, port: int) -> None:
        answer = await answer_to(port, GET.replace(b"who", b"bug") + b"\r\n")

        assert (status_of(answer), problem_in(answer)) == (500, "bug")
        for trace in (b"Traceback", b"hidden", b"KeyError", b".py", b"line "):
            assert trace not in answer


class Moments:
    """The machine's clock, moved by hand."""

    now = 50.0

    def __call__(self) -> float:
        return self.now


class TestPace:
    def token(self, **options: Any) -> str:
        return STAFF.staff(**{"person": uuid4(), "organisation": uuid4(), "roles": {Role.DPO}, **options})

    async def test_one_who_asks_too_often_is_told_when_to_go_on(self) -> None:
        slow = settings(staff_limit=3)
        hasty, other = self.token(), self.token()
        async with serving(app(slow), slow) as port:

            async def ask(token: str) -> bytes:
                return await answer_to(port, GET + f"authorization: Bearer {token}\r\n\r\n".encode())

            assert [status_of(await ask(hasty)) for _ in range(4)] == [200, 200, 200, 429]
            refused = await ask(hasty)
            assert problem_in(refused) == "asks-too-often"
            assert b"retry-after: 20" in refused.lower()
            assert status_of(await ask(other)) == 200

    async def test_allows_a_minute_at_once_and_then_its_share(self) -> None:
        clock = Moments()
        limiter = RateLimiter(settings(staff_limit=60), clock=clock)
        verifier = Verifier.of([trusted_issuer(LOCAL_ISSUER, KEY)], local=True)
        principal = await verifier.verify(self.token())

        def allowed() -> int:
            number = 0
            try:
                while number < 1000:
                    limiter.count(principal)
                    number += 1
            except AsksTooOften:
                pass
            return number

        counts = []
        for passed in (0, 1, 1, 10, 0, 3600):
            clock.now += passed
            counts.append(allowed())
        assert counts == [60, 1, 1, 10, 0, 60]

    async def test_counts_systems_by_their_own_limit_and_none_where_it_is_zero(self) -> None:
        verifier = Verifier.of([trusted_issuer(LOCAL_ISSUER, KEY)], local=True)
        limiter = RateLimiter(settings(staff_limit=0, integration_limit=1))
        system = await verifier.verify(self.token(roles={Role.INTEGRATION}))
        person = await verifier.verify(self.token())
        limiter.count(system)
        with pytest.raises(AsksTooOften):
            limiter.count(system)
        for _ in range(5000):
            limiter.count(person)

    async def test_forgets_those_who_are_silent(self) -> None:
        clock = Moments()
        limiter = RateLimiter(settings(staff_limit=60), clock=clock)
        verifier = Verifier.of([trusted_issuer(LOCAL_ISSUER, KEY)], local=True)
        somebody = await verifier.verify(self.token())
        for _ in range(20_001):
            limiter.count(replace(somebody, id=uuid4()))
            clock.now += 2
        assert len(limiter._even_at) < 100


def _known(served: ASGIApp) -> ASGIApp:
    """Return an application whose callers are all known before their bodies are read."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        await served({**scope, CALLER_KNOWN: True}, receive, send)

    return call
