"""Who registered for a training sees behind the link of their emails where it stands, pays, and cancels."""

import re
from typing import Any

import pytest

from services.portal.routes import own_registration
from shared.ids import uuid7
from tests.support.portal import Browser, FakeServices

LINK = "/r/dG9rZW4="
HOSTILE = "<b>Kring</b> " + "a" * 180


def own(state: str, **changes: Any) -> dict[str, Any]:
    """Return one's own registration as training describes it."""
    return {
        "registration_id": str(uuid7()),
        "organisation_id": str(uuid7()),
        "state": state,
        "title": HOSTILE,
        "place": "Zaal 1, Gent",
        "starts_at": "2031-03-03T08:00:00Z",
        "ends_at": "2031-03-03T15:00:00Z",
        "price": "45.00",
        "paid": "0.00",
        "payment": None,
        "qr_code": None,
        "can_cancel": True,
        **changes,
    }


ASKED = {
    "account_name": "De Ring vzw",
    "iban": "BE71096123456769",
    "amount": "45.00",
    "communication": "+++202/6000/00192+++",
    "due_on": "2031-02-01",
}


@pytest.fixture
def given(services: FakeServices) -> FakeServices:
    """Training with a registration that is to be paid."""
    services.answer(own_registration.READ, own("awaiting-payment", payment=ASKED, qr_code="iVBORw0KGgo="))
    answer = {"registration_id": str(uuid7()), "state": "awaiting-payment", "payment": ASKED}
    services.answer(own_registration.CONFIRM, answer)
    services.answer(
        own_registration.CANCEL, {"registration_id": answer["registration_id"], "state": "cancelled"}
    )
    return services


async def test_opening_the_link_changes_nothing(browser: Browser, given: FakeServices) -> None:
    given.answer(own_registration.READ, own("requested", can_cancel=False))
    page = await browser.ask("GET", LINK)
    assert "Mijn inschrijving bevestigen" in page.text
    assert "Zaal 1" not in page.text
    assert "set-cookie" not in page.headers
    assert given.of(own_registration.CONFIRM) == []


async def test_its_button_leads_to_the_state_and_how_to_pay(browser: Browser, given: FakeServices) -> None:
    answer = await browser.fill(LINK)
    assert answer.headers["location"] == "/registration"
    assert [each.body for each in given.of(own_registration.CONFIRM)] == [{"token": LINK[3:]}]
    page = (await browser.ask("GET", "/registration")).text
    for shown in ("We houden een plaats voor je vrij", "BE71 0961 2345 6769", "+++202/6000/00192+++"):
        assert shown in page
    assert "<b>Kring" not in page
    assert LINK[3:] not in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("confirmed", "Je bent ingeschreven"),
        ("waitlisted", "Je staat op de wachtlijst"),
        ("cancelled", "Je inschrijving is geannuleerd"),
        ("expired", "Je plaats is weer vrijgekomen"),
    ],
)
async def test_says_where_it_stands(browser: Browser, given: FakeServices, state: str, words: str) -> None:
    over = state in ("cancelled", "expired")
    given.answer(own_registration.READ, own(state, can_cancel=not over, paid="20.00"))
    await browser.fill(LINK)
    page = (await browser.ask("GET", "/registration")).text
    assert words in page
    assert ("/registration/cancel" in page) == (not over)
    assert ("zijn we niet vergeten" in page) == over


async def test_goes_into_ones_calendar_as_the_mail_does(browser: Browser, given: FakeServices) -> None:
    await browser.fill(LINK)
    assert 'href="/registration/kring.ics"' in (await browser.ask("GET", "/registration")).text
    registration = own("confirmed")
    given.answer(own_registration.READ, registration)
    file = await browser.ask("GET", "/registration/kring.ics", expect=200)
    assert file.headers["content-type"].startswith("text/calendar")
    assert f"UID:{registration['registration_id']}@" in file.text
    assert "DTSTART;TZID=Europe/Brussels:20310303T090000" in file.text
    given.answer(own_registration.READ, own("waitlisted"))
    assert "kring.ics" not in (await browser.ask("GET", "/registration")).text
    await browser.ask("GET", "/registration/kring.ics", expect=303)


async def test_is_cancelled_by_who_has_it(browser: Browser, given: FakeServices) -> None:
    await browser.fill(LINK)
    answer = await browser.fill("/registration/cancel")
    assert answer.headers["location"] == "/registration"
    assert [each.body for each in given.of(own_registration.CANCEL)] == [{"token": LINK[3:]}]
    given.refuse(own_registration.CANCEL, 409, "registration-closed")
    page = await browser.fill("/registration/cancel", expect=409)
    assert "Deze vorming is al begonnen" in page.text


async def test_a_link_that_does_not_work_says_so(browser: Browser, given: FakeServices) -> None:
    given.refuse(own_registration.CONFIRM, 410, "registration-request-over")
    assert "Deze link werkt niet meer" in (await browser.fill(LINK, expect=410)).text
    given.refuse(own_registration.READ, 404, "registration-not-found")
    assert "Deze link werkt niet meer" in (await browser.ask("GET", LINK, expect=410)).text


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("already-registered", "Je bent al ingeschreven voor deze vorming"),
        ("registration-closed", "Deze vorming is al begonnen of geannuleerd"),
        ("registration-elsewhere", "schrijf je in op een andere site"),
    ],
)
async def test_what_cannot_be_confirmed_says_why(
    browser: Browser, given: FakeServices, code: str, words: str
) -> None:
    given.refuse(own_registration.CONFIRM, 409, code)
    page = await browser.fill(LINK, expect=409)
    assert words in page.text
    assert "Schrijf je dan opnieuw in" not in page.text


async def test_without_the_link_there_is_no_page(browser: Browser, given: FakeServices) -> None:
    await browser.ask("GET", "/registration", expect=401)
    await browser.fill(LINK)
    token = re.search(r'name="form-token" value="([^"]+)"', (await browser.ask("GET", "/registration")).text)
    assert token is not None
    await browser.ask("POST", "/registration/sign-out", data={"form-token": token[1]}, expect=303)
    await browser.ask("GET", "/registration", expect=401)
    assert given.of(own_registration.CANCEL) == []
