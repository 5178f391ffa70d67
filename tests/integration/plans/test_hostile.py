"""What no honest client sends: every door answers with a problem, and nothing is written."""

from typing import Any
from uuid import UUID

import pytest
from fastapi.routing import APIRoute

from services.plans.routes import routers
from shared.ids import uuid7
from tests.support.world import Case
from tests.support.world.plans import Plans, plan_of

BODIES: list[Any] = [
    None,
    [],
    "x",
    0,
    {},
    {"lines": None},
    {"lines": [{"bottom_line_id": 1, "met": "yes"}]},
    {"decision": "close", "agreements": [{"agreement_id": "x", "status": "done"}]},
    {"decision": 1},
    {"goals": [{"a": 1}], "agreements": {}, "review_on": 20260101},
    {"goals": ["x" * 20_000], "agreements": [], "review_on": "2026-06-01"},
    {"person_ids": [None], "organisation_ids": {}},
    {"person_ids": [str(UUID(int=0))] * 2},
]
WRITES = [
    (method, route)
    for router in routers
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods or ()
    if method in {"POST", "PUT", "DELETE"}
]
NAMES = [str(route.path) for _, route in WRITES]


async def places(world: Plans, case: Case) -> dict[str, str]:
    plan = await world.recorded(case, resources=[{"what": "Een fiets"}])
    (resource,) = await world.rows("SELECT id FROM resource")
    (check_in, *_) = await world.rows("SELECT id FROM check_in WHERE kind = 'twelve-months'")
    return {
        "case_id": str(case.id),
        "plan_id": plan["plan_id"],
        "agreement_id": plan["agreement_ids"][0],
        "check_in_id": str(check_in.id),
        "resource_id": str(resource.id),
        "recipient_id": str(case.teacher),
        "language": "fr",
    }


@pytest.mark.parametrize(("method", "route"), WRITES, ids=NAMES)
class TestDoors:
    async def test_answer_nonsense_with_a_problem(self, world: Plans, method: str, route: APIRoute) -> None:
        case = await world.open_case()
        path = route.path.format(**await places(world, case))
        wants_body = route.body_field is not None
        for who in (world.coordinator(case), world.referrer(case.mandated), world.manager()):
            for body in BODIES:
                answer = await world.ask(method, path, who, json=body)
                assert answer.status_code < 500, (body, answer.text)
                if answer.status_code >= 400:
                    assert answer.headers["content-type"] == "application/problem+json"
                else:
                    assert not wants_body or body == {}

    async def test_know_nothing_of_ids_that_are_not_there(
        self, world: Plans, method: str, route: APIRoute
    ) -> None:
        case = await world.open_case()
        known = await places(world, case)
        for other in (str(uuid7()), "x", "%00", str(UUID(int=0))):
            path = route.path.format(**dict.fromkeys(known, other))
            who = world.referrer(case.mandated) if path.endswith("/acceptance") else world.coordinator(case)
            answer = await world.ask(method, path, who, json={})
            assert answer.status_code in ({403} if "{" not in route.path else {400, 404, 422})

    async def test_want_to_know_who_asks(self, world: Plans, method: str, route: APIRoute) -> None:
        case = await world.open_case()
        path = route.path.format(**await places(world, case))
        for who in ({}, {"authorization": "Bearer x.y.z"}, {"authorization": "Basic x"}):
            await world.ask(method, path, who, json=plan_of(case), expect=401)
