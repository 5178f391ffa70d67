"""Lists in pages: what is read page by page is the whole list, each entry once, in its order."""

from pathlib import Path
from typing import Any

import pytest

from shared.http.paging import MAX_LIMIT, CursorNotReadable
from shared.http.problems import TYPES
from shared.services import SERVICES
from tests.access.cast import Headers
from tests.access.conftest import Populated
from tests.access.table import written
from tests.access.world import Try, World, gate_of

# Outcomes of the table that are no list.
NOTHING = ("no", "refused", "hidden", "gone")
# What is done first, by whom, for lists that otherwise have one entry.
_COORDINATOR, _CASE, _PERSON = "coordinator", "/v1/cases/{case_id}", "/v1/persons/{person_id}"
_NEXT_ROUND = (
    ("POST /v1/conferences/{conference_id}/cancel", _COORDINATOR),
    (f"POST {_CASE}/preparations", _COORDINATOR),
)
MORE: dict[str, tuple[tuple[str, str], ...]] = {
    "GET /v1/break-glass": ((f"POST {_CASE}/break-glass", "regional-manager"),),
    "GET /v1/holds": ((f"POST {_CASE}/holds", "dpo"),),
    f"GET {_CASE}/no-contacts": ((f"POST {_CASE}/no-contacts", _COORDINATOR),),
    "GET /v1/data-requests": ((f"POST {_PERSON}/data-requests", "dpo"),),
    f"GET {_PERSON}/contacts": ((f"POST {_PERSON}/contacts", _COORDINATOR),) * 2,
    "GET /v1/me/consents/history": (
        ("PUT /v1/me/consents/{purpose} (no)", "neighbour"),
        ("PUT /v1/me/consents/{purpose} (yes)", "neighbour"),
    ),
    f"GET {_PERSON}/legal-basis": ((f"PUT {_PERSON}/legal-basis", "dpo"),),
    f"GET {_CASE}/conferences": _NEXT_ROUND,
    "GET /v1/me/conferences": _NEXT_ROUND,
    "GET /v1/statements": (("POST /v1/statements", "finance"),),
    "GET /v1/courses": (("POST /v1/courses", "trainer"),),
    "GET /v1/sessions": (("POST /v1/courses/{course_id}/sessions", "trainer"),),
}
# Lists of which nobody has two entries in the world of their service.
SHORT: dict[str, set[str]] = {
    "intake": {f"GET /v1/{name}" for name in ("erasures", "offers", "retention", "undelivered-emails")},
    "network": {f"GET /v1/{name}" for name in ("erasures", "undelivered-emails")},
    "scheduling": {f"GET {_CASE}/meetings", "GET /v1/me/polls"},
    # A case has one plan.
    "plans": {f"GET {_CASE}/plans"},
    "training": {
        *(f"GET /v1/{name}" for name in ("erasures", "payments", "sessions/over", "undelivered-emails")),
        "GET /v1/statements/{statement_id}/payments",
    },
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("service", SERVICES)
async def test_read_page_by_page_are_the_whole(service: str, populated: Populated, secrets_dir: Path) -> None:
    async with populated(service) as world:
        everybody = world.cast.askers(secrets_dir)
        paged = _paged((await world.http.get("/openapi.json")).json())
        longest = dict.fromkeys(paged, 0)
        for row, outcomes in written(service, set(everybody)).items():
            if gate_of(row) not in paged:
                continue
            first = MORE.get(row) or world.tries.get(row, Try()).first
            for step, who in first:
                done = await world.http.request(headers=everybody[who], **world.request(step, who))
                assert done.is_success, (row, step, done.text)
            for asker in (asker for asker, outcome in outcomes.items() if outcome not in NOTHING):
                whole = (await _page(world, row, asker, everybody[asker], limit=MAX_LIMIT))["items"]
                found = await _one_by_one(world, row, asker, everybody[asker])
                # An audit log has grown meanwhile.
                assert [each for each in found if each in whole] == whole, (row, asker)
                longest[gate_of(row)] = max(longest[gate_of(row)], len(whole))
                await _refuse_garbage(world, row, asker, everybody[asker])
            if first:
                await world.restore()
    assert {door for door, entries in longest.items() if entries < 2} == SHORT.get(service, set())


def _paged(document: dict[str, Any]) -> set[str]:
    return {
        f"GET {path}"
        for path, operations in document["paths"].items()
        if "cursor" in {each["name"] for each in operations.get("get", {}).get("parameters", ())}
    }


async def _one_by_one(world: World, row: str, asker: str, headers: Headers) -> list[Any]:
    found: list[Any] = []
    cursor: dict[str, str] = {}
    for _ in range(MAX_LIMIT):
        page = await _page(world, row, asker, headers, limit=1, **cursor)
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}
    raise AssertionError(f"{row}: pages without end")


async def _page(world: World, row: str, asker: str, headers: Headers, **query: Any) -> dict[str, Any]:
    request = world.request(row, asker)
    request["params"] = {**request.get("params", {}), **query}
    answer = await world.http.request(headers=headers, **request)
    assert answer.is_success, (row, asker, answer.text)
    page: dict[str, Any] = answer.json()
    assert len(page["items"]) <= query["limit"]
    return page


async def _refuse_garbage(world: World, row: str, asker: str, headers: Headers) -> None:
    for cursor in ("x", "é" * 32):
        request = world.request(row, asker)
        request["params"] = {**request.get("params", {}), "cursor": cursor}
        answer = await world.http.request(headers=headers, **request)
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (422, f"{TYPES}{CursorNotReadable.code}"), (
            row,
            asker,
        )
