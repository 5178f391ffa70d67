"""Whether a process is alive, whether it can work, and its metrics."""

import asyncio
from collections.abc import Mapping

import structlog
from fastapi import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.http.models import ResponseModel
from shared.http.principals import anonymous
from shared.http.routing import Router
from shared.readiness import Check

log = structlog.get_logger(__name__)

CHECK_SECONDS = 2.0
_UNAVAILABLE = 503


class Alive(ResponseModel):
    """The process runs."""

    alive: bool = True


class Readiness(ResponseModel):
    """Whether every part answers, and which does not."""

    ready: bool
    parts: dict[str, bool]


async def _answers(part: str, check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a part, it is not ready
        log.warning("health.part_missing", part=part, cause=type(error).__name__)
        return False
    return True


def health_router(checks: Mapping[str, Check]) -> Router:
    """Return the routes that say how this process is; `checks` raise if their part does not answer."""
    router = Router(tags=["health"], dependencies=[anonymous])

    @router.get("/health/live")
    async def live() -> Alive:
        """Say that the process runs."""
        return Alive()

    @router.get("/health/ready", responses={_UNAVAILABLE: {"model": Readiness}})
    async def ready(response: Response) -> Readiness:
        """Ask every part on which this process builds, and say which do not answer."""
        answers = await asyncio.gather(*(_answers(part, check) for part, check in checks.items()))
        if not all(answers):
            response.status_code = _UNAVAILABLE
        return Readiness(ready=all(answers), parts=dict(zip(checks, answers, strict=True)))

    @router.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Return this process's metrics for Prometheus."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router
