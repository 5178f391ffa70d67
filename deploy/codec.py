"""The decoder that Temporal's web UI asks to make encrypted payloads readable, for the operators of an installation.

Whoever reaches it reads what workflows were given: ids, codes and dates. Keep it behind the same door as the UI.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response


def create_app(key: bytes, *, origin: str | None) -> "Starlette":
    """Return the application; only pages from `origin` may ask it, from a browser."""
    from google.protobuf import json_format
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.cors import CORSMiddleware
    from starlette.responses import JSONResponse
    from starlette.responses import Response as PlainResponse
    from starlette.routing import Route
    from temporalio.api.common.v1 import Payloads

    from shared.temporal import Codec

    codec = Codec(key)

    async def decode(request: "Request") -> "Response":
        try:
            asked = json_format.Parse(await request.body(), Payloads())
            readable = await codec.decode(asked.payloads)
        except (json_format.ParseError, ValueError, UnicodeDecodeError):
            return JSONResponse({"title": "not payloads of this installation"}, status_code=400)
        answer = json_format.MessageToJson(Payloads(payloads=readable))
        return PlainResponse(answer, media_type="application/json")

    async def live(_request: "Request") -> "Response":
        return JSONResponse({"status": "live"})

    cors = Middleware(
        CORSMiddleware,
        allow_origins=[origin] if origin else [],
        allow_methods=["POST"],
        allow_headers=["content-type", "x-namespace"],
    )
    return Starlette(
        routes=[Route("/decode", decode, methods=["POST"]), Route("/health/live", live)], middleware=[cors]
    )
