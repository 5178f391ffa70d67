"""Addresses: of pages none hides another, and in those of services what a reader wrote stays in its place."""

from typing import Any

import pytest

from services.portal.addresses import Hidden, require_apart
from services.portal.client import Answer, Operation, ServiceRefused, path_of
from services.portal.pages import Pages, anyone
from services.portal.routes import PAGES
from services.portal.visits import Visit


def test_no_page_hides_another() -> None:
    require_apart(dict.fromkeys(path for pages in PAGES for path in dict(pages.handlers)))


@pytest.mark.parametrize(
    "paths", [["/people/{id}", "/people/new"], ["/a/{x}/c", "/a/{y}/c"], ["/today", "/today"]]
)
def test_a_page_that_would_never_be_seen_is_refused(paths: list[str]) -> None:
    with pytest.raises(Hidden):
        require_apart(paths)
    require_apart(["/people/new", "/people/{id}", "/people/{id}/details"])


def test_an_address_has_one_page() -> None:
    pages = Pages()

    async def page(_visit: Visit) -> Any:
        """Show nothing."""

    for said in (pages.show, pages.send):
        said("/here", anyone)(page)
        with pytest.raises(ValueError, match="twice"):
            said("/here", anyone)(page)


@pytest.fixture
def operation() -> Operation[Answer]:
    """An operation whose path names something, which no page uses."""
    made = object.__new__(Operation)
    for name, value in {
        "service": "network",
        "method": "GET",
        "path": "/v1/a/{x}/b",
        "answer": Answer,
    }.items():
        object.__setattr__(made, name, value)
    return made


def test_what_a_reader_wrote_stays_one_segment(operation: Operation[Answer]) -> None:
    assert path_of(operation, {"x": "../?c=1#\x00é"}) == "/v1/a/..%2F%3Fc%3D1%23%00%C3%A9/b"
    for steps in ("..", ".", ""):
        with pytest.raises(ServiceRefused):
            path_of(operation, {"x": steps})
