"""Generated requests, good and bad: nothing breaks, and nothing is answered that the document does not tell."""

import asyncio
from typing import Any

import httpx2
import pytest
import schemathesis
from schemathesis.specs.openapi.checks import negative_data_rejection

from shared.auth import Role
from tests.integration.shared.http_service import Running, staff
from tests.support import generated

CHECKS = [*generated.CHECKS, negative_data_rejection]
# One raises what it is asked to raise, bugs among them; the others read the broker, which this service has not.
LEFT_OUT = "/v1/(errors|dead-letters)"


class TestGeneratedRequests:
    @pytest.mark.timeout(120)
    @pytest.mark.parametrize(
        "mode",
        [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE],
        ids=["good", "bad"],
    )
    async def test_are_answered_as_documented(
        self, service: Running, mode: schemathesis.GenerationMode
    ) -> None:
        document = (await service.client.get("/openapi.json")).json()
        # Every request brings a good token: leaving it out is no wrong data here.
        for operations in document["paths"].values():
            for operation in operations.values():
                del operation["security"]
        schema = schemathesis.openapi.from_dict(document).exclude(path_regex=LEFT_OUT)
        loop = asyncio.get_running_loop()
        headers = staff(Role.FINANCE, Role.OPS, Role.REFERRER)

        def send(case: Any) -> httpx2.Response:
            arguments = case.as_transport_kwargs(base_url="http://test", headers=dict(headers))
            known = ("method", "url", "params", "json", "headers")
            request = service.client.build_request(
                **{name: arguments[name] for name in known if name in arguments},
                content=arguments.get("data"),
            )
            return asyncio.run_coroutine_threadsafe(service.client.send(request), loop).result(30)

        # In a thread of its own, because what generates the requests waits for each answer.
        tried = await asyncio.to_thread(generated.try_all, schema, mode, send, max_examples=25, checks=CHECKS)
        assert tried > 50
