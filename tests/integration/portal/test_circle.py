"""The circle of a case, as its coordinator works with it."""

import re
from typing import Any
from uuid import UUID

import pytest

from services.portal.routes.circle import (
    ADD,
    CHANGE,
    CONFIRM,
    CONSENTS,
    CONTACTS,
    EXCLUDE,
    INVITE_ALL,
    PEOPLE,
    PERSON,
    RECORD,
    TEXTS,
)
from services.portal.routes.circle_apart import KEEP_APART, LIFT, PAIRS
from services.portal.routes.circle_ready import DECLARED, READY
from shared.auth import Role
from shared.ids import uuid7
from tests.support.portal import Browser, FakeServices
from tests.support.world.clock import NOW

CASE_ID, ANN, BOB, CHILD = uuid7(), uuid7(), uuid7(), uuid7()
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
        "serves": None,
        "needs": [],
        "needs_words": None,
        "invitation": None,
        **changes,
    }


def declared(version: int, *required: UUID) -> dict[str, Any]:
    """Return the circle that was declared ready, as the service answers it."""
    members = [
        {"person_id": str(each), "role": "circle", "required": True, "mode": "in-person"} for each in required
    ]
    return {"case_id": str(CASE_ID), "version": version, "members": members, "not_together": []}


@pytest.fixture
def circle(services: FakeServices) -> FakeServices:
    """A circle of one, and somebody who was proposed."""
    proposed = somebody(person_id=str(BOB), first_name="Bob", state="proposed", proposed_by=str(ANN))
    services.answer(PEOPLE, {"items": [somebody(), proposed], "next": None})
    services.answer(CONSENTS, {"case_id": str(CASE_ID), "persons": []})
    services.answer(PERSON, somebody())
    services.answer(CONTACTS, {"items": [], "next": None})
    services.answer(PAIRS, {"items": []})
    services.answer(DECLARED, declared(0))
    return services


async def test_it_is_a_table_and_asks_each_service_once(browser: Browser, circle: FakeServices) -> None:
    await browser.sign_in(Role.COORDINATOR)
    page = await browser.ask("GET", CIRCLE, expect=200)
    for words in ("&lt;b onload=x&gt;", "tante", "ann@example.org", "nog niet uitgenodigd", "voorgesteld"):
        assert words in page.text
    assert "<b onload" not in page.text
    assert len(circle.asked) == 2
    assert "voorgesteld</span> door <bdi>&lt;b onload" in page.text

    circle.answer(PERSON, somebody(person_id=str(BOB), state="proposed", proposed_by=str(ANN)))
    page = await browser.ask("GET", f"{CIRCLE}/{BOB}", expect=200)
    assert "<dt>Voorgesteld door</dt><dd><bdi>&lt;b onload" in page.text


async def test_it_is_a_picture_too_that_hostile_names_do_not_break(
    browser: Browser, circle: FakeServices
) -> None:
    await browser.sign_in(Role.COORDINATOR)
    sent = {
        **dict.fromkeys(("mode", "via", "reminded_at", "answered_at", "delivery")),
        "invitation_id": str(uuid7()),
        "sent_at": "2026-03-02T09:00:00Z",
    }
    people = [
        somebody(person_id=str(CHILD), first_name="Noor", role="central"),
        somebody(relation='"><script>tante</script>', side="maternal"),
        somebody(person_id=str(BOB), first_name="Bob", state="proposed"),
        *(
            somebody(person_id=str(uuid7()), first_name=name, role=role, invitation={**sent, **answered})
            for name, role, answered in (
                ("Jef", "circle", {"state": "answered", "answer": "yes"}),
                ("Els", "professional", {"state": "answered", "answer": "no"}),
                ("Koen", "circle", {"state": "silent", "answer": None}),
                (
                    "Iris",
                    "circle",
                    {"state": "silent", "answer": "unsure", "answered_at": "2026-03-04T09:00:00Z"},
                ),
            )
        ),
        somebody(person_id=str(uuid7()), first_name="Weg", state="removed"),
    ]
    circle.answer(PEOPLE, {"items": people, "next": None})
    page = (await browser.ask("GET", CIRCLE, expect=200)).text
    figure = page[page.index("<figure") : page.index("<figcaption")]
    wide, narrow = figure.split('<svg class="k-narrow"')
    for picture in (wide, narrow):
        assert picture.count("<title") == 1
        assert "Kant van vader" in picture
        assert "<script" not in picture
        assert "<b onload" not in picture
        for state in ("central", "new", "proposed", "yes", "no", "unsure", "invited"):
            assert picture.count(f"k-seat-{state}") >= 1
        assert "Weg" not in picture
    # In the narrow one there is no room for more than the name of a side.
    assert ["Kant van vader: nog niemand" in picture for picture in (wide, narrow)] == [True, False]
    assert "&lt;b onload=x&gt;" in wide
    assert 'style="' not in page
    # What the picture says is also in the table, and each sign has its words.
    words = ("Over wie het gaat", "Kant van moeder", "Voor hun werk", "uitgenodigd, zei nog niets")
    for said in (*words, "weet het nog niet (woensdag 4 maart 2026)"):
        assert said in page[page.index("<figcaption>") :]


async def test_proposals_are_accepted_and_all_are_invited(browser: Browser, circle: FakeServices) -> None:
    await browser.sign_in(Role.COORDINATOR)
    circle.answer(CONFIRM, {"person_id": str(BOB)})
    circle.answer(INVITE_ALL, {"invited": []})
    await browser.fill(CIRCLE, confirm=str(BOB))
    # A browser sends this with the box and without.
    await browser.fill(CIRCLE, include_central="")
    await browser.fill(CIRCLE, include_central="yes")
    assert [each.ids["person_id"] for each in circle.of(CONFIRM)] == [str(BOB)]
    assert [each.body["include_central"] for each in circle.of(INVITE_ALL)] == [False, True]


async def test_a_step_back_between_two_forms_of_a_page_loses_neither(
    browser: Browser, circle: FakeServices
) -> None:
    await browser.sign_in(Role.COORDINATOR)
    both = [somebody(person_id=str(each), state="proposed") for each in (ANN, BOB)]
    circle.answer(PEOPLE, {"items": [*both, somebody(person_id=str(uuid7()))], "next": None})
    circle.answer(CONFIRM, {"person_id": str(BOB)})
    circle.answer(INVITE_ALL, {"invited": []})
    page = (await browser.ask("GET", CIRCLE, expect=200)).text
    for form in re.findall(r"<form id=\"(?:confirm|invite)-.*?</form>", page, re.DOTALL):
        sent = dict(re.findall(r'(?:hidden|submit)"[^>]* name="([^"]*)" value="([^"]*)"', form))
        await browser.ask("POST", CIRCLE, data=sent, expect=303)
    assert [each.ids["person_id"] for each in circle.of(CONFIRM)] == [str(ANN), str(BOB)]
    assert len(circle.of(INVITE_ALL)) == 1


async def test_an_answer_of_somebody_who_was_not_invited_is_not_lost_in_silence(
    browser: Browser, circle: FakeServices
) -> None:
    await browser.sign_in(Role.COORDINATOR)
    page = await browser.fill(
        f"{CIRCLE}/{ANN}/answer", expect=422, taking_part="phone", needs_words="Een tolk"
    )
    assert "Nodig eerst uit" in page.text
    assert "Een tolk" in page.text


async def test_details_that_somebody_else_changed_are_not_overwritten(
    browser: Browser, circle: FakeServices
) -> None:
    await browser.sign_in(Role.COORDINATOR)
    circle.refuse(CHANGE, 409, "other-version")
    page = await browser.fill(
        f"{CIRCLE}/{ANN}/details", version="3", first_name="Anneke", relation="", expect=409
    )
    assert "Iemand anders veranderde dit intussen" in page.text
    assert "Anneke" in page.text
    # Each field says what is there now, if that is not what was typed.
    assert "Nu staat er: " in page.text
    assert 'aria-describedby="first_name-now"' in page.text
    assert 'id="relation-now"' in page.text
    # Sending it again as it is replaces nothing; only who says so replaces what the other wrote.
    sent: dict[str, Any] = {name: _field(page.text, name) for name in ("version", "first_name")}
    path = f"{CIRCLE}/{ANN}/details"
    await browser.fill(path, expect=409, **sent)
    assert [each.body["version"] for each in circle.of(CHANGE)] == [3, 3]
    kept = await browser.fill(path, whose="theirs", **sent)
    assert kept.headers["location"] == path
    assert len(circle.of(CHANGE)) == 2
    circle.answer(CHANGE, somebody())
    await browser.fill(path, whose="4", **sent)
    assert (circle.of(CHANGE)[2].body["version"], circle.of(CHANGE)[2].body["first_name"]) == (4, "Anneke")


async def test_the_language_in_which_somebody_is_written_to_is_chosen(
    browser: Browser, circle: FakeServices
) -> None:
    await browser.sign_in(Role.COORDINATOR)
    circle.answer(CHANGE, somebody())
    circle.answer(ADD, {"person_id": str(uuid7())})
    page = await browser.ask("GET", f"{CIRCLE}/{ANN}/details", expect=200)
    assert '<option value="uk">Українська</option>' in page.text
    await browser.fill(f"{CIRCLE}/{ANN}/details", version="3", first_name="Ann", written_in="uk")
    await browser.fill(f"{CIRCLE}/new", first_name="Piotr", written_in="pl")
    await browser.fill(f"{CIRCLE}/{ANN}/details", version="3", first_name="Ann")
    assert circle.of(ADD)[0].body["language"] == "pl"
    assert circle.of(CHANGE)[0].body["language"] == "uk"
    assert "language" not in circle.of(CHANGE)[1].body


async def test_a_child_is_added_and_corrected_with_who_decides_for_it(
    browser: Browser, circle: FakeServices
) -> None:
    await browser.sign_in(Role.COORDINATOR)
    circle.answer(ADD, {"person_id": str(uuid7())})
    circle.answer(CHANGE, somebody())
    noor = somebody(person_id=str(CHILD), first_name="Noor", last_name="", role="central")
    circle.answer(PEOPLE, {"items": [somebody(), noor], "next": None})
    await browser.fill(f"{CIRCLE}/new", first_name="Sam", birth_date="27/3/2012", side="maternal")
    await browser.fill(f"{CIRCLE}/new", first_name="Omar", birth_date="", authority_over__=str(CHILD))
    await browser.fill(f"{CIRCLE}/new", first_name="Mia", authority_over__="every")
    sam, omar, mia = (each.body for each in circle.of(ADD))
    assert (sam["birth_date"], sam["side"], "parental_authority" in sam) == ("2012-03-27", "maternal", False)
    assert (omar["parental_authority"], omar["authority_over"]) == (True, [str(CHILD)])
    assert (mia["parental_authority"], "authority_over" in mia) == (True, False)
    born = {"birth_date": "2012-03-27", "parental_authority": True, "authority_over": [str(CHILD)]}
    circle.answer(PERSON, somebody(**born, side="paternal"))
    shown = (await browser.ask("GET", f"{CIRCLE}/{ANN}", expect=200)).text
    assert re.search("dinsdag 27 maart 2012", shown)
    assert "Noor" in shown
    path = f"{CIRCLE}/{ANN}/details"
    page = (await browser.ask("GET", path, expect=200)).text
    assert _field(page, "birth_date") == "27/3/2012"
    assert f'value="{CHILD}" checked' in page
    assert '<option value="paternal" selected>' in page
    wrong = await browser.fill(path, version="4", first_name="Ann", birth_date="27/3/2099", expect=422)
    assert 'href="#birth_date"' in wrong.text
    await browser.fill(path, version="4", first_name="Ann", birth_date="", authority_over__="")
    await browser.fill(path, version="4", first_name="Ann")
    taken, kept = (each.body for each in circle.of(CHANGE))
    assert (taken["birth_date"], taken["parental_authority"], taken["authority_over"]) == (None, False, [])
    # A page from before these questions were on it changes nothing of them.
    assert not {"birth_date", "parental_authority", "authority_over", "side"} & kept.keys()


async def test_nobody_holds_authority_over_themselves_or_without_a_child(
    browser: Browser, circle: FakeServices
) -> None:
    await browser.sign_in(Role.COORDINATOR)
    circle.answer(PEOPLE, {"items": [somebody(role="central")], "next": None})
    circle.answer(PERSON, somebody(role="central"))
    assert "ouderlijk gezag" in (await browser.ask("GET", f"{CIRCLE}/new", expect=200)).text
    assert "ouderlijk gezag" not in (await browser.ask("GET", f"{CIRCLE}/{ANN}/details", expect=200)).text


async def test_who_has_to_be_there_is_shown_and_not_overwritten(
    browser: Browser, circle: FakeServices
) -> None:
    await browser.sign_in(Role.COORDINATOR)
    circle.answer(READY, declared(1, ANN))
    path = f"{CIRCLE}/ready"
    sent: dict[str, Any] = {"version": "0", "required[]": str(ANN)}
    await browser.fill(path, **sent)
    assert circle.of(READY)[0].body == {"version": None, "required": [str(ANN)]}
    circle.answer(DECLARED, declared(2, ANN))
    page = await browser.ask("GET", path, expect=200)
    assert _field(page.text, "version") == "2"
    assert re.search(f'value="{ANN}" checked', page.text)
    circle.refuse(READY, 409, "other-version")
    page = await browser.fill(path, version="1", expect=409)
    assert "Iemand anders veranderde dit intussen" in page.text
    circle.answer(READY, declared(1, ANN))
    await browser.fill(path, version="1", whose="2")
    assert circle.of(READY)[-1].body == {"version": 2, "required": []}


async def test_a_version_stays_the_one_that_was_read_also_in_another_language(
    browser: Browser, circle: FakeServices
) -> None:
    await browser.sign_in(Role.COORDINATOR)
    page = await browser.fill(f"{CIRCLE}/{ANN}/details", version="3", language="fr", expect=200)
    assert _field(page.text, "version") == "3"


def _field(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return found.group(1)


async def test_two_people_are_kept_apart_with_a_reason(browser: Browser, circle: FakeServices) -> None:
    await browser.sign_in(Role.COORDINATOR)
    circle.answer(KEEP_APART, {"no_contact_id": str(uuid7())})
    page = await browser.fill(f"{CIRCLE}/apart", one=str(ANN), other=str(BOB), expect=422)
    assert 'href="#reason"' in page.text
    await browser.fill(f"{CIRCLE}/apart", one=str(ANN), other=str(BOB), reason="dreigde")
    assert [each.body for each in circle.of(KEEP_APART)] == [
        {"person_ids": [str(ANN), str(BOB)], "reason": "dreigde"}
    ]


async def test_a_pair_meets_again_only_after_what_that_does_was_said(
    browser: Browser, circle: FakeServices
) -> None:
    await browser.sign_in(Role.COORDINATOR)
    pair = uuid7()
    kept = {
        "no_contact_id": str(pair),
        "person_ids": [str(ANN), str(BOB)],
        "reason": "dreigde",
        "decided_at": NOW.isoformat(),
    }
    circle.answer(PAIRS, {"items": [kept], "next": None})
    both = [
        somebody(not_with=[str(BOB)]),
        somebody(person_id=str(BOB), first_name="Bob", not_with=[str(ANN)]),
    ]
    circle.answer(PEOPLE, {"items": both, "next": None})
    circle.answer(LIFT, None)
    assert f'href="{CIRCLE}/apart/{pair}"' in (await browser.ask("GET", f"{CIRCLE}/apart", expect=200)).text
    page = (await browser.ask("GET", f"{CIRCLE}/apart/{pair}", expect=200)).text
    for words in ("Bob", "dreigde", "zien ze elkaars voornaam", "wordt gewist"):
        assert words in page
    assert circle.of(LIFT) == []
    await browser.ask("GET", f"{CIRCLE}/apart/{uuid7()}", expect=404)
    await browser.fill(f"{CIRCLE}/apart/{pair}")
    assert circle.of(LIFT)[0].ids == {"no_contact_id": str(pair)}
    for path, words in ((CIRCLE, "mag iemand niet ontmoeten"), (f"{CIRCLE}/ready", "mogen elkaar niet")):
        assert words in (await browser.ask("GET", path, expect=200)).text


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
    assert [each.body for each in circle.of(READY)] == [{"version": None, "required": [str(ANN)]}]


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


_CONSENTS = f"{CIRCLE}/{ANN}/consents"
_SAID: dict[str, Any] = {
    "purpose": "taking-part",
    "concerns": None,
    "given": True,
    "version": 3,
    "language": "nl",
    "via": "coordinator",
    "recorded_at": "2026-03-02T13:30:00Z",
    "stale": False,
}


def _said(word: str) -> dict[str, Any]:
    return {"version": "3", "read_in": "nl", "given-3": word}


def _asked_about_a_child(services: FakeServices, *, version: int = 3) -> None:
    """Let Ann hold parental authority over a child of twelve or younger."""
    unsaid = {"given": None, "version": None, "stale": False, "recorded_at": None}
    voice = {"person_id": str(ANN), "speaks": "holder", "needed": True, **unsaid}
    state = {"complete": False, "differ": False, "allowed": True}
    child = {
        "person_id": str(CHILD),
        "age": "under-twelve",
        "holders_known": True,
        "file_access": [],
        "purposes": [{"purpose": "taking-part", "voices": [voice], **state}],
    }
    services.answer(CONSENTS, {"case_id": str(CASE_ID), "persons": [child]})
    named = somebody(person_id=str(CHILD), first_name="Noor", last_name="", role="central")
    services.answer(PEOPLE, {"items": [somebody(), named], "next": None})
    texts = [
        {"audience": audience, "language": "nl", "title": f"Voor {audience}", "body": "..."}
        for audience in ("adult", "young", "parent")
    ]
    content = {"purpose": "taking-part", "version": version, "own": False, "texts": texts}
    services.answer(TEXTS, content)


async def test_what_a_parent_says_about_their_child_is_noted(browser: Browser, circle: FakeServices) -> None:
    await browser.sign_in(Role.COORDINATOR)
    _asked_about_a_child(circle)
    person = await browser.ask("GET", f"{CIRCLE}/{ANN}", expect=200)
    assert f'href="{_CONSENTS}/taking-part/{CHILD}"' in person.text
    assert f'href="{_CONSENTS}/mail/{CHILD}"' not in person.text
    page = await browser.ask("GET", f"{_CONSENTS}/taking-part/{CHILD}", expect=200)
    assert "Voor parent" in page.text
    assert "<bdi>Noor</bdi>" in page.text
    circle.answer(RECORD, _SAID)
    await browser.fill(f"{_CONSENTS}/taking-part/{CHILD}", **_said("yes"))
    await browser.fill(f"{_CONSENTS}/taking-part", **_said("no"))
    assert [each.body for each in circle.of(RECORD)] == [
        {"given": True, "version": 3, "language": "nl", "concerns": str(CHILD)},
        {"given": False, "version": 3, "language": "nl", "concerns": None},
    ]


async def test_an_answer_to_an_earlier_text_is_asked_again(browser: Browser, circle: FakeServices) -> None:
    await browser.sign_in(Role.COORDINATOR)
    _asked_about_a_child(circle, version=4)
    circle.refuse(RECORD, 409, "consent-text-outdated")
    page = await browser.fill(f"{_CONSENTS}/taking-part", expect=409, **_said("yes"))
    assert "De tekst is intussen veranderd" in page.text
    assert _field(page.text, "version") == "4"
    assert "checked" not in page.text


@pytest.mark.parametrize(
    "question", ["no-such-purpose", "..", "mail/00000000-0000-0000-0000-000000000000", "taking-part/x"]
)
async def test_what_nobody_is_asked_is_no_page(browser: Browser, circle: FakeServices, question: str) -> None:
    await browser.sign_in(Role.COORDINATOR)
    _asked_about_a_child(circle)
    await browser.ask("GET", f"{_CONSENTS}/{question.replace('..', '%2e%2e')}", expect=404)
