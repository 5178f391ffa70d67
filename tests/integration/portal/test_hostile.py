"""Whatever stands in an address, a query or a form, every page answers with a page: none breaks.

And none holds a connection to the database while a service answers: when one is slow, pages without it go on.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from sqlalchemy import AsyncAdaptedQueuePool
from yarl import URL

from services.portal import paper, routes
from services.portal.client import Operation, path_of, require_sendable
from services.portal.pages import Pages
from services.portal.routes import PAGES
from services.portal.visits import TURNED_TO
from shared.auth import Role
from shared.http.paging import CursorNotReadable
from shared.http.problems import TYPES, _field_problem
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
    # The texts that they refused.
    refused: list[Any] = field(default_factory=list)

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
        if errors := _errors_of(operation, given["body"]):
            self.refused += [each["input"] for each in errors]
            said = [_field_problem(each).model_dump(exclude_none=True) for each in errors]
            problem = {"type": f"{TYPES}invalid-request", "title": "", "status": 422, "errors": said}
            return answered(422, problem)
        return await super().send(operation, **given)


@cache
def _bodies(service: str) -> dict[tuple[str, str], Any]:
    """Return by method and path what a service's body is validated with."""
    routers = import_module(f"services.{service}.routes").routers
    routes = [each for router in routers for each in router.routes if getattr(each, "body_field", None)]
    return {(method, each.path): each.body_field for each in routes for method in each.methods}


def _errors_of(operation: Operation[Any], body: Any) -> list[dict[str, Any]]:
    """Return what a service would refuse of a body."""
    validated = _bodies(operation.service).get((operation.method, operation.path))
    if validated is None or body is None:
        return []
    _, errors = validated.validate(json.loads(json.dumps(body)), {}, loc=("body",))
    return errors or []


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


class _Typed(HTMLParser):
    """The forms of a page: where each is sent, filled in, and in which of its fields one can type anything."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str], list[str]]] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "form":
            self.forms.append((given.get("action", ""), {}, []))
        elif tag == "select":
            self._select = name
        elif tag == "option" and given["value"]:
            self.forms[-1][1].setdefault(self._select, given["value"])
        elif tag == "textarea" or (tag == "input" and kind in ("text", "tel", "email", "url")):
            self.forms[-1][1][name] = _filled(name, given.get("inputmode", kind))
            self.forms[-1][2].append(name)
        # A box follows a hidden field of its name, which says that none is ticked.
        elif tag == "input" and (name not in self.forms[-1][1] or kind == "checkbox"):
            later = name.startswith(("end", "until", "to-"))
            filled = {"date": "2026-04-01", "time": "12:00" if later else "10:00"}
            self.forms[-1][1][name] = filled.get(kind) or given.get("value", "")


def _filled(name: str, kind: str) -> str:
    by_name = {
        "kbo": "0403.170.701",
        "iban": "BE68 5390 0754 7034",
        "background": "#ffffff",
        "colour": "#00312a",
        "languages": "nl",
        "_date": "27/3/1985",
        **dict.fromkeys(("break_glass", "smallest"), "5"),
    }
    by_kind = {
        "tel": "0470 12 34 56",
        "email": "ann@example.org",
        "url": "https://example.org",
        **dict.fromkeys(("numeric", "decimal"), "2"),
    }
    if name in ("account", "registration", "person", "case"):
        return str(UUID(int=1))
    return next((typed for part, typed in by_name.items() if part in name), by_kind.get(kind, "Ann"))


# What services refuse of names, numbers and addresses, of what is on one line, and of everything.
_REFUSED = ("Jan/Els [buur]", "a\u2028b", "x" * 20_001)
# What is typed here is an id, which is part of an address.
_IN_ADDRESSES = {"/audit-log", "/privacy/erase", "/privacy/files"}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("path", sorted(_SHOWN))
async def test_what_is_typed_is_refused_at_its_field(
    browser: Browser, documented: Documented, path: str
) -> None:
    await _let_in(browser, path)
    usual = re.sub(r"{[^}]+}", lambda _: str(UUID(int=1)), path)
    page = _Typed()
    page.feed((await browser.ask("GET", usual)).text)
    for action, filled, typed in page.forms:
        if not typed or path in _IN_ADDRESSES:
            continue
        documented.asked.clear()
        await browser.ask("POST", action, data={**filled, "once": str(uuid7())})
        assert documented.refused or any(each.body for each in documented.asked), (path, filled)
        for name, value in product(typed, _REFUSED):
            documented.refused.clear()
            answer = await browser.ask("POST", action, data={**filled, name: value, "once": str(uuid7())})
            # The page says it itself, and does not leave it to the service: the words may be sent from a later page.
            assert value not in documented.refused, (path, name, value[:20])
            if answer.status_code == 422 and not documented.refused:
                assert "ds-validation-message" in answer.text, (path, name, value[:20])


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
