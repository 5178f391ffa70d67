"""Anyone refers themselves: one question per page, nothing lost, nothing sent twice, nothing left behind."""

from typing import Any

import pytest

from services.portal.routes.refer import REFER
from shared.ids import uuid7
from tests.support.portal import Browser, FakeServices

HOSTILE = "<script>alert(1)</script>\u202e" + "x" * 60
ANSWERS: dict[str, dict[str, Any]] = {
    "question": {"question": f"Ik zie niemand meer. {HOSTILE}"},
    "themes": {"themes__": "loneliness"},
    "name": {"first_name": "Rita", "last_name": 'O\'Hara "& co"'},
    "birth": {"birth_date": "27/3/1955"},
    "contact": {"phone": "0470 12 34 56"},
    "wishes": {"spoken__": "fr", "gender": "female"},
}


def base(browser: Browser) -> str:
    """Return where the pages are."""
    return f"/o/{browser.world.tenant}/refer"


async def write(browser: Browser, **changed: dict[str, Any]) -> None:
    """Answer every question."""
    await browser.fill(base(browser))
    for step, given in {**ANSWERS, **changed}.items():
        await browser.fill(f"{base(browser)}/{step}", **given)


class TestReferringYourself:
    async def test_keeps_no_tick_that_was_taken_away(self, browser: Browser) -> None:
        await browser.fill(base(browser))
        await browser.fill(f"{base(browser)}/themes", **ANSWERS["themes"])
        assert " checked" in (await browser.ask("GET", f"{base(browser)}/themes", expect=200)).text
        assert " checked" not in (await browser.fill(f"{base(browser)}/themes", expect=422)).text
        # Each page of a draft reads all of it: nothing in it is longer than it can be.
        await browser.fill(f"{base(browser)}/themes", expect=422, themes__="health," * 100)

    async def test_asks_one_question_per_page_and_sends_what_was_answered_once(
        self, browser: Browser, services: FakeServices
    ) -> None:
        services.answer(REFER, {"referral_id": str(uuid7()), "state": "received"})
        start = await browser.ask("GET", "/", expect=200)
        assert f'href="{base(browser)}"' in start.text
        at = (await browser.fill(base(browser))).headers["location"]
        for step, given in ANSWERS.items():
            assert at == f"{base(browser)}/{step}"
            at = (await browser.fill(at, **given)).headers["location"]
        assert at == f"{base(browser)}/check"
        page = await browser.ask("GET", at, expect=200)
        assert "Eenzaamheid" in page.text
        assert "zondag 27 maart 1955" in page.text
        assert "Frans" in page.text
        assert "Liefst een vrouw" in page.text
        assert "<script" not in page.text
        sent = await browser.fill(at, agreed="yes")
        assert sent.headers["location"] == f"{base(browser)}/sent"
        [asked] = services.of(REFER)
        assert asked.headers["kring-tenant"] == str(browser.world.tenant)
        assert "authorization" not in asked.headers
        [person] = asked.body["persons"]
        assert (person["first_name"], person["birth_date"]) == ("Rita", "1955-03-27")
        assert person["consent"]["referral"] is True
        assert asked.body["languages"] == ["fr"]
        assert asked.body["wishes"] == {"languages": ["fr"], "gender": "female"}
        # Nothing is left in the browser, nor behind it.
        assert browser.cookies == {}
        assert await browser.world.rows("SELECT * FROM browser_session") == []

    async def test_needs_a_yes_before_anything_is_sent(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await write(browser)
        page = await browser.fill(f"{base(browser)}/check", expect=422)
        assert 'href="#agreed"' in page.text
        assert services.asked == []

    async def test_sent_again_after_a_failure_is_the_same_request(
        self, browser: Browser, services: FakeServices
    ) -> None:
        services.refuse(REFER, 429, "too-often")
        await write(browser)
        for _ in range(2):
            await browser.fill(f"{base(browser)}/check", agreed="yes", expect=429)
        assert len({asked.headers["idempotency-key"] for asked in services.of(REFER)}) == 1
        # Other words are another request.
        await browser.fill(f"{base(browser)}/question", question="Ik wil weer buiten komen.")
        await browser.fill(f"{base(browser)}/check", agreed="yes", expect=429)
        assert len({asked.headers["idempotency-key"] for asked in services.of(REFER)}) == 2

    async def test_says_in_words_who_else_must_agree(self, browser: Browser, services: FakeServices) -> None:
        services.refuse(REFER, 422, "consent-missing")
        await write(browser, birth={"birth_date": "1/2/2012"})
        page = await browser.fill(f"{base(browser)}/check", agreed="yes", expect=422)
        assert "Vraag een volwassene die je vertrouwt" in page.text
        assert "Rita" in page.text

    @pytest.mark.parametrize(
        ("step", "given"),
        [
            ("birth", {"birth_date": "31/2/1980"}),
            ("birth", {"birth_date": "gisteren"}),
            ("name", {"first_name": "Jan/Els", "last_name": "Smits"}),
            ("contact", {"email": "nergens"}),
            ("contact", {"phone": "geen"}),
            ("contact", {"phone": "0470 12 34 56 (na 18 u)"}),
            ("contact", {}),
            ("question", {"question": " "}),
            ("themes", {}),
            ("wishes", {}),
        ],
    )
    async def test_shows_a_question_again_with_what_was_typed(
        self, browser: Browser, step: str, given: dict[str, Any]
    ) -> None:
        await browser.fill(base(browser))
        page = await browser.fill(f"{base(browser)}/{step}", expect=422, **given)
        assert 'id="errors"' in page.text
        assert all(value.strip() in page.text for value in given.values())

    @pytest.mark.parametrize(
        ("step", "field", "typed", "said"),
        [
            ("name", "last_name", "Smits [buur]", "Schrijf alleen een naam"),
            ("name", "first_name", "a" * 101, "Schrijf hoogstens 100 tekens."),
            ("contact", "phone", "geen", "zoals 0470 12 34 56. Je mag dit ook leeg laten."),
            ("contact", "email", "rita", "eruit als naam@voorbeeld.be. Je mag dit ook leeg laten."),
            ("contact", "address", "a" * 301, "Schrijf hoogstens 300 tekens."),
            ("question", "question", "a" * 10_001, "Schrijf hoogstens 10000 tekens."),
        ],
    )
    async def test_says_at_the_field_what_would_be_right(
        self, browser: Browser, step: str, field: str, typed: str, said: str
    ) -> None:
        await browser.fill(base(browser))
        page = await browser.fill(f"{base(browser)}/{step}", expect=422, **{**ANSWERS[step], field: typed})
        assert said in page.text.partition(f'id="{field}-error">')[2]
        assert f'<a class="ds-link" href="#{field}">' in page.text

    async def test_says_what_the_service_refuses_of_another_page(
        self, browser: Browser, services: FakeServices
    ) -> None:
        services.refuse(
            REFER, 422, "invalid-request", errors=[{"field": "body.persons.0.phone", "kind": "phone"}]
        )
        await write(browser)
        page = await browser.fill(f"{base(browser)}/check", agreed="yes", expect=422)
        assert "Schrijf alleen het nummer, zoals 0470 12 34 56." in page.text
        assert "Vraag het aan de coördinator" not in page.text


class TestADraft:
    async def test_is_found_again_where_it_was_left(self, browser: Browser) -> None:
        await browser.fill(base(browser))
        await browser.fill(f"{base(browser)}/question", **ANSWERS["question"])
        again = await browser.fill(base(browser))
        assert again.headers["location"] == f"{base(browser)}/themes"
        page = await browser.ask("GET", f"{base(browser)}/question", expect=200)
        assert "Ik zie niemand meer." in page.text

    async def test_is_not_sent_half(self, browser: Browser) -> None:
        await browser.fill(base(browser))
        answer = await browser.ask("GET", f"{base(browser)}/check", expect=303)
        assert answer.headers["location"] == f"{base(browser)}/question"

    async def test_can_be_read_by_nobody_who_has_the_database(self, browser: Browser) -> None:
        await write(browser)
        [row] = await browser.world.rows("SELECT * FROM browser_session")
        assert b"Rita" not in bytes(row.sealed)

    async def test_is_gone_when_somebody_stops_and_when_its_time_is_over(self, browser: Browser) -> None:
        await write(browser)
        kept = dict(browser.cookies)
        await browser.fill(f"{base(browser)}/stop")
        browser.cookies = kept
        await browser.ask("GET", f"{base(browser)}/check", expect=303)
        await write(browser)
        browser.world.later(hours=12)
        answer = await browser.ask("GET", f"{base(browser)}/check", expect=303)
        assert answer.headers["location"] == base(browser)
        words = "Wat je hier eerder schreef, is gewist."
        assert words in (await browser.ask("GET", base(browser), expect=200)).text
        await browser.fill(base(browser))
        assert words not in (await browser.ask("GET", base(browser), expect=200)).text

    async def test_of_one_organisation_is_not_sent_to_another(self, browser: Browser) -> None:
        await write(browser)
        other = f"/o/{uuid7()}/refer"
        assert (await browser.ask("GET", f"{other}/check", expect=303)).headers["location"] == other
        await browser.ask("GET", other, expect=404)

    async def test_is_begun_from_one_address_only_so_often(
        self, browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(browser.world.context.settings, "anonymous_limit", 3)
        for status in (303, 303, 303, 429):
            await browser.fill(base(browser), expect=status)

    async def test_is_written_from_one_address_only_so_often(
        self, browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(browser.world.context.settings, "anonymous_limit", 3)
        await browser.fill(base(browser))
        for status in (303, 303, 303, 429):
            await browser.fill(f"{base(browser)}/question", expect=status, **ANSWERS["question"])

    async def test_takes_no_form_without_its_token(self, browser: Browser) -> None:
        await browser.fill(base(browser))
        await browser.ask("POST", f"{base(browser)}/question", data=ANSWERS["question"], expect=403)
