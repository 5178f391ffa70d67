"""Sending generated requests to a populated service, each as several of those who ask in turn."""

import asyncio
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx
import schemathesis

from tests.access.cast import Headers
from tests.access.table import written
from tests.access.world import ID, World, gate_of
from tests.support.generated import CHECKS

MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
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

    def _known(self, generated: dict[str, Any]) -> dict[str, Any]:
        # What is behind a 404 would never be reached by chance.
        return {
            name: self._world.ids.get(name, value) if ID.fullmatch(str(value)) else value
            for name, value in generated.items()
        }

    def _send(self, case: Any, asker: str) -> httpx.Response:
        arguments = case.as_transport_kwargs(base_url=str(self._world.http.base_url))
        names = ("method", "url", "params", "json")
        headers = {**dict(arguments.get("headers") or {}), **self._everybody[asker]}
        request = self._world.http.build_request(
            **{name: arguments[name] for name in names if name in arguments},
            headers=headers,
            content=arguments.get("data"),
        )
        answer: httpx.Response = self._wait(self._world.http.send(request))
        return answer

    def _wait(self, what: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(30)
