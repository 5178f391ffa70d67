"""Requests: who is let in, when the transaction commits, how errors are told, what surrounds every answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID, uuid4

import aio_pika
import httpx2
import pytest
import pytest_asyncio
import structlog
from aio_pika.abc import AbstractConnection
from fastapi import APIRouter, Depends
from prometheus_client import generate_latest
from pydantic import SecretStr
from sqlalchemy import insert, text

from shared.auth import Role
from shared.http import Router, Session, Staff, anonymous, create_service_app, current_principal
from shared.http.health import create_health_app
from shared.http.middleware import SECONDS
from shared.readiness import Readiness
from shared.settings import Settings
from shared.temporal import Temporal
from tests.access.hostile import broken
from tests.integration.shared.http_service import (
    ELSEWHERE,
    ORGANISATION,
    PLATFORM,
    Recorder,
    Running,
    staff,
    thing,
    verifier,
)
from tests.support.eventually import eventually


def problem_of(response: httpx2.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["request_id"] == response.headers["x-request-id"]
    return body


def code_of(response: httpx2.Response, status: int) -> str:
    return str(problem_of(response, status)["type"]).removeprefix("https://kring.invalid/problems/")


async def _ask_health(path: str, readiness: Readiness) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=create_health_app(readiness))
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path)


class TestDoors:
    async def test_refuses_who_brings_no_token(self, service: Running) -> None:
        for headers in ({}, {"authorization": "Basic eDp5"}, {"authorization": "Bearer "}):
            answer = await service.client.get("/v1/things", headers=headers)
            assert code_of(answer, 401) == "token-missing"
            assert answer.headers["www-authenticate"] == "Bearer"

    async def test_refuses_a_token_that_is_not_good(self, service: Running) -> None:
        answer = await service.client.get("/v1/things", headers={"authorization": "Bearer a.b.c"})
        assert code_of(answer, 401) == "token-not-accepted"

    async def test_lets_in_by_role(self, service: Running) -> None:
        body = {"name": "lamp"}
        assert (
            await service.client.post("/v1/things", json=body, headers=staff(Role.FINANCE))
        ).status_code == 201
        refused = await service.client.post("/v1/things", json=body, headers=staff(Role.TRAINER))
        assert code_of(refused, 403) == "role-not-allowed"

    async def test_a_role_at_home_opens_nothing_elsewhere(self, service: Running) -> None:
        headers = staff(Role.FINANCE) | {"kring-tenant": str(ELSEWHERE)}
        answer = await service.client.post("/v1/things", json={"name": "lamp"}, headers=headers)
        assert code_of(answer, 403) == "role-not-allowed"

    async def test_a_route_for_parties_lets_them_in_from_elsewhere(self, service: Running) -> None:
        headers = staff(Role.REFERRER) | {"kring-tenant": str(ELSEWHERE)}
        answer = await service.client.get("/v1/parties", headers=headers)
        assert answer.json() == str(ELSEWHERE)
        wrong_role = staff(Role.TRAINER) | {"kring-tenant": str(ELSEWHERE)}
        assert code_of(await service.client.get("/v1/parties", headers=wrong_role), 403) == "role-not-allowed"

    async def test_ops_needs_no_organisation_of_its_own(self, service: Running) -> None:
        headers = staff(Role.OPS, organisation=None) | {"kring-tenant": str(ELSEWHERE)}
        assert (await service.client.get("/v1/ops", headers=headers)).json() == str(ELSEWHERE)

    async def test_keeps_the_kinds_apart(self, service: Running) -> None:
        person = PLATFORM.person(person=uuid4(), tenant=ORGANISATION, case=uuid4(), case_role="circle")
        machine = PLATFORM.service(service="network", purpose="invite", tenant=ORGANISATION)
        tokens = {
            "staff": staff(Role.FINANCE, Role.OPS),
            "person": {"authorization": f"Bearer {person}"},
            "service": {"authorization": f"Bearer {machine}"},
        }
        doors = {"/v1/things": "staff", "/v1/persons-only": "person", "/v1/services-only": "service"}
        for path, allowed in doors.items():
            for kind, headers in tokens.items():
                answer = await service.client.get(path, headers=headers)
                assert (answer.status_code == 200) is (kind == allowed), (path, kind)
        answer = await service.client.get("/v1/services-only", headers=tokens["service"])
        assert answer.json() == "network/invite"

    async def test_refuses_a_tenant_that_is_no_id(self, service: Running) -> None:
        headers = staff(Role.FINANCE) | {"kring-tenant": "noord"}
        assert code_of(await service.client.get("/v1/things", headers=headers), 422) == "tenant-needed"

    async def test_asks_for_the_tenant_of_whoever_has_none_and_says_whose_was_meant(
        self, service: Running
    ) -> None:
        answer = await service.client.get("/v1/things", headers=staff(Role.OPS, organisation=None))
        assert code_of(answer, 422) == "tenant-needed"
        missing = "/v1/errors/not-found"
        own = await service.client.get(missing, headers=staff(Role.FINANCE))
        named = await service.client.get(
            missing, headers=staff(Role.FINANCE) | {"kring-tenant": str(ORGANISATION)}
        )
        assert "your own organisation was meant" in own.json()["detail"]
        assert "detail" not in named.json()

    async def test_the_transaction_carries_whose_it_is(self, service: Running) -> None:
        headers = staff(Role.REFERRER) | {"kring-tenant": str(ELSEWHERE)}
        scope = (await service.client.get("/v1/scope", headers=headers)).json()
        assert scope == {"app.tenant": str(ELSEWHERE), "app.party": str(ORGANISATION), "app.subject": ""}
        person_id = uuid4()
        token = PLATFORM.person(person=person_id, tenant=ORGANISATION, case=uuid4(), case_role="circle")
        scope = (await service.client.get("/v1/scope", headers={"authorization": f"Bearer {token}"})).json()
        assert scope == {"app.tenant": str(ORGANISATION), "app.party": "", "app.subject": str(person_id)}

    async def test_anyone_comes_in_where_the_route_says_so(self, service: Running) -> None:
        assert (await service.client.get("/v1/open")).json() == {"open": True}

    async def test_an_app_refuses_a_route_that_names_nobody(self, service: Running) -> None:
        silent = Router()

        @silent.get("/v1/silent")
        async def read(session: Session) -> None:
            """Do nothing."""
            del session

        with pytest.raises(TypeError, match="/v1/silent"):
            create_service_app(service.context, title="x", routers=[silent], verifier=verifier())

    async def test_an_app_refuses_a_router_that_knows_no_idempotency(self, service: Running) -> None:
        plain = APIRouter()

        @plain.get("/v1/plain", dependencies=[anonymous])
        async def read() -> None:
            """Do nothing."""

        with pytest.raises(TypeError, match=r"shared\.http\.Router"):
            create_service_app(service.context, title="x", routers=[plain], verifier=verifier())  # type: ignore[list-item]


class TestTransaction:
    async def test_is_committed_when_the_answer_begins(self, service: Running) -> None:
        recorder = Recorder(service)
        transport = httpx2.ASGITransport(app=recorder)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.post("/v1/things", json={"name": "lamp"}, headers=staff(Role.FINANCE))
        assert answer.status_code == 201
        assert recorder.names_at_start == ["lamp"]

    async def test_a_commit_that_fails_is_not_answered_with_success(self, service: Running) -> None:
        answer = await service.client.post(
            "/v1/things", json={"name": "fails late"}, headers=staff(Role.FINANCE)
        )
        assert code_of(answer, 500) == "bug"
        assert "late" not in answer.text
        assert await service.names() == []

    @pytest.mark.parametrize(("name", "status"), [("fails", 409), ("breaks", 500)])
    async def test_is_rolled_back_after_an_error(self, service: Running, name: str, status: int) -> None:
        answer = await service.client.post("/v1/things", json={"name": name}, headers=staff(Role.FINANCE))
        assert answer.status_code == status
        assert await service.names() == []


class TestProblems:
    async def test_a_domain_error_tells_its_rule_and_facts(self, service: Running) -> None:
        answer = await service.client.post("/v1/things", json={"name": "fails"}, headers=staff(Role.FINANCE))
        problem = problem_of(answer, 409)
        assert problem["type"] == "https://kring.invalid/problems/already-made"
        assert problem["title"] == "There is such a thing already"
        assert problem["detail"] == "choose another name"
        assert problem["facts"] == {"names": 3}

    @pytest.mark.parametrize(
        ("name", "status", "code", "retry_after"),
        [
            ("not-found", 404, "not-found", None),
            ("gone", 410, "gone", None),
            ("busy", 429, "too-many-requests", "7"),
            ("not-yet", 409, "not-yet", "1"),
            ("down", 503, "unavailable", "2"),
            ("bug", 500, "bug", None),
        ],
    )
    async def test_each_family_has_its_status(
        self, service: Running, name: str, status: int, code: str, retry_after: str | None
    ) -> None:
        answer = await service.client.get(f"/v1/errors/{name}", headers=staff())
        assert code_of(answer, status) == code
        assert answer.headers.get("retry-after") == retry_after

    async def test_a_bug_tells_only_the_id_it_was_logged_under(self, service: Running) -> None:
        with structlog.testing.capture_logs() as lines:
            answer = await service.client.get("/v1/errors/bug", headers=staff())
        problem = problem_of(answer, 500)
        assert set(problem) == {"type", "title", "status", "request_id"}
        assert "nobody may read" not in answer.text
        assert [line["route"] for line in lines if line["event"] == "http.bug"] == ["/v1/errors/{name}"]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"name": "Geheim\u0007"}, "body.name"),
            ({"name": ["Geheim"]}, "body.name"),
            ({"name": "x", "size": "Geheim"}, "body.size"),
            ({"name": "x", "size": True}, "body.size"),
            ({"name": "x", "extra": "Geheim"}, "body.extra"),
            ({"name": "Geheim\0"}, "body.name"),
            ({"name": "Geheim" * 100}, "body.name"),
            ({}, "body.name"),
        ],
        ids=str,
    )
    async def test_a_wrong_body_names_the_field_and_not_the_value(
        self, service: Running, body: dict[str, Any], field: str
    ) -> None:
        answer = await service.client.post("/v1/things", json=body, headers=staff(Role.FINANCE))
        problem = problem_of(answer, 422)
        assert [error["field"] for error in problem["errors"]] == [field]
        assert problem["errors"][0]["problem"]
        assert "Geheim" not in answer.text

    @pytest.mark.parametrize(
        "body", [b"{", b"\xff", b"[1", b'{"name": "x"} x', b"", b"null", b"[]"], ids=repr
    )
    async def test_a_body_that_is_no_json_is_refused(self, service: Running, body: bytes) -> None:
        await self.refuses(service, body)

    async def test_a_body_that_parsers_read_differently_is_refused(self, service: Running) -> None:
        """Each beside what would be taken without it."""
        await self.refuses(service, b'{"name": "x", "name": "y"}')
        await self.refuses(service, b'{"name": "x", "\\u006eame": "x"}')
        for wrong, body in broken(b'{"name": "x"}'):
            assert wrong
            await self.refuses(service, body)

    async def refuses(self, service: Running, body: bytes) -> None:
        headers = staff(Role.FINANCE) | {"content-type": "application/json"}
        answer = await service.client.post("/v1/things", content=body, headers=headers)
        problem_of(answer, 422)

    @pytest.mark.parametrize("path", ["/v1/things/", "/v1/things//", "/v1//things"])
    async def test_sends_nobody_to_another_address(self, service: Running, path: str) -> None:
        answer = await service.client.get(path, headers=staff(Role.FINANCE) | {"host": "evil.example"})
        assert code_of(answer, 404) == "no-such-address"

    async def test_head_answers_as_get_without_a_body(self, service: Running) -> None:
        whole = await service.client.get("/v1/things", headers=staff(Role.FINANCE))
        answer = await service.client.head("/v1/things", headers=staff(Role.FINANCE))
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-length"] == str(len(whole.content))
        assert (await service.client.head("/v1/things")).status_code == 401

    @pytest.mark.parametrize("query", ["state=open", "limit=1&Limit=2", "cursor", "name%5B%5D=x"])
    async def test_an_unknown_query_parameter(self, service: Running, query: str) -> None:
        address = f"/v1/things?{query}&unknown=Fatima"
        answer = await service.client.get(address, headers=staff(Role.FINANCE))
        assert code_of(answer, 422) == "invalid-request"
        assert {
            "field": "query.unknown",
            "problem": "is not known here; known are: cursor, limit",
            "kind": "extra_forbidden",
        } in answer.json()["errors"]
        assert "Fatima" not in answer.text
        # The same where anyone may ask, with a token that is good, one that is not, or none.
        for headers in (staff(Role.FINANCE), {"Authorization": "Bearer none"}, {}):
            answer = await service.client.get("/v1/open?unknown=1", headers=headers)
            assert code_of(answer, 422) == "invalid-request", headers
        # Who may not ask at all is told that, and nothing of how.
        assert code_of(await service.client.get(address), 401) == "token-missing"

    @pytest.mark.parametrize("name", ["If-Match", "If-None-Match", "If-Unmodified-Since"])
    async def test_a_condition_that_nothing_would_check(self, service: Running, name: str) -> None:
        condition = {name: '"1"'}
        answer = await service.client.post("/v1/things", headers=staff(Role.FINANCE) | condition, json={})
        assert code_of(answer, 422) == "invalid-request"
        [said] = answer.json()["errors"]
        assert (said["field"], "in the body" in said["problem"]) == (f"header.{name.lower()}", True)
        # Of what is only read they say what a cache has.
        answer = await service.client.get("/v1/things", headers=staff(Role.FINANCE) | condition)
        assert answer.status_code == 200

    async def test_an_unknown_address_and_method(self, service: Running) -> None:
        assert code_of(await service.client.get("/v1/nothing"), 404) == "no-such-address"
        answer = await service.client.delete("/v1/things", headers=staff())
        assert code_of(answer, 405) == "method-not-allowed"
        assert answer.headers["allow"]

    @pytest.mark.parametrize("address", ["/v1/things?cursor=%00", "/v1/errors/%00"])
    async def test_an_address_with_nul(self, service: Running, address: str) -> None:
        assert code_of(await service.client.get(address, headers=staff()), 400) == "malformed"


class TestBodySize:
    async def test_a_body_beyond_the_limit_is_refused(self, service: Running) -> None:
        body = json.dumps({"text": "x" * (1024 * 1024 + 1)}).encode()
        headers = staff() | {"content-type": "application/json"}
        assert (
            code_of(await service.client.post("/v1/texts", content=body, headers=headers), 413) == "too-large"
        )

    async def test_also_when_its_length_is_not_told(self, service: Running) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            yield b'{"text": "'
            for _ in range(20):
                yield b"x" * 100_000
            yield b'"}'

        headers = staff() | {"content-type": "application/json"}
        answer = await service.client.post("/v1/texts", content=pieces(), headers=headers)
        assert code_of(answer, 413) == "too-large"

    async def test_a_route_can_take_more(self, service: Running) -> None:
        answer = await service.client.post("/v1/statements", json={"text": "x" * 2_000_000}, headers=staff())
        assert answer.json() == 2_000_000


class TestSurroundings:
    async def test_gives_each_request_an_id(self, service: Running) -> None:
        first = (await service.client.get("/v1/open")).headers["x-request-id"]
        second = (await service.client.get("/v1/open")).headers["x-request-id"]
        assert UUID(first) != UUID(second)

    async def test_lets_nobody_choose_it_and_logs_what_the_client_calls_it(self, service: Running) -> None:
        given = str(uuid4())
        merge = structlog.contextvars.merge_contextvars
        with structlog.testing.capture_logs(processors=[merge]) as lines:
            answer = await service.client.get("/v1/open", headers={"x-request-id": given})
            text = await service.client.get("/v1/open", headers={"x-request-id": "Jan Peeters wrote this"})
        assert UUID(answer.headers["x-request-id"]) != UUID(given)
        assert UUID(text.headers["x-request-id"])
        assert [line.get("client_request_id") for line in lines if line["event"] == "http.request"] == [
            given,
            None,
        ]

    async def test_sets_security_headers_also_on_problems(self, service: Running) -> None:
        for path in ("/v1/open", "/v1/nothing"):
            headers = (await service.client.get(path)).headers
            assert headers["cache-control"] == "no-store"
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert "default-src 'none'" in headers["content-security-policy"]

    async def test_logs_and_counts_by_template_and_not_by_address(self, service: Running) -> None:
        def count() -> float:
            labels = {"service": "test", "method": "GET", "route": "/v1/errors/{name}", "status": "422"}
            found = [
                s
                for m in SECONDS.collect()
                for s in m.samples
                if s.name.endswith("_count") and s.labels == labels
            ]
            return found[0].value if found else 0.0

        before = count()
        with structlog.testing.capture_logs() as lines:
            await service.client.get("/v1/errors/not-found?who=Peeters", headers=staff())
        assert count() == before + 1
        requests = [line for line in lines if line["event"] == "http.request"]
        assert [(line["route"], line["status"]) for line in requests] == [("/v1/errors/{name}", 422)]
        assert "Peeters" not in str(lines)

    async def test_names_the_case_of_the_address_in_logs_and_no_other_text(self, service: Running) -> None:
        case = uuid4()
        carried = (await service.client.get(f"/v1/cases/{case}", headers=staff())).json()
        assert carried["case_id"] == str(case)
        with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
            await service.client.get("/v1/cases/Jan-Peeters", headers=staff())
        assert lines
        assert "Peeters" not in str(lines)

    async def test_an_unknown_address_makes_no_label(self, service: Running) -> None:
        with structlog.testing.capture_logs() as lines:
            await service.client.get("/v1/Jan-Peeters")
        assert "Peeters" not in str(lines)
        assert b"Peeters" not in generate_latest()

    async def test_requests_at_once_do_not_mix_their_ids(self, service: Running) -> None:
        answers = await asyncio.gather(
            *(service.client.get("/v1/errors/gone", headers=staff()) for _ in range(10))
        )
        told = [answer.json()["request_id"] for answer in answers]
        assert told == [answer.headers["x-request-id"] for answer in answers]
        assert len(set(told)) == 10


class TestHealth:
    async def test_is_not_told_where_the_public_asks(self, service: Running) -> None:
        for path in ("/health/live", "/health/ready", "/metrics"):
            assert (await service.client.get(path)).status_code == 404

    async def test_is_alive(self) -> None:
        assert (await _ask_health("/health/live", Readiness({}))).json() == {"alive": True}

    async def test_says_which_part_is_missing(
        self, service: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shared.readiness.CHECK_SECONDS", 0.2)

        async def hangs() -> None:
            await asyncio.Event().wait()

        async def breaks() -> None:
            raise OSError

        checks = {"database": service.database.ping, "broker": breaks, "temporal": hangs}
        answer = await _ask_health("/health/ready", Readiness(checks))
        assert answer.status_code == 503
        assert answer.json()["parts"] == {"database": True, "broker": False, "temporal": False}

    async def test_asks_the_real_parts(self, service: Running, settings: Settings) -> None:
        temporal = Temporal(
            service="plans",
            address=settings.temporal_address,
            namespace=settings.temporal_namespace,
            codec_keys=[b"c" * 32],
        )
        context = replace(service.context, settings=settings, temporal=temporal)
        answer = await _ask_health("/health/ready", context.readiness)
        parts = {"database": True, "broker": True, "temporal": True}
        assert (answer.status_code, answer.json()) == (200, {"ready": True, "parts": parts})
        await context.broker.close()
        nowhere = settings.model_copy(update={"broker_url": SecretStr("amqp://x:y@127.0.0.1:1/")})
        absent = Temporal(service="plans", address="127.0.0.1:1", namespace="none", codec_keys=[b"c" * 32])
        context = replace(context, settings=nowhere, temporal=absent)
        answer = await _ask_health("/health/ready", context.readiness)
        assert answer.json() == {
            "ready": False,
            "parts": {"database": True, "broker": False, "temporal": False},
        }

    async def test_asks_the_broker_on_one_connection_until_it_is_lost(
        self, service: Running, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        connections: list[AbstractConnection] = []
        connect = aio_pika.connect

        async def counted(*args: Any, **how: Any) -> AbstractConnection:
            connections.append(await connect(*args, **how))
            return connections[-1]

        monkeypatch.setattr("aio_pika.connect", counted)
        monkeypatch.setattr("shared.readiness.ANSWER_SECONDS", -1.0)
        context = replace(service.context, settings=settings)
        for _ in range(3):
            assert (await context.readiness.parts())["broker"]
        (first,) = connections
        await first.close()
        assert (await context.readiness.parts())["broker"]
        assert len(connections) == 2
        await context.broker.close()

    async def test_tells_metrics(self, service: Running) -> None:
        await service.client.get("/v1/open")
        answer = await _ask_health("/metrics", Readiness({}))
        assert 'kring_http_request_seconds_count{method="GET",route="/v1/open"' in answer.text


class TestOpenApi:
    async def test_tells_doors_problems_and_keys(self, service: Running) -> None:
        document = (await service.client.get("/openapi.json")).json()
        made = document["paths"]["/v1/things"]["post"]
        assert made["security"] == [{"token": []}]
        assert {"201", "400", "401", "403", "409", "413", "422", "503"} <= set(made["responses"])
        assert "application/problem+json" in made["responses"]["422"]["content"]
        assert "Idempotency-Key" in {parameter["name"] for parameter in made["parameters"]}
        opened = document["paths"]["/v1/open"]["get"]
        assert (opened["security"], opened["x-anonymous"]) == ([], True)
        assert "HTTPValidationError" not in json.dumps(document)

    async def test_lists_every_anonymous_route(self, service: Running) -> None:
        document = (await service.client.get("/openapi.json")).json()
        found = {
            f"{method} {path}"
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
            if operation.get("x-anonymous")
        }
        assert found == {
            "get /v1/open",
            "post /v1/open",
        }


class TestDocs:
    async def test_show_every_operation_and_run_no_script(self, service: Running) -> None:
        answer = await service.client.get("/docs")
        document = (await service.client.get("/openapi.json")).json()
        assert answer.headers["content-type"].startswith("text/html")
        assert all(f"<code>{path}</code>" in answer.text for path in document["paths"])
        assert "<script" not in answer.text
        assert "script-src" not in answer.headers["content-security-policy"]
        assert "style-src 'unsafe-inline'" in answer.headers["content-security-policy"]


class TestRouterDependencies:
    async def test_a_door_named_for_a_whole_router_counts(self, service: Running) -> None:
        guarded = Router(dependencies=[Depends(current_principal)])

        @guarded.get("/v1/guarded")
        async def read(limit: Annotated[int, Depends(lambda: 1)]) -> int:
            """Return a number."""
            return limit

        app = create_service_app(service.context, title="x", routers=[guarded], verifier=verifier())
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            assert (await client.get("/v1/guarded")).status_code == 401
            assert (await client.get("/v1/guarded", headers=staff())).json() == 1


QUICK = asyncio.Event()
SLOW_COMMIT = (
    "CREATE FUNCTION wait_late() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$",
    "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON thing DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW WHEN (NEW.name = 'commits slowly') EXECUTE FUNCTION wait_late()",
)


class TestTimeLimit:
    """Each way in which a request can take too long leaves nothing of it, and no connection busy."""

    @pytest_asyncio.fixture(loop_scope="session")
    async def slow(self, service: Running) -> AsyncIterator[httpx2.AsyncClient]:
        router = Router()

        @router.post("/v1/slow", status_code=201)
        async def write_and_wait(principal: Staff, session: Session, waits: str) -> dict[str, str]:
            del principal
            name = "commits slowly" if waits == "at the commit" else "half done"
            row = {"id": uuid4(), "name": name, "made_at": await service.context.clock.now()}
            await session.execute(insert(thing).values(**row))
            if waits == "in the database":
                await session.execute(text("SELECT pg_sleep(60)"))
            if waits == "elsewhere":
                await QUICK.wait()
            return {"done": waits}

        QUICK.clear()
        async with service.database.transaction() as session:
            for statement in SLOW_COMMIT:
                await session.execute(text(statement))
        settings = service.context.settings.model_copy(update={"request_seconds": 0.5})
        context = replace(service.context, settings=settings)
        app = create_service_app(context, title="x", routers=[router], verifier=verifier())
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client
        async with service.database.transaction() as session:
            await session.execute(text("DROP FUNCTION wait_late() CASCADE"))

    @pytest.mark.parametrize("waits", ["in the database", "elsewhere", "at the commit"])
    async def test_undoes_what_was_given_up(
        self, service: Running, slow: httpx2.AsyncClient, waits: str
    ) -> None:
        for _ in range(3):
            answer = await slow.post("/v1/slow", params={"waits": waits}, headers=staff(Role.FINANCE))
            assert code_of(answer, 503) == "took-too-long"
            assert answer.headers["retry-after"]

        assert not {"half done", "commits slowly"} & set(await service.names())
        busy = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")

        async def all_free() -> bool:
            async with service.database.transaction() as session:
                return bool((await session.execute(busy)).scalar_one() == 0)

        await eventually(all_free, "the database to have stopped what was given up")

    async def test_lets_the_same_key_be_used_again(self, service: Running, slow: httpx2.AsyncClient) -> None:
        headers = {**staff(Role.FINANCE), "idempotency-key": str(uuid4())}
        given_up = await slow.post("/v1/slow", params={"waits": "elsewhere"}, headers=headers)
        assert code_of(given_up, 503) == "took-too-long"

        QUICK.set()
        answer = await slow.post("/v1/slow", params={"waits": "elsewhere"}, headers=headers)
        assert answer.status_code == 201
        assert await service.names() == ["half done"]
