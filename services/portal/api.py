"""Composition root of the pages."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from services.portal import assets
from services.portal.addresses import require_apart
from services.portal.client import Client
from services.portal.providers import providers_of
from services.portal.routes import ELSE, PAGES, tally
from services.portal.theme import style
from shared.context import Context
from shared.http import create_service_app

_A_YEAR = "public, max-age=31536000, immutable"


class Assets(StaticFiles):
    """Styles and fonts under addresses that change with them, so that browsers never ask twice."""

    async def get_response(self, path: str, scope: object) -> Response:
        """Return a file by its name, whatever build its address names."""
        answer = await super().get_response(path.rpartition("/")[2], scope)  # type: ignore[arg-type]
        answer.headers["cache-control"] = _A_YEAR
        answer.headers["content-security-policy"] = "default-src 'none'"
        return answer


async def _theme(request: Request) -> Response:
    """Return the style of some colours."""
    made = style(request.path_params["name"], assets.accent_rules())
    if made is None:
        return Response(status_code=404)
    headers = {"cache-control": _A_YEAR, "content-security-policy": "default-src 'none'"}
    return Response(made, media_type="text/css", headers=headers)


def create_app(context: Context) -> FastAPI:
    """Return the app that serves the pages."""
    app = create_service_app(context, title="Kring portal", routers=[tally.router])
    client = Client(context.settings)
    app.state.providers = providers_of(context.settings, app.state.verifier)
    app.router.routes.append(Mount("/static", Assets(directory=assets.BUILT)))
    app.router.routes.append(Route("/theme/{build}/{name}.css", _theme))
    for pages in (*PAGES, ELSE):
        app.router.routes.extend(pages.routes(context, client))
    require_apart(route.path for route in app.router.routes if isinstance(route, Route))
    return app
