"""Somebody's link, what they ask about their data, what they said, and what was mailed to them."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest

from services.portal.people import ME
from services.portal.routes.agreeing import HISTORY
from services.portal.routes.case_emails import EMAILS
from services.portal.routes.circle import PERSON
from services.portal.routes.circle_person_data import BASIS, NOTE_REQUEST, RENEW, REVOKE, SAID
from services.portal.routes.data import ASK, LOOKED, REQUESTS
from services.portal.routes.legal_basis import BASIS as BASES_OF_ONE
from services.portal.routes.legal_basis import DECIDE
from services.portal.routes.managing import CLOSE
from services.portal.routes.of_case import PERSONS
from services.portal.sessions import PersonOfCase
from shared.auth import Role
from shared.ids import uuid7
from tests.integration.portal.test_circle import ANN, CASE_ID, CIRCLE, HOSTILE, somebody
from tests.integration.portal.test_languages import me
from tests.support.portal import Browser, FakeServices
from tests.support.world.clock import NOW

HERE = f"{CIRCLE}/{ANN}"


def said(purpose: str, **changes: object) -> dict[str, Any]:
    """Return an answer as the service tells it."""
    return {
        "purpose": purpose,
        "concerns": None,
        "version": 1,
        "language": "nl",
        "given": True,
        "via": "link",
        "recorded_at": NOW.isoformat(),
        "stale": False,
        **changes,
    }


def looked(hours: int) -> dict[str, Any]:
    """Return that somebody looked some hours ago, as services tell it."""
    return {
        "at": (NOW - timedelta(hours=hours)).isoformat(),
        "action": "read",
        "what": ["person"],
        "by": "staff",
        "by_yourself": False,
        "roles": ["coordinator"],
        "by_break_glass": False,
        "organisation_id": None,
        "purpose": None,
    }


@pytest.fixture
def known(services: FakeServices) -> FakeServices:
    services.answer(PERSON, somebody())
    return services


class TestLink:
    @pytest.mark.parametrize(("what", "operation"), [("renew", RENEW), ("revoke", REVOKE)])
    async def test_is_mailed_anew_or_taken_back(
        self, browser: Browser, known: FakeServices, what: str, operation: Any
    ) -> None:
        known.answer(operation, None)
        await browser.sign_in(Role.COORDINATOR)
        answer = await browser.fill(f"{HERE}/link", what=what)
        assert answer.headers["location"] == HERE
        assert [asked.ids for asked in known.of(operation)] == [{"person_id": str(ANN)}]

    async def test_stays_as_it_is_unless_one_is_chosen(self, browser: Browser, known: FakeServices) -> None:
        await browser.sign_in(Role.COORDINATOR)
        page = await browser.fill(f"{HERE}/link", what="break", expect=422)
        assert "Kies wat er met de link gebeurt." in page.text


class TestRequest:
    async def test_is_noted_with_the_day_on_which_it_came(
        self, browser: Browser, known: FakeServices
    ) -> None:
        request = {
            "request_id": str(uuid7()),
            "person_id": str(ANN),
            "case_id": str(CASE_ID),
            "kind": "copy",
            "state": "open",
            "received_at": NOW.isoformat(),
            "due_at": (NOW + timedelta(days=30)).isoformat(),
            "extended": False,
            "late": False,
            **dict.fromkeys(
                (
                    "asked_by",
                    "copy_ready_until",
                    "decided_at",
                    "decided_by",
                    "ended_at",
                    "erase_at",
                    "noted_by",
                )
            ),
        }
        known.answer(NOTE_REQUEST, request)
        await browser.sign_in(Role.COORDINATOR)
        await browser.fill(f"{HERE}/request", kind="copy", text=HOSTILE, received_on="2026-02-27")
        [asked] = known.of(NOTE_REQUEST)
        assert asked.body == {"kind": "copy", "text": HOSTILE, "received_on": "2026-02-27"}


class TestSaid:
    async def test_is_shown_with_the_day_and_whether_it_has_to_be_asked_again(
        self, browser: Browser, known: FakeServices
    ) -> None:
        answers = [
            said("taking-part", via="referral"),
            said("research", given=False, via="coordinator", stale=True),
            said("referral"),
        ]
        known.answer(SAID, {"items": answers})
        basis = {"basis": "public-task", "since": NOW.isoformat(), "policy_version": 1}
        known.answer(BASIS, {"items": [basis], "next": None, "version": 1})
        await browser.sign_in(Role.COORDINATOR)
        page = (await browser.ask("GET", f"{HERE}/data", expect=200)).text
        for words in (
            "Meedoen aan de kring: ja",
            "Meewerken aan onderzoek: nee",
            "algemeen belang, sinds",
            "bij de aanmelding",
            "Aangemeld worden",
        ):
            assert words in page, words
        assert page.count("de tekst is intussen veranderd") == 1

    async def test_before_is_shown_to_who_said_it(self, browser: Browser, services: FakeServices) -> None:
        answers = [said("mail", given=False), said("mail", via="coordinator", concerns=str(uuid7()))]
        services.answer(HISTORY, {"items": answers, "next": "further"})
        await browser.come_by_link()
        page = (await browser.ask("GET", "/me/consents/before", expect=200)).text
        assert "Mails van ons krijgen: nee" in page
        assert "over je kind" in page
        assert "after=further" in page


class TestEmails:
    async def test_say_what_became_of_each(self, browser: Browser, services: FakeServices) -> None:
        gone = uuid7()
        emails = [
            {
                "message_id": str(uuid7()),
                "person_id": str(person),
                "kind": "invitation",
                "state": state,
                "queued_at": NOW.isoformat(),
                "settled_at": None if state == "queued" else NOW.isoformat(),
            }
            for person, state in ((ANN, "queued"), (ANN, "refused"), (gone, "sent"))
        ]
        services.answer(EMAILS, {"items": emails, "next": "further"})
        services.answer(PERSONS, {"items": [somebody()], "next": None})
        await browser.sign_in(Role.COORDINATOR)
        page = (await browser.ask("GET", f"/cases/{CASE_ID}/emails", expect=200)).text
        for words in (
            "wordt verstuurd",
            "de mailserver weigerde het adres",
            "verstuurd",
            "Een uitnodiging voor jou",
        ):
            assert words in page, words
        assert "<b onload" not in page
        assert "after=further" in page


class TestWhoLooked:
    async def test_goes_on_with_what_is_older_in_every_service(
        self, browser: Browser, services: FakeServices
    ) -> None:
        services.answer(ME, me(await browser.come_by_link()))
        for log in LOOKED:
            services.answer(log, {"items": [looked(hour) for hour in range(20)], "next": None})
        services.answer(LOOKED[1], {"items": [looked(hour) for hour in range(20)], "next": "a&b"})
        page = (await browser.ask("GET", "/me/looked", expect=200)).text
        assert "Alle uren zijn de tijd in Brussel." in page
        assert page.count('<th scope="row">') == 20
        assert "<caption>" in page
        assert 'href="/me/looked?network=a%26b"' in page
        services.asked.clear()
        services.answer(LOOKED[1], {"items": [looked(3)], "next": None})
        older = (await browser.ask("GET", "/me/looked?network=a%26b", expect=200)).text
        assert [each.query for log in LOOKED for each in services.of(log)] == [{"cursor": "a&b"}]
        assert 'href="/me/looked?' not in older

    async def test_shows_more_than_fits_in_one_glance(self, browser: Browser, services: FakeServices) -> None:
        services.answer(ME, me(await browser.come_by_link()))
        for log in LOOKED:
            services.answer(log, {"items": [], "next": None})
        services.answer(LOOKED[0], {"items": [looked(each) for each in range(100)], "next": None})
        page = (await browser.ask("GET", "/me/looked", expect=200)).text
        assert page.count('<th scope="row">') == 100


def request_about(person: UUID, *, state: str = "received") -> dict[str, object]:
    """Return a request as its asker sees it."""
    return {
        "request_id": str(uuid7()),
        "person_id": str(person),
        "kind": "copy",
        "state": state,
        "asked_by_me": True,
        "received_at": NOW.isoformat(),
        "due_at": NOW.isoformat(),
        **dict.fromkeys(("text", "refusal_reason", "extension_reason", "complaint", "copy_ready_until")),
        **dict.fromkeys(("erase_at", "ended_at")),
    }


def cares_for(services: FakeServices, came: PersonOfCase, *, only_to_read: bool) -> None:
    """Let the reader have parental authority over Ann."""
    child = {"person_id": str(ANN), "first_name": "Ann", "only_to_read": only_to_read}
    services.answer(ME, me(came) | {"asks_for": [child]})
    services.answer(REQUESTS, {"items": [], "next": None})
    services.answer(ASK, request_about(ANN))


class TestARequest:
    @pytest.mark.parametrize(("state", "color"), [("done", "success"), ("received", "info")])
    async def test_that_is_done_is_green(
        self, browser: Browser, services: FakeServices, state: str, color: str
    ) -> None:
        came = await browser.come_by_link()
        services.answer(ME, me(came))
        services.answer(REQUESTS, {"items": [request_about(came.person_id, state=state)], "next": None})
        page = (await browser.ask("GET", "/me/data", expect=200)).text
        assert re.findall(r'ds-tag" data-color="(\w+)"', page) == [color]

    @pytest.mark.parametrize(
        ("kind", "said"),
        [
            ("copy", "Een kopie vragen van alles over"),
            ("correction", "laten verbeteren?"),
            ("erasure", "Wat gewist is, komt niet terug."),
        ],
    )
    async def test_about_a_child_is_sent_by_whom_cares_for_it_after_a_second_look(
        self, browser: Browser, services: FakeServices, kind: str, said: str
    ) -> None:
        cares_for(services, await browser.come_by_link(role="circle"), only_to_read=False)
        page = await browser.ask("GET", "/me/data", expect=200)
        assert "Over wie gaat het?" in page.text
        assert "Wie ziet wat?" in page.text
        fields = {"child": str(ANN), "kind": kind, "text": "Over <mijn> zoon"}
        check = await browser.fill("/me/data", **fields, expect=200)
        assert said in check.text
        assert "Ann" in check.text
        assert services.of(ASK) == []
        hidden = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', check.text))
        given = {name: unescape(value) for name, value in hidden.items()}
        await browser.ask("POST", "/me/data", data=given, expect=303)
        assert [each.body for each in services.of(ASK)] == [
            {"kind": kind, "text": "Over <mijn> zoon", "for_person_id": str(ANN)}
        ]

    async def test_about_a_child_from_twelve_on_is_for_a_copy_alone(
        self, browser: Browser, services: FakeServices
    ) -> None:
        cares_for(services, await browser.come_by_link(role="circle"), only_to_read=True)
        page = await browser.fill("/me/data", child=str(ANN), kind="erasure", expect=422)
        assert 'href="#kind">Vanaf twaalf jaar' in page.text
        await browser.fill("/me/data", child=str(uuid7()), kind="copy", expect=422)
        await browser.fill("/me/data", child=str(ANN), kind="copy", expect=200)

    async def test_says_for_whom_it_was_made(self, browser: Browser, services: FakeServices) -> None:
        cares_for(services, await browser.come_by_link(role="circle"), only_to_read=False)
        services.answer(REQUESTS, {"items": [request_about(ANN), request_about(uuid7())], "next": None})
        page = (await browser.ask("GET", "/me/data", expect=200)).text
        assert "voor <bdi>Ann</bdi>" in page
        assert "voor <bdi>een kind</bdi>" in page


class TestCloseCase:
    async def test_says_how_it_came_to_its_end(self, browser: Browser, services: FakeServices) -> None:
        services.answer(CLOSE, {"case_id": str(CASE_ID), "state": "closed"})
        await browser.sign_in(Role.REGIONAL_MANAGER)
        answer = await browser.fill(f"/cases/{CASE_ID}/close", outcome="closed-early")
        assert answer.headers["location"] == f"/cases/{CASE_ID}"
        assert [asked.body for asked in services.of(CLOSE)] == [{"outcome": "closed-early"}]
        await browser.fill(f"/cases/{CASE_ID}/close", outcome="whatever", expect=422)


class TestLegalBasis:
    async def test_of_one_person_is_decided_by_the_officer_who_read_the_one_of_now(
        self, browser: Browser, services: FakeServices
    ) -> None:
        kept = [
            {"basis": "legal-obligation", "since": NOW.isoformat(), "policy_version": None},
            {"basis": "public-task", "since": NOW.isoformat(), "policy_version": 1},
        ]
        services.answer(BASES_OF_ONE, {"items": kept, "next": None, "version": 2})
        services.answer(DECIDE, {"items": kept, "next": None, "version": 3})
        await browser.sign_in(Role.DPO)
        path = f"/privacy/basis/{ANN}"
        page = (await browser.ask("GET", path, expect=200)).text
        assert page.count("zoals voor iedereen in deze rol") == 1
        await browser.fill(path, basis="because", version="2", expect=422)
        await browser.fill(path, basis="consent", version="2")
        assert [asked.body for asked in services.of(DECIDE)] == [{"basis": "consent", "version": 2}]
