"""Who gives trainings plans them and sees who comes."""

from typing import Any
from uuid import UUID

import pytest

from services.portal.routes import announcing, courses, registrations, training_changes, trainings
from shared.auth import Role
from shared.ids import uuid7
from tests.support.portal import Browser, FakeServices

COURSE, SESSION = uuid7(), uuid7()
HOSTILE = "<b>Ann</b> \N{RIGHT-TO-LEFT OVERRIDE}" + "a" * 180


def session_row(**changes: Any) -> dict[str, Any]:
    """Return a session as training describes it."""
    return {
        "session_id": str(SESSION),
        "course_id": str(COURSE),
        "title": "Eigen kracht in de klas",
        "language": "nl",
        "description": None,
        "given_by": None,
        "registration": "here",
        "external_url": None,
        "place": "Zaal 1, Gent",
        "starts_at": "2031-03-03T08:00:00Z",
        "ends_at": "2031-03-03T15:00:00Z",
        "price": "45.00",
        "vat": "exempt-art44",
        "capacity": 12,
        "places_left": 3,
        "version": 1,
        "cancelled": False,
        **changes,
    }


def registration_row(state: str, first_name: str, registration_id: UUID | None = None) -> dict[str, Any]:
    """Return a registration as training describes it."""
    return {
        "registration_id": str(registration_id or uuid7()),
        "session_id": str(SESSION),
        "state": state,
        "first_name": first_name,
        "last_name": "Peeters",
        "email": "a@voorbeeld.be",
        "phone": None,
        "organisation": None,
        "language": "nl",
        "invoice_to": None,
        "price": "45.00",
        "paid": "0.00",
        "communication": None,
        "payment": None,
        "registered_at": "2031-01-01T08:00:00Z",
    }


@pytest.fixture
def given(services: FakeServices) -> FakeServices:
    """Training with one course, one session and four who registered."""
    course = {
        "course_id": str(COURSE),
        "title": HOSTILE,
        "audience": None,
        "language": "nl",
        "description": None,
        "given_by": None,
        "registration": "here",
        "external_url": None,
    }
    services.answer(trainings.COURSES, {"items": [course], "next": "later"})
    services.answer(courses.SESSIONS, {"items": [session_row()], "next": None})
    services.answer(courses.SESSION, session_row())
    people = [
        registration_row("waitlisted", "Wim"),
        registration_row("cancelled", "Cas"),
        registration_row("awaiting-payment", "Bea"),
        registration_row("confirmed", HOSTILE),
    ]
    services.answer(trainings.REGISTRATIONS, {"items": people, "next": None})
    return services


async def test_the_first_page_has_sessions_and_courses(browser: Browser, given: FakeServices) -> None:
    await browser.sign_in(Role.TRAINER)
    page = (await browser.ask("GET", "/trainings")).text
    assert f"/trainings/sessions/{SESSION}" in page
    assert f"/trainings/courses/{COURSE}" in page
    assert "nog 3 van 12" in page
    assert "?courses=later" in page
    assert "<b>Ann" not in page
    asked = given.of(courses.SESSIONS)[0]
    assert asked.headers["kring-tenant"] == str(browser.world.tenant)


async def test_an_empty_list_says_what_to_do(browser: Browser, services: FakeServices) -> None:
    services.answer(trainings.COURSES, {"items": [], "next": None})
    services.answer(courses.SESSIONS, {"items": [], "next": None})
    await browser.sign_in(Role.TRAINER)
    page = (await browser.ask("GET", "/trainings")).text
    assert "Zeg eerst welke vorming je geeft." in page


async def test_finance_sees_who_comes_and_announces_nothing(browser: Browser, given: FakeServices) -> None:
    await browser.sign_in(Role.FINANCE)
    assert "/trainings/new" not in (await browser.ask("GET", "/trainings")).text
    await browser.ask("GET", "/trainings/new", expect=403)
    await browser.ask("GET", f"/trainings/sessions/{SESSION}")


PAGES = (
    *("", "/new", "/courses/{id}", "/sessions/{id}", "/sessions/{id}/print", "/sessions/{id}/register"),
    *("/registrations/{id}", "/over", "/sessions/{id}/change", "/sessions/{id}/cancel"),
)


@pytest.mark.parametrize("path", PAGES)
async def test_others_are_not_let_in(browser: Browser, given: FakeServices, path: str) -> None:
    await browser.sign_in(Role.COORDINATOR, Role.REGIONAL_MANAGER)
    await browser.ask("GET", f"/trainings{path.format(id=SESSION)}", expect=403)
    assert given.asked == []


async def test_a_course_is_announced_and_a_day_of_it_planned(browser: Browser, given: FakeServices) -> None:
    await browser.sign_in(Role.TRAINER)
    given.answer(announcing.ANNOUNCE, {"course_id": str(COURSE)})
    form: dict[str, Any] = {"title": "Nieuw", "in_language": "nl", "registration": "here", "external_url": ""}
    form |= {"description": "Voorstellen.", "given_by": "Mieke"}
    answer = await browser.fill("/trainings/new", **form)
    assert answer.headers["location"] == f"/trainings/courses/{COURSE}"
    assert given.of(announcing.ANNOUNCE)[0].body == {
        "title": "Nieuw",
        "description": "Voorstellen.",
        "given_by": "Mieke",
        "language": "nl",
        "registration": "here",
    }
    given.answer(announcing.PLAN, {"session_id": str(SESSION)})
    day: dict[str, Any] = {
        "day": "2031-03-03",
        "begins": "09:00",
        "ends": "16:00",
        "place": "Zaal 1",
        "capacity": "12",
    }
    paid = {"price": "45,50", "account_iban": "BE71 0961 2345 6769", "account_name": "De Ring"}
    answer = await browser.fill(f"/trainings/courses/{COURSE}", **(day | paid))
    assert answer.headers["location"] == f"/trainings/sessions/{SESSION}"
    planned = given.of(announcing.PLAN)[0]
    assert planned.ids == {"course_id": str(COURSE)}
    assert planned.body["starts_at"] == "2031-03-03T08:00:00+00:00"
    assert planned.body["price"] == "45.50"
    assert planned.headers["idempotency-key"]


async def test_what_is_missing_is_said_beside_it(browser: Browser, given: FakeServices) -> None:
    await browser.sign_in(Role.TRAINER)
    elsewhere: dict[str, Any] = {"title": "Nieuw", "in_language": "nl", "registration": "elsewhere"}
    answer = await browser.fill("/trainings/new", **elsewhere, expect=422)
    assert 'id="external_url-error"' in answer.text
    day: dict[str, Any] = {
        "day": "2031-03-03",
        "begins": "09:00",
        "ends": "08:00",
        "place": "Zaal 1",
        "capacity": "12",
    }
    answer = await browser.fill(f"/trainings/courses/{COURSE}", **(day | {"price": "10"}), expect=422)
    for name in ("ends", "account_iban", "account_name"):
        assert f'id="{name}-error"' in answer.text
    assert given.asked == []


async def test_what_training_refuses_is_said_and_nothing_typed_is_lost(
    browser: Browser, given: FakeServices
) -> None:
    await browser.sign_in(Role.TRAINER)
    given.refuse(announcing.PLAN, 422, "session-times-not-right")
    day: dict[str, Any] = {
        "day": "2001-03-03",
        "begins": "09:00",
        "ends": "16:00",
        "place": "Zaal <1>",
        "capacity": "12",
    }
    answer = await browser.fill(f"/trainings/courses/{COURSE}", **day, expect=422)
    assert "Kies een dag die nog komt" in answer.text
    assert "Zaal &lt;1&gt;" in answer.text


async def test_who_comes_is_listed_by_how_far_they_are(browser: Browser, given: FakeServices) -> None:
    await browser.sign_in(Role.TRAINER)
    page = (await browser.ask("GET", f"/trainings/sessions/{SESSION}")).text
    order = ["&lt;b&gt;Ann", "Bea", "Wim", "1 inschrijving ging niet door.", "Cas"]
    assert [page.index(each) for each in order] == sorted(page.index(each) for each in order)
    printed = (await browser.ask("GET", f"/trainings/sessions/{SESSION}/print")).text
    assert "Bea" in printed
    assert "Wim" not in printed


async def test_a_colleague_is_registered(browser: Browser, given: FakeServices) -> None:
    await browser.sign_in(Role.TRAINER)
    given.answer(courses.REGISTER, {"registration_id": str(uuid7()), "state": "requested"})
    form: dict[str, Any] = {"first_name": "Bea", "last_name": "Maes", "email": "b@voorbeeld.be"}
    sent: dict[str, Any] = {**form, "in_language": "uk"}
    await browser.fill(f"/trainings/sessions/{SESSION}/register", **sent)
    assert given.of(courses.REGISTER)[0].body == {**form, "language": "uk"}
    given.refuse(courses.REGISTER, 409, "registration-closed")
    answer = await browser.fill(f"/trainings/sessions/{SESSION}/register", **sent, expect=409)
    assert "al begonnen" in answer.text


async def test_the_mail_of_a_registration_is_sent_again(browser: Browser, given: FakeServices) -> None:
    await browser.sign_in(Role.FINANCE)
    bea = uuid7()
    given.answer(registrations.REGISTRATION, registration_row("confirmed", "Bea", bea))
    given.answer(registrations.MAIL, {"registration_id": str(bea), "state": "confirmed"})
    path = f"/trainings/registrations/{bea}"
    page = (await browser.ask("GET", path, expect=200)).text
    assert f'action="{path}/mail"' in page
    assert "De mail is onderweg." not in page
    token = page.split('name="form-token" value="')[1].split('"')[0]
    sent = {"form-token": token, "once": str(uuid7())}
    assert "De mail is onderweg." in (await browser.ask("POST", f"{path}/mail", data=sent, expect=200)).text
    assert [each.ids for each in given.of(registrations.MAIL)] == [{"registration_id": str(bea)}]


async def test_a_registration_is_cancelled(browser: Browser, given: FakeServices) -> None:
    await browser.sign_in(Role.TRAINER)
    bea = uuid7()
    given.answer(registrations.REGISTRATION, registration_row("confirmed", "Bea", bea))
    given.answer(registrations.CANCEL, {"registration_id": str(bea), "state": "cancelled"})
    assert "Wie annuleert?" in (await browser.ask("GET", f"/trainings/registrations/{bea}")).text
    await browser.fill(f"/trainings/registrations/{bea}", expect=422)
    answer = await browser.fill(f"/trainings/registrations/{bea}", by="organiser")
    assert answer.headers["location"] == f"/trainings/sessions/{SESSION}"
    assert given.of(registrations.CANCEL)[0].body == {"by": "organiser"}
    given.answer(registrations.REGISTRATION, registration_row("cancelled", "Bea", bea))
    given.refuse(registrations.CANCEL, 409, "registration-over")
    answer = await browser.fill(f"/trainings/registrations/{bea}", by="organiser", expect=409)
    assert "al voorbij" in answer.text


async def test_a_day_that_changes_is_sent_with_the_version_that_was_read(
    browser: Browser, given: FakeServices
) -> None:
    given.answer(courses.SESSION, session_row(version=4))
    given.answer(training_changes.CHANGE, session_row(version=5))
    await browser.sign_in(Role.TRAINER)
    page = (await browser.ask("GET", f"/trainings/sessions/{SESSION}/change")).text
    for shown in ('value="2031-03-03"', 'value="09:00"', 'value="16:00"', "Zaal 1, Gent"):
        assert shown in page
    changed: dict[str, Any] = {
        "day": "2031-03-04",
        "begins": "10:00",
        "ends": "12:30",
        "place": "Zaal 2",
        "capacity": "20",
    }
    await browser.fill(f"/trainings/sessions/{SESSION}/change", version="4", **changed)
    assert [each.body for each in given.of(training_changes.CHANGE)] == [
        {
            "version": 4,
            "starts_at": "2031-03-04T09:00:00+00:00",
            "ends_at": "2031-03-04T11:30:00+00:00",
            "place": "Zaal 2",
            "capacity": 20,
        }
    ]
    given.refuse(training_changes.CHANGE, 409, "other-version")
    page = (
        await browser.fill(f"/trainings/sessions/{SESSION}/change", version="3", **changed, expect=409)
    ).text
    assert "Wat telt?" in page
    assert "Zaal 2" in page


async def test_a_day_is_called_off_after_saying_what_that_does(browser: Browser, given: FakeServices) -> None:
    given.answer(training_changes.CANCEL, session_row(cancelled=True))
    await browser.sign_in(Role.TRAINER)
    page = (await browser.ask("GET", f"/trainings/sessions/{SESSION}/cancel")).text
    assert "krijgt een mail dat het niet doorgaat" in page
    await browser.fill(f"/trainings/sessions/{SESSION}/cancel", version="1")
    assert [each.body for each in given.of(training_changes.CANCEL)] == [{"version": 1}]
    given.answer(courses.SESSION, session_row(cancelled=True))
    page = (await browser.ask("GET", f"/trainings/sessions/{SESSION}")).text
    assert "Deze dag is geannuleerd." in page
    for path in ("register", "change"):
        assert f"/trainings/sessions/{SESSION}/{path}" not in page
    assert (
        "Ja, het gaat niet door"
        not in (await browser.ask("GET", f"/trainings/sessions/{SESSION}/cancel")).text
    )


async def test_what_is_over_has_its_own_page_and_who_did_not_come(
    browser: Browser, given: FakeServices
) -> None:
    rows = [
        session_row(starts_at="2020-03-03T08:00:00Z", ends_at="2020-03-03T15:00:00Z"),
        session_row(cancelled=True),
    ]
    given.answer(trainings.OVER, {"items": rows, "next": "earlier"})
    await browser.sign_in(Role.TRAINER)
    page = (await browser.ask("GET", "/trainings/over")).text
    for shown in ("9 van 12", "geannuleerd", "?after=earlier"):
        assert shown in page
    page = (await browser.ask("GET", f"/trainings/sessions/{SESSION}")).text
    assert "1 inschrijving ging niet door." in page
    assert "Cas Peeters" in page


async def test_who_only_looks_after_money_changes_no_day(browser: Browser, given: FakeServices) -> None:
    await browser.sign_in(Role.FINANCE)
    assert "/change" not in (await browser.ask("GET", f"/trainings/sessions/{SESSION}")).text
    await browser.ask("GET", f"/trainings/sessions/{SESSION}/change", expect=403)


async def test_anybody_reads_what_is_learnt_from_whom_and_puts_it_in_their_calendar(
    browser: Browser, services: FakeServices
) -> None:
    row = session_row(description="Zo stel je <het> voor.", given_by="Mieke Maes & Ali")
    services.answer(courses.SESSIONS, {"items": [row], "next": None})
    services.answer(courses.SESSION, row)
    path, text = f"/o/{browser.world.tenant}/sessions/{SESSION}", ""
    for page in (f"/o/{browser.world.tenant}/courses", path):
        text = (await browser.ask("GET", page, expect=200)).text
        for words in ("Zo stel je &lt;het&gt; voor.", "Mieke Maes &amp; Ali", "Nog 3 plaatsen"):
            assert words in text, (page, words)
    assert f'href="{path}/kring.ics"' in text
    file = await browser.ask("GET", f"{path}/kring.ics", expect=200)
    assert file.headers["content-type"].startswith("text/calendar")
    assert "SUMMARY:Eigen kracht in de klas" in file.text
    assert "LOCATION:Zaal 1\\, Gent" in file.text


async def test_a_day_with_registration_elsewhere_can_be_changed(
    browser: Browser, given: FakeServices
) -> None:
    await browser.sign_in(Role.TRAINER)
    given.answer(courses.SESSION, session_row(registration="elsewhere", external_url="https://a.example"))
    page = (await browser.ask("GET", f"/trainings/sessions/{SESSION}", expect=200)).text
    assert f'href="/trainings/sessions/{SESSION}/change"' in page
