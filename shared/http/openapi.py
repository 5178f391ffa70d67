"""What an API says about itself: who may call each operation, and which problems it answers with."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi

from shared.http.describing import describe_fields, problem_types
from shared.http.principals import LETS_IN, _let_anyone_in, current_principal, public_tenant
from shared.http.problems import MEDIA_TYPE, Problem
from shared.http.routing import Router, ServiceRoute
from shared.services import SERVICES

_DESCRIPTIONS = {
    400: "The request cannot be read",
    401: "A valid token is needed",
    403: "The caller may not do this",
    404: "There is no such thing, or not for this caller",
    409: "Not in the present state, or not yet: see the type",
    410: "It has been erased or withdrawn",
    413: "The body is too large",
    422: "The content is not right: see errors or the type",
    429: "Too many requests",
    503: "A part does not answer; try again",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return `responses=` for problems that an operation answers with besides the usual ones."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _DESCRIPTIONS[status], "content": content} for status in statuses}


def _calls(dependant: Dependant) -> Iterator[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)


def gate_of(route: ServiceRoute) -> str | None:
    """Return how a route is entered: "anonymous", "principal", or None if it does not say."""
    calls = list(_calls(route.dependant))
    if _let_anyone_in in calls:
        return "anonymous"
    return "principal" if current_principal in calls else None


def refuse_open_doors(router: Router) -> None:
    """Raise TypeError for a route that does not say who may call it, or is not made with our Router."""
    for route in router.routes:
        if not isinstance(route, ServiceRoute):
            raise TypeError(f"{getattr(route, 'path', route)}: make routes with shared.http.Router")
        if gate_of(route) is None:
            raise TypeError(f"{route.path}: say who may call it, or mark it with dependencies=[anonymous]")


def _headers_of(route: ServiceRoute, method: str, gate: str | None) -> list[dict[str, Any]]:
    """Return the headers that operations have in common: whose rows are meant, and what makes sending again safe."""
    tenant = {
        "name": "Kring-Tenant",
        "in": "header",
        "required": public_tenant in _calls(route.dependant),
        "description": "The id of the organisation that runs the conference or course. Without it the caller's own is"
        " meant; who has none gets 422 `tenant-needed`. People of a case and services need not name it.",
        "schema": {"type": "string", "format": "uuid"},
    }
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "A request sent again with its key is done once, and answered the same.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
    }
    return [tenant, key] if method == "post" and gate != "anonymous" else [tenant]


def describe(app: FastAPI, routers: list[Router]) -> None:
    """Make the app's OpenAPI document tell of tokens, open gates and problems."""
    found = {
        (route.path_format, method.lower()): route
        for router in routers
        for route in router.routes
        if isinstance(route, ServiceRoute)
        for method in route.methods or ()
    }

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=app.title, version=app.version, routes=app.routes)
            components = document.setdefault("components", {})
            components["securitySchemes"] = {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            }
            schemas = components.setdefault("schemas", {})
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(problem.pop("$defs"))
            schemas["Problem"] = problem
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    _complete(operation, path, method, found[path, method])
            describe_fields(document)
            if app.state.context.service in SERVICES:
                document["x-problem-types"] = problem_types(app.state.context.service)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _complete(operation: dict[str, Any], path: str, method: str, route: ServiceRoute) -> None:
    usual, gate = {400, 422, 503}, gate_of(route)
    if gate == "anonymous":
        operation["security"] = []
        operation["x-anonymous"] = True
        if method != "get":
            usual.add(429)
    else:
        operation["security"] = [{"token": []}]
        lets_in = next(LETS_IN[call] for call in _calls(route.dependant) if call in LETS_IN)
        operation["x-roles"] = list(lets_in)
        operation["description"] = f"{operation.get('description', '')}\n\nFor: {', '.join(lets_in)}.".strip()
        usual |= {401, 403}
    if "{" in path:
        usual |= {404, 410}
    if method != "get":
        usual.add(409)
    if "requestBody" in operation:
        usual.add(413)
    responses = operation["responses"]
    responses.pop("422", None)
    for status, response in problems(*sorted(usual)).items():
        responses.setdefault(str(status), response)
    operation.setdefault("parameters", []).extend(_headers_of(route, method, gate))
