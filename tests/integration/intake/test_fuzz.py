"""Generated requests about a real referral and case, good and bad: nothing breaks, nothing undocumented is answered."""

import asyncio
from typing import Any

import httpx
import pytest
import schemathesis

from shared.auth import Role
from tests.integration.intake.house import Headers, House
from tests.support.generated import try_all


class TestGeneratedRequests:
    @pytest.mark.timeout(180)
    @pytest.mark.parametrize(
        "mode",
        [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE],
        ids=["good", "bad"],
    )
    async def test_are_answered_as_documented(self, house: House, mode: schemathesis.GenerationMode) -> None:
        waiting, (case, coordinator) = await house.refer(), await house.assigned_case()
        offered = await house.open_case()
        offer = await house.offer_next(offered)
        known = {"case_id": str(case.id), "referral_id": str(waiting), "offer_id": str(offer)}
        document = (await house.http.get("/openapi.json")).json()
        # Every request brings a good token: leaving it out is no wrong data here.
        for operations in document["paths"].values():
            for operation in operations.values():
                operation.pop("security", None)
        schema = schemathesis.openapi.from_dict(document).include(path_regex="^/v1/")
        loop = asyncio.get_running_loop()
        many_hats = house.staff(
            coordinator, house.tenant, Role.REGIONAL_MANAGER, Role.ADMINISTRATOR, Role.COORDINATOR
        )

        def who(path: str) -> Headers:
            if path.endswith("/persons-at-opening"):
                return house.service("copy-persons")
            return house.referrer() if path == "/v1/referrals" else many_hats

        def send(generated: Any) -> httpx.Response:
            # Ids that are known here: what is behind a 404 would never be reached by chance.
            given_path = generated.path_parameters or {}
            generated.path_parameters = {name: known.get(name, value) for name, value in given_path.items()}
            arguments = generated.as_transport_kwargs(base_url="http://intake", headers=who(generated.path))
            names = ("method", "url", "params", "json", "headers")
            request = house.http.build_request(
                **{name: arguments[name] for name in names if name in arguments},
                content=arguments.get("data"),
            )
            return asyncio.run_coroutine_threadsafe(house.http.send(request), loop).result(30)

        # In a thread of its own, because what generates the requests waits for each answer.
        assert await asyncio.to_thread(try_all, schema, mode, send, max_examples=6) > 50
