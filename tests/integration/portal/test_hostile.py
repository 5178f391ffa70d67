"""Whatever stands in an address, a query or a form, every page answers with a page: none breaks.

And none holds a connection to the database while a service answers: when one is slow, pages without it go on.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from jsonschema import ValidationError
from sqlalchemy import AsyncAdaptedQueuePool
from yarl import URL

from services.portal import paper, routes
from services.portal.client import Operation, path_of, require_sendable
from services.portal.pages import Pages
from services.portal.routes import PAGES
from services.portal.visits import TURNED_TO
from shared.auth import Role
from shared.http.paging import CursorNotReadable
from shared.http.problems import TYPES
from shared.http_client import Response
from shared.ids import uuid7
from shared.services import SERVICES
from tests.integration.portal.test_pages import signed_in
from tests.support.portal import Browser, FakeServices, answered, described, put_behind

# One of each kind on which something of ours or of others once failed.
HOSTILE = (
    "..",
    "a " * 80,
    "<b onload=x>'\";--{{ 7*7 }}%s\x00\x1b\r\nSet-Cookie: a=b?a=1&b=2#c",
    "\u202e\u2066Ann\u200f \u00a0\u00ad\ufeff\U0001f468\u200d\U0001f469",
    # More digits than int() reads.
    "9" * 4_301,
    "\u0663",
    "2026-02-30",
    "0001-01-01",
    ",,,",
)
_QUERY = ("after", "show", "next", "session", "to", "login_hint", "asked", "cursor", "q", "state", "code")
ROUTES = Path(routes.__file__).parent
_FIELD = re.compile(r'\bname="([^"]+)"')
_OWN = {"form-token", "once", "language", "viewport"}
_PATHS = sorted({path for pages in PAGES for path, _ in pages.handlers})
_SHOWN = {path for pages in PAGES for method, path in pages.paths if method == "GET"}
# What people read who came by a link has another session than what staff read.
_OF_PEOPLE = re.compile(r"^/me(/|$)")


_WORDS: dict[str, Any] = {
    "uuid": str(UUID(int=1)),
    "date-time": "2026-03-02T13:30:00Z",
    "date": "2026-03-02",
    "string": "1",
    "integer": 1,
    "number": 1,
    "boolean": True,
}


@dataclass
class Documented(FakeServices):
    """Services that answer the example that their document gives, and refuse what it forbids."""

    # How many connections are in use, and what was asked while one was.
    in_use: Callable[[], int] = lambda: 0
    held_during: set[str] = field(default_factory=set)
    # Whether they refuse every cursor, of which they handed out none.
    strict: bool = False

    async def send(self, operation: Operation[Any], **given: Any) -> Response:
        """Answer in the place of a service."""
        URL("http://service" + path_of(operation, given["ids"] or {}), encoded=True)
        require_sendable(given["headers"])
        if given["body"] is not None:
            json.dumps(given["body"], ensure_ascii=False).encode()
        name = f"{operation.service} {operation.method} {operation.path}"
        if self.in_use():
            self.held_during.add(name)
        self.answers.setdefault(name, _example(operation))
        if self.strict and "cursor" in (given["query"] or {}):
            return answered(422, {"type": f"{TYPES}{CursorNotReadable.code}", "title": "", "status": 422})
        try:
            return await super().send(operation, **given)
        except ValidationError:
            problem = {"type": f"{TYPES}invalid", "title": "invalid", "status": 422}
            return answered(422, problem)


def _example(operation: Operation[Any]) -> Response:
    status, schema, document = described(operation)
    if operation.answer is str:
        return Response(status, b"<!doctype html><html lang=nl><title>words</title>")
    return answered(status, None if schema is None else _of(schema, document))


def _of(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    """Return what a schema describes: lists have one item, and one page."""
    if "$ref" in schema:
        return _of(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if variants := schema.get("anyOf"):
        return _of(next(each for each in variants if each.get("type") != "null"), document)
    kind, form = schema.get("type", ""), schema.get("format", "")
    if kind == "object":
        fields = schema.get("properties", {})
        known = {"next": None, "language": "nl", "first_quarter": "2026-Q1", "last_quarter": "2026-Q1"}
        return {name: known[name] if name in known else _of(each, document) for name, each in fields.items()}
    if kind == "array":
        return [_of(schema["items"], document)]
    return _WORDS.get(form) or _WORDS.get(kind)


@pytest.fixture
def documented(monkeypatch: pytest.MonkeyPatch) -> Documented:
    """Services behind the portal that answer as documented."""
    made = Documented()
    put_behind(monkeypatch, made)

    async def printed(html: str) -> bytes:
        return html.encode()

    # What words do to a PDF is tried in tests/unit/portal/test_pdf.py: each one takes a second.
    monkeypatch.setattr(paper, "make_pdf", printed)
    return made


async def _let_in(browser: Browser, path: str) -> None:
    if _OF_PEOPLE.match(path):
        headers, _secret = await signed_in(browser.world)
        name, _, value = headers["cookie"].partition("=")
        browser.cookies[name] = value
    else:
        await browser.sign_in(*Role)


@pytest.mark.timeout(40)
@pytest.mark.parametrize("path", _PATHS)
async def test_a_page_answers_whatever_it_is_asked(
    browser: Browser, documented: Documented, path: str
) -> None:
    await _let_in(browser, path)
    pool = browser.world.context.database.engine.pool
    assert isinstance(pool, AsyncAdaptedQueuePool)
    documented.in_use = pool.checkedout
    usual = re.sub(r"{[^}]+}", lambda _: str(uuid7()), path)
    token, fields = "", set[str]()
    if path in _SHOWN:
        shown = await browser.ask("GET", usual)
        fields = set(_FIELD.findall(shown.text)) - _OWN
        token = next(iter(re.findall(r'name="form-token" value="([^"]*)"', shown.text)), "")
    for value in HOSTILE:
        text = quote(value, safe="")
        query = "&".join(f"{name}={text}" for name in _QUERY)
        for address in {re.sub(r"{[^}]+}", text.replace(".", "%2E"), path), usual}:
            await _holds(browser, "GET", f"{address}?{query}")
        form = {"form-token": token, "once": str(uuid7()), **dict.fromkeys(fields, value)}
        await _holds(browser, "POST", usual, data=form)
    assert documented.held_during == set()


async def _holds(browser: Browser, method: str, address: str, **request: Any) -> None:
    answer = await browser.ask(method, address, **request)
    assert answer.status_code < 500, (method, address[:200], request)
    assert "<b onload" not in answer.text


async def test_a_list_says_where_it_begins_to_who_asks_for_a_part_that_is_none(
    browser: Browser, documented: Documented
) -> None:
    documented.strict = True
    # Too long for any list, and none that a list hands out. One list is of somebody.
    marks = (TURNED_TO, "sessions", "courses", "endings", "holds", *SERVICES)
    query = urlencode({**dict.fromkeys(marks, "é" * 65), "staff": uuid7()})
    found = set()
    for path, handler in ((path, handler) for pages in PAGES for path, handler in pages.handlers):
        if path not in _SHOWN:
            continue
        browser.cookies.clear()
        await _let_in(browser, path)
        address = re.sub(r"{[^}]+}", lambda _: str(uuid7()), path)
        answer = await browser.ask("GET", f"{address}?{query}")
        if answer.status_code == 422:
            assert re.search(r"Dit deel van de lijst is er niet|Cette partie de la liste", answer.text)
            assert f'href="{address}">' in answer.text.partition("<main")[2]
            found.add(handler.__module__)
    paged = {
        f"services.portal.routes.{file.stem}"
        for file in ROUTES.glob("*.py")
        if re.search(r"turned_to\(|TURNED_TO\)", file.read_text("utf-8"))
    }
    assert len(paged) > 15
    assert paged - found == set()


def test_every_page_is_tried() -> None:
    assert len(_PATHS) > 80
    assert all(isinstance(pages, Pages) for pages in PAGES)
