"""The decoder with which Temporal's web UI makes encrypted payloads readable, for the operators of an installation.

It requires its password. Browsers ask for that once, at its own page, and send it along when the web UI is told
to include credentials.
"""

import hmac
from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

_USER = "ops"


def create_app(
    keys: Sequence[bytes], *, password: str, origin: str | None, hosts: Sequence[str]
) -> "Starlette":
    """Return the application, which decrypts with these keys.

    Browsers may call it only from pages of `origin`, and only under one of these host names: any other name may
    be an attacker's (DNS rebinding). Its user is `ops`.
    """
    from google.protobuf import json_format
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.cors import CORSMiddleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.responses import JSONResponse, PlainTextResponse
    from starlette.responses import Response as PlainResponse
    from starlette.routing import Route
    from temporalio.api.common.v1 import Payloads

    from shared.temporal import Codec

    codec = Codec(keys)
    expected = "Basic " + b64encode(f"{_USER}:{password}".encode()).decode()

    def refusal(request: "Request") -> "Response | None":
        if hmac.compare_digest(request.headers.get("authorization", "").encode(), expected.encode()):
            return None
        challenge = {"WWW-Authenticate": 'Basic realm="Kring codec"'}
        return JSONResponse({"title": "not authenticated"}, status_code=401, headers=challenge)

    async def decode(request: "Request") -> "Response":
        refused = refusal(request)
        if refused is not None:
            return refused
        try:
            asked = json_format.Parse(await request.body(), Payloads())
            readable = codec.readable(asked.payloads)
        except (json_format.ParseError, ValueError, UnicodeDecodeError):
            return JSONResponse({"title": "not payloads of this installation"}, status_code=400)
        answer = json_format.MessageToJson(Payloads(payloads=readable))
        return PlainResponse(answer, media_type="application/json")

    async def log_in(request: "Request") -> "Response":
        return refusal(request) or PlainTextResponse("Histories are readable in Temporal's pages now.")

    cors = Middleware(
        CORSMiddleware,
        allow_origins=[origin] if origin else [],
        allow_credentials=True,
        allow_methods=["POST"],
        allow_headers=["content-type", "x-namespace"],
    )
    return Starlette(
        routes=[Route("/", log_in), Route("/decode", decode, methods=["POST"])],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts)), cors],
    )
