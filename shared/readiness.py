"""Whether a process can do its work now: each dependency is actually checked, once for concurrent requests."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import structlog

from shared.context import Context
from shared.retrying import in_time

log = structlog.get_logger(__name__)

Check = Callable[[], Awaitable[object]]

CHECK_SECONDS = 2.0
ANSWER_SECONDS = 1.0


class Readiness:
    """Each dependency's last result: it is checked once at a time, and the result counts for a second."""

    def __init__(self, checks: Mapping[str, Check], *, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the checks by the name of their dependency; each raises if it does not answer."""
        self._checks = checks
        self._clock = clock
        self._asking: asyncio.Task[dict[str, bool]] | None = None
        self._stale_at = 0.0

    async def parts(self) -> dict[str, bool]:
        """Return, by name, whether a dependency answers; at most a second old."""
        if self._asking is None or (self._asking.done() and self._clock() >= self._stale_at):
            self._asking = asyncio.create_task(self._ask())
        # The first caller may go away: the others still wait for the result.
        return await asyncio.shield(self._asking)

    async def _ask(self) -> dict[str, bool]:
        answers = await asyncio.gather(*(_answers(part, check) for part, check in self._checks.items()))
        self._stale_at = self._clock() + ANSWER_SECONDS
        return dict(zip(self._checks, answers, strict=True))


async def _answers(part: str, check: Check) -> bool:
    try:
        await in_time(check(), CHECK_SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a part, it is not ready
        log.warning("health.part_missing", part=part, cause=type(error).__name__)
        return False
    return True


def checks_of(context: Context) -> dict[str, Check]:
    """Return a check of each dependency, by name."""

    async def broker() -> None:
        await context.broker.ping()

    async def database() -> None:
        await context.database.ping()

    async def temporal() -> None:
        await context.temporal.ping()

    return {"database": database, "broker": broker, "temporal": temporal}
