"""A coordinator writes the plan down, shares and follows it; the mandated side judges every bottom line at once."""

from typing import Any

import pytest
import pytest_asyncio

from services.portal.road import BASELINE
from services.portal.routes.acceptance import JUDGE
from services.portal.routes.case_check_ins import ALL
from services.portal.routes.case_plan import PARTIES, SHARE, WHOLE
from services.portal.routes.case_plan_writing import CHANGE, WRITE
from services.portal.routes.check_in import RECORD
from services.portal.routes.of_case import OF_CASE, PERSONS
from services.portal.routes.plan import PLANS, REVIEW
from shared.auth import Role
from shared.ids import uuid7
from tests.integration.portal.test_meeting import CASE, HOSTILE, OMAR, RITA, person
from tests.support.portal import Browser, FakeServices

PLAN_ID, AGREEMENT, CHECK_IN, LINE = uuid7(), uuid7(), uuid7(), uuid7()
PLAN = f"/cases/{CASE}/plan"
WRITTEN: dict[str, Any] = {
    "goal-1": "Elke zondag samen eten.",
    "what-1": "Oma belt elke dag.",
    "who-1[]": str(RITA),
    "due-1": "2026-04-01",
    "by-1": "network",
    "monitor": str(OMAR),
    "review": "2026-06-01",
}


def plan(**more: Any) -> dict[str, Any]:
    """Return the plan as plans shows it."""
    return {
        "plan_id": str(PLAN_ID),
        "case_id": str(CASE),
        "conference_id": None,
        "version": 2,
        "goals": [HOSTILE],
        "decisions_of_circle": [],
        "plan_b": [{"when": "Oma is ziek", "then": "Omar belt", "who_person_id": None}],
        "agreements": [
            {
                "agreement_id": str(AGREEMENT),
                "plan_id": str(PLAN_ID),
                "plan_version": 2,
                "what": "Oma belt elke dag.",
                "who_person_ids": [str(RITA)],
                "erased_person_ids": [],
                "who_text": None,
                "by": "network",
                "due_on": "2026-04-01",
                "known_done_how": None,
                "state": "open",
                "settled_at": None,
            }
        ],
        "monitor_person_id": str(OMAR),
        "review_on": "2026-06-01",
        "recorded_at": "2026-03-14T18:00:00Z",
        "acceptance": "awaited",
        "acceptance_lines": [],
        "follow_up": "running",
        "ended_at": None,
        "outcome": None,
        "shared_with": [],
        **more,
    }


def has_plan(services: FakeServices, **more: Any) -> None:
    """Say that the case has a plan."""
    whole = plan(**more)
    names = (
        *("plan_id", "case_id", "conference_id", "version", "monitor_person_id", "review_on"),
        *("recorded_at", "acceptance", "follow_up", "ended_at", "outcome"),
    )
    services.answer(PLANS, {"items": [{name: whole[name] for name in names}]})
    services.answer(WHOLE, whole)


@pytest_asyncio.fixture
async def case(browser: Browser, services: FakeServices) -> FakeServices:
    """The services behind one case, whose coordinator signed in."""
    await browser.sign_in(Role.COORDINATOR)
    services.answer(PERSONS, {"items": [person(RITA, "Rita"), person(OMAR, HOSTILE)]})
    services.answer(OF_CASE, {"items": []})
    services.answer(PLANS, {"items": []})
    line = {"bottom_line_id": str(LINE), "text": "Omar is nooit alleen thuis.", "version": 1}
    services.answer(
        BASELINE,
        {
            "case_id": str(CASE),
            "version": 1,
            "created_at": "2026-02-01T12:00:00Z",
            "questions": [],
            "resources": None,
            "bottom_lines": [line],
        },
    )
    return services


RECORDED = {"plan_id": str(PLAN_ID), "version": 1, "acceptance": "awaited", "agreement_ids": [str(AGREEMENT)]}


class TestWritingThePlan:
    async def test_records_a_plan_without_meeting_in_the_words_of_the_circle(
        self, browser: Browser, case: FakeServices
    ) -> None:
        case.answer(WRITE, RECORDED)
        sent = await browser.fill(f"{PLAN}/write", **WRITTEN)
        assert sent.headers["location"] == PLAN
        [asked] = case.of(WRITE)
        assert asked.body["conference_id"] is None
        assert asked.body["goals"] == ["Elke zondag samen eten."]
        assert asked.body["agreements"] == [
            {
                "what": "Oma belt elke dag.",
                "who_person_ids": [str(RITA)],
                "who_text": None,
                "due_on": "2026-04-01",
                "known_done_how": None,
                "by": "network",
            }
        ]
        assert (asked.body["monitor_person_id"], asked.body["review_on"]) == (str(OMAR), "2026-06-01")

    @pytest.mark.parametrize(
        ("missing", "field"),
        [
            ("goal-1", "goal-1"),
            ("what-1", "what-1"),
            ("who-1[]", "who_text-1"),
            ("due-1", "due-1"),
            ("review", "review"),
        ],
    )
    async def test_says_what_is_missing_and_keeps_the_rest(
        self, browser: Browser, case: FakeServices, missing: str, field: str
    ) -> None:
        shown = await browser.fill(f"{PLAN}/write", expect=422, **{**WRITTEN, missing: ""})
        assert f'href="#{field}"' in shown.text
        assert all(value in shown.text for name, value in WRITTEN.items() if name != missing)
        assert case.of(WRITE) == []

    async def test_shows_what_stands_there_when_somebody_else_was_faster(
        self, browser: Browser, case: FakeServices
    ) -> None:
        has_plan(case)
        case.refuse(CHANGE, 409, "other-version")
        shown = await browser.fill(f"{PLAN}/write", expect=409, version="1", **WRITTEN)
        assert "Iemand anders veranderde dit intussen" in shown.text
        assert 'name="version" value="1"' in shown.text
        assert 'name="whose" value="2"' in shown.text
        assert "Elke zondag samen eten." in shown.text
        assert 'id="goal-1-now"' in shown.text
        assert 'id="due-1-now"' not in shown.text
        [asked] = case.of(CHANGE)
        assert asked.body["version"] == 1


class TestThePlan:
    async def test_is_shown_and_printed_with_who_promised_what(
        self, browser: Browser, case: FakeServices
    ) -> None:
        refused = {
            "bottom_line_id": str(LINE),
            "bottom_line_version": 1,
            "met": False,
            "reason": "Op woensdag wel.",
        }
        has_plan(case, acceptance="refused", acceptance_lines=[refused])
        for path in (PLAN, f"{PLAN}/print"):
            page = (await browser.ask("GET", path, expect=200)).text
            assert "Rita Maes" in page
            assert "&lt;script" in page
            assert "<script" not in page
        assert "Op woensdag wel." in (await browser.ask("GET", PLAN, expect=200)).text

    async def test_is_shared_person_by_person(self, browser: Browser, case: FakeServices) -> None:
        has_plan(case)
        mandated = str(uuid7())
        case.answer(PARTIES, parties(mandated))
        case.answer(
            SHARE, {"plan_id": str(PLAN_ID), "version": 2, "person_ids": [str(RITA)], "organisation_ids": []}
        )
        await browser.fill(f"{PLAN}/share", expect=422)
        await browser.fill(f"{PLAN}/share", people__=str(RITA), organisations__=mandated)
        [asked] = case.of(SHARE)
        assert asked.body == {"person_ids": [str(RITA)], "organisation_ids": [mandated]}


def parties(mandated: str) -> dict[str, Any]:
    """Return a case as intake shows it."""
    return {
        "case_id": str(CASE),
        "referral_id": str(uuid7()),
        "assignment_no": 1,
        "coordinator_id": None,
        "referring_organisation_id": mandated,
        "mandated_organisation_id": mandated,
        "minors": True,
        "opened_at": "2026-02-01T12:00:00Z",
        "ended_at": None,
        "outcome": None,
        "pause_reason": None,
        "state": "open",
        "stop_reason": None,
        "stopped_by": None,
        "themes": [],
        "track": "normal",
        "waits_for": None,
    }


class TestTheYearAfter:
    async def test_records_what_the_circle_wants_and_which_promises_are_done(
        self, browser: Browser, case: FakeServices
    ) -> None:
        has_plan(case)
        check = {
            "check_in_id": str(CHECK_IN),
            "case_id": str(CASE),
            "plan_id": str(PLAN_ID),
            "kind": "four-weeks",
            "owner": "coordinator",
            "state": "due",
            "due_at": "2026-04-12T12:00:00Z",
            "escalates_at": None,
            "recorded_at": None,
            "decision": None,
            "note": None,
            "review_answers": None,
        }
        case.answer(ALL, {"items": [check]})
        case.answer(RECORD, {"check_in_id": str(CHECK_IN), "follow_up": "running", "state": "recorded"})
        path = f"/cases/{CASE}/check-ins"
        given: dict[str, Any] = {"check_in": str(CHECK_IN), f"agreement-{AGREEMENT}": "done"}
        await browser.fill(path, expect=422, **given)
        await browser.fill(path, decision="continue", note="Het gaat goed.", **given)
        [asked] = case.of(RECORD)
        assert asked.body == {
            "decision": "continue",
            "note": "Het gaat goed.",
            "agreements": [{"agreement_id": str(AGREEMENT), "status": "done"}],
        }
        case.refuse(REVIEW, 409, "review-already-requested")
        shown = await browser.fill(path, expect=409, do="review")
        assert "Dat is al gevraagd." in shown.text


class TestJudging:
    async def test_says_of_every_bottom_line_at_once_whether_it_is_met(
        self, browser: Browser, case: FakeServices
    ) -> None:
        await browser.sign_in(Role.REFERRER)
        has_plan(case)
        case.answer(
            JUDGE,
            {"plan_id": str(PLAN_ID), "version": 2, "acceptance": "refused", "refused": [str(LINE)]},
        )
        path = f"/cases/{CASE}/acceptance"
        page = await browser.ask("GET", path, expect=200)
        assert "Omar is nooit alleen thuis." in page.text
        # Who is in the circle is not theirs to know.
        assert "iemand van de kring" in page.text
        assert case.of(PERSONS) == []
        no: dict[str, Any] = {f"met-{LINE}": "no", "version": "2"}
        await browser.fill(path, expect=422)
        shown = await browser.fill(path, expect=422, **no)
        assert f'href="#reason-{LINE}"' in shown.text
        await browser.fill(path, **{**no, f"reason-{LINE}": "Op woensdag is hij alleen."})
        [asked] = case.of(JUDGE)
        assert asked.body == {
            "version": 2,
            "lines": [{"bottom_line_id": str(LINE), "met": False, "reason": "Op woensdag is hij alleen."}],
        }

    async def test_is_for_referrers_and_the_plan_for_coordinators(
        self, browser: Browser, case: FakeServices
    ) -> None:
        await browser.ask("GET", f"/cases/{CASE}/acceptance", expect=403)
        await browser.sign_in(Role.REFERRER)
        for path in (PLAN, f"{PLAN}/write", f"{PLAN}/share", f"{PLAN}/print", f"/cases/{CASE}/check-ins"):
            await browser.ask("GET", path, expect=403)
        assert case.asked == []
