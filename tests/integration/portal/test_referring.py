"""A professional refers: what they began is found again by them alone, and sent once."""

from typing import Any

import pytest

from services.portal.routes.organisations import REGISTER
from services.portal.routes.refer import REFER
from shared.auth import Role
from shared.ids import uuid7
from tests.integration.portal.test_organisations import organisation
from tests.support.portal import Browser, FakeServices

BASE = "/referrals/new"
NAME = "<b>Ann</b>" + "x" * 60
ABOUT: dict[str, Any] = {
    "question": "Wie helpt er mee?",
    "summary": "Ze slaapt slecht.",
    "themes__": "parenting",
    "urgent": "yes",
}
WISHES: dict[str, Any] = {"spoken__": "ar", "gender": "female", "culture": "maghreb"}
CHILD_NAME = 'Ann & "Zus"'
CHILD: dict[str, Any] = {"role": "central", "first_name": CHILD_NAME, "birth_date": "1/2/2016"}
MOTHER: dict[str, Any] = {
    "role": "representative",
    "first_name": "Bea",
    "parental_authority": "yes",
    "agreed": "yes",
    "agreed_on": "3/3/2026",
    "spoken": "fr",
    "side": "maternal",
}
MANDATE: dict[str, Any] = {"mandated": "yes", "bottom_lines": "Ze slaapt veilig.\n\nZe gaat naar school."}


@pytest.fixture(autouse=True)
def other(services: FakeServices) -> dict[str, Any]:
    """The only other organisation in the register."""
    other = organisation(name=NAME)
    services.answer(REGISTER, {"items": [other], "next": None})
    return other


async def write(browser: Browser) -> None:
    """Answer everything."""
    await browser.fill(BASE)
    await browser.fill(f"{BASE}/question", **ABOUT)
    await browser.fill(f"{BASE}/wishes", **WISHES)
    await browser.fill(f"{BASE}/person-1", **CHILD)
    await browser.fill(f"{BASE}/person-2", **MOTHER)
    await browser.fill(f"{BASE}/mandate", **MANDATE)


async def test_a_referral_is_written_in_short_pages_and_sent_once(
    browser: Browser, services: FakeServices
) -> None:
    referral_id = str(uuid7())
    services.answer(REFER, {"referral_id": referral_id, "state": "received", "also_referred": []})
    await browser.sign_in(Role.REFERRER)
    await write(browser)
    page = await browser.ask("GET", f"{BASE}/check", expect=200)
    assert "<b>Ann" not in page.text
    sent = await browser.fill(f"{BASE}/check")
    assert sent.headers["location"] == f"/referrals/{referral_id}"
    [asked] = services.of(REFER)
    assert asked.headers["authorization"] == "Bearer token"
    assert asked.body["track"] == "urgent"
    assert asked.body["mandated_organisation_id"] == str(browser.world.tenant)
    assert asked.body["bottom_lines"] == ["Ze slaapt veilig.", "Ze gaat naar school."]
    assert (asked.body["summary"], asked.body["languages"]) == ("Ze slaapt slecht.", ["ar"])
    assert asked.body["wishes"] == {"languages": ["ar"], "gender": "female", "culture": "maghreb"}
    child, mother = asked.body["persons"]
    assert (child["side"], mother["side"]) == ("other", "maternal")
    assert (child["first_name"], child["birth_date"], "consent" in child) == (CHILD_NAME, "2016-02-01", False)
    assert mother["parental_authority"] is True
    assert (child["language"], mother["language"]) == ("nl", "fr")
    assert mother["consent"] == {"referral": True, "date": "2026-03-03"}
    assert set(browser.cookies) == {"kring-staff"}


async def test_what_was_begun_is_found_again_after_signing_in_by_who_began_it_and_nobody_else(
    browser: Browser, services: FakeServices
) -> None:
    me = await browser.sign_in(Role.REFERRER)
    await write(browser)
    await browser.sign_in(Role.REFERRER)
    assert (await browser.ask("GET", f"{BASE}/check", expect=303)).headers["location"] == BASE
    browser.world.later(hours=100)
    await browser.sign_in(Role.REFERRER, member=me)
    page = await browser.ask("GET", f"{BASE}/check", expect=200)
    assert "Wie helpt er mee?" in page.text
    browser.world.later(hours=100)
    await browser.sign_in(Role.REFERRER, member=me)
    await browser.ask("GET", f"{BASE}/check", expect=303)
    assert services.of(REFER) == []


async def test_another_organisation_can_have_to_accept_the_plan(
    browser: Browser, services: FakeServices, other: dict[str, Any]
) -> None:
    services.answer(REFER, {"referral_id": str(uuid7()), "state": "received", "also_referred": []})
    await browser.sign_in(Role.REFERRER)
    await write(browser)
    page = await browser.fill(f"{BASE}/mandate", mandated="other", expect=422)
    assert "Kies welke andere organisatie" in page.text
    assert "<b>Ann" not in page.text
    await browser.fill(f"{BASE}/mandate", mandated="other", mandated_other=other["organisation_id"])
    page = await browser.ask("GET", f"{BASE}/check", expect=200)
    assert "Ann &amp; &#34;Zus&#34;" in page.text
    await browser.fill(f"{BASE}/check")
    assert services.of(REFER)[0].body["mandated_organisation_id"] == other["organisation_id"]


async def test_nobody_must_accept_the_plan_of_adults(browser: Browser, services: FakeServices) -> None:
    services.answer(REFER, {"referral_id": str(uuid7()), "state": "received", "also_referred": []})
    await browser.sign_in(Role.REFERRER)
    await write(browser)
    question = "Moet een organisatie het plan aanvaarden?"
    assert question in (await browser.ask("GET", f"{BASE}/mandate", expect=200)).text
    agreed = {"agreed": "yes", "agreed_on": "3/3/2026"}
    await browser.fill(f"{BASE}/person-1", **CHILD | agreed | {"birth_date": "1/2/1990"})
    for page in ("mandate", "check"):
        shown = (await browser.ask("GET", f"{BASE}/{page}", expect=200)).text
        assert question not in shown
        assert "De ondergrenzen" in shown
    await browser.fill(f"{BASE}/check")
    [asked] = services.of(REFER)
    assert "mandated_organisation_id" not in asked.body
    assert asked.body["bottom_lines"] == ["Ze slaapt veilig.", "Ze gaat naar school."]


async def test_somebody_is_taken_out_again_and_a_yes_has_a_day(browser: Browser) -> None:
    await browser.sign_in(Role.REFERRER)
    await write(browser)
    await browser.fill(f"{BASE}/people", remove="person-2")
    page = await browser.ask("GET", f"{BASE}/people", expect=200)
    assert "Bea" not in page.text
    page = await browser.fill(f"{BASE}/person-2", role="circle", first_name="Cas", agreed="yes", expect=422)
    assert "op welke dag deze persoon ja zei" in page.text


async def test_what_was_begun_can_be_thrown_away(browser: Browser) -> None:
    await browser.sign_in(Role.REFERRER)
    await write(browser)
    await browser.fill(BASE, forget="yes")
    assert set(browser.cookies) == {"kring-staff"}


async def test_what_is_missing_is_said_with_everything_kept(browser: Browser, services: FakeServices) -> None:
    services.refuse(REFER, 422, "consent-missing")
    await browser.sign_in(Role.REFERRER)
    await write(browser)
    page = await browser.fill(f"{BASE}/check", expect=422)
    assert "Iemand moet nog ja zeggen" in page.text
    assert "Ze slaapt veilig." in page.text


async def test_only_referrers_write_referrals(browser: Browser) -> None:
    await browser.sign_in(Role.REGIONAL_MANAGER)
    await browser.ask("GET", BASE, expect=403)


async def test_a_tick_that_is_taken_away_does_not_come_back_when_something_is_missing(
    browser: Browser,
) -> None:
    await browser.sign_in(Role.REFERRER)
    await browser.fill(BASE)
    await browser.fill(f"{BASE}/question", **ABOUT)
    await browser.fill(f"{BASE}/person-1", **MOTHER)
    assert (await browser.ask("GET", f"{BASE}/person-1", expect=200)).text.count(" checked") == 3
    without = {name: each for name, each in MOTHER.items() if name not in ("agreed", "first_name")}
    again = await browser.fill(f"{BASE}/person-1", expect=422, **without)
    assert 'value="yes" checked' in again.text.partition('name="agreed"')[0]
    assert " checked" not in again.text.partition('name="agreed"')[2]
