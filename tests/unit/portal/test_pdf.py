"""Making PDFs of pages: the words of people in them make it neither fetch anything nor run long."""

import asyncio
import re
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from services.plans.domain import PlanTooLong, check_length
from services.portal import paper
from services.portal.pdf import FONT_ADDRESS, make_pdf
from services.portal.routes.plan_paper import PaperPage, PaperPromise
from shared.errors import Operational
from shared.fields import MAX_TEXT
from shared.ids import uuid7
from shared.limited_process import TooMuchWork


def page(*words: str, organisation: str = "De Ring", promises: list[PaperPromise] | None = None) -> str:
    """Return a plan with some words everywhere, as it is printed."""
    model = PaperPage(
        version=1,
        recorded="1 mei 2026",
        agreed_in="",
        words_language="nl",
        words_direction="ltr",
        goals=list(words),
        promises=promises or [],
        plan_b=[],
        resources=[],
        decisions=list(words),
        for_children=words[0],
        monitor="Ann",
        review="1 juni 2026",
        convener="Bo",
    )
    return (
        paper._printing("nl")
        .get_template("plan_paper.html")
        .render(
            **{field: getattr(model, field) for field in type(model).model_fields},
            organisation=organisation,
            accent="#14594f",
            ink="#1b2b28",
            font=FONT_ADDRESS,
        )
    )


def longest(words: str) -> str:
    """Return the longest text of these words of which a plan can have six."""
    letters = MAX_TEXT
    while True:
        try:
            check_length([(words * letters)[:letters]] * 6)
        except PlanTooLong:
            letters -= 20
        else:
            return (words * letters)[:letters]


class TestMakingAPdf:
    async def test_ends_when_the_words_take_too_long(self) -> None:
        with pytest.raises(TooMuchWork):
            await make_pdf(page("Wij helpen elkaar. " * 5_000), seconds=2)

    @pytest.mark.parametrize("words", ["a\n", "ن"])
    async def test_prints_the_longest_plan_that_can_be_recorded(self, words: str) -> None:
        text = longest(words)
        promise = PaperPromise(what=text, how=None, who="Ann", due="1 mei 2026", done=False)
        html = page("Wij helpen elkaar.", promises=[promise] * 6)
        with pytest.raises(PlanTooLong):
            check_length([text] * 7)
        assert (await make_pdf(html)).startswith(b"%PDF-")

    async def test_fetches_nothing_that_words_point_to(self) -> None:
        asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_error(404)

        with HTTPServer(("127.0.0.1", 0), Handler) as server:
            Thread(target=server.serve_forever, daemon=True).start()
            there = f"http://127.0.0.1:{server.server_port}"
            pointing = (
                f"<img src='{there}/image'><link rel=stylesheet href='{there}/style'>",
                f"<style>@import url({there}/import); p {{ background: url({there}/url) }}</style>",
                "<link rel=attachment href='file:///etc/hostname'><object data='file:///etc/hostname'></object>",
            )
            made = await make_pdf(page(*pointing))
            # As a page would have them that forgot to escape them.
            for markup in pointing:
                with pytest.raises(TooMuchWork):
                    await make_pdf(f"<p>Kring</p>{markup}")
            server.shutdown()
        assert asked == []
        assert b"/EmbeddedFile" not in made + _unpacked(made)

    async def test_shows_the_name_of_an_organisation_whatever_is_in_it(self) -> None:
        strange = 'Ons & "Wij" \\'
        html = page("Wij helpen elkaar.", organisation=strange)
        assert strange not in html.partition("</style>")[0]
        assert (await make_pdf(html)).startswith(b"%PDF-")

    async def test_tells_who_waits_long_for_others_to_come_back(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(paper, "_WAITS_SECONDS", 0)
        async with paper._one_at_a_time:
            with pytest.raises(Operational, match="print"):
                await paper._in_turn(page("Wij helpen elkaar."), uuid7())

    async def test_lets_others_come_between_the_requests_of_one_reader(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made: list[str] = []
        all_asked = asyncio.Event()

        async def make(html: str) -> bytes:
            made.append(html)
            await all_asked.wait()
            return b""

        async def begin() -> None:
            all_asked.set()

        monkeypatch.setattr(paper, "make_pdf", make)
        reader, other = uuid7(), uuid7()
        asked = [("often", reader)] * 3 + [("once", other)]
        async with asyncio.TaskGroup() as group:
            for html, by in asked:
                group.create_task(paper._in_turn(html, by))
            group.create_task(begin())
        assert made == ["often", "once", "often", "often"]


def _unpacked(pdf: bytes) -> bytes:
    streams = re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)
    return b"".join(zlib.decompress(each) for each in streams if each.startswith(b"x\xda"))
