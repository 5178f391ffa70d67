"""`Idempotency-Key`: done once, answered the same; a key stands for one request of one principal."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import select, text

from shared.auth import Role
from shared.tables import idempotency_key
from tests.integration.shared.http_service import ELSEWHERE, ORGANISATION, Running, staff
from tests.support.eventually import eventually

LAMP = {"name": "lamp"}


@pytest.fixture
def manager() -> dict[str, str]:
    """The headers of one member of staff, with a key."""
    return staff(Role.FINANCE) | {"idempotency-key": str(uuid4())}


async def post(
    service: Running, body: dict[str, Any], headers: dict[str, str], path: str = "/v1/things"
) -> httpx2.Response:
    return await service.client.post(path, json=body, headers=headers)


async def kept(service: Running) -> list[Any]:
    async with service.database.transaction() as session:
        return list((await session.execute(select(idempotency_key))).all())


def code_of(answer: httpx2.Response) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]


class TestRepeatedRequest:
    async def test_is_done_once_and_answered_the_same(
        self, service: Running, manager: dict[str, str]
    ) -> None:
        first = await post(service, LAMP, manager)
        second = await post(service, LAMP, manager)
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
        assert "idempotency-replayed" not in first.headers
        assert second.headers["idempotency-replayed"] == "true"
        assert second.headers["content-type"] == "application/json"
        assert await service.names() == ["lamp"]

    async def test_with_another_body_is_refused(self, service: Running, manager: dict[str, str]) -> None:
        await post(service, LAMP, manager)
        second = await post(service, {"name": "chair"}, manager)
        assert (second.status_code, code_of(second)) == (422, "idempotency-key-used-for-another-request")
        assert await service.names() == ["lamp"]

    async def test_at_another_address_is_refused(self, service: Running, manager: dict[str, str]) -> None:
        await post(service, LAMP, manager)
        second = await post(service, LAMP, manager, path="/v1/things?copies=1")
        assert (second.status_code, code_of(second)) == (422, "idempotency-key-used-for-another-request")

    async def test_with_a_new_key_is_done_again(self, service: Running, manager: dict[str, str]) -> None:
        await post(service, LAMP, manager)
        await post(service, LAMP, manager | {"idempotency-key": "another"})
        assert await service.names() == ["lamp", "lamp"]

    async def test_by_someone_else_with_the_same_key_is_their_own(
        self, service: Running, manager: dict[str, str]
    ) -> None:
        first = await post(service, LAMP, manager)
        second = await post(service, LAMP, manager | staff(Role.FINANCE))
        assert first.json() != second.json()
        assert await service.names() == ["lamp", "lamp"]

    async def test_after_an_error_is_tried_again(self, service: Running, manager: dict[str, str]) -> None:
        failed = await post(service, {"name": "fails"}, manager)
        assert failed.status_code == 409
        assert await kept(service) == []
        again = await post(service, {"name": "fails"}, manager)
        assert code_of(again) == "already-made"

    async def test_after_a_commit_that_failed_is_tried_again(
        self, service: Running, manager: dict[str, str]
    ) -> None:
        for _ in range(2):
            assert (await post(service, {"name": "fails late"}, manager)).status_code == 500
        assert await kept(service) == []

    async def test_from_anyone_works_too(self, service: Running) -> None:
        key = {"idempotency-key": "form-1"}
        first = await post(service, LAMP, key, path="/v1/open")
        second = await post(service, LAMP, key, path="/v1/open")
        assert first.json() == second.json()
        assert await service.names() == ["lamp"]

    async def test_from_anyone_to_another_organisation_is_another_request(self, service: Running) -> None:
        key = {"idempotency-key": "form-1"}
        first = await post(service, LAMP, key | {"kring-tenant": str(ORGANISATION)}, path="/v1/open")
        elsewhere = await post(service, LAMP, key | {"kring-tenant": str(ELSEWHERE)}, path="/v1/open")
        assert first.status_code == 201
        assert (elsewhere.status_code, code_of(elsewhere)) == (
            422,
            "idempotency-key-used-for-another-request",
        )


class TestAtOnce:
    async def test_one_is_done_and_the_others_come_back_later(
        self, service: Running, manager: dict[str, str]
    ) -> None:
        answers = await asyncio.gather(*(post(service, LAMP, manager) for _ in range(5)))
        assert await service.names() == ["lamp"]
        assert {answer.status_code for answer in answers} <= {201, 409}
        for answer in answers:
            if answer.status_code == 409:
                assert code_of(answer) == "request-in-hand"
                assert answer.headers["retry-after"] == "1"

    async def test_the_second_does_not_wait_for_the_first(
        self, service: Running, manager: dict[str, str]
    ) -> None:
        async with service.database.transaction() as session:
            # Holds up the first request in the middle of its work.
            await session.execute(text("LOCK TABLE thing IN ACCESS EXCLUSIVE MODE"))
            first = asyncio.create_task(post(service, LAMP, manager))
            held_up = text("SELECT 1 FROM pg_locks WHERE NOT granted")

            async def is_held_up() -> bool:
                return (await session.execute(held_up)).first() is not None

            await eventually(is_held_up, "the first request waits for the table")
            second = await asyncio.wait_for(post(service, LAMP, manager), 60)
        assert (second.status_code, code_of(second)) == (409, "request-in-hand")
        assert (await first).status_code == 201
        assert (await post(service, LAMP, manager)).json() == (await first).json()


class TestKey:
    @pytest.mark.parametrize("key", ["", "x" * 201, "caf\u00e9"], ids=["empty", "long", "not ascii"])
    async def test_that_cannot_be_used_is_refused(self, service: Running, key: str) -> None:
        headers = httpx2.Headers(staff(Role.FINANCE) | {"idempotency-key": key}, encoding="latin-1")
        answer = await service.client.post("/v1/things", json=LAMP, headers=headers)
        assert (answer.status_code, code_of(answer)) == (422, "idempotency-key-not-usable")
        assert await service.names() == []

    async def test_opens_no_door(self, service: Running, manager: dict[str, str]) -> None:
        await post(service, LAMP, manager)
        answer = await post(service, LAMP, {"idempotency-key": manager["idempotency-key"]})
        assert answer.status_code == 401


class TestKeptAnswer:
    async def test_is_sealed(self, service: Running, manager: dict[str, str]) -> None:
        await post(service, {"name": "Jan Peeters"}, manager)
        (row,) = await kept(service)
        assert row.status == 201
        assert b"Peeters" not in row.answer
        assert b"Peeters" not in row.request

    async def test_of_one_key_does_not_open_under_another(
        self, service: Running, manager: dict[str, str]
    ) -> None:
        await post(service, LAMP, manager)
        async with service.database.transaction() as session:
            await session.execute(text("UPDATE idempotency_key SET key = 'moved'"))
        answer = await post(service, LAMP, manager | {"idempotency-key": "moved"})
        assert answer.status_code == 500
