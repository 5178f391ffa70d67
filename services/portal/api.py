"""Composition root of the pages."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from services.portal import assets, logos
from services.portal.addresses import require_apart
from services.portal.client import Client
from services.portal.providers import providers_of
from services.portal.routes import ELSE, PAGES, tally
from services.portal.theme import style
from shared.context import Context
from shared.http import create_service_app

_A_YEAR = "public, max-age=31536000, immutable"


class Assets(StaticFiles):
    """Styles and fonts under addresses that change with their content, so that browsers cache them for good."""

    async def get_response(self, path: str, scope: object) -> Response:
        """Return a file by its name, whatever build the address names."""
        answer = await super().get_response(path.rpartition("/")[2], scope)  # type: ignore[arg-type]
        answer.headers["cache-control"] = _A_YEAR
        answer.headers["content-security-policy"] = "default-src 'none'"
        return answer


async def _theme(request: Request) -> Response:
    """Return the style sheet of some colours."""
    made = style(request.path_params["name"], assets.accent_rules())
    if made is None:
        return Response(status_code=404)
    headers = {"cache-control": _A_YEAR, "content-security-policy": "default-src 'none'"}
    return Response(made, media_type="text/css", headers=headers)


def _logo(context: Context) -> Route:
    async def answer(request: Request) -> Response:
        given = request.path_params
        async with context.database.transaction() as session:
            image = await logos.image_at(session, tenant=given["tenant"], fingerprint=given["fingerprint"])
        if image is None:
            return Response(status_code=404)
        headers = {"cache-control": _A_YEAR, "content-security-policy": "default-src 'none'"}
        return Response(image, media_type="image/png", headers=headers)

    return Route("/logo/{tenant:uuid}/{fingerprint}.png", answer)


def create_app(context: Context) -> FastAPI:
    """Return the app that serves the pages."""
    app = create_service_app(context, title="Kring portal", routers=[tally.router])
    client = Client(context.settings)
    app.state.providers = providers_of(context.settings, app.state.verifier)
    app.router.routes.append(Mount("/static", Assets(directory=assets.BUILT)))
    app.router.routes.append(Route("/theme/{build}/{name}.css", _theme))
    app.router.routes.append(_logo(context))
    for pages in (*PAGES, ELSE):
        app.router.routes.extend(pages.routes(context, client))
    require_apart(route.path for route in app.router.routes if isinstance(route, Route))
    return app
