"""The data protection officer erases one person, registration or contact, and sets what protects people."""

import json
from typing import Any

import pytest

from services.intake.settings import policies as intake
from services.network.settings import policies as network
from services.portal.client import Operation
from services.portal.routes.agreeing import ABOUT
from services.portal.routes.colleagues import COLLEAGUES
from services.portal.routes.consent_texts import PUBLISH, SAID_YES
from services.portal.routes.consent_texts import TEXTS as WORDS
from services.portal.routes.coordinators import COORDINATORS
from services.portal.routes.erasing import ERASE, ERASURE
from services.portal.routes.safeguards import TEXTS
from services.portal.routes.settings import CHANGE_SAFEGUARDS, POLICIES, VERSIONS
from shared.auth import Role
from shared.ids import uuid7
from tests.support.portal import Browser, FakeServices

ID = uuid7()
WHEN = "2026-03-02T09:00:00Z"
HOSTILE = "<b>Ann</b>\u202e"


@pytest.fixture(autouse=True)
def people(services: FakeServices) -> None:
    """Let it be known who works for the organisation."""
    colleague = {
        "staff_id": str(ID),
        "organisation_id": str(ID),
        "roles": ["dpo"],
        "first_name": HOSTILE,
        "last_name": "",
        "email": "ann@example.org",
        "language": "nl",
        "version": 3,
        "created_at": WHEN,
    }
    services.answer(COLLEAGUES, {"items": [colleague], "next": None})
    services.answer(COORDINATORS, {"items": [], "next": None})
    for operation in ERASURE.values():
        services.refuse(operation, 404, "erasure-not-found")


def progress(kind: str, state: str) -> dict[str, Any]:
    """Return how far an erasure is."""
    return {
        "subject_id": str(ID),
        "kind": kind,
        "reason": "asked",
        "state": state,
        "asked_at": WHEN,
        "due_at": None,
        "late_since": None,
        "done_at": None,
        "services": [{"service": "plans", "confirmed_at": None}],
    }


@pytest.mark.parametrize("kind", ERASE)
async def test_is_confirmed_by_who_knows_what_follows(
    browser: Browser, services: FakeServices, kind: str
) -> None:
    operation: Operation[Any] = ERASE[kind]
    services.answer(operation, progress(kind, "running"))
    await browser.sign_in(Role.DPO)
    path = f"/privacy/erase/{kind}/{ID}"
    page = await browser.ask("GET", path, expect=200)
    assert "voorgoed" in page.text
    assert ("&lt;b&gt;Ann" in page.text) == (kind == "staff")
    unsure = await browser.fill(path, erasure_reason="asked", expect=422)
    assert "Zet hier een vinkje" in unsure.text
    assert services.of(operation) == []
    await browser.fill(path, erasure_reason="asked", understood="yes")
    [asked] = services.of(operation)
    assert asked.body == {"reason": "asked"}
    assert list(asked.ids.values()) == [str(ID)]
    services.answer(ERASURE[kind], progress(kind, "running"))
    begun = await browser.ask("GET", path, expect=200)
    assert "<dt>Wacht op</dt><dd>plan</dd>" in begun.text
    assert "<form id" not in begun.text.partition("<main")[2]


async def test_who_it_is_is_chosen_first(browser: Browser, services: FakeServices) -> None:
    del services
    await browser.sign_in(Role.DPO)
    nobody = await browser.fill("/privacy/erase", expect=422)
    assert "Kies één persoon of één inschrijving." in nobody.text
    both = await browser.fill("/privacy/erase", person=str(ID), registration=str(ID), expect=422)
    assert "Kies één persoon of één inschrijving." in both.text
    chosen = await browser.fill("/privacy/erase", contact=f"staff/{ID}")
    assert chosen.headers["location"] == f"/privacy/erase/staff/{ID}"


async def test_an_officer_is_erased_by_a_second_one(browser: Browser, services: FakeServices) -> None:
    services.refuse(ERASE["staff"], 403, "officer-erased-by-officer")
    await browser.sign_in(Role.ADMINISTRATOR)
    page = await browser.fill(
        f"/privacy/erase/staff/{ID}", erasure_reason="asked", understood="yes", expect=403
    )
    assert "wist een andere functionaris" in page.text


async def test_others_are_not_let_in(browser: Browser) -> None:
    await browser.sign_in(Role.REGIONAL_MANAGER, Role.COORDINATOR)
    for path in (
        "/privacy/erase",
        f"/privacy/erase/person/{ID}",
        "/privacy/rules",
        "/privacy/rules/safeguards",
    ):
        await browser.ask("GET", path, expect=403)


class TestRules:
    @pytest.fixture(autouse=True)
    def rules(self, services: FakeServices) -> None:
        for index, settings in enumerate((intake.settings(), network.settings())):
            version = {
                "version": 1,
                "settings": settings.model_dump(mode="json"),
                "set_at": None,
                "set_by": None,
            }
            services.answer(POLICIES[index], version)
            services.answer(VERSIONS[index], {"items": [version]})
        for purpose in ABOUT:
            text = {"audience": "adult", "language": "nl", "title": "Ja", "body": "Ja?"}
            asked = {"purpose": purpose, "version": 3, "own": True, "texts": [text]}
            services.answer(TEXTS, asked, ids={"purpose": purpose})

    async def test_are_on_one_page(self, browser: Browser) -> None:
        await browser.sign_in(Role.DPO)
        page = (await browser.ask("GET", "/privacy/rules", expect=200)).text
        for words in ("35 jaar", "4 uren", "een taak van algemeen belang", "Nederlands", "van jullie"):
            assert words in page, words

    async def test_the_officer_writes_the_words_of_one_language_and_keeps_those_of_the_others(
        self, browser: Browser, services: FakeServices
    ) -> None:
        texts = [
            {"audience": audience, "language": language, "title": "Ja", "body": "Ja?"}
            for audience in ("adult", "parent")
            for language in ("nl", "fr")
        ]
        known = {"purpose": "mail", "version": 3, "own": False, "texts": texts}
        services.answer(WORDS, known, ids={"purpose": "mail"})
        services.answer(PUBLISH, known)
        counted = [(3, "uk", 4), (3, None, 1), (2, "nl", 12)]
        said_yes = [
            {"version": version, "language": language, "people": people}
            for version, language, people in counted
        ]
        services.answer(SAID_YES, {"items": said_yes})
        await browser.sign_in(Role.DPO)
        path = "/privacy/rules/texts/mail"
        shown = (await browser.ask("GET", path, expect=200)).text
        for words in ("Українська</bdi>: 4", "Niet zelf gelezen</bdi>: 1", "Nederlands</bdi>: 12", ">5</td>"):
            assert words in shown
        services.answer(SAID_YES, {"items": []})
        assert "Nog niemand zei ja." in (await browser.ask("GET", path, expect=200)).text
        no_body: dict[str, Any] = {"title-adult": "Mail?"}
        page = await browser.fill(path, expect=422, version="3", **no_body)
        assert "Schrijf een titel en een tekst." in page.text
        assert services.of(PUBLISH) == []
        given: dict[str, Any] = {"title-adult": "Posta?", "body-adult": "<b>E-posta</b>", "version": "3"}
        await browser.fill(f"{path}?language=tr", **given)
        [asked] = services.of(PUBLISH)
        written = {"audience": "adult", "language": "tr", "title": "Posta?", "body": "<b>E-posta</b>"}
        assert asked.body == {"version": 3, "texts": [*texts, written]}
        await browser.ask("GET", f"{path}?language=xx", expect=404)
        await browser.ask("GET", "/privacy/rules/texts/whatever", expect=404)

    async def test_an_administrator_writes_them_too(self, browser: Browser, services: FakeServices) -> None:
        text = {"audience": "adult", "language": "nl", "title": "Ja", "body": "Ja?"}
        known = {"purpose": "mail", "version": 3, "own": False, "texts": [text]}
        services.answer(WORDS, known, ids={"purpose": "mail"})
        services.answer(SAID_YES, {"items": []})
        services.answer(PUBLISH, known)
        await browser.sign_in(Role.ADMINISTRATOR)
        path = "/privacy/rules/texts/mail"
        assert f'href="{path}"' in (await browser.ask("GET", "/settings/texts", expect=200)).text
        given: dict[str, Any] = {"title-adult": "Mail?", "body-adult": "Mogen wij mailen?", "version": "3"}
        sent = await browser.fill(path, **given)
        assert sent.headers["location"] == "/settings/texts"
        await browser.ask("GET", "/privacy/rules", expect=403)

    async def test_the_officer_sets_the_safeguards_and_nothing_else(
        self, browser: Browser, services: FakeServices
    ) -> None:
        services.answer(CHANGE_SAFEGUARDS, json.loads(services.answers["intake GET /v1/policy"].content))
        await browser.sign_in(Role.DPO)
        given: dict[str, Any] = {
            "break_glass": "2",
            "break_glass-unit": "H",
            "statistics_smallest_group": "9",
            "version": "1",
        }
        await browser.fill("/privacy/rules/safeguards", **given)
        [asked] = services.of(CHANGE_SAFEGUARDS)
        before = intake.settings().model_dump(mode="json")
        assert asked.body["settings"] == before | {
            "break_glass": "PT2H",
            "statistics_smallest_group": 9,
        }
