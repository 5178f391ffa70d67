"""What went away meanwhile is one clear page for who came by a link, whatever page they ask for, in each language."""

import re
from itertools import product

import pytest

from services.portal.client import OPERATIONS, Operation
from services.portal.people import EXCHANGE, ME, person
from services.portal.routes import PAGES, own_registration
from services.portal.routes.invitation import PROPOSE
from services.portal.wording import say
from shared.ids import uuid7
from shared.languages import LANGUAGES, Language
from tests.integration.portal.test_languages import dutch_of, me
from tests.integration.portal.test_own_registration import LINK, own
from tests.support.portal import Browser, FakeServices

GONE = {
    "link-over": "Kijk in je mail",
    "no-longer-in-circle": "Vraag het aan de coördinator.",
    "case-erased": "is gewist. Heb je nog een vraag?",
}
LINKS = {
    "link-replaced": "Er is een nieuwere mail van ons",
    "link-expired": "De link is te oud geworden.",
    "link-revoked": "De link is ingetrokken.",
    **GONE,
}
STOPPED = "Hier verandert niets meer, en je hoeft niets te doen."
# After what somebody did, also when that was the last thing that they could do.
_TOLD_ANYWAY = "/me/thanks/{what}"


def _paths() -> list[str]:
    """Return every page that is shown to who came by a personal link."""
    found = [
        path
        for pages in PAGES
        for path, (opener, _) in pages._shown.items()
        if opener is person and path != _TOLD_ANYWAY
    ]
    return [
        re.sub(r"{(\w+)}", lambda name: "1" if name[1] == "line" else str(uuid7()), path) for path in found
    ]


def _refuse_everything(services: FakeServices, status: int, code: str) -> None:
    asked: list[Operation[object]] = list(OPERATIONS)
    for operation in asked:
        services.refuse(operation, status, code)


class TestWhoIsGone:
    @pytest.mark.parametrize("code", GONE)
    async def test_reads_so_on_every_page(self, browser: Browser, services: FakeServices, code: str) -> None:
        await browser.come_by_link()
        _refuse_everything(services, 410, code)
        assert len(_paths()) > 20
        for path in _paths():
            page = (await browser.ask("GET", path, expect=410)).text
            assert GONE[code] in page, path
            assert "/sign-out" not in page

    @pytest.mark.parametrize(("code", "language"), list(product(GONE, LANGUAGES)))
    async def test_reads_so_in_their_language_and_can_choose_another(
        self, browser: Browser, services: FakeServices, code: str, language: Language
    ) -> None:
        await browser.come_by_link(language=language, young=language == "fr")
        _refuse_everything(services, 410, code)
        page = (await browser.ask("GET", "/me/plan", expect=410)).text
        assert f'<html lang="{language}"' in page
        assert language == "nl" or dutch_of(page) == []
        assert (
            language != "fr"
            or re.findall(r"\b(?:[Vv]ous|[Vv]otre|[Vv]os)\b", re.sub("<[^>]+>", "", page)) == []
        )
        other = (await browser.ask("POST", "/me/plan", data={"language": "tr"}, expect=410)).text
        assert '<html lang="tr"' in other
        assert '<html lang="tr"' in (await browser.ask("GET", "/me/plan", expect=410)).text

    async def test_is_told_so_after_a_form_too(self, browser: Browser, services: FakeServices) -> None:
        came = await browser.come_by_link()
        services.answer(ME, me(came))
        services.refuse(PROPOSE, 410, "no-longer-in-circle")
        page = await browser.fill("/me/propose", first_name="Noor", relation="tante", expect=410)
        assert GONE["no-longer-in-circle"] in page.text


class TestWhoseCaseIsOver:
    @pytest.mark.parametrize(
        ("path", "status"), list(product(("invitation", "propose", "stop"), ("stopped", "ended")))
    )
    async def test_is_asked_for_nothing_any_more(
        self, browser: Browser, services: FakeServices, path: str, status: str
    ) -> None:
        came = await browser.come_by_link()
        services.answer(ME, me(came) | {"case_status": status})
        page = (await browser.ask("GET", f"/me/{path}", expect=410)).text
        assert STOPPED in page
        assert 'href="/me"' in page

    async def test_is_told_so_when_it_stops_while_they_write(
        self, browser: Browser, services: FakeServices
    ) -> None:
        came = await browser.come_by_link(language="uk")
        services.answer(ME, me(came))
        services.refuse(PROPOSE, 409, "case-stopped")
        page = await browser.fill("/me/propose", first_name="Noor", relation="tante", expect=410)
        assert say("Dit is afgelopen", "uk") in page.text


class TestWhoseLinkIsOver:
    @pytest.mark.parametrize("code", LINKS)
    async def test_reads_why_once_their_token_ends(
        self, browser: Browser, services: FakeServices, code: str
    ) -> None:
        came = await browser.come_by_link()
        services.answer(ME, me(came))
        services.refuse(EXCHANGE, 410, code)
        assert (await browser.ask("GET", "/me/propose")).status_code == 200
        browser.world.later(minutes=14)
        renewed = code in ("link-replaced", "link-expired")
        for path in _paths():
            page = (await browser.ask("GET", path, expect=410)).text
            assert LINKS[code] in page, path
            assert (f'action="/l/{came.link}/new"' in page) is renewed

    async def test_that_is_not_known_any_more_comes_again_by_their_newest(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link()
        services.refuse(EXCHANGE, 404, "link-unknown")
        browser.world.later(minutes=14)
        await browser.ask("GET", "/me/propose", expect=401)


async def test_a_registration_that_was_erased_meanwhile_says_so(
    browser: Browser, services: FakeServices
) -> None:
    services.answer(own_registration.READ, own("confirmed"))
    registered = {"registration_id": str(uuid7()), "state": "confirmed", "payment": None}
    services.answer(own_registration.CONFIRM, registered)
    await browser.fill(LINK)
    services.refuse(own_registration.READ, 410, "registration-erased")
    for path in ("/registration", "/registration/cancel"):
        page = (await browser.ask("GET", path, expect=410)).text
        assert "De gegevens van deze inschrijving zijn gewist." in page
