"""Generated requests about a case that is there: nothing breaks, all answers are documented."""

import asyncio
from typing import Any

import httpx
import pytest
import schemathesis

from tests.integration.scheduling.house import Case, House
from tests.support.generated import try_all


class TestGeneratedRequests:
    @pytest.mark.timeout(120)
    @pytest.mark.parametrize(
        "mode",
        [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE],
        ids=["good", "bad"],
    )
    async def test_are_answered_as_documented(self, house: House, mode: schemathesis.GenerationMode) -> None:
        case = await house.polled(20, 30)
        document = (await house.http.get("/openapi.json")).json()
        for operations in document["paths"].values():
            for operation in operations.values():
                del operation["security"]
        schema = schemathesis.openapi.from_dict(document).exclude(path_regex="/health|/metrics")
        loop = asyncio.get_running_loop()

        def send(generated: Any) -> httpx.Response:
            request = _request(house, case, generated)
            return asyncio.run_coroutine_threadsafe(house.http.send(request), loop).result(30)

        # In a thread of its own, because what generates the requests waits for each answer.
        tried = await asyncio.to_thread(try_all, schema, mode, send, max_examples=12)
        assert tried > 50


def _request(house: House, case: Case, generated: Any) -> httpx.Request:
    real = {
        "case_id": str(case.id),
        "conference_id": str(case.conference),
        "poll_id": str(case.poll),
        "person_id": str(case.uncle),
    }
    generated.path_parameters = {
        name: real.get(name, value) for name, value in (generated.path_parameters or {}).items()
    }
    own = "/me/" in generated.operation.path
    manages = "/policy" in generated.operation.path
    who = house.manager() if manages else house.coordinator(case)
    headers = house.person(case, case.uncle) if own else who
    arguments = generated.as_transport_kwargs(base_url="http://scheduling", headers=headers)
    known = ("method", "url", "params", "json", "headers")
    return house.http.build_request(
        **{name: arguments[name] for name in known if name in arguments}, content=arguments.get("data")
    )
