"""Asking another service: over a real connection, with a token it accepts, its answers understood."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
import uvicorn
from pydantic import RootModel
from structlog.contextvars import bound_contextvars

from shared.contracts import Contract
from shared.contracts.intake import FileHeld
from shared.errors import Gone, NotFound, NotYet, Operational
from shared.service_client import RefusedByService, ServiceClient
from shared.settings import Settings
from tests.integration.shared.http_service import ORGANISATION, PLATFORM, Running


@pytest_asyncio.fixture
async def address(running_service: Running) -> AsyncIterator[str]:
    """Where the test service really listens."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(running_service.app, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await serving
    listening.close()


@pytest_asyncio.fixture
async def client(address: str) -> AsyncIterator[ServiceClient]:
    """What the network service asks others with; intake is the test service."""
    made = ServiceClient(settings=Settings(intake_url=address), issuer=PLATFORM, service="network")
    yield made
    await made.close()


async def ask(client: ServiceClient, path: str, tenant: UUID = ORGANISATION) -> Any:
    """Read whatever the test service answers at a path."""
    return (await client.read(Contract("intake", path, RootModel[Any], purpose="invite"), tenant=tenant)).root


class TestRead:
    async def test_names_the_service_and_its_purpose(self, client: ServiceClient) -> None:
        assert await ask(client, "/v1/services-only") == "network/invite"

    async def test_names_the_tenant(self, client: ServiceClient) -> None:
        scope = await ask(client, "/v1/scope")
        assert scope["app.tenant"] == str(ORGANISATION)

    async def test_uses_a_token_again_while_it_is_fresh(self, client: ServiceClient) -> None:
        await ask(client, "/v1/services-only")
        await ask(client, "/v1/services-only")
        await ask(client, "/v1/services-only", tenant=uuid4())
        assert len(client._tokens) == 2

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("not-found", NotFound),
            ("gone", Gone),
            ("not-yet", NotYet),
            ("busy", Operational),
            ("down", Operational),
            ("bug", Operational),
        ],
    )
    async def test_understands_what_went_wrong(
        self, client: ServiceClient, name: str, expected: type[Exception]
    ) -> None:
        with pytest.raises(expected):
            await ask(client, f"/v1/errors/{name}")

    async def test_a_refusal_is_a_bug_and_says_of_whom(self, client: ServiceClient) -> None:
        with pytest.raises(RefusedByService, match="intake answered 403 kind-not-allowed"):
            await ask(client, "/v1/things")

    async def test_nobody_there_is_operational(self) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}"
            client = ServiceClient(settings=Settings(intake_url=url), issuer=PLATFORM, service="network")
            with pytest.raises(Operational) as caught:
                await ask(client, "/v1/services-only")
            await client.close()
        assert caught.value.__suppress_context__

    async def test_keeps_the_id_of_the_request_it_serves(self, client: ServiceClient) -> None:
        request_id = str(uuid4())
        with bound_contextvars(request_id=request_id):
            headers = client._headers(tenant=ORGANISATION, purpose="invite")
        assert headers["x-request-id"] == request_id

    async def test_an_answer_that_was_not_published_is_a_bug_and_tells_nothing_of_it(
        self, client: ServiceClient
    ) -> None:
        contract = Contract("intake", "/v1/services-only", FileHeld, purpose="invite")
        with pytest.raises(RefusedByService, match="intake answered no FileHeld") as caught:
            await client.read(contract, tenant=ORGANISATION)
        assert "network/invite" not in str(caught.value)
        assert caught.value.__suppress_context__

    async def test_fills_in_the_ids_of_a_path(self, client: ServiceClient) -> None:
        contract = Contract("intake", "/v1/cases/{case_id}", RootModel[Any], purpose="invite")
        assert contract.path_of(case_id=ORGANISATION) == f"/v1/cases/{ORGANISATION}"
        with pytest.raises(KeyError):
            await client.read(contract, tenant=ORGANISATION)
