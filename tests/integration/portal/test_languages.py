"""Pages in the languages of who reads them, from the side that each is written from."""

import re
from functools import cache
from typing import Any

import pytest

from services.portal.people import ME
from services.portal.routes.agreeing import CONSENTS
from services.portal.routes.check_in import CHECK_INS
from services.portal.routes.data import REQUESTS
from services.portal.routes.dates import CONFERENCES, POLLS
from services.portal.routes.invitation import PROPOSE
from services.portal.routes.plan import PLANS
from services.portal.routes.survey import SURVEY
from services.portal.sessions import PersonOfCase
from services.portal.wording import NAMES, say, sentences
from shared.auth import Role
from shared.ids import uuid7
from shared.languages import FALLBACK, LANGUAGES, STAFF_LANGUAGES, Language, direction
from tests.support.portal import Browser, FakeServices

OTHERS = tuple(language for language in LANGUAGES if language != FALLBACK)
_UNANSWERED = ("answer", "mode", "via", "reminded_at", "answered_at")


BEHIND_A_LINK = (
    *("/me/invitation", "/me/propose", "/me/plan", "/me/stop", "/me/link"),
    *("/me/thanks/yes", "/me/thanks/unsure", "/me/data"),
)


def me(came: PersonOfCase, *, language: Language = "nl", age: str = "adult") -> dict[str, Any]:
    """Return what the service says of who reads."""
    return {
        "first_name": "Amira",
        "case_id": str(came.case_id),
        "case_status": "open",
        "person_id": str(came.person_id),
        "role": "circle",
        "language": language,
        "age": age,
        "reads_with": [],
        "decides_for_child": False,
        "asks_for": [],
        "needs": [],
        "needs_words": None,
        "invitation": {"invitation_id": str(uuid7()), "state": "sent", "sent_at": "2026-03-02T09:00:00Z"}
        | dict.fromkeys(_UNANSWERED),
    }


def dutch_of(page: str) -> list[str]:
    """Return every sentence of ours that is on a page in Dutch."""
    text = re.sub(r"<[^>]+>", "\n", page)
    return [sentence for sentence in _long_sentences() if sentence in text]


@cache
def _long_sentences() -> list[str]:
    """Return our sentences in Dutch, but for short ones, which may be the same in two languages."""
    return [str(each.id) for each in sentences("nl") if isinstance(each.id, str) and each.id.count(" ") >= 2]


def offered(page: str) -> set[str]:
    """Return the languages that can be chosen on a page, besides the one that it is in."""
    return set(re.findall(r'name="language" value="(\w+)" lang="\1"', page))


@pytest.mark.parametrize("language", OTHERS)
class TestPagesBehindALink:
    async def test_are_in_the_language_of_who_reads_them(
        self, browser: Browser, services: FakeServices, language: Language
    ) -> None:
        came = await browser.come_by_link(language=language)
        services.answer(ME, me(came, language=language))
        for operation in (PLANS, REQUESTS):
            services.answer(operation, {"items": [], "next": None})
        for path in BEHIND_A_LINK:
            page = (await browser.ask("GET", path, expect=200)).text
            assert f'<html lang="{language}" dir="{direction(language)}"' in page
            assert dutch_of(page) == []
            assert offered(page) == set(LANGUAGES) - {language}
        assert "<bdi>Amira</bdi>" in (await browser.ask("GET", "/me/invitation", expect=200)).text

    async def test_say_what_is_wrong_in_it(
        self, browser: Browser, services: FakeServices, language: Language
    ) -> None:
        came = await browser.come_by_link(language=language)
        services.answer(ME, me(came))
        page = (await browser.fill("/me/propose", first_name="", relation="", email="geen", expect=422)).text
        assert 'id="errors"' in page
        assert dutch_of(page) == []


@pytest.mark.parametrize("language", OTHERS)
async def test_what_anybody_reads_is_in_the_language_of_the_browser(
    browser: Browser, language: Language
) -> None:
    for path in ("/", "/nergens/heen", f"/o/{browser.world.tenant}/refer"):
        browser.world.http.cookies.clear()
        answer = await browser.world.ask("GET", path, {"accept-language": f"{language}-BE,{language};q=0.8"})
        assert f'<html lang="{language}" dir="{direction(language)}"' in answer.text
        assert dutch_of(answer.text) == []
        assert all(NAMES[each] in answer.text for each in LANGUAGES)


async def test_pages_of_staff_are_in_their_own_languages_whatever_the_browser_asks_for(
    browser: Browser,
) -> None:
    await browser.sign_in(Role.REGIONAL_MANAGER)
    browser.cookies["kring-language"] = "ar"
    page = (await browser.ask("GET", "/today", expect=200)).text
    assert f'<html lang="{FALLBACK}" dir="ltr"' in page
    assert offered(page) == set(STAFF_LANGUAGES) - {FALLBACK}


class TestTheYoung:
    async def test_read_that_they_may_say_no_and_who_can_help(
        self, browser: Browser, services: FakeServices
    ) -> None:
        came = await browser.come_by_link(young=True)
        services.answer(ME, me(came, age="twelve-to-seventeen"))
        page = (await browser.ask("GET", "/me/invitation", expect=200)).text
        assert "Jij mag ook nee zeggen." in page
        assert "Lees dit samen" not in page

    async def test_read_who_sees_what_in_their_own_words(
        self, browser: Browser, services: FakeServices
    ) -> None:
        came = await browser.come_by_link(young=True)
        services.answer(ME, me(came, age="twelve-to-seventeen"))
        services.answer(REQUESTS, {"items": [], "next": None})
        page = (await browser.ask("GET", "/me/data", expect=200)).text
        assert "Je nummer, je adres en wat je nodig hebt, zien ze niet." in page
        assert "Vanaf twaalf is dit alleen voor jou." in page

    async def test_are_called_tu_in_french(self, browser: Browser, services: FakeServices) -> None:
        came = await browser.come_by_link(language="fr", young=True)
        services.answer(ME, me(came, age="twelve-to-seventeen"))
        for operation in (PLANS, REQUESTS):
            services.answer(operation, {"items": [], "next": None})
        for path in BEHIND_A_LINK:
            page = (await browser.ask("GET", path, expect=200)).text
            assert re.findall(r"\b(?:[Vv]ous|[Vv]otre|[Vv]os)\b", re.sub(r"<[^>]+>", "", page)) == []

    async def test_under_twelve_read_with_who_takes_care_of_them(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link(young=True, reads_with=["<b>Els</b>", "Karim"])
        page = (await browser.ask("GET", "/me/thanks/yes", expect=200)).text
        assert "Lees dit samen met <bdi>&lt;b&gt;Els&lt;/b&gt; en Karim</bdi>." in page
        await browser.come_by_link(young=True, reads_with=[])
        page = (await browser.ask("GET", "/me/thanks/yes", expect=200)).text
        assert "Lees dit samen met iemand die voor je zorgt." in page


@pytest.mark.parametrize(("status", "said"), [("ended", 1), ("open", 0)])
async def test_the_page_of_a_circle_that_is_done_thanks_and_says_what_stays(
    browser: Browser, services: FakeServices, status: str, said: int
) -> None:
    nobody: dict[str, Any] = {"items": [], "next": None}
    for language in LANGUAGES:
        came = await browser.come_by_link(language=language)
        services.answer(ME, me(came, language=language) | {"case_status": status, "invitation": None})
        for operation in (POLLS, CONFERENCES, PLANS, CHECK_INS):
            services.answer(operation, nobody)
        services.answer(CONSENTS, {"items": [], "legal_basis": "public-task"})
        services.refuse(SURVEY, 404, "survey-not-open")
        page = (await browser.ask("GET", "/me", expect=200)).text
        assert language == "nl" or dutch_of(page) == []
        words = (
            "De kring blijft, en wat jullie afspraken ook. Dat is van jullie, en het loopt door zonder ons."
        )
        assert page.count(say(words, language)) == said
        assert ("/me/propose" in page) is (status == "open")


async def test_who_is_proposed_is_written_to_in_the_language_that_is_chosen(
    browser: Browser, services: FakeServices
) -> None:
    services.answer(ME, me(await browser.come_by_link(language="tr")))
    services.answer(PROPOSE, {"person_id": str(uuid7())})
    noor: dict[str, Any] = {"first_name": "Noor", "relation": "tante"}
    await browser.fill("/me/propose", **noor)
    await browser.fill("/me/propose", **noor, written_in="fr", address="Kerkstraat 1, Gent")
    default, chosen = (each.body for each in services.of(PROPOSE))
    assert default == {**noor, "last_name": "", "language": "tr"}
    assert chosen == {**default, "language": "fr", "address": "Kerkstraat 1, Gent"}
