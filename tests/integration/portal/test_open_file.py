"""A file that a regional manager opened by break-glass: its pages, for as long as it is open to them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.portal.road import BASELINE
from services.portal.routes.circle import CONTACTS, PEOPLE, PERSON
from services.portal.routes.circle_person_data import SAID
from services.portal.routes.of_case import CONFERENCE, OF_CASE
from services.portal.routes.open_file import OPENED
from services.portal.routes.plan import PLANS
from shared.auth import Role
from shared.ids import uuid7
from tests.integration.portal.test_circle import ANN, CASE_ID, somebody
from tests.integration.portal.test_meeting import conference
from tests.support.portal import Browser, FakeServices

FILE = f"/cases/{CASE_ID}/open-file"
AGREED = {
    "purpose": "taking-part",
    "concerns": None,
    "version": 1,
    "language": "nl",
    "given": True,
    "via": "referral",
    "stale": False,
    "recorded_at": "2026-03-01T09:00:00Z",
}
PAGES = ("circle", f"circle/{ANN}", "conference", "plan")


async def access(browser: Browser, by: UUID, **changed: object) -> dict[str, Any]:
    """Return the opening of the file, for four hours from now."""
    now = await browser.world.now()
    return {
        "break_glass_id": str(uuid7()),
        "case_id": str(CASE_ID),
        "opened_by": str(by),
        "told": [],
        "opened_at": now.isoformat(),
        "until": (now + timedelta(hours=4)).isoformat(),
        "closed_at": None,
        "reason": None,
        **changed,
    }


@pytest.fixture
async def manager(browser: Browser, services: FakeServices) -> UUID:
    """A regional manager, and a case whose circle is Ann."""
    ann = somebody(phone="+32470123456", birth_date="2012-03-27")
    services.answer(PEOPLE, {"items": [ann], "next": None})
    services.answer(PERSON, ann)
    services.answer(CONTACTS, {"items": [], "next": None})
    services.answer(SAID, {"items": [AGREED], "next": None})
    services.answer(OF_CASE, {"items": []})
    services.answer(PLANS, {"items": []})
    services.refuse(BASELINE, 404, "unknown-case")
    return await browser.sign_in(Role.REGIONAL_MANAGER)


async def test_is_read_from_the_page_that_opened_it(
    browser: Browser, services: FakeServices, manager: UUID
) -> None:
    services.answer(OPENED, {"items": [await access(browser, manager)], "next": None})
    opened = (await browser.ask("GET", FILE, expect=200)).text
    shown = {page: (await browser.ask("GET", f"{FILE}/{page}", expect=200)).text for page in PAGES}
    for page in ("circle", "conference", "plan"):
        assert f'href="{FILE}/{page}"' in opened
    assert f'href="{FILE}/circle/{ANN}"' in shown["circle"]
    for page in ("circle", f"circle/{ANN}", "conference"):
        assert "+32470123456" in shown[page]
    assert "dinsdag 27 maart 2012" in shown[f"circle/{ANN}"]
    assert "Meedoen aan de kring: ja" in shown[f"circle/{ANN}"]
    assert "Er is nog geen plan" in shown["plan"]
    assert all("<b onload" not in text for text in shown.values())


async def test_is_not_changed(browser: Browser, services: FakeServices, manager: UUID) -> None:
    services.answer(OPENED, {"items": [await access(browser, manager)], "next": None})
    for page in PAGES:
        text = (await browser.ask("GET", f"{FILE}/{page}", expect=200)).text
        main = text[text.index("<main") : text.index("</main>")]
        assert "<form" not in main
        assert f"/cases/{CASE_ID}/circle" not in main
        await browser.fill(f"{FILE}/{page}", expect=200, first_name="Mallory", confirm=str(ANN))
    # What a coordinator does stays theirs.
    for page in (f"circle/{ANN}", f"circle/{ANN}/details", "conference", "plan"):
        await browser.ask("GET", f"/cases/{CASE_ID}/{page}", expect=403)
    assert {each.operation.split()[1] for each in services.asked} == {"GET"}


async def test_says_when_and_where_the_circle_meets(
    browser: Browser, services: FakeServices, manager: UUID
) -> None:
    services.answer(OPENED, {"items": [await access(browser, manager)], "next": None})
    set_for = {"starts_at": "2026-03-14T13:00:00Z", "ends_at": "2026-03-14T17:00:00Z"}
    known = conference("scheduled", **set_for, venue={"name": "De Kring", "address": "Kerkstraat 1"})
    named = ("conference_id", "conference_no", "preparation_no", "state", "version", "poll_id", *set_for)
    listed = {name: known[name] for name in named}
    more_time = {name: known["preparation"][name] for name in ("target_at", "more_time")}
    services.answer(OF_CASE, {"items": [listed | more_time]})
    services.answer(CONFERENCE, known)
    text = (await browser.ask("GET", f"{FILE}/conference", expect=200)).text
    for words in ("De dag ligt vast.", "14 maart", "De Kring", "Kerkstraat 1"):
        assert words in text


@pytest.mark.parametrize("how", ["over", "closed", "of a colleague", "of another case", "never opened"])
async def test_is_closed_to_who_has_no_access_now(
    browser: Browser, services: FakeServices, manager: UUID, how: str
) -> None:
    now = (await browser.world.now()).isoformat()
    changed = {
        "over": {"until": now},
        "closed": {"closed_at": now},
        "of a colleague": {"opened_by": str(uuid7())},
        "of another case": {"case_id": str(uuid7())},
    }
    items = [] if how == "never opened" else [await access(browser, manager, **changed[how])]
    services.answer(OPENED, {"items": items, "next": None})
    for page in PAGES:
        refused = await browser.ask("GET", f"{FILE}/{page}", expect=303)
        assert refused.headers["location"] == FILE
    assert {each.operation for each in services.asked} == {"intake GET /v1/break-glass"}


async def test_is_closed_when_the_services_say_so(
    browser: Browser, services: FakeServices, manager: UUID
) -> None:
    services.answer(OPENED, {"items": [await access(browser, manager)], "next": None})
    services.refuse(PEOPLE, 404, "unknown-case")
    for page in PAGES:
        await browser.ask("GET", f"{FILE}/{page}", expect=404)


async def test_is_for_no_other_role(browser: Browser) -> None:
    await browser.sign_in(Role.COORDINATOR)
    for page in PAGES:
        await browser.ask("GET", f"{FILE}/{page}", expect=403)
