"""A coordinator writes the plan down, shares and follows it; the mandated side judges every bottom line at once."""

import re
import zlib
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.portal import paper
from services.portal.road import BASELINE
from services.portal.routes.acceptance import JUDGE
from services.portal.routes.case_check_ins import ALL
from services.portal.routes.case_plan import ANSWER, WHOLE
from services.portal.routes.case_plan_sharing import PARTIES
from services.portal.routes.case_plan_words import WORD
from services.portal.routes.case_plan_writing import CHANGE, LATEST_REVIEW, WRITE
from services.portal.routes.case_year import CALLS
from services.portal.routes.check_in import RECORD
from services.portal.routes.of_case import OF_CASE, PERSONS
from services.portal.routes.plan import PLANS, REVIEW
from services.portal.routes.plan_changes import VERSIONS
from services.portal.routes.plan_sharing import SHARE, TAKE_BACK
from shared.auth import Role
from shared.ids import uuid7
from tests.integration.portal.test_meeting import CASE, HOSTILE, OMAR, RITA, person
from tests.support.portal import Browser, FakeServices

PLAN_ID, AGREEMENT, CHECK_IN, LINE, RESOURCE, MANDATED = (uuid7() for _ in range(6))
PLAN = f"/cases/{CASE}/plan"
WRITTEN: dict[str, Any] = {
    "goal-1": "Elke zondag samen eten.",
    "what-1": "Oma belt elke dag.",
    "who-1[]": str(RITA),
    "due-1": "2026-04-01",
    "by-1": "network",
    "monitor": str(OMAR),
    "review": "2026-06-01",
    "convener": str(RITA),
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
        "plan_b": [{"when": "Oma is ziek", "then": "Omar belt", "who_person_id": str(OMAR)}],
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
                "progress": "nearly",
                "progress_at": "2026-04-02T08:00:00Z",
                "settled_at": None,
            }
        ],
        "monitor_person_id": str(OMAR),
        "review_on": "2026-06-01",
        "convener_person_id": None,
        "recorded_at": "2026-03-14T18:00:00Z",
        "acceptance": "awaited",
        "acceptance_lines": [],
        "follow_up": "running",
        "ended_at": None,
        "outcome": None,
        "shared_with": [],
        "referring_organisation_id": None,
        "parts": ["goals"],
        "language": "nl",
        "change_reason": "Het ging anders.",
        "asked_by_person_id": str(RITA),
        "for_children": "Jij blijft thuis.",
        "resources": [
            {
                "resource_id": str(RESOURCE),
                "what": "Een fiets",
                "asked_of": "het OCMW",
                "state": "asked",
                "answer": None,
                "answered_at": None,
                "version": 3,
            }
        ],
        "stances": [{"person_id": str(RITA), "agrees": False, "said_at": "2026-03-14T18:00:00Z"}],
        **more,
    }


def has_plan(services: FakeServices, **more: Any) -> None:
    """Say that the case has a plan."""
    whole = plan(**more)
    names = (
        *("plan_id", "case_id", "conference_id", "version", "monitor_person_id", "review_on"),
        "convener_person_id",
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
    services.answer(
        CALLS,
        {"next_at": None, "can_be_made": False, "late_at": None, "owner": None, "late": False, "calls": []},
    )
    services.answer(PLANS, {"items": []})
    services.answer(LATEST_REVIEW, LATEST)
    services.answer(PARTIES, parties(str(MANDATED)))
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


RITA_READS = r"<strong><bdi>Rita Maes</bdi></strong>(.*?)</li>"
LATEST = {"day": "2026-09-02", "reason": "under-seven", "usual_day": "2026-04-27", "usual_by": "policy"}
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
        assert asked.body["convener_person_id"] == str(RITA)

    @pytest.mark.parametrize("named", [RITA, None])
    async def test_keeps_who_calls_the_circle_together_until_it_wants_somebody_else(
        self, browser: Browser, case: FakeServices, named: UUID | None
    ) -> None:
        convener = None if named is None else str(named)
        has_plan(case, convener_person_id=convener)
        case.answer(CHANGE, {**RECORDED, "version": 3})
        page = (await browser.ask("GET", f"{PLAN}/write", expect=200)).text
        [select] = re.findall(r'<select[^>]* name="convener".*?</select>', page, re.DOTALL)
        [chosen] = re.findall(r'value="([^"]*)" selected', select)
        assert chosen == (convener or "")
        said: dict[str, Any] = {"reason": "Oma is ziek", "version": "2", "convener": chosen}
        await browser.fill(f"{PLAN}/write", **WRITTEN | said)
        [asked] = case.of(CHANGE)
        assert asked.body["convener_person_id"] == convener

    @pytest.mark.parametrize(
        ("named", "words"), [(RITA, "Rita"), (None, "de coördinator of de regiomanager")]
    )
    async def test_says_who_calls_the_circle_together(
        self, browser: Browser, case: FakeServices, named: UUID | None, words: str
    ) -> None:
        has_plan(case, convener_person_id=None if named is None else str(named))
        page = (await browser.ask("GET", PLAN, expect=200)).text
        [told] = re.findall(r"<dt>Roept de kring dan weer samen</dt><dd>(.*?)</dd>", page, re.DOTALL)
        assert words in told

    async def test_records_what_is_asked_of_others_who_stands_behind_it_and_the_childs_own_words(
        self, browser: Browser, case: FakeServices
    ) -> None:
        case.answer(WRITE, RECORDED)
        asks: dict[str, Any] = {
            "ask-1": "Een fiets",
            "ask_of-1": "het OCMW",
            "ask_state-1": "granted",
            "ask_answer-1": "Ja",
        }
        more: dict[str, Any] = {
            f"stance-{RITA}": "no",
            f"stance-{OMAR}": "",
            "for_children": "Jij blijft thuis.",
        }
        await browser.fill(f"{PLAN}/write", **WRITTEN, **asks, **more, words_language="ar")
        [asked] = case.of(WRITE)
        assert asked.body["resources"] == [
            {"what": "Een fiets", "asked_of": "het OCMW", "state": "granted", "answer": "Ja"}
        ]
        assert asked.body["stances"] == [{"person_id": str(RITA), "agrees": False}]
        assert (asked.body["for_children"], asked.body["language"]) == ("Jij blijft thuis.", "ar")
        shown = await browser.fill(
            f"{PLAN}/write", expect=422, **WRITTEN, **{"ask-1": "", "ask_of-1": "het OCMW"}
        )
        assert 'href="#ask-1"' in shown.text

    async def test_says_why_the_circle_changes_its_plan_and_who_asked_for_it(
        self, browser: Browser, case: FakeServices
    ) -> None:
        has_plan(case)
        case.answer(CHANGE, {**RECORDED, "version": 3})
        shown = await browser.fill(f"{PLAN}/write", expect=422, version="2", **WRITTEN)
        assert 'href="#reason"' in shown.text
        assert 'value="no" selected' in shown.text
        said: dict[str, Any] = {"reason": "Oma is ziek", "asked_by": str(OMAR), "version": "2"}
        await browser.fill(f"{PLAN}/write", **WRITTEN, **said)
        [asked] = case.of(CHANGE)
        assert (asked.body["reason"], asked.body["asked_by_person_id"]) == ("Oma is ziek", str(OMAR))

    @pytest.mark.parametrize(
        ("reason", "language", "words"),
        [
            ("under-seven", "nl", "Ten laatste op woensdag 2 september 2026, omdat het ook over een kind"),
            ("minor", "en", "On Wednesday 2 September 2026 at the latest, because it is also about somebody"),
            (None, "fr", "Au plus tard le mercredi 2 septembre 2026."),
        ],
    )
    async def test_says_by_when_the_circle_looks_at_it_again_and_because_of_whose_age(
        self, browser: Browser, case: FakeServices, reason: str | None, language: str, words: str
    ) -> None:
        case.answer(LATEST_REVIEW, LATEST | {"reason": reason})
        shown = await browser.fill(f"{PLAN}/write", language=language, expect=200)
        assert words in shown.text

    @pytest.mark.parametrize(
        ("review_on", "by", "words"),
        [
            (None, "policy", "Een voorstel: maandag 27 april 2026. De meeste kringen"),
            (None, "latest", "Een voorstel: maandag 27 april 2026. Ten laatste"),
            # A circle that looks at its plan again wants another day.
            ("2020-06-01", "policy", "Een voorstel: maandag 27 april 2026. De meeste kringen"),
        ],
    )
    async def test_proposes_the_usual_day_to_look_at_it_again(
        self, browser: Browser, case: FakeServices, review_on: str | None, by: str, words: str
    ) -> None:
        if review_on is not None:
            has_plan(case, review_on=review_on)
        case.answer(LATEST_REVIEW, LATEST | {"usual_by": by})
        page = " ".join((await browser.ask("GET", f"{PLAN}/write", expect=200)).text.split())
        assert 'name="review" value="2026-04-27"' in page
        assert words in page

    async def test_keeps_a_day_to_look_at_it_again_that_is_to_come(
        self, browser: Browser, case: FakeServices
    ) -> None:
        has_plan(case, review_on="2100-06-01")
        page = (await browser.ask("GET", f"{PLAN}/write", expect=200)).text
        assert 'name="review" value="2100-06-01"' in page
        assert "Een voorstel" not in page

    async def test_says_the_latest_day_again_with_a_day_that_is_too_late(
        self, browser: Browser, case: FakeServices
    ) -> None:
        case.refuse(WRITE, 422, "review-too-late")
        shown = await browser.fill(f"{PLAN}/write", expect=422, **WRITTEN | {"review": "2026-09-03"})
        assert 'href="#review"' in shown.text
        assert "Kies een vroegere dag om opnieuw naar het plan te kijken." in shown.text
        assert "Ten laatste op woensdag 2 september 2026" in shown.text
        assert 'value="2026-09-03"' in shown.text

    @pytest.mark.parametrize(("name", "rows"), [("goal", 7), ("what", 16), ("ask", 6)])
    async def test_gets_more_rows_without_being_kept(
        self, browser: Browser, case: FakeServices, name: str, rows: int
    ) -> None:
        shown = await browser.ask("GET", f"{PLAN}/write", expect=200)
        first = len(re.findall(rf'name="{name}-\d', shown.text))
        written = {**WRITTEN, **{f"{name}-{row}": "x" for row in range(2, rows - 3)}, "more": name}
        more = await browser.fill(f"{PLAN}/write", expect=200, **written)
        assert (first, len(re.findall(rf'name="{name}-\d', more.text))) == (first, rows)
        assert all(value in more.text for value in WRITTEN.values())
        assert f'formaction="{PLAN}/write#{name}-{rows + 1}"' in more.text
        assert "Er is nog iets nodig" not in more.text
        assert case.of(WRITE) == []

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
        shown = await browser.fill(f"{PLAN}/write", expect=409, version="1", reason="Beter zo", **WRITTEN)
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
        to: dict[str, Any] = {"people__": str(RITA), "organisations__": mandated}
        shown = await browser.fill(f"{PLAN}/share", expect=422, **to)
        assert 'href="#parts"' in shown.text
        await browser.fill(f"{PLAN}/share", **to, parts__="goals,plan-b")
        [asked] = case.of(SHARE)
        assert asked.body == {
            "person_ids": [str(RITA)],
            "organisation_ids": [mandated],
            "parts": ["goals", "plan-b"],
        }

    async def test_shows_at_a_glance_who_reads_what_and_is_taken_back_from_each_alone(
        self, browser: Browser, case: FakeServices
    ) -> None:
        mandated, shared_at = str(uuid7()), "2026-03-15T18:00:00Z"
        to_rita = {"version": 2, "person_id": str(RITA), "organisation_id": None, "parts": ["goals"]}
        told = {"shared_at": shared_at, "shared_by": str(OMAR), "shared_for": [str(RITA)]}
        has_plan(case, shared_with=[to_rita | told])
        case.answer(PARTIES, parties(mandated))
        for path in (PLAN, f"{PLAN}/share"):
            page = (await browser.ask("GET", path, expect=200)).text
            [reader] = re.findall(RITA_READS, page, re.DOTALL)
            assert "wat de kring wil" in reader
            assert "besliste dit voor Rita Maes" in reader
            assert "de afspraken" not in reader
        case.answer(TAKE_BACK, {"plan_id": str(PLAN_ID), "recipient_id": str(RITA)})
        await browser.fill(f"{PLAN}/share", back=str(RITA))
        [asked] = case.of(TAKE_BACK)
        assert asked.ids["recipient_id"] == str(RITA)

    async def test_keeps_what_came_of_what_the_circle_asks_for(
        self, browser: Browser, case: FakeServices
    ) -> None:
        has_plan(case)
        page = (await browser.ask("GET", PLAN, expect=200)).text
        assert all(words in page for words in ("Een fiets", "Jij blijft thuis.", "Het ging anders."))
        case.answer(ANSWER, plan()["resources"][0] | {"state": "granted"})
        assert 'name="version" value="3"' in page
        said: dict[str, Any] = {"state": "granted", "answer": "Op maandag", "version": 2}
        case.refuse(ANSWER, 409, "other-version")
        form = {"resource": str(RESOURCE), **said, "version": "2"}
        again = await browser.fill(PLAN, expect=409, **form)
        # Theirs is not replaced before they say so.
        assert ('href="#whose"' in again.text, 'id="whose"' in again.text) == (True, True)
        assert 'name="version" value="2"' in again.text
        case.answer(ANSWER, plan()["resources"][0] | {"state": "granted"})
        await browser.fill(PLAN, **form, whose="3")
        assert [asked.body for asked in case.of(ANSWER)] == [said, said | {"version": 3}]
        case.refuse(ANSWER, 503, "not-ready")
        again = await browser.fill(
            PLAN, expect=503, resource=str(RESOURCE), state="granted", answer="Op dinsdag"
        )
        assert 'value="Op dinsdag"' in again.text
        assert '<option value="granted" selected>' in again.text
        assert '<details class="ds-details k-screen" open>' in again.text

    async def test_keeps_every_version_with_why_it_was_changed(
        self, browser: Browser, case: FakeServices
    ) -> None:
        has_plan(case)
        first = {
            "version": 1,
            "conference_id": None,
            "recorded_at": "2026-03-01T18:00:00Z",
            "recorded_by": str(uuid7()),
            "recorded_as": "coordinator",
            "asked_by_person_id": None,
            "change_reason": None,
        }
        second = {**first, "version": 2, "asked_by_person_id": str(OMAR), "change_reason": HOSTILE}
        case.answer(VERSIONS, {"items": [first, second]})
        page = (await browser.ask("GET", f"{PLAN}/versions", expect=200)).text
        assert "Dit was het eerste plan." in page
        assert "<script" not in page

    async def test_is_made_into_a_pdf_that_tells_what_it_is(
        self, browser: Browser, case: FakeServices
    ) -> None:
        """Tagged, in Dutch, with a title: what PDF/UA asks of every document."""
        has_plan(case)
        answer = await browser.ask("GET", f"{PLAN}.pdf", expect=200)
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"] == 'inline; filename="plan.pdf"'
        assert answer.content.startswith(b"%PDF-")
        streams = re.findall(rb"stream\n(.*?)\nendstream", answer.content, re.DOTALL)
        within = b"".join(zlib.decompress(each) for each in streams if each.startswith(b"x\xda"))
        for told in (b"/MarkInfo", b"/StructTreeRoot", b"/Lang (nl)", b"/DisplayDocTitle true"):
            assert told in within

    async def test_has_on_paper_what_the_circle_decided_with_first_names(
        self, browser: Browser, case: FakeServices, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        printed: list[str] = []

        async def make(html: str) -> bytes:
            printed.append(html)
            return b"%PDF-"

        monkeypatch.setattr(paper, "make_pdf", make)
        whole = {"goals": ["Naar school gaan"], "decisions_of_circle": ["Niemand slaat."]}
        has_plan(case, **whole, convener_person_id=str(RITA))
        await browser.ask("GET", f"{PLAN}.pdf", expect=200)
        [page] = printed
        for told in (
            *("Naar school gaan", "Niemand slaat.", "Oma belt elke dag.", "Rita", "Een fiets"),
            *("Oma is ziek", "Omar belt", "Wie dat doet:", "Jij blijft thuis."),
        ):
            assert told in page
        assert "samenroept: <strong><bdi>Rita</bdi>" in " ".join(page.split())
        assert "Maes" not in page


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
        "paused_at": None,
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
            "yours": False,
            "state": "due",
            "due_at": "2026-04-12T12:00:00Z",
            "escalates_at": None,
            "recorded_at": None,
            "decision": None,
            "note": None,
            "moved_reason": None,
            "review_answers": None,
        }
        case.answer(ALL, {"items": [check]})
        case.answer(RECORD, {"check_in_id": str(CHECK_IN), "follow_up": "running", "state": "recorded"})
        path = f"/cases/{CASE}/check-ins"
        given: dict[str, Any] = {"check_in": str(CHECK_IN), f"agreement-{AGREEMENT}": "done"}
        await browser.fill(path, expect=422, **given)
        await browser.fill(path, decision="continue", note="Het gaat goed.", new_needs="yes", **given)
        [asked] = case.of(RECORD)
        assert asked.body == {
            "decision": "continue",
            "new_needs": True,
            "incident": False,
            "note": "Het gaat goed.",
            "agreements": [{"agreement_id": str(AGREEMENT), "status": "done"}],
        }
        recorded = {"state": "recorded", "recorded_at": "2026-04-12T12:00:00Z", "decision": "continue"}
        case.answer(ALL, {"items": [check | recorded | {"new_needs": True, "incident": True}]})
        page = (await browser.ask("GET", path, expect=200)).text
        assert all(words in page for words in ("iets nieuws</span>", "iets ernstigs</span>"))
        case.refuse(REVIEW, 409, "review-already-requested")
        shown = await browser.fill(path, expect=409, do="review")
        assert "Dat is al gevraagd." in shown.text


class TestJudging:
    async def test_says_of_every_bottom_line_at_once_whether_it_is_met(
        self, browser: Browser, case: FakeServices
    ) -> None:
        await browser.sign_in(Role.REFERRER, organisation=MANDATED)
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

    async def test_puts_it_in_another_language_beside_the_words_of_the_circle(
        self, browser: Browser, case: FakeServices
    ) -> None:
        await browser.sign_in(Role.COORDINATOR)
        wording = {"in_plan": "Oma belt elke dag.", "wording": "Mamie appelle."}
        has_plan(case, wordings=[{"language": "fr", "texts": [wording]}])
        case.answer(WORD, {"language": "fr", "texts": []})
        path = f"/cases/{CASE}/plan/words"
        chosen = (await browser.ask("GET", path, expect=200)).text
        assert f'href="{path}?to=fr"' in chosen
        assert "1 van de " in chosen
        assert f'href="{path}?to=nl"' not in chosen
        shown = (await browser.ask("GET", f"{path}?to=fr", expect=200)).text
        assert "Mamie appelle." in shown
        [number] = re.findall(r'id="wording-(\d+)"[^>]*>Mamie', shown)
        worded: dict[str, Any] = {f"wording-{number}": "Mamie téléphone."}
        sent = await browser.fill(path, to="fr", version="2", **worded)
        assert sent.headers["location"] == path
        [asked] = case.of(WORD)
        assert asked.ids == {"plan_id": str(PLAN_ID), "language": "fr"}
        assert asked.body == {
            "version": 2,
            "texts": [{"in_plan": "Oma belt elke dag.", "wording": "Mamie téléphone."}],
        }
        await browser.fill(path, expect=404, to="nl", version="2")

    async def test_accepts_a_plan_of_a_case_without_bottom_lines(
        self, browser: Browser, case: FakeServices
    ) -> None:
        await browser.sign_in(Role.REFERRER, organisation=MANDATED)
        has_plan(case)
        case.refuse(BASELINE, 404, "baseline-not-found")
        case.answer(JUDGE, {"plan_id": str(PLAN_ID), "version": 2, "acceptance": "accepted", "refused": []})
        page = await browser.ask("GET", f"/cases/{CASE}/acceptance", expect=200)
        assert "Het plan aanvaarden" in page.text
        await browser.fill(f"/cases/{CASE}/acceptance", version="2")
        [asked] = case.of(JUDGE)
        assert asked.body == {"version": 2, "lines": []}

    async def test_writes_down_what_came_of_what_the_circle_asked(
        self, browser: Browser, case: FakeServices
    ) -> None:
        await browser.sign_in(Role.REFERRER, organisation=MANDATED)
        has_plan(case)
        case.answer(ANSWER, plan()["resources"][0] | {"state": "granted"})
        path = f"/cases/{CASE}/acceptance"
        given: dict[str, Any] = {"resource": str(RESOURCE), "state": "granted"}
        assert "Het antwoord opschrijven" in (await browser.ask("GET", path, expect=200)).text
        sent = await browser.fill(path, **given, answer="Op maandag", version="3")
        assert sent.headers["location"] == path
        [asked] = case.of(ANSWER)
        assert asked.body == {"state": "granted", "answer": "Op maandag", "version": 3}
        assert case.of(JUDGE) == []

    @pytest.mark.parametrize("knows_the_case", [True, False])
    async def test_is_not_asked_of_who_has_no_mandate(
        self, browser: Browser, case: FakeServices, knows_the_case: bool
    ) -> None:
        await browser.sign_in(Role.REFERRER, organisation=uuid7())
        if not knows_the_case:
            case.refuse(PARTIES, 404, "unknown-case")
        has_plan(case, parts=["plan-b"], goals=[], agreements=[])
        page = (await browser.ask("GET", f"/cases/{CASE}/acceptance", expect=200)).text
        assert "Omar belt" in page
        headings = [re.sub("<.*?>", "", each) for each in re.findall("<h[12].*?</h[12]>", page)]
        assert headings[:2] == ["Het plan", "Als het anders gaat"]
        assert "<form" not in page[page.index("<main") : page.index("</main>")]
        assert "Voldoet het plan?" not in page
        assert "ondergrens" not in page

    async def test_is_for_referrers_and_the_plan_for_coordinators(
        self, browser: Browser, case: FakeServices
    ) -> None:
        await browser.ask("GET", f"/cases/{CASE}/acceptance", expect=403)
        await browser.sign_in(Role.REFERRER)
        pages = (*(f"{PLAN}{path}" for path in ("", "/write", "/share", "/print", "/versions", ".pdf")),)
        for path in (*pages, f"/cases/{CASE}/check-ins"):
            await browser.ask("GET", path, expect=403)
        assert case.asked == []
