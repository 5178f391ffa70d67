"""Browsers before the portal, with services behind it that answer what a test says, as their contracts allow."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx2
import pytest
from jsonschema import Draft202012Validator

from services.portal import sessions
from services.portal.client import Client, Operation
from services.portal.sessions import PersonOfCase, Registrant, Secret, StaffMember
from shared.auth import Role
from shared.errors import Operational
from shared.http.idempotency import KeyUsedForAnother
from shared.http.problems import TYPES
from shared.http_client import Query, Response
from shared.ids import uuid7
from shared.languages import Language
from tests.support.html_checker import HtmlChecker
from tests.support.world.portal import Portal

HERE = {"sec-fetch-site": "same-origin"}
_CONTRACTS = Path(__file__).parents[1] / "contracts"
_TOKEN = re.compile(r'name="form-token" value="([^"]*)"')


@cache
def _document(service: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((_CONTRACTS / f"{service}.openapi.json").read_text("utf-8"))
    return document


def _check(value: object, schema: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    Draft202012Validator({**schema, "components": document["components"]}).validate(value)


def _check_query(operation: Operation[Any], query: Query) -> None:
    document = _document(operation.service)
    described = document["paths"][operation.path][operation.method.lower()].get("parameters", [])
    known = {each["name"]: each["schema"] for each in described if each["in"] == "query"}
    for name, value in query.items():
        kinds = {each.get("type") for each in known[name].get("anyOf", [known[name]])}
        typed = json.loads(value) if isinstance(value, str) and kinds & {"integer", "boolean"} else value
        _check([*typed] if isinstance(typed, tuple) else typed, known[name], document)


def described(operation: Operation[Any]) -> tuple[int, dict[str, Any] | None, dict[str, Any]]:
    """Return with which status an operation succeeds, the schema of its answer, and the document of its service."""
    document = _document(operation.service)
    answers = document["paths"][operation.path][operation.method.lower()]["responses"]
    status = next(code for code in answers if code.startswith("2"))
    schema = answers[status].get("content", {}).get("application/json", {}).get("schema")
    return int(status), schema, document


def answered(status: int, body: object) -> Response:
    """Return an answer whose headers can be changed; None is the body of those without one."""
    return Response(status, b"" if body is None else json.dumps(body).encode(), {})


@dataclass(frozen=True)
class Asked:
    """What the portal asked of a service."""

    operation: str
    ids: Mapping[str, str]
    body: Any
    query: Query
    headers: Mapping[str, str]


@dataclass
class FakeServices:
    """Services that answer what a test says; neither question nor answer can be one that their contract forbids."""

    answers: dict[str, Response] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    # What each idempotency key was first sent with: no service takes it for another request.
    _by_key: dict[tuple[str, str], Asked] = field(default_factory=dict)

    def answer(
        self, operation: Operation[Any], body: object, *, ids: Mapping[str, object] | None = None
    ) -> None:
        """Say what an operation answers from now on; with ids, only for those."""
        status, schema, document = described(operation)
        if body is not None and schema is not None:
            _check(body, schema, document)
        path = operation.path.format(**ids) if ids else operation.path
        self.answers[f"{operation.service} {operation.method} {path}"] = answered(status, body)

    def refuse(self, operation: Operation[Any], status: int, code: str, **more: object) -> None:
        """Say that an operation refuses from now on; `more`: the rest of the problem."""
        problem = {"type": f"{TYPES}{code}", "title": code, "status": status, **more}
        self.answers[f"{operation.service} {operation.method} {operation.path}"] = answered(status, problem)

    def heard(self, operation: Operation[Any]) -> dict[str, str]:
        """Return the headers of what an operation answers, to be changed."""
        return cast(
            "dict[str, str]", self.answers[f"{operation.service} {operation.method} {operation.path}"].headers
        )

    def of(self, operation: Operation[Any]) -> list[Asked]:
        """Return what was asked of an operation."""
        name = f"{operation.service} {operation.method} {operation.path}"
        return [each for each in self.asked if each.operation == name]

    async def send(
        self,
        operation: Operation[Any],
        *,
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None,
        query: Query | None,
        ids: Mapping[str, Any] | None,
        content: bytes | None = None,
    ) -> Response:
        """Answer in the place of a service."""
        name = f"{operation.service} {operation.method} {operation.path}"
        if body is not None:
            document = _document(operation.service)
            wanted = document["paths"][operation.path][operation.method.lower()]["requestBody"]
            _check(body, wanted["content"]["application/json"]["schema"], document)
        _check_query(operation, query or {})
        named = {key: str(value) for key, value in (ids or {}).items()}
        asked = Asked(name, named, content or body, dict(query or {}), dict(headers))
        self.asked.append(asked)
        if (once := asked.headers.get("idempotency-key")) is not None:
            before = self._by_key.setdefault((operation.service, once), asked)
            if (before.operation, before.ids, before.body) != (asked.operation, asked.ids, asked.body):
                return answered(422, {"type": f"{TYPES}{KeyUsedForAnother.code}", "status": 422})
        exact = f"{operation.service} {operation.method} {operation.path.format(**named)}"
        return self.answers.get(exact) or self.answers[name]


def put_behind(patch: pytest.MonkeyPatch, services: FakeServices) -> None:
    """Let the portal ask these services from now on."""

    async def send(_client: Client, operation: Operation[Any], **given: Any) -> Response:
        response = await services.send(operation, **given)
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Operational(f"{operation.service}: answered {response.status}")
        return response

    patch.setattr(Client, "_send", send)


@dataclass
class Browser:
    """One browser: it remembers cookies, follows nothing by itself, and is content with no page that is not HTML."""

    world: Portal
    checker: HtmlChecker
    cookies: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """Ask the portal."""
        self.world.http.cookies.clear()
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = await self.world.ask(method, path, {**HERE, "cookie": cookie}, **request)
        for given in answer.headers.get_list("set-cookie"):
            name, _, rest = given.partition("=")
            self.cookies[name] = rest.partition(";")[0]
            if "Max-Age=0" in given:
                del self.cookies[name]
        if answer.headers.get("content-type", "").startswith("text/html"):
            errors = await self.checker.errors(answer.content)
            assert not errors, f"{path}: {errors}"
        return answer

    async def fill(self, path: str, *, expect: int = 303, **fields: str) -> httpx2.Response:
        """Open a page, and send its form filled in; `name__` is the field `name[]`."""
        page = await self.ask("GET", path, expect=200)
        token = _TOKEN.search(page.text)
        assert token is not None
        given = {name.replace("__", "[]"): value for name, value in fields.items()}
        data = {"form-token": token.group(1), "once": str(uuid7()), **given}
        return await self.ask("POST", path, data=data, expect=expect)

    async def sign_in(
        self,
        *roles: Role,
        name: str = "Hanne Peeters",
        member: UUID | None = None,
        organisation: UUID | None = None,
    ) -> UUID:
        """Be a member of staff of this or another organisation, as after signing in; return their id."""
        secret, now, id_ = Secret.new(), await self.world.now(), member or uuid7()
        content = StaffMember(
            issuer="https://sign-in.example",
            id=id_,
            name=name,
            organisation=organisation or self.world.tenant,
            roles=frozenset(roles),
            tenant=self.world.tenant,
            token="token",
            token_until=now + timedelta(hours=10),
            refresh_token=None,
            until=now + timedelta(hours=12),
        )
        async with self.world.context.database.transaction() as session:
            await sessions.keep(session, secret, content, now=now)
        self.cookies["kring-staff"] = secret.cookie
        return id_

    async def come_by_link(
        self,
        *,
        language: Language = "nl",
        role: str = "central",
        young: bool = False,
        reads_with: list[str] | None = None,
        decides_for_child: bool = False,
    ) -> PersonOfCase:
        """Be somebody of a case, as after the button behind a link of an email; return who."""
        secret, now = Secret.new(), await self.world.now()
        came = PersonOfCase(
            link="x" * 64,
            token="token",
            token_until=now + timedelta(minutes=15),
            tenant=self.world.tenant,
            case_id=uuid7(),
            person_id=uuid7(),
            role=role,
            language=language,
            young=young,
            reads_with=reads_with,
            decides_for_child=decides_for_child,
        )
        async with self.world.context.database.transaction() as session:
            await sessions.keep(session, secret, came, now=now)
        self.cookies["kring-session"] = secret.cookie
        return came

    async def come_by_registration(self) -> None:
        """Be somebody who registered for a training, as after the button behind the link of their emails."""
        secret, came = Secret.new(), Registrant(link="x" * 64, tenant=self.world.tenant, language="nl")
        async with self.world.context.database.transaction() as session:
            await sessions.keep(session, secret, came, now=await self.world.now())
        self.cookies["kring-registration"] = secret.cookie
