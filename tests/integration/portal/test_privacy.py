"""The data protection officer answers requests, holds and erases files, and sees who opened and read what."""

from typing import Any
from uuid import UUID

import pytest

from services.portal.routes.audit_log import LOGS
from services.portal.routes.break_glass import ACCESS, ACCESSES
from services.portal.routes.colleagues import COLLEAGUES, ENTER_COLLEAGUE, ERASE_COLLEAGUE
from services.portal.routes.coordinators import COORDINATORS
from services.portal.routes.data_requests import APPROVE, DONE, EXTEND, REFUSE, REQUEST, REQUESTS
from services.portal.routes.keeping import (
    ENDING,
    ERASE_CASE,
    ERASURE_OF_CASE,
    ERASURES,
    HOLDS,
    KEPT,
    LIFT,
    SET_HOLD,
)
from services.portal.routes.managing import CLOSE_FILE
from shared.auth import Role
from shared.ids import uuid7
from tests.support.portal import Browser, FakeServices

HOSTILE = "<b>Ann</b>\u202e" + "x" * 60
ID, CASE_ID, PERSON_ID, MANAGER, OFFICER = uuid7(), uuid7(), uuid7(), uuid7(), uuid7()
WHEN = "2026-03-02T09:00:00Z"


def colleague(staff_id: UUID, *roles: str, name: str = HOSTILE) -> dict[str, Any]:
    """Return a colleague."""
    return {
        "staff_id": str(staff_id),
        "organisation_id": str(CASE_ID),
        "roles": list(roles),
        "first_name": name,
        "last_name": "",
        "email": "ann@example.org",
        "language": "nl",
        "version": 3,
        "created_at": WHEN,
    }


def people(services: FakeServices) -> None:
    """Let it be known who works for the organisation."""
    listed = [colleague(MANAGER, "regional-manager"), colleague(OFFICER, "dpo", name="Dirk")]
    services.answer(COLLEAGUES, {"items": listed, "next": None})
    services.answer(COORDINATORS, {"items": [], "next": None})


def access(**changed: object) -> dict[str, Any]:
    """Return a break-glass access."""
    return {
        "break_glass_id": str(ID),
        "case_id": str(CASE_ID),
        "opened_by": str(MANAGER),
        "opened_at": WHEN,
        "until": "2099-03-02T13:00:00Z",
        "closed_at": None,
        "told": [str(OFFICER)],
        "reason": "Crisis <script>",
        **changed,
    }


def request(**changed: object) -> dict[str, Any]:
    """Return a request about data."""
    return {
        "request_id": str(ID),
        "case_id": str(CASE_ID),
        "person_id": str(PERSON_ID),
        "kind": "erasure",
        "state": "received",
        "asked_by": str(PERSON_ID),
        "noted_by": None,
        "received_at": WHEN,
        "due_at": "2026-04-01T15:00:00Z",
        "late": True,
        "extended": False,
        "decided_by": None,
        "decided_at": None,
        "copy_ready_until": None,
        "erase_at": None,
        "ended_at": None,
        **changed,
    }


def whole(**changed: object) -> dict[str, Any]:
    """Return a request with its words."""
    words = {
        "role": "central",
        "first_name": HOSTILE,
        "last_name": None,
        "text": "Wis het",
        "extension_reason": None,
        "refusal_reason": None,
    }
    return {**request(), **words, **changed}


class TestBreakGlass:
    async def test_is_listed_with_its_reason_and_the_email_leads_to_one(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.DPO)
        people(services)
        services.answer(ACCESSES, {"items": [access()], "next": None})
        services.answer(ACCESS, access())
        listed = await browser.ask("GET", "/break-glass", expect=200)
        assert f"/break-glass/{ID}" in listed.text
        assert "Crisis &lt;script&gt;" in listed.text
        page = await browser.ask("GET", f"/break-glass/{ID}", expect=200)
        assert "&lt;b&gt;Ann" in page.text
        assert "<bdi>Dirk</bdi>" in page.text
        assert f"/audit-log?case={CASE_ID}&amp;staff={MANAGER}" in page.text

    async def test_is_closed_by_the_officer(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.DPO)
        people(services)
        services.answer(ACCESS, access())
        services.answer(CLOSE_FILE, access(closed_at=WHEN))
        await browser.fill(f"/break-glass/{ID}")
        assert len(services.of(CLOSE_FILE)) == 1
        services.answer(ACCESS, access(closed_at=WHEN, reason=None))
        over = await browser.ask("GET", f"/break-glass/{ID}", expect=200)
        assert "De reden is gewist" in over.text
        assert "Dossier sluiten" not in over.text


class TestRequests:
    async def test_wait_with_the_day_of_the_law(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.DPO)
        services.answer(REQUESTS, {"items": [request()], "next": "a" * 32})
        page = await browser.ask("GET", "/privacy/requests", expect=200)
        assert "te laat" in page.text
        assert "1 april 2026" in page.text
        assert f"after={'a' * 32}" in page.text
        assert services.of(REQUESTS)[0].query["which"] == "waiting"
        await browser.ask("GET", "/privacy/requests?which=all", expect=200)
        assert services.of(REQUESTS)[1].query["which"] == "all"

    @pytest.mark.parametrize(("role", "shown"), [(Role.DPO, 1), (Role.REGIONAL_MANAGER, 0)])
    async def test_lead_the_officer_alone_to_who_looked(
        self, browser: Browser, services: FakeServices, *, role: Role, shown: int
    ) -> None:
        await browser.sign_in(role)
        services.answer(REQUEST, whole())
        page = await browser.ask("GET", f"/privacy/requests/{ID}", expect=200)
        assert page.text.count('href="/audit-log?person=') == shown

    async def test_are_answered_yes_no_or_later(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.DPO)
        services.answer(REQUEST, whole())
        for operation in (APPROVE, REFUSE, EXTEND, DONE):
            services.answer(operation, request())
        path = f"/privacy/requests/{ID}"
        page = await browser.ask("GET", path, expect=200)
        assert "&lt;b&gt;Ann" in page.text
        await browser.fill(path, do="approve")
        assert services.of(APPROVE)[0].body == {"show_exit_reason": False}
        refused = await browser.fill(path, do="refuse", expect=422)
        assert "Schrijf waarom niet." in refused.text
        await browser.fill(path, do="refuse", refusal="Nog nodig voor een rechtszaak")
        assert services.of(REFUSE)[0].body == {"reason": "Nog nodig voor een rechtszaak"}
        await browser.fill(path, do="extend", extension="Veel dossiers")
        assert services.of(EXTEND)[0].body == {"reason": "Veel dossiers"}
        services.answer(REQUEST, whole(kind="correction", state="approved"))
        await browser.fill(path, do="done")
        assert len(services.of(DONE)) == 1


def erasure(**changed: object) -> dict[str, Any]:
    """Return how far an erasure is."""
    return {
        "subject_id": str(PERSON_ID),
        "kind": "person",
        "reason": "asked",
        "state": "late",
        "asked_at": WHEN,
        "due_at": WHEN,
        "late_since": WHEN,
        "done_at": None,
        "services": [{"service": "plans", "confirmed_at": None}],
        **changed,
    }


class TestFiles:
    async def test_show_what_ends_what_is_held_and_what_is_being_erased(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.DPO)
        people(services)
        ending = {
            "case_id": str(CASE_ID),
            "kind": "youth",
            "keep_until": "2030-12-31",
            "policy_version": 1,
            "erased_after": WHEN,
        }
        hold = {
            "hold_id": str(ID),
            "case_id": str(CASE_ID),
            "reason": HOSTILE,
            "until": None,
            "set_by": str(OFFICER),
            "set_at": WHEN,
            "lifted_at": None,
            "lifted_reason": None,
        }
        services.answer(ENDING, {"items": [ending], "next": None})
        services.answer(HOLDS, {"items": [hold], "next": None})
        services.answer(LIFT, hold)
        for operation in ERASURES:
            services.answer(operation, {"items": [], "next": None})
        services.answer(ERASURES[1], {"items": [erasure()], "next": None})
        page = await browser.ask("GET", "/privacy/files", expect=200)
        assert "&lt;b&gt;Ann" in page.text
        assert "wacht op plan<" in page.text
        assert "te laat" in page.text
        await browser.fill("/privacy/files", lift=str(ID))
        assert services.of(LIFT)[0].ids == {"hold_id": str(ID)}
        # A case that still runs stands in no list: its number leads to its file.
        nothing = await browser.fill("/privacy/files", case="de zaak van Ann", expect=422)
        assert "Dat is geen nummer van een zaak." in nothing.text
        found = await browser.fill("/privacy/files", case=f" {CASE_ID} ")
        assert found.headers["location"] == f"/privacy/files/{CASE_ID}"

    async def test_are_held_and_erased_with_a_reason(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.DPO)
        kept = {
            "case_id": str(CASE_ID),
            "kind": "adult",
            "keep_until": "2030-12-31",
            "policy_version": 1,
            "computed_at": WHEN,
            "held": False,
        }
        services.answer(KEPT, kept)
        services.refuse(ERASURE_OF_CASE, 404, "no-erasure")
        services.answer(ERASE_CASE, {"case_id": str(CASE_ID), "state": "erased"})
        services.refuse(SET_HOLD, 409, "case-erased")
        path = f"/privacy/files/{CASE_ID}"
        nothing = await browser.fill(path, do="erase", erasure_reason="asked", expect=422)
        assert "vinkje" in nothing.text
        assert services.of(ERASE_CASE) == []
        await browser.fill(path, do="erase", erasure_reason="asked", understood="yes")
        assert services.of(ERASE_CASE)[0].body == {"reason": "asked"}
        late = await browser.fill(path, do="hold", reason="Een klacht", until="2027-01-31", expect=409)
        assert "Een klacht" in late.text
        assert services.of(SET_HOLD)[0].body == {"reason": "Een klacht", "until": "2027-01-31"}


class TestWhoLooked:
    async def test_is_searched_in_every_service_at_once_and_shown_with_names(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.DPO)
        people(services)
        entry = {
            "entry_id": str(ID),
            "at": WHEN,
            "action": "read",
            "what": ["baseline"],
            "actor_kind": "staff",
            "actor": str(OFFICER),
            "roles": ["dpo"],
            "organisation_id": None,
            "case_id": str(CASE_ID),
            "person_ids": [],
            "operation": "GET",
            "request": None,
            "purpose": None,
            "break_glass_id": str(ID),
        }
        for log in LOGS:
            services.answer(log, {"items": [], "next": None})
        services.answer(LOGS[0], {"items": [entry], "next": "b" * 32})
        empty = await browser.fill("/audit-log", expect=422)
        assert "Kies een zaak" in empty.text
        found = await browser.fill("/audit-log", staff=str(OFFICER))
        assert found.headers["location"] == f"/audit-log?staff={OFFICER}"
        page = await browser.ask("GET", found.headers["location"], expect=200)
        assert "<bdi>Dirk</bdi>" in page.text
        assert "wat bij het begin is opgeschreven" in page.text
        assert f"/break-glass/{ID}" in page.text
        assert f"in={LOGS[0].service}&amp;after={'b' * 32}" in page.text
        for log in LOGS:
            assert services.of(log)[0].query == {"limit": "50", "actor": str(OFFICER)}
        await browser.ask("GET", f"/audit-log?case={CASE_ID}&in={LOGS[0].service}", expect=200)
        assert [len(services.of(log)) for log in LOGS] == [2, 1, 1, 1, 1]


class TestColleagues:
    async def test_are_entered_changed_by_version_and_forgotten(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.ADMINISTRATOR)
        people(services)
        entered = {"staff_id": str(ID), "version": 1}
        services.answer(ENTER_COLLEAGUE, entered)
        page = await browser.ask("GET", "/settings/staff", expect=200)
        assert "&lt;b&gt;Ann" in page.text
        nothing = await browser.fill("/settings/staff/new", first_name="An", email="a@b.example", expect=422)
        assert "Kies minstens één rol." in nothing.text
        new: dict[str, Any] = {
            "first_name": "An",
            "email": "a@b.example",
            "roles__": "trainer",
            "account": str(ID),
        }
        await browser.fill("/settings/staff/new", **new)
        body = services.of(ENTER_COLLEAGUE)[0].body
        assert (body["staff_id"], body["roles"]) == (str(ID), ["trainer"])
        services.refuse(ENTER_COLLEAGUE, 409, "other-version")
        late = await browser.fill(f"/settings/staff/{MANAGER}", **new, version="2", expect=409)
        assert services.of(ENTER_COLLEAGUE)[1].body["version"] == 2
        assert 'name="version" value="2"' in late.text
        assert 'name="whose" value="3"' in late.text
        services.answer(ERASE_COLLEAGUE, erasure(kind="staff"))
        await browser.fill(f"/settings/staff/{MANAGER}/leave", expect=422)
        await browser.fill(f"/settings/staff/{MANAGER}/leave", understood="yes")
        assert len(services.of(ERASE_COLLEAGUE)) == 1


async def test_others_are_let_into_none_of_it(browser: Browser, services: FakeServices) -> None:
    del services
    await browser.sign_in(Role.COORDINATOR, Role.FINANCE)
    for path in ("/break-glass", f"/break-glass/{ID}", "/privacy/requests", "/privacy/files", "/audit-log"):
        await browser.ask("GET", path, expect=403)
    await browser.ask("GET", "/settings/staff", expect=403)
