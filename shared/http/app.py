"""Makes the FastAPI app of a service."""

from collections.abc import Sequence

from fastapi import FastAPI

from shared.auth import KeyTimes, Verifier
from shared.context import Context
from shared.http.audit_log import router as audit_log_router
from shared.http.dead_letters import router as dead_letters_router
from shared.http.docs import docs_router
from shared.http.late import router as late_router
from shared.http.limits import RateLimiter
from shared.http.middleware import RequestMiddleware
from shared.http.openapi import describe, refuse_open_doors
from shared.http.problems import answer_with_problems
from shared.http.routing import Router
from shared.http.state import router as state_router
from shared.http.undelivered import router as undelivered_router
from shared.services import SERVICES, SERVICES_WITH_MAIL


def create_service_app(
    context: Context,
    *,
    title: str,
    routers: Sequence[Router] = (),
    verifier: Verifier | None = None,
) -> FastAPI:
    """Return an app that serves these routers with everything that services have in common.

    A route accepts larger bodies with `max_body_size=`. Raises: TypeError if a route does not declare who may
    call it; IssuersNotUsable.
    """
    settings = context.settings
    app = FastAPI(
        title=title,
        version="1",
        docs_url=None,
        redoc_url=None,
        # A redirect would lead to any host the client named, and is in no document.
        redirect_slashes=False,
        # Its logs and spans would carry exception texts and addresses; ours do not.
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.state.context = context
    app.state.verifier = verifier or Verifier.load(
        settings.secrets_dir / "issuers.json",
        local=settings.local,
        times=KeyTimes(
            fresh=settings.issuer_fresh_seconds,
            stale=settings.issuer_stale_seconds,
            again=settings.issuer_again_seconds,
        ),
    )
    app.state.limiter = RateLimiter(settings)
    answer_with_problems(app)
    app.add_middleware(
        RequestMiddleware,
        service=context.service,
        seconds=settings.request_seconds,
        body_bytes=settings.http_body_bytes,
        per_client=settings.http_connections_per_client,
        behind_tls=settings.public_url.startswith("https://"),
    )
    everything = [docs_router(app), *routers, audit_log_router, state_router, dead_letters_router]
    if context.service in SERVICES:
        everything.append(late_router)
    if context.service in SERVICES_WITH_MAIL:
        everything.append(undelivered_router)
    for router in everything:
        refuse_open_doors(router)
        # The routes themselves: an included router is matched again for every request, which costs more than
        # everything around it, and is useless for routes that name their whole path.
        app.router.routes.extend(router.routes)
    describe(app, everything)
    return app
