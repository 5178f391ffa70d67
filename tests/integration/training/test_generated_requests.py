"""Generated requests, good and bad, to every operation of training, also about what is really there."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from shared.auth import Role
from tests.integration.training.bank import Line, statement
from tests.integration.training.house import House

CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)


@pytest.mark.timeout(180)
async def test_are_answered_as_documented(house: House) -> None:
    session = await house.session(capacity=2)
    registered = await house.register(session, "Annelies")
    [payment] = (await house.import_file(statement(Line(text="huur"))))["payments"]
    [course] = await house.rows("SELECT id FROM course")
    known = {
        "course_id": str(course.id),
        "session_id": session,
        "registration_id": registered["registration_id"],
        "payment_id": payment["payment_id"],
    }
    document = (await house.http.get("/openapi.json")).json()
    for operations in document["paths"].values():
        for operation in operations.values():
            # Every request brings a good token: leaving it out is no wrong data here.
            operation.pop("security", None)
    headers = house.staff(Role.FINANCE, Role.TRAINER, Role.ADMINISTRATOR) | house.anyone
    loop = asyncio.get_running_loop()

    def send(case: Any, *, real: bool) -> httpx.Response:
        if real:
            case.path_parameters.update({name: known[name] for name in case.path_parameters})
        arguments = case.as_transport_kwargs(base_url="http://training", headers=dict(headers))
        wanted = ("method", "url", "params", "json", "headers")
        request = house.http.build_request(
            **{name: arguments[name] for name in wanted if name in arguments}, content=arguments.get("data")
        )
        return asyncio.run_coroutine_threadsafe(house.http.send(request), loop).result(30)

    # Readiness asks for parts that are not there.
    schema = schemathesis.openapi.from_dict(document).exclude(path_regex="/health|/metrics")
    # In a thread of its own, because what generates the requests waits for each answer.
    tried = await asyncio.to_thread(_try_all, schema, send)
    assert tried > 100


def _try_all(schema: Any, send: Callable[..., httpx.Response]) -> int:
    tried = 0

    def attempt(case: Any) -> None:
        nonlocal tried
        tried += 1
        # Of two requests one is about what is there: what is not there is soon refused.
        case.validate_response(send(case, real=tried % 2 == 0), checks=CHECKS)

    limits = settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for result in schema.get_all_operations():
        operation = result.ok()
        for mode in MODES:
            if mode.is_positive or operation.body:
                limits(given(case=operation.as_strategy(generation_mode=mode))(attempt))()
    return tried
