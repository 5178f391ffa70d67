"""What a service answers when the issuer of a token is there, and when it is not."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest

from shared.context import Context
from shared.http import Anyone, Router, anonymous, create_service_app
from shared.settings import Settings
from tests.support.eventually import eventually
from tests.support.issuer import TestIssuer, issuer_with, new_key

router = Router()


@router.get("/v1/who")
async def who(principal: Anyone) -> str:
    """Return who asks."""
    return principal.label


@router.get("/v1/open", dependencies=[anonymous])
async def open_to_all() -> str:
    """Answer anyone."""
    return "open"


@pytest.fixture
async def issuer() -> AsyncIterator[TestIssuer]:
    """Yield an issuer with one key."""
    async with issuer_with(new_key("RS256")) as running:
        yield running


@pytest.fixture
async def client(issuer: TestIssuer, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """Yield a client of a service whose issuers.json names it."""
    (tmp_path / "issuers.json").write_text(json.dumps([issuer.entry()]))
    nothing = cast("Any", None)
    context = Context(
        service="test",
        settings=Settings(local=True, secrets_dir=tmp_path, issuer_again_seconds=1),
        database=nothing,
        clock=nothing,
        vault=nothing,
        temporal=nothing,
        services=nothing,
        issuer=nothing,
    )
    app = create_service_app(context, title="Test", routers=[router])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as http:
        yield http


def bearing(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


class TestService:
    async def test_lets_in_whom_the_issuer_vouches_for(
        self, client: httpx2.AsyncClient, issuer: TestIssuer
    ) -> None:
        answer = await client.get("/v1/who", headers=bearing(issuer.token()))
        assert (answer.status_code, answer.json()[:6]) == (200, "staff:")

    async def test_lets_in_with_a_new_key_without_being_started_anew(
        self, client: httpx2.AsyncClient, issuer: TestIssuer
    ) -> None:
        await client.get("/v1/who", headers=bearing(issuer.token()))
        issuer.keys = [new_key("ES256")]
        token = issuer.token()

        async def let_in() -> bool:
            return (await client.get("/v1/who", headers=bearing(token))).status_code == 200

        await eventually(let_in, "the new key to be known")
        assert issuer.times_asked == 2

    async def test_says_that_it_cannot_tell_when_the_issuer_is_down(
        self, client: httpx2.AsyncClient, issuer: TestIssuer
    ) -> None:
        await issuer.stop()
        answer = await client.get("/v1/who", headers=bearing(issuer.token()))

        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"]
        assert issuer.name not in answer.text

    async def test_stays_open_where_anyone_may_come_when_the_issuer_is_down(
        self, client: httpx2.AsyncClient, issuer: TestIssuer
    ) -> None:
        await issuer.stop()
        assert (await client.get("/v1/open", headers=bearing(issuer.token()))).status_code == 200

    async def test_refuses_a_token_that_is_not_good(
        self, client: httpx2.AsyncClient, issuer: TestIssuer
    ) -> None:
        answer = await client.get("/v1/who", headers=bearing(issuer.token(aud="another")))
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
