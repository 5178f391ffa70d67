"""Generated requests, good and bad, to every operation as everybody: nothing breaks, all answers are documented.

`make fuzz` sends them for as long as is asked, other ones each time, and says how to repeat what it found.
"""

import asyncio
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from secrets import randbelow
from typing import Any

import httpx
import pytest
import schemathesis

from shared.settings import SERVICES
from tests.access.cast import Headers
from tests.access.conftest import Populated
from tests.access.table import written
from tests.access.world import ID, World, door_of
from tests.support.generated import CHECKS, generate

MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
# Per operation, in a run of all tests and in a round of fuzzing; and how many ask each time, who may and who may not.
_EXAMPLES, _LONG = 6, 60
_WHO_MAY, _WHO_MAY_NOT = 4, 6


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
            may.setdefault(door_of(row), set()).update(
                who for who, outcome in outcomes.items() if outcome != "no"
            )
        every = set(self._everybody)
        return {door: (cycle(sorted(who)), cycle(sorted(every - who))) for door, who in may.items()}

    def attempt(self, case: Any) -> None:
        """Send one request as those whose turn it is, and hold every answer against the document."""
        door = f"{case.operation.method.upper()} {case.operation.path}"
        who_may, who_may_not = self._turns[door]
        case.path_parameters = self._known(case.path_parameters or {})
        changed = False
        for asker in [*islice(who_may, _WHO_MAY), *islice(who_may_not, _WHO_MAY_NOT)]:
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


@pytest.mark.timeout(240)
@pytest.mark.parametrize("service", SERVICES)
async def test_are_answered_as_documented(
    service: str, populated: Populated, secrets_dir: Path, request: pytest.FixtureRequest
) -> None:
    seconds, seed = (request.config.getoption(name) for name in ("--fuzz-seconds", "--fuzz-seed"))
    async with populated(service) as world:
        document = (await world.http.get("/openapi.json")).json()
        # Who brings no token is one of those who ask: leaving it out is no wrong data here.
        for operations in document["paths"].values():
            for operation in operations.values():
                operation.pop("security", None)
        schema = schemathesis.openapi.from_dict(document).include(path_regex="^/v1/")
        sender = Sender(world, world.cast.askers(secrets_dir), asyncio.get_running_loop())
        if seed is not None or seconds is not None:
            await _fuzz(service, schema, sender, seconds=seconds or 0, seed=seed)
        else:
            for mode in MODES:
                await asyncio.to_thread(generate, schema, mode, sender.attempt, max_examples=_EXAMPLES)
    assert sender.sent > 50 * _EXAMPLES


async def _fuzz(service: str, schema: Any, sender: Sender, *, seconds: int, seed: int | None) -> None:
    """Go on with one seed after another until the time is over, or try the one given."""
    until = time.monotonic() + seconds
    while True:
        number = randbelow(2**32) if seed is None else seed
        for mode in MODES:
            try:
                await asyncio.to_thread(
                    generate, schema, mode, sender.attempt, max_examples=_LONG, seed=number
                )
            except BaseException as failure:
                failure.add_note(f"again: make fuzz SERVICE={service} SEED={number}")
                raise
        if seed is not None or time.monotonic() > until:
            return
