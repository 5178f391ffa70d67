"""The circle of a case, as its coordinator works with it."""

from typing import Any

import pytest

from services.portal.routes.circle import (
    CHANGE,
    CONFIRM,
    CONSENTS,
    CONTACTS,
    EXCLUDE,
    INVITE_ALL,
    KEEP_APART,
    PAIRS,
    PEOPLE,
    PERSON,
    READY,
)
from shared.auth import Role
from shared.ids import uuid7
from tests.support.portal import Browser, FakeServices

CASE_ID, ANN, BOB = uuid7(), uuid7(), uuid7()
CIRCLE = f"/cases/{CASE_ID}/circle"
HOSTILE = "<b onload=x>" + "w" * 190


def somebody(**changes: object) -> dict[str, Any]:
    """Return a person as the service answers them."""
    return {
        "person_id": str(ANN),
        "first_name": HOSTILE,
        "last_name": "Vos",
        "relation": "tante",
        "email": "ann@example.org",
        "role": "circle",
        "side": "other",
        "state": "active",
        "proposed_by": None,
        "widened": False,
        "required": False,
        "version": 4,
        "not_with": [],
        "invitation": None,
        **changes,
    }


@pytest.fixture
def circle(services: FakeServices) -> FakeServices:
    """A circle of one, and somebody who was proposed."""
    proposed = somebody(person_id=str(BOB), first_name="Bob", state="proposed", proposed_by=str(ANN))
    services.answer(PEOPLE, {"items": [somebody(), proposed], "next": None})
    services.answer(CONSENTS, {"case_id": str(CASE_ID), "persons": []})
    services.answer(PERSON, somebody())
    services.answer(CONTACTS, {"items": [], "next": None})
    services.answer(PAIRS, {"items": []})
    return services


async def test_it_is_a_table_and_asks_each_service_once(browser: Browser, circle: FakeServices) -> None:
    await browser.sign_in(Role.COORDINATOR)
    page = await browser.ask("GET", CIRCLE, expect=200)
    for words in ("&lt;b onload=x&gt;", "tante", "ann@example.org", "nog niet uitgenodigd", "voorgesteld"):
        assert words in page.text
    assert "<b onload" not in page.text
    assert len(circle.asked) == 2


async def test_proposals_are_accepted_and_all_are_invited(browser: Browser, circle: FakeServices) -> None:
    await browser.sign_in(Role.COORDINATOR)
    circle.answer(CONFIRM, {"person_id": str(BOB)})
    circle.answer(INVITE_ALL, {"invited": []})
    await browser.fill(CIRCLE, confirm=str(BOB))
    await browser.fill(CIRCLE)
    assert [each.ids["person_id"] for each in circle.of(CONFIRM)] == [str(BOB)]
    assert [each.body for each in circle.of(INVITE_ALL)] == [{"include_central": False}]


async def test_details_that_somebody_else_changed_are_not_overwritten(
    browser: Browser, circle: FakeServices
) -> None:
    await browser.sign_in(Role.COORDINATOR)
    circle.refuse(CHANGE, 409, "other-version")
    page = await browser.fill(f"{CIRCLE}/{ANN}/details", version="3", first_name="Anneke", expect=409)
    assert "Iemand anders veranderde dit intussen" in page.text
    assert "Anneke" in page.text
    assert circle.of(CHANGE)[0].body["version"] == 3


async def test_two_people_are_kept_apart_with_a_reason(browser: Browser, circle: FakeServices) -> None:
    await browser.sign_in(Role.COORDINATOR)
    circle.answer(KEEP_APART, {"no_contact_id": str(uuid7())})
    page = await browser.fill(f"{CIRCLE}/apart", one=str(ANN), other=str(BOB), expect=422)
    assert 'href="#reason"' in page.text
    await browser.fill(f"{CIRCLE}/apart", one=str(ANN), other=str(BOB), reason="dreigde")
    assert [each.body for each in circle.of(KEEP_APART)] == [
        {"person_ids": [str(ANN), str(BOB)], "reason": "dreigde"}
    ]


async def test_somebody_is_excluded_with_a_reason(browser: Browser, circle: FakeServices) -> None:
    await browser.sign_in(Role.COORDINATOR)
    circle.answer(EXCLUDE, None)
    await browser.ask("GET", f"{CIRCLE}/{ANN}", expect=200)
    await browser.fill(f"{CIRCLE}/{ANN}/leave", how="exclude", expect=422)
    await browser.fill(f"{CIRCLE}/{ANN}/leave", how="exclude", reason="dreigde")
    assert [each.body for each in circle.of(EXCLUDE)] == [{"reason": "dreigde"}]


async def test_a_circle_that_is_too_small_is_not_ready(browser: Browser, circle: FakeServices) -> None:
    await browser.sign_in(Role.COORDINATOR)
    circle.refuse(READY, 422, "circle-too-small")
    page = await browser.fill(f"{CIRCLE}/ready", required__=str(ANN), expect=422)
    assert "minstens twee mensen" in page.text
    assert [each.body for each in circle.of(READY)] == [{"required": [str(ANN)]}]


async def test_it_is_for_coordinators(browser: Browser, circle: FakeServices) -> None:
    await browser.sign_in(Role.REGIONAL_MANAGER)
    for path in (CIRCLE, f"{CIRCLE}/new", f"{CIRCLE}/apart", f"{CIRCLE}/{ANN}"):
        await browser.ask("GET", path, expect=403)
    assert circle.asked == []


async def test_every_form_about_somebody_is_shown(browser: Browser, circle: FakeServices) -> None:
    await browser.sign_in(Role.COORDINATOR)
    for path in (
        "new",
        "ready",
        f"{ANN}",
        f"{ANN}/answer",
        f"{ANN}/contact",
        f"{ANN}/details",
        f"{ANN}/leave",
    ):
        page = await browser.ask("GET", f"{CIRCLE}/{path}", expect=200)
        assert "<b onload" not in page.text
