"""What an API says about itself: who may call each operation, and which problems it answers with."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from shared.http.describing import describe_fields, problem_types
from shared.http.principals import LETS_IN, _let_anyone_in, current_principal, public_tenant
from shared.http.problems import MEDIA_TYPE, Problem
from shared.http.routing import Router, ServiceRoute, calls_of
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
_AFTER = r"^[a-z0-9.-]+:[0-9a-f-]{36}(\+[a-z0-9.-]+:[0-9a-f-]{36})*$"
_WRITTEN = {
    "Kring-After": {
        "description": "There if other services have to hear of this change: send it along with what is asked next.",
        "schema": {"type": "string", "pattern": _AFTER},
    }
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return `responses=` for problems that an operation answers with besides the usual ones."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _DESCRIPTIONS[status], "content": content} for status in statuses}


def gate_of(route: ServiceRoute) -> str | None:
    """Return how a route is protected: "anonymous", "principal", or None if it does not declare it."""
    calls = list(calls_of(route.dependant))
    if _let_anyone_in in calls:
        return "anonymous"
    return "principal" if current_principal in calls else None


def refuse_open_doors(router: Router) -> None:
    """Raise TypeError for a route that does not declare who may call it, or is not made with our Router."""
    for route in router.routes:
        if not isinstance(route, ServiceRoute):
            raise TypeError(f"{getattr(route, 'path', route)}: make routes with shared.http.Router")
        if gate_of(route) is None:
            raise TypeError(f"{route.path}: say who may call it, or mark it with dependencies=[anonymous]")


def _headers_of(route: ServiceRoute, method: str, gate: str | None) -> list[dict[str, Any]]:
    """Return the headers that operations share: the tenant, and what makes repeating a request safe."""
    tenant = {
        "name": "Kring-Tenant",
        "in": "header",
        "required": public_tenant in calls_of(route.dependant),
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
    after = {
        "name": "Kring-After",
        "in": "header",
        "required": False,
        "description": "What the answer to a change said in this header, also one of another service: until its events"
        " have been handled here, 409 `not-yet` with `Retry-After`. It tells which cases there are, and who may"
        " come near them. After ten minutes it is passed over.",
        "schema": {"type": "string", "pattern": _AFTER},
    }
    found = [tenant]
    if method == "post" and gate != "anonymous":
        found.append(key)
    if route.opens_session:
        found.append(after)
    return found


def describe(app: FastAPI, routers: list[Router]) -> None:
    """Add tokens, open routes and problems to the app's OpenAPI document."""
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
            describe_fields(document, service=app.state.context.service)
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
        lets_in = next(LETS_IN[call] for call in calls_of(route.dependant) if call in LETS_IN)
        operation["x-roles"] = list(lets_in)
        operation["description"] = f"{operation.get('description', '')}\n\nFor: {', '.join(lets_in)}.".strip()
        usual |= {401, 403}
    if "{" in path:
        usual |= {404, 410}
    # Reads too may have to wait for an event that their caller knows of.
    if method != "get" or route.opens_session:
        usual.add(409)
    if "requestBody" in operation:
        usual.add(413)
    responses = operation["responses"]
    responses.pop("422", None)
    if method != "get" and route.opens_session:
        for status, response in responses.items():
            if status.startswith("2"):
                response["headers"] = _WRITTEN
    for status, response in problems(*sorted(usual)).items():
        responses.setdefault(str(status), response)
    operation.setdefault("parameters", []).extend(_headers_of(route, method, gate))
