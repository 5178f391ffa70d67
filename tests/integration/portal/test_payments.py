"""Finance gives a statement and decides about what cannot be booked by itself, line after line."""

import re
from typing import Any
from uuid import UUID

import httpx2
import pytest

from services.portal.routes import courses, payments, statements, trainings
from shared.auth import Role
from shared.http.middleware import USUAL_MAX_BODY
from shared.ids import uuid7
from tests.integration.portal.test_trainings import registration_row, session_row
from tests.support.portal import Browser, FakeServices

FIRST, BEA, STATEMENT = uuid7(), uuid7(), uuid7()
HOSTILE = "<b>Ann</b> \N{RIGHT-TO-LEFT OVERRIDE}" + "a" * 130
# Every byte, line ends of all kinds, and what looks like a boundary and is none.
FILE = bytes(range(256)) + b"\r\n--kring\r\n\n\r\r\n--"


def payment(state: str, payment_id: UUID | None = None, **changes: Any) -> dict[str, Any]:
    """Return a payment as training describes it."""
    return {
        "payment_id": str(payment_id or FIRST),
        "statement_id": str(STATEMENT),
        "kind": "credit",
        "state": state,
        "amount": "45.00",
        "taken_back": "0.00",
        "booked_on": "2031-03-03",
        "payer_name": HOSTILE,
        "text": "vorming",
        "communication": None,
        "registration_id": None,
        "reverses": None,
        "part_of": None,
        "suggestions": [],
        **changes,
    }


def suggestion() -> dict[str, Any]:
    """Return whose a payment may be."""
    return {
        "registration_id": str(BEA),
        "score": 92,
        "first_name": "Bea",
        "last_name": "Maes",
        "registration_state": "awaiting-payment",
        "price": "45.00",
    }


def statement(**changes: Any) -> dict[str, Any]:
    """Return an import as training describes it."""
    return {
        "statement_id": str(STATEMENT),
        "format": "coda",
        "imported_at": "2031-03-04T08:00:00Z",
        "imported_by": str(BEA),
        "first_day": "2031-03-01",
        "last_day": "2031-03-03",
        "state": "importing",
        "total": 3,
        "booked": 1,
        "payments": {},
        "left_out_count": 1,
        "left_out": [{"entry": 2, "reason": "not-euro"}],
        "balances_differ": True,
        **changes,
    }


async def upload(
    browser: Browser, content: bytes, *, expect: int, token: str | None = None
) -> httpx2.Response:
    """Send a file as a browser does."""
    page = await browser.ask("GET", "/payments", expect=200)
    given = page.text.partition('name="form-token" value="')[2].partition('"')[0]
    return await browser.ask(
        "POST",
        "/payments",
        data={"form-token": given if token is None else token, "once": str(uuid7())},
        files={"file": ("uittreksel.cod", content)},
        expect=expect,
    )


@pytest.fixture
def given(services: FakeServices) -> FakeServices:
    """Training with the same line for every state that is asked for."""
    services.answer(
        payments.PAYMENTS, {"items": [payment("suggested", suggestions=[suggestion()])], "next": None}
    )
    return services


async def test_what_waits_is_listed_with_whose_it_may_be(browser: Browser, given: FakeServices) -> None:
    await browser.sign_in(Role.FINANCE)
    page = (await browser.ask("GET", "/payments", expect=200)).text
    assert f'name="registration" value="{BEA}"' in page
    assert "Bea Maes" in page
    assert "juist bedrag" in page
    assert "<b>Ann" not in page
    asked = {each.query["state"] for each in given.of(payments.PAYMENTS)}
    assert asked == {"suggested", "unmatched", "overpaid", "paid-twice", "late", "underpaid", "early"}


async def test_an_empty_queue_says_what_will_come(browser: Browser, services: FakeServices) -> None:
    services.answer(payments.PAYMENTS, {"items": [], "next": None})
    await browser.sign_in(Role.FINANCE)
    assert "Er wacht niets." in (await browser.ask("GET", "/payments", expect=200)).text


async def test_a_statement_arrives_byte_for_byte(browser: Browser, given: FakeServices) -> None:
    await browser.sign_in(Role.FINANCE)
    given.answer(payments.IMPORT, statement())
    answer = await upload(browser, FILE, expect=303)
    assert answer.headers["location"] == f"/payments/statements/{STATEMENT}"
    assert given.of(payments.IMPORT)[0].body == FILE
    given.answer(statements.STATEMENT, statement())
    entries: list[dict[str, Any]] = [
        {
            "payment_id": str(each),
            "kind": "credit",
            "amount": "45.50",
            "booked_on": "2031-01-15",
            "payer_name": payer,
            "state": state,
            "registration_id": None,
            "suggestions": [],
        }
        for each, state, payer in (
            (FIRST, "unmatched", HOSTILE),
            (uuid7(), "matched", "An Maes"),
            (uuid7(), "duplicate", ""),
        )
    ]
    given.answer(statements.ENTRIES, {"items": entries, "next": "further"})
    page = (await browser.ask("GET", answer.headers["location"], expect=200)).text
    assert "1 van 3" in page
    assert "niet in euro" in page
    assert "Misschien ontbreekt er iets" in page
    # Only what still waits for a decision leads to one.
    assert re.findall(r'href="/payments/([^/"]{36})"', page) == [str(FIRST)]
    assert "stond al in een ander bestand" in page
    assert HOSTILE not in page
    assert "An Maes" in page
    assert "Zonder naam" in page
    assert "woensdag 15 januari 2031" in page
    assert "after=further" in page


async def test_statements_are_found_again(browser: Browser, given: FakeServices) -> None:
    me = await browser.sign_in(Role.FINANCE)
    given.answer(statements.STATEMENTS, {"items": [], "next": None})
    assert "Nog niemand gaf een uittreksel." in (await browser.ask("GET", statements.LIST, expect=200)).text
    mine = statement(imported_by=str(me), first_day="2031-03-03", balances_differ=False)
    older = statement(booked=3, payments={"matched": 5, "unmatched": 7, "underpaid": 1, "duplicate": 2})
    for each in (mine, older):
        del each["left_out"]
    given.answer(statements.STATEMENTS, {"items": [mine, older], "next": "further"})
    page = (await browser.ask("GET", f"{statements.LIST}?after=here", expect=200)).text
    assert given.of(statements.STATEMENTS)[-1].query == {"cursor": "here"}
    assert f'href="/payments/statements/{STATEMENT}">dinsdag 4 maart 2031' in page
    assert "1 van 3" in page
    assert page.count(">jij<") == page.count(">een collega<") == 1
    assert page.count("misschien niet volledig") == 1
    rows = [re.findall(r">(\d+)<", row) for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)[1:]]
    assert rows == [["0", "0"], ["3", "5", "8"]]
    assert 'href="/payments/statements?after=further"' in page
    assert 'href="/payments/statements"' in (await browser.ask("GET", "/payments", expect=200)).text


async def test_a_statement_may_be_larger_than_other_forms(browser: Browser, given: FakeServices) -> None:
    await browser.sign_in(Role.FINANCE)
    given.answer(payments.IMPORT, statement(state="imported", booked=3))
    given.answer(courses.SESSIONS, {"items": [], "next": None})
    given.answer(trainings.OVER, {"items": [], "next": None})
    given.answer(payments.PAYMENT, payment("suggested"))
    await upload(browser, b"0" * (2 * USUAL_MAX_BODY), expect=303)
    answer = await upload(browser, b"0" * (21 * 1024 * 1024), expect=413)
    assert "te veel in één keer" in answer.text
    answer = await browser.fill(f"/payments/{FIRST}", x="0" * USUAL_MAX_BODY, expect=413)
    assert "te veel in één keer" in answer.text
    assert len(given.of(payments.IMPORT)) == 1


async def test_a_file_is_needed_and_has_to_be_one_of_a_bank(browser: Browser, given: FakeServices) -> None:
    await browser.sign_in(Role.FINANCE)
    assert "Kies een bestand" in (await upload(browser, b"", expect=422)).text
    await upload(browser, b"x", token="another", expect=403)
    assert given.of(payments.IMPORT) == []
    given.refuse(payments.IMPORT, 422, "statement-not-readable")
    assert "kunnen we niet lezen" in (await upload(browser, b"x", expect=422)).text


async def test_a_line_is_decided_and_the_next_one_has_the_focus(
    browser: Browser, services: FakeServices
) -> None:
    await browser.sign_in(Role.FINANCE)
    second = uuid7()
    decided = {
        "payment_id": str(FIRST),
        "state": "matched",
        "registration_id": None,
        "registration_state": None,
    }
    services.answer(payments.PAYMENTS, {"items": [payment("unmatched", FIRST)], "next": None})
    services.answer(courses.SESSIONS, {"items": [], "next": None})
    services.answer(trainings.OVER, {"items": [], "next": None})
    services.answer(payments.PAYMENT, payment("suggested"))
    services.answer(payments.MATCH, decided)
    services.answer(payments.SETTLE, decided)
    answer = await browser.fill(f"/payments/{FIRST}", registration=str(BEA), following=f"p-{second}")
    assert answer.headers["location"] == f"/payments#p-{second}"
    await browser.fill(f"/payments/{FIRST}", registration=str(BEA), moved_from=str(second))
    body = {"registration_id": str(BEA), "accept_amount": False}
    assert [each.body for each in services.of(payments.MATCH)] == [body, body | {"moved_from": str(second)}]
    answer = await browser.fill(f"/payments/{FIRST}", settle="refund", following="//elsewhere.example")
    assert answer.headers["location"] == f"/payments#p-{UUID(int=0)}"
    assert services.of(payments.SETTLE)[0].body == {"by": "refund"}
    answer = await browser.fill(f"/payments/{FIRST}", expect=422)
    assert "Kies een van de knoppen" in answer.text


async def test_a_tick_and_the_session_stay_when_matching_is_refused(
    browser: Browser, services: FakeServices
) -> None:
    await browser.sign_in(Role.FINANCE)
    session = uuid7()
    services.answer(trainings.OVER, {"items": [], "next": None})
    services.answer(payments.PAYMENT, payment("unmatched"))
    services.answer(courses.SESSIONS, {"items": [session_row(session_id=str(session))], "next": None})
    services.answer(
        trainings.REGISTRATIONS, {"items": [registration_row("awaiting-payment", "Bea", BEA)], "next": None}
    )
    services.refuse(payments.MATCH, 409, "no-place-left")
    path = f"/payments/{FIRST}?session={session}"
    page = (await browser.fill(path, registration=str(BEA), accept_amount="yes", expect=409)).text
    assert 'name="accept_amount" value="yes" checked' in page
    assert f'name="registration" value="{BEA}"' in page
    assert f'action="{path}"' in page


async def test_who_was_faster_is_said_with_what_still_waits(browser: Browser, given: FakeServices) -> None:
    await browser.sign_in(Role.FINANCE)
    given.answer(courses.SESSIONS, {"items": [], "next": None})
    given.answer(trainings.OVER, {"items": [], "next": None})
    given.answer(payments.PAYMENT, payment("suggested"))
    given.refuse(payments.SETTLE, 409, "payment-settled")
    answer = await browser.fill(f"/payments/{FIRST}", settle="keep", expect=409)
    assert "Iemand was je voor" in answer.text
    assert f'id="p-{FIRST}"' in answer.text


async def test_another_registration_is_found_by_its_session(browser: Browser, services: FakeServices) -> None:
    await browser.sign_in(Role.FINANCE)
    session = uuid7()
    course = session_row(session_id=str(session), title=HOSTILE)
    past = session_row(session_id=str(uuid7()), cancelled=True)
    services.answer(trainings.OVER, {"items": [past], "next": None})
    services.answer(payments.PAYMENT, payment("unmatched"))
    services.answer(courses.SESSIONS, {"items": [course], "next": None})
    page = (await browser.ask("GET", f"/payments/{FIRST}", expect=200)).text
    assert f"?session={session}" in page
    assert f"?session={past['session_id']}" in page
    services.answer(trainings.REGISTRATIONS, {"items": [], "next": None})
    page = (await browser.ask("GET", f"/payments/{FIRST}?session={session}", expect=200)).text
    assert "moet nog betalen" in page


@pytest.mark.parametrize("path", ["", "/{id}", "/statements", "/statements/{id}"])
async def test_others_are_not_let_in(browser: Browser, given: FakeServices, path: str) -> None:
    await browser.sign_in(Role.TRAINER, Role.ADMINISTRATOR)
    await browser.ask("GET", f"/payments{path.format(id=FIRST)}", expect=403)
    assert given.asked == []


async def test_a_payment_is_divided_over_who_it_was_for(browser: Browser, services: FakeServices) -> None:
    await browser.sign_in(Role.FINANCE)
    session, ann, bea = uuid7(), uuid7(), uuid7()
    services.answer(payments.PAYMENTS, {"items": [], "next": None})
    services.answer(courses.SESSIONS, {"items": [session_row(session_id=str(session))], "next": None})
    services.answer(trainings.OVER, {"items": [], "next": None})
    services.answer(payments.PAYMENT, payment("unmatched", amount="90.00"))
    rows = [
        registration_row("awaiting-payment", HOSTILE, ann),
        registration_row("awaiting-payment", "Bea", bea),
    ]
    services.answer(trainings.REGISTRATIONS, {"items": rows, "next": None})
    decided = {
        "payment_id": str(FIRST),
        "state": "divided",
        "registration_id": None,
        "registration_state": None,
    }
    services.answer(payments.DIVIDE, decided)
    there = f"/payments/{FIRST}?session={session}"
    page = (await browser.ask("GET", there, expect=200)).text
    assert "<b>Ann" not in page
    token = page.partition('name="form-token" value="')[2].partition('"')[0]

    async def send(expect: int, **shares: str) -> httpx2.Response:
        path = f"/payments/{FIRST}/divide?session={session}"
        return await browser.ask("POST", path, data={"form-token": token, **shares}, expect=expect)

    one, other = f"share-{ann}", f"share-{bea}"
    assert "minstens twee mensen" in (await send(422, **{one: "90"})).text
    ticked = 'name="accept_shares" value="yes" checked'
    wrong = (await send(422, **{one: "45,00", other: "veel"})).text
    assert ticked not in wrong
    wrong = (await send(422, **{one: "45,00", other: "veel", "accept_shares": "yes"})).text
    assert ticked in wrong
    assert f'id="{other}-error"' in wrong
    assert 'value="45,00"' in wrong
    assert services.of(payments.DIVIDE) == []
    answer = await send(303, **{one: "45,00", other: "45"})
    assert answer.headers["location"] == "/payments#queue"
    assert services.of(payments.DIVIDE)[0].body == {
        "shares": [
            {"registration_id": str(ann), "amount": "45.00"},
            {"registration_id": str(bea), "amount": "45"},
        ],
        "accept_amount": False,
    }
    services.refuse(payments.DIVIDE, 422, "shares-not-right")
    assert "samen niet zoveel" in (await send(422, **{one: "1", other: "2", "accept_shares": "yes"})).text
    assert services.of(payments.DIVIDE)[1].body["accept_amount"] is True


async def test_a_reversal_is_given_to_who_had_paid(browser: Browser, services: FakeServices) -> None:
    await browser.sign_in(Role.FINANCE)
    services.answer(courses.SESSIONS, {"items": [session_row()], "next": None})
    services.answer(trainings.OVER, {"items": [], "next": None})
    services.answer(payments.PAYMENT, payment("unmatched", kind="reversal"))
    paid = registration_row("cancelled", "Ann", BEA) | {"paid": "45.00"}
    rows = [paid, registration_row("awaiting-payment", "Bea")]
    services.answer(trainings.REGISTRATIONS, {"items": rows, "next": None})
    page = (await browser.ask("GET", f"/payments/{FIRST}?session={uuid7()}", expect=200)).text
    assert "Welke betaling nam de bank terug?" in page
    assert f'name="registration" value="{BEA}"' in page
    assert "Bea" not in page
    assert "Verdelen" not in page
