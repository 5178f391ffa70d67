"""Sending generated requests to a populated service, each as several of those who ask in turn."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx2
import schemathesis

from tests.access.cast import Headers
from tests.access.hostile import HEADERS, broken, pairs, with_hostile
from tests.access.table import written
from tests.access.world import ID, World, gate_of
from tests.support.generated import CHECKS

_GOOD, _BAD = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
Way = tuple[schemathesis.GenerationMode, Callable[[Any], None]]
# How many ask each time, of those who may and of those who may not: so many that the turn of everybody comes. For an
# operation with a body there are twice as many requests, because bad ones are sent too.
_WHO_MAY, _WHO_MAY_NOT = 4, 6
_WITH_BODY = 2


async def prepared(world: World, secrets_dir: Path) -> tuple[Any, "Sender"]:
    """Return what requests are generated from, and what sends them."""
    document = (await world.http.get("/openapi.json")).json()
    # Who brings no token is one of those who ask: leaving it out is no wrong data here.
    for operations in document["paths"].values():
        for operation in operations.values():
            operation.pop("security", None)
    schema = schemathesis.openapi.from_dict(document).include(path_regex="^/v1/")
    return schema, Sender(world, world.cast.askers(secrets_dir), asyncio.get_running_loop())


class Sender:
    """Sends generated requests to a populated service, each as several askers in turn."""

    def __init__(self, world: World, everybody: dict[str, Headers], loop: asyncio.AbstractEventLoop) -> None:
        self._world = world
        self._everybody = everybody
        self._loop = loop
        self._hostile = pairs()
        self._turns = self._turns_of(written(world.service, set(everybody)))
        self.sent = 0

    def _turns_of(self, table: dict[str, dict[str, str]]) -> dict[str, tuple[Iterator[str], Iterator[str]]]:
        may: dict[str, set[str]] = {}
        for row, outcomes in table.items():
            may.setdefault(gate_of(row), set()).update(
                who for who, outcome in outcomes.items() if outcome not in ("no", "refused")
            )
        every = set(self._everybody)
        return {door: (cycle(sorted(who)), cycle(sorted(every - who))) for door, who in may.items()}

    def attempt(self, case: Any) -> None:
        """Send one request as those whose turn it is, and hold every answer against the document."""
        door = f"{case.operation.method.upper()} {case.operation.path}"
        who_may, who_may_not = self._turns[door]
        case.path_parameters = self._known(case.path_parameters or {})
        changed, times = False, _WITH_BODY if case.operation.body else 1
        for asker in [*islice(who_may, _WHO_MAY // times), *islice(who_may_not, _WHO_MAY_NOT // times)]:
            answer = self._send(case, asker)
            self.sent += 1
            changed = changed or (answer.is_success and not door.startswith("GET "))
            try:
                case.validate_response(answer, checks=list(CHECKS))
            except BaseException as failure:
                failure.add_note(f"{door}, asked by: {asker}")
                raise
        if changed:
            self._wait(self._world.restore())

    @property
    def usual(self) -> tuple[Way, ...]:
        """How requests are made and sent: good ones and bad ones."""
        return ((_GOOD, self.attempt), (_BAD, self.attempt))

    @property
    def ways(self) -> tuple[Way, ...]:
        """The usual ones, and those on which something once failed."""
        return (*self.usual, (_GOOD, self.attempt_hostile))

    def attempt_hostile(self, case: Any) -> None:
        """Send a request with texts and numbers on which something once failed, and with each header of that kind."""
        finding, text, number = next(self._hostile)
        if case.operation.body:
            case.body = with_hostile(case.body, text, number)
        case.query = with_hostile(case.query or {}, text, number)
        try:
            self.attempt(case)
            self._beside(case)
        except BaseException as failure:
            failure.add_note(finding)
            raise

    def _beside(self, case: Any) -> None:
        """Send it with headers that nobody should send, with an unknown parameter, and ask for its head only."""
        asker = next(self._turns[f"{case.operation.method.upper()} {case.operation.path}"][0])
        changed = False
        for finding, headers in HEADERS.items():
            answer = self._send(case, asker, headers=headers)
            assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, finding
            changed = changed or (answer.is_success and case.operation.method.upper() != "GET")
        if case.operation.body and isinstance(case.body, dict):
            self._broken(case, asker)
        case.query = {**(case.query or {}), "no-such-parameter": "1"}
        answer = self._send(case, asker)
        assert HTTPStatus.BAD_REQUEST <= answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, answer.url
        if case.operation.method.upper() == "GET":
            head = self._send(case, asker, method="HEAD")
            assert (head.status_code, head.content) == (answer.status_code, b""), head.url
        if changed:
            self._wait(self._world.restore())

    def _broken(self, case: Any, asker: str) -> None:
        """Send what no parser should take in the place of the body."""
        for wrong, body in broken(json.dumps(case.body).encode()):
            answer = self._send(case, asker, body=body)
            assert HTTPStatus.BAD_REQUEST <= answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, wrong

    def _known(self, generated: dict[str, Any]) -> dict[str, Any]:
        # What is behind a 404 would never be reached by chance.
        return {
            name: self._world.ids.get(name, value) if ID.fullmatch(str(value)) else value
            for name, value in generated.items()
        }

    def _send(
        self,
        case: Any,
        asker: str,
        *,
        method: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> httpx2.Response:
        arguments = case.as_transport_kwargs(base_url=str(self._world.http.base_url))
        names = ("method", "url", "params", *(("json",) if body is None else ()))
        given = {name: arguments[name] for name in names if name in arguments}
        request = self._world.http.build_request(
            **{**given, **({"method": method} if method else {})},
            headers={
                **dict(arguments.get("headers") or {}),
                **self._everybody[asker],
                **(headers or {}),
                **({} if body is None else {"content-type": "application/json"}),
            },
            content=arguments.get("data") if body is None else body,
        )
        answer: httpx2.Response = self._wait(self._world.http.send(request))
        return answer

    def _wait(self, what: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(30)
