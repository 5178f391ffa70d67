"""Liveness, readiness and metrics of a process: served on an internal port, apart from its API."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.readiness import Readiness


def create_health_app(readiness: Readiness) -> Starlette:
    """Return the app for probes and Prometheus."""

    async def live(_request: Request) -> Response:
        return JSONResponse({"alive": True})

    async def ready(_request: Request) -> Response:
        parts = await readiness.parts()
        is_ready = all(parts.values())
        return JSONResponse({"ready": is_ready, "parts": parts}, status_code=200 if is_ready else 503)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[Route("/health/live", live), Route("/health/ready", ready), Route("/metrics", metrics)]
    )
