"""Somebody answers their invitation, also that they do not know yet."""

import pytest

from services.portal.people import ME
from services.portal.routes.agreeing import CONSENTS
from services.portal.routes.check_in import CHECK_INS
from services.portal.routes.circle import ANSWER_FOR, PERSON
from services.portal.routes.dates import CONFERENCES, POLLS
from services.portal.routes.invitation import ANSWER
from services.portal.routes.plan import PLANS
from services.portal.routes.survey import SURVEY
from shared.auth import Role
from shared.ids import uuid7
from tests.integration.portal.test_circle import somebody
from tests.integration.portal.test_languages import me
from tests.support.portal import Browser, FakeServices

INVITATION = {
    **dict.fromkeys(("answer", "mode", "via", "reminded_at", "answered_at", "delivery")),
    "invitation_id": str(uuid7()),
    "state": "sent",
    "sent_at": "2026-03-02T09:00:00Z",
}
UNSURE = INVITATION | {"answer": "unsure", "via": "link", "answered_at": "2026-03-03T09:00:00Z"}


class TestInvitation:
    @pytest.mark.parametrize(
        ("chosen", "said", "thanked"),
        [
            ("online", ("yes", "online"), "Fijn dat je meedoet."),
            ("no", ("no", None), "De coördinator weet dat je niet meedoet."),
            ("unsure", ("unsure", None), "De coördinator weet dat je nog twijfelt."),
        ],
    )
    async def test_is_answered(
        self, browser: Browser, services: FakeServices, chosen: str, said: object, thanked: str
    ) -> None:
        services.answer(ME, me(await browser.come_by_link()))
        services.answer(ANSWER, {name: UNSURE[name] for name in UNSURE if name != "delivery"})
        sent = await browser.fill("/me/invitation", taking_part=chosen)
        [asked] = services.of(ANSWER)
        assert (asked.body["answer"], asked.body["mode"]) == said
        assert thanked in (await browser.ask("GET", sent.headers["location"], expect=200)).text

    async def test_stays_a_question_to_who_does_not_know_yet(
        self, browser: Browser, services: FakeServices
    ) -> None:
        came = await browser.come_by_link()
        unsure = {name: UNSURE[name] for name in UNSURE if name != "delivery"}
        services.answer(ME, me(came) | {"invitation": unsure})
        for operation in (POLLS, CONFERENCES, PLANS, CHECK_INS):
            services.answer(operation, {"items": [], "next": None})
        services.answer(CONSENTS, {"items": [], "legal_basis": "public-task"})
        services.refuse(SURVEY, 404, "survey-not-open")
        home = (await browser.ask("GET", "/me", expect=200)).text
        assert "Je zei dat je het nog niet weet." in home
        assert "Je zei dat je meedoet." not in home
        page = (await browser.ask("GET", "/me/invitation", expect=200)).text
        assert 'value="unsure" checked' in page

    async def test_is_noted_by_the_coordinator(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.COORDINATOR)
        person_id = uuid7()
        services.answer(PERSON, somebody(person_id=str(person_id), invitation=INVITATION))
        services.answer(ANSWER_FOR, {name: UNSURE[name] for name in UNSURE if name != "delivery"})
        await browser.fill(f"/cases/{uuid7()}/circle/{person_id}/answer", taking_part="unsure")
        [asked] = services.of(ANSWER_FOR)
        assert (asked.body["answer"], asked.body["mode"]) == ("unsure", None)
