"""What people think of the conference: behind their link and on the case's page, in numbers or faces."""

from typing import Any

import pytest

from services.portal.people import ME
from services.portal.routes.agreeing import CONSENTS
from services.portal.routes.check_in import CHECK_INS
from services.portal.routes.dates import CIRCLE, CONFERENCES, OWN_GIVERS, POLLS
from services.portal.routes.plan import PLANS
from services.portal.routes.survey import ANSWER_SURVEY, SURVEY
from shared.auth import Role
from shared.ids import uuid7
from shared.languages import LANGUAGES
from tests.integration.portal.test_languages import dutch_of, me
from tests.support.portal import Browser, FakeServices

CASE = uuid7()


def survey(**more: Any) -> dict[str, Any]:
    """Return the survey as network shows it."""
    nothing = dict.fromkeys(("meeting", "plan", "coordinator"))
    return {"group": "circle", "closes_at": "2026-06-01T07:00:00Z", "answered": False, **nothing, **more}


class TestSurvey:
    async def test_is_answered_behind_a_link_and_opening_it_answers_nothing(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link()
        services.answer(SURVEY, survey())
        services.answer(ANSWER_SURVEY, survey(answered=True, meeting=9))
        shown = (await browser.ask("GET", "/me/survey", expect=200)).text
        assert "Niemand ziet wat jij antwoordt" in shown
        assert services.of(ANSWER_SURVEY) == []
        empty = await browser.fill("/me/survey", expect=422, meeting="", plan="")
        assert "Beantwoord minstens één vraag." in empty.text
        await browser.fill("/me/survey", expect=422, meeting="11")
        await browser.fill("/me/survey", meeting="9", plan="")
        [asked] = services.of(ANSWER_SURVEY)
        assert asked.body == {"meeting": 9, "plan": None, "coordinator": None}

    @pytest.mark.parametrize("answered", [False, True])
    async def test_waits_on_the_page_of_who_is_asked(
        self, browser: Browser, services: FakeServices, *, answered: bool
    ) -> None:
        came = await browser.come_by_link()
        services.answer(ME, me(came) | {"invitation": None})
        for operation in (POLLS, CONFERENCES, PLANS, CHECK_INS):
            services.answer(operation, {"items": [], "next": None})
        services.answer(CONSENTS, {"items": [], "legal_basis": "public-task"})
        services.answer(SURVEY, survey(answered=answered))
        shown = (await browser.ask("GET", "/me", expect=200)).text
        assert ("Drie korte vragen over de conferentie." in shown) is not answered
        assert ("Wat je vond van de conferentie" in shown) is answered

    async def test_asks_children_in_faces(self, browser: Browser, services: FakeServices) -> None:
        await browser.come_by_link(young=True)
        services.answer(SURVEY, survey(group="child", answered=True, meeting=8))
        shown = (await browser.ask("GET", "/me/survey", expect=200)).text
        assert shown.count("Heel goed") == 3
        assert shown.count('class="k-face"') == 15
        assert 'value="8" checked' in shown
        assert "Geen antwoord" not in shown

    async def test_says_when_nothing_is_asked(self, browser: Browser, services: FakeServices) -> None:
        await browser.come_by_link()
        services.refuse(SURVEY, 404, "survey-not-open")
        assert "Er is nu geen vraag voor jou." in (await browser.ask("GET", "/me/survey", expect=200)).text

    @pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "nl"])
    async def test_is_in_the_language_of_who_reads_it(
        self, browser: Browser, services: FakeServices, language: Any
    ) -> None:
        for group in ("circle", "child"):
            await browser.come_by_link(language=language, young=group == "child")
            services.answer(SURVEY, survey(group=group, answered=True))
            assert dutch_of((await browser.ask("GET", "/me/survey", expect=200)).text) == []

    async def test_is_answered_by_who_referred_on_the_page_of_the_case(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.REFERRER)
        services.answer(SURVEY, survey(group="professional"))
        services.answer(ANSWER_SURVEY, survey(group="professional", answered=True, coordinator=7))
        await browser.ask("GET", f"/cases/{CASE}/survey", expect=200)
        answer = await browser.fill(f"/cases/{CASE}/survey", coordinator="7")
        assert answer.headers["location"] == f"/cases/{CASE}"
        [asked] = services.of(ANSWER_SURVEY)
        assert asked.ids == {"case_id": str(CASE)}
        assert asked.body == {"meeting": None, "plan": None, "coordinator": 7}


class TestWhoTakesPart:
    @pytest.mark.parametrize(("mode", "shown"), [("in-person", True), ("absent", False)])
    async def test_is_a_step_from_the_first_page_before_there_is_a_day(
        self, browser: Browser, services: FakeServices, *, mode: str, shown: bool
    ) -> None:
        known = me(await browser.come_by_link())
        known["invitation"] |= {"state": "answered", "answer": "yes" if shown else "no", "mode": mode}
        services.answer(ME, known)
        for operation in (POLLS, CONFERENCES, PLANS, CHECK_INS, CIRCLE, OWN_GIVERS):
            services.answer(operation, {"items": [], "next": None})
        services.answer(CONSENTS, {"items": [], "legal_basis": "public-task"})
        services.refuse(SURVEY, 404, "survey-not-open")
        page = (await browser.ask("GET", "/me", expect=200)).text
        assert ('href="/me/conference"' in page) is shown
        assert "zodra de coördinator de kring rond heeft" in (await browser.ask("GET", "/me/conference")).text
