"""A page that explains a service's API to people, made from its OpenAPI document; it loads nothing from elsewhere."""

from html import escape
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from shared.http.principals import anonymous
from shared.http.routing import Router

_STYLE = """
body{font:16px/1.55 system-ui,sans-serif;margin:0;color:#2b2a28;background:#f6f3ee}
main{max-width:60rem;margin:0 auto;padding:2rem 1.25rem}
h1{font-family:Georgia,serif;color:#0b5d56} h2{margin-top:2.5rem;text-transform:capitalize}
details{background:#fff;border:1px solid #ddd6ca;border-radius:.5rem;margin:.5rem 0;padding:.55rem .9rem}
summary{cursor:pointer;display:flex;gap:.7rem;flex-wrap:wrap;align-items:baseline}
code{font-family:ui-monospace,monospace;font-size:.92em} .verb{font-weight:700;color:#0b5d56;min-width:4.2em}
.who{margin-left:auto;color:#6d675e;font-size:.88em} table{border-collapse:collapse;width:100%;margin:.5rem 0}
td,th{border-top:1px solid #eee6d8;padding:.3rem .5rem;text-align:left;vertical-align:top}
pre{background:#f6f3ee;padding:.7rem;border-radius:.4rem;overflow:auto}
"""


def docs_router(app: FastAPI) -> Router:
    """Return the route that shows the app's API."""
    router = Router(tags=["health"], dependencies=[anonymous])

    @router.get("/docs", response_class=HTMLResponse, include_in_schema=False)
    async def docs() -> HTMLResponse:
        """Show the API to a person."""
        # Its own style and nothing else; scripts stay forbidden.
        policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        return HTMLResponse(page(app.openapi()), headers={"content-security-policy": policy})

    return router


def page(document: dict[str, Any]) -> str:
    """Return the whole page."""
    title = escape(document["info"]["title"])
    by_tag: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            if verb in ("get", "post", "put", "patch", "delete"):
                tag = (operation.get("tags") or ["other"])[0]
                by_tag.setdefault(tag, []).append(_operation(document, path, verb, operation))
    parts = "".join(f"<h2>{escape(tag)}</h2>{''.join(items)}" for tag, items in by_tag.items())
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><main>'
        f'<h1>{title}</h1><p>Machine-readable: <a href="/openapi.json">/openapi.json</a>. Errors are'
        " <code>application/problem+json</code>. Lists page by <code>cursor</code>. Writes from machines take an"
        f" <code>Idempotency-Key</code>.</p>{parts}</main></body></html>"
    )


def _operation(document: dict[str, Any], path: str, verb: str, operation: dict[str, Any]) -> str:
    says = escape(operation.get("description") or operation.get("summary") or "")
    who = "anyone" if operation.get("security") == [] else "with a token"
    body = operation.get("requestBody", {}).get("content", {})
    request = "".join(
        f"<p>Body, <code>{escape(kind)}</code>:</p>{_fields(document, media.get('schema', {}))}"
        for kind, media in body.items()
    )
    parameters = "".join(
        f"<tr><td><code>{escape(item['name'])}</code></td><td>{escape(item['in'])}</td>"
        f"<td>{escape(_type(item.get('schema', {})))}</td></tr>"
        for item in (_resolved(document, each) for each in operation.get("parameters", []))
    )
    answers = "".join(
        f"<tr><td>{escape(code)}</td><td>{escape(answer.get('description', ''))}</td></tr>"
        for code, answer in operation.get("responses", {}).items()
    )
    return (
        f'<details><summary><span class="verb">{verb.upper()}</span><code>{escape(path)}</code>'
        f'<span class="who">{who}</span></summary><p>{says}</p>'
        + (
            f"<table><tr><th>parameter</th><th>in</th><th>type</th></tr>{parameters}</table>"
            if parameters
            else ""
        )
        + request
        + f"<table><tr><th>answer</th><th></th></tr>{answers}</table></details>"
    )


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> str:
    shape = _resolved(document, schema)
    required = set(shape.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(_type(field))}</td>"
        f"<td>{'required' if name in required else ''}</td></tr>"
        for name, field in shape.get("properties", {}).items()
    )
    return f"<table>{rows}</table>" if rows else ""


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_type(part) for part in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("const") or schema.get("type") or "any")
