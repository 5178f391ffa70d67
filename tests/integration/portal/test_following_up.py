"""Behind their link, people of the circle say how it goes with the plan; staff write down what the circle wants."""

import re
from collections.abc import Sequence
from typing import Any

import pytest

from services.portal.routes.agreement import NOTE_PROGRESS
from services.portal.routes.case_check_ins import ALL
from services.portal.routes.case_plan import WHOLE
from services.portal.routes.case_year import CALLED, CALLS, CHECKS, MOVE
from services.portal.routes.check_in import CHECK_INS, RECORD
from services.portal.routes.of_case import PERSONS
from services.portal.routes.plan import DONE, LET_GO, PLAN, PLANS
from services.portal.routes.plan_met import MET
from services.portal.routes.review import ANSWER_REVIEW
from shared.auth import Role
from shared.events.intake import CoordinatorAssigned
from shared.ids import uuid7
from tests.integration.portal.test_unsent import comes_again
from tests.support.portal import Browser, FakeServices

CASE, CHECK_IN, PLAN_ID, AGREEMENT = uuid7(), uuid7(), uuid7(), uuid7()
SAID: dict[str, Any] = {
    "meet_again": 3,
    "stay_apart": 1,
    "another_coordinator": 2,
    "own": None,
    "own_another_coordinator": False,
}


def check(**more: Any) -> dict[str, Any]:
    """Return a check of the year as plans shows it."""
    return {
        "check_in_id": str(CHECK_IN),
        "case_id": str(CASE),
        "plan_id": str(PLAN_ID),
        "kind": "review",
        "owner": "regional-manager",
        "yours": False,
        "state": "due",
        "due_at": "2026-06-01T07:00:00Z",
        "escalates_at": None,
        "recorded_at": None,
        "decision": None,
        "note": None,
        "moved_reason": None,
        "review_answers": SAID,
        **more,
    }


class TestACheckOfTheMonitor:
    @pytest.mark.parametrize(("yours", "asked"), [(True, 1), (False, 0)])
    async def test_is_asked_of_the_monitor_and_of_nobody_else(
        self, browser: Browser, services: FakeServices, *, yours: bool, asked: int
    ) -> None:
        await browser.come_by_link()
        due = check(kind="three-months", owner="monitor", yours=yours, review_answers=None)
        services.answer(CHECK_INS, {"items": [due], "next": None})
        shown = await browser.ask("GET", "/me/check-in", expect=200)
        assert shown.text.count("Het plan is nu drie maanden oud.") == asked

    @pytest.mark.parametrize(
        ("decision", "page", "says"),
        [
            ("continue", "check-in-continue", "Het plan loopt verder."),
            ("adjust", "check-in-adjust", 'href="/me/plan"'),
            ("own-meeting", "check-in-own-meeting", "Jullie spreken zelf een dag af"),
            ("another-coordinator", "check-in-meet", "Een coördinator neemt contact op"),
            ("close", "check-in-close", "We volgen het plan nu niet meer op."),
        ],
    )
    async def test_says_what_comes_of_the_answer(
        self, browser: Browser, services: FakeServices, *, decision: str, page: str, says: str
    ) -> None:
        await browser.come_by_link()
        due = check(kind="three-months", owner="monitor", yours=True, review_answers=None)
        services.answer(CHECK_INS, {"items": [due], "next": None})
        services.answer(RECORD, {"check_in_id": str(CHECK_IN), "state": "recorded", "follow_up": "running"})
        sent = await browser.fill("/me/check-in", check_in=str(CHECK_IN), decision=decision)
        assert sent.headers["location"] == f"/me/thanks/{page}"
        shown = (await browser.ask("GET", f"/me/thanks/{page}", expect=200)).text
        assert says in shown
        assert "De coördinator weet" not in shown


class TestAReview:
    async def test_asks_somebody_of_the_circle_and_opening_answers_nothing(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link()
        services.answer(CHECK_INS, {"items": [check()], "next": None})
        services.answer(
            ANSWER_REVIEW, {"check_in_id": str(CHECK_IN), "meet_again": True, "another_coordinator": True}
        )
        shown = await browser.ask("GET", "/me/review", expect=200)
        assert "Wil je opnieuw samenkomen?" in shown.text
        assert services.of(ANSWER_REVIEW) == []
        await browser.fill("/me/review", expect=422, check_in=str(CHECK_IN))
        await browser.fill("/me/review", check_in=str(CHECK_IN), answer="another-coordinator")
        [asked] = services.of(ANSWER_REVIEW)
        assert asked.ids == {"check_in_id": str(CHECK_IN)}
        wanted = {"meet_again": True, "another_coordinator": True, "without_coordinator": False}
        assert asked.body == wanted
        await browser.fill("/me/review", check_in=str(CHECK_IN), answer="by-ourselves")
        assert services.of(ANSWER_REVIEW)[1].body == wanted | {
            "another_coordinator": False,
            "without_coordinator": True,
        }

    async def test_shows_what_was_said_and_that_nothing_is_asked(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link()
        services.answer(CHECK_INS, {"items": [check(review_answers=SAID | {"own": False})], "next": None})
        shown = await browser.ask("GET", "/me/review", expect=200)
        assert shown.text.count("checked") == 1
        another = SAID | {"own": True, "own_another_coordinator": True}
        services.answer(CHECK_INS, {"items": [check(review_answers=another)], "next": None})
        shown = await browser.ask("GET", "/me/review", expect=200)
        assert 'value="another-coordinator" checked' in shown.text
        alone = SAID | {"own": True, "own_without_coordinator": True}
        services.answer(CHECK_INS, {"items": [check(review_answers=alone)], "next": None})
        shown = await browser.ask("GET", "/me/review", expect=200)
        assert 'value="by-ourselves" checked' in shown.text
        services.answer(CHECK_INS, {"items": [check(state="recorded")], "next": None})
        assert "Er is nu geen vraag." in (await browser.ask("GET", "/me/review", expect=200)).text
        services.refuse(ANSWER_REVIEW, 409, "check-in-settled")
        services.answer(CHECK_INS, {"items": [check()], "next": None})
        refused = await browser.fill("/me/review", expect=409, check_in=str(CHECK_IN), answer="stay")
        assert refused.text.count("<h1") == 1

    async def test_is_decided_by_the_regional_manager_who_reads_no_plan(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        services.refuse(PLANS, 404, "unknown-case")
        services.refuse(PERSONS, 403, "not-yours")
        services.answer(ALL, {"items": [check()], "next": None})
        services.refuse(CALLS, 404, "unknown-case")
        services.answer(RECORD, {"check_in_id": str(CHECK_IN), "state": "recorded", "follow_up": "running"})
        path = f"/cases/{CASE}/check-ins"
        shown = await browser.ask("GET", path, expect=200)
        assert "<dt>Wil opnieuw samenkomen</dt><dd>3</dd>" in shown.text
        assert f'href="/cases/{CASE}/plan"' not in shown.text
        assert "<dt>Komt liefst zelf samen</dt><dd>0</dd>" in shown.text
        met = {"met_on": "2026-03-01", "changed": True, "said_as": "regional-manager"}
        services.answer(MET, met | {"said_at": "2026-03-02T08:00:00Z"})
        told = await browser.fill(path, do="met", met_on="2026-03-01", changed="yes")
        assert told.headers["location"] == f"/cases/{CASE}/search"
        told = await browser.fill(path, do="met", met_on="2026-03-01", changed="no")
        assert told.headers["location"] == path
        assert [(each.ids, each.body) for each in services.of(MET)] == [
            ({"plan_id": str(PLAN_ID)}, {"met_on": "2026-03-01", "changed": changed})
            for changed in (True, False)
        ]
        adjusted = await browser.fill(path, check_in=str(CHECK_IN), decision="adjust")
        # Only a coordinator writes the next version.
        assert adjusted.headers["location"] == f"/cases/{CASE}/search"
        await browser.fill(path, check_in=str(CHECK_IN), decision="another-coordinator")
        [_, asked] = services.of(RECORD)
        assert asked.body == {
            "decision": "new-conference",
            "another_coordinator": True,
            "new_needs": False,
            "incident": False,
            "note": None,
            "agreements": [],
        }
        assert services.of(WHOLE) == []

    async def test_is_recorded_early_by_a_coordinator_whose_circle_stops(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.COORDINATOR)
        services.refuse(PLANS, 404, "unknown-case")
        services.refuse(PERSONS, 403, "not-yours")
        planned = check(kind="four-weeks", owner="coordinator", state="planned", review_answers=None)
        services.answer(ALL, {"items": [planned], "next": None})
        services.refuse(CALLS, 404, "unknown-case")
        services.answer(RECORD, {"check_in_id": str(CHECK_IN), "state": "recorded", "follow_up": "over"})
        path = f"/cases/{CASE}/check-ins"
        shown = await browser.ask("GET", path, expect=200)
        assert "Nu al noteren hoe het gaat" in shown.text
        sent = await browser.fill(path, check_in=str(CHECK_IN), decision="close")
        assert sent.headers["location"] == "/cases"
        assert [each.body["decision"] for each in services.of(RECORD)] == ["close"]


class TestTheReferrer:
    async def test_is_called_beside_the_family_and_what_they_say_is_kept_in_codes(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        services.refuse(PLANS, 404, "unknown-case")
        services.refuse(PERSONS, 403, "not-yours")
        services.answer(ALL, {"items": [check(kind="six-months", state="planned")], "next": None})
        said = {"call_id": str(uuid7()), "going": "partly", "new_needs": True, "note": "<b>School</b>",
                "called_at": "2026-03-01T07:00:00Z"}  # fmt: skip
        waits = {
            "next_at": "2026-03-02T07:00:00Z",
            "can_be_made": True,
            "late_at": None,
            "owner": "coordinator",
            "late": False,
        }
        services.answer(CALLS, waits | {"calls": [said]})
        services.answer(CALLED, said)
        shown = await browser.ask("GET", f"/cases/{CASE}/check-ins", expect=200)
        assert "Noteren wat de verwijzer zegt" in shown.text
        assert "&lt;b&gt;School" in shown.text
        path = f"/cases/{CASE}/referrer-call"
        await browser.fill(path, expect=422)
        await browser.fill(path, going="as-agreed", note="Het gaat goed.")
        [asked] = services.of(CALLED)
        assert asked.body == {"going": "as-agreed", "new_needs": False, "note": "Het gaat goed."}
        # A coordinator who called the family too may not read the case any more.
        await browser.sign_in(Role.COORDINATOR)
        sent = await browser.fill(path, going="as-agreed")
        assert sent.headers["location"] == "/cases"

    async def test_is_not_called_when_nothing_waits(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.COORDINATOR)
        services.answer(
            CALLS,
            {
                "next_at": None,
                "can_be_made": False,
                "late_at": None,
                "owner": None,
                "late": False,
                "calls": [],
            },
        )
        shown = await browser.ask("GET", f"/cases/{CASE}/referrer-call", expect=200)
        assert "Hier valt nu niets te noteren." in shown.text


class TestAnAgreementThatSlips:
    async def test_is_settled_by_who_follows_the_plan(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        has_plan(services, agreement(), conference_id=None)
        services.refuse(PERSONS, 403, "not-yours")
        services.answer(ALL, {"items": [], "next": None})
        services.refuse(CALLS, 404, "unknown-case")
        settled = {"agreement_id": str(AGREEMENT), "state": "done", "progress": None}
        services.answer(DONE, settled)
        services.answer(LET_GO, settled)
        path = f"/cases/{CASE}/check-ins"
        shown = await browser.ask("GET", path, expect=200)
        assert "&lt;b&gt;Samen&lt;/b&gt; opstaan" in shown.text
        await browser.fill(path, done=str(AGREEMENT))
        given: dict[str, Any] = {"let-go": str(AGREEMENT)}
        await browser.fill(path, **given)
        assert [len(services.of(each)) for each in (DONE, LET_GO)] == [1, 1]


class TestWhoAsks:
    @pytest.mark.parametrize(
        ("roles", "coordinates", "owners"),
        [
            ((Role.COORDINATOR,), True, ["jij", "de regiomanager"]),
            ((Role.REGIONAL_MANAGER,), False, ["de coördinator", "jij"]),
            ((Role.REGIONAL_MANAGER, Role.COORDINATOR), False, ["de coördinator", "jij"]),
        ],
    )
    async def test_is_said_as_it_is_to_the_reader(
        self,
        browser: Browser,
        services: FakeServices,
        roles: tuple[Role, ...],
        coordinates: bool,
        owners: list[str],
    ) -> None:
        me = await browser.sign_in(*roles)
        if coordinates:
            assigned = CoordinatorAssigned(case_id=CASE, assignment_no=1, coordinator_id=me)
            await browser.world.handle_all(assigned)
        services.refuse(PLANS, 404, "unknown-case")
        services.refuse(PERSONS, 403, "not-yours")
        services.refuse(CALLS, 404, "unknown-case")
        checks = [check(owner=owner, state="planned") for owner in ("coordinator", "regional-manager")]
        services.answer(ALL, {"items": checks, "next": None})
        shown = await browser.ask("GET", f"/cases/{CASE}/check-ins", expect=200)
        assert re.findall(r'data-label="Wie">([^<]*)<', shown.text) == owners


class TestTheDayOfACheck:
    async def test_is_moved_with_a_reason(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.COORDINATOR)
        services.answer(CHECKS, {"items": [check(kind="six-months", state="planned")], "next": None})
        services.answer(
            MOVE,
            {
                "check_in_id": str(CHECK_IN),
                "due_at": "2026-07-01T07:00:00Z",
                "escalates_at": "2026-07-15T07:00:00Z",
            },
        )
        path = f"/cases/{CASE}/check-ins/{CHECK_IN}"
        shown = await browser.ask("GET", path, expect=200)
        assert 'value="2026-06-01"' in shown.text
        await browser.fill(path, expect=422, on="2026-07-01")
        assert 'name="instead_of" value="2026-06-01"' in shown.text
        await browser.fill(path, on="2026-07-01", reason="Vakantie", instead_of="2026-06-01")
        [asked] = services.of(MOVE)
        assert asked.body == {"on": "2026-07-01", "reason": "Vakantie", "instead_of": "2026-06-01"}
        services.refuse(MOVE, 409, "other-version")
        form = {"on": "2026-07-01", "reason": "Vakantie", "instead_of": "2026-05-25"}
        again = await browser.fill(path, expect=409, **form)
        assert ('href="#whose"' in again.text, 'id="whose"' in again.text) == (True, True)
        assert 'name="instead_of" value="2026-05-25"' in again.text
        await browser.fill(path, expect=409, **form, whose="2026-06-01")
        assert services.of(MOVE)[-1].body["instead_of"] == "2026-06-01"
        services.answer(CHECKS, {"items": [check(kind="six-months")], "next": None})
        await browser.ask("GET", path, expect=404)


def agreement(**more: Any) -> dict[str, Any]:
    """Return an agreement as plans shows it."""
    return {
        "agreement_id": str(AGREEMENT),
        "plan_id": str(PLAN_ID),
        "plan_version": 1,
        "what": "<b>Samen</b> opstaan",
        "who_person_ids": [],
        "erased_person_ids": [],
        "who_text": None,
        "by": "network",
        "due_on": "2026-04-01",
        "known_done_how": None,
        "state": "open",
        "progress": None,
        "progress_at": None,
        "settled_at": None,
        **more,
    }


def has_plan(
    services: FakeServices, *agreements: dict[str, Any], otherwise: Sequence[Any] = (), **more: Any
) -> None:
    """Let there be a plan with these agreements, and `otherwise` as its plan B."""
    plan = {
        "plan_id": str(PLAN_ID),
        "case_id": str(CASE),
        "conference_id": None,
        "version": 1,
        "acceptance": "not-needed",
        "follow_up": "running",
        "outcome": None,
        "monitor_person_id": None,
        "review_on": "2026-06-01",
        "convener_person_id": None,
        "recorded_at": "2026-03-02T12:00:00Z",
        "ended_at": None,
        **more,
    }
    lists = (
        "goals",
        "decisions_of_circle",
        "plan_b",
        "resources",
        "stances",
        "acceptance_lines",
        "shared_with",
    )
    words: dict[str, Any] = {
        **{name: [] for name in lists},
        **dict.fromkeys(("change_reason", "asked_by_person_id", "for_children", "referring_organisation_id")),
        "language": "nl",
        "parts": ["agreements"],
    }
    services.answer(PLANS, {"items": [plan], "next": None})
    words["plan_b"] = list(otherwise)
    services.answer(PLAN, {**words, **plan, "agreements": list(agreements)})


class TestAnAgreement:
    async def test_is_answered_by_a_tap_that_answers_nothing_until_it_is_sent(
        self, browser: Browser, services: FakeServices
    ) -> None:
        me = await browser.come_by_link()
        has_plan(services, agreement(who_person_ids=[str(me.person_id)]), agreement(state="done"))
        services.answer(
            NOTE_PROGRESS, {"agreement_id": str(AGREEMENT), "state": "open", "progress": "nearly"}
        )
        services.answer(DONE, {"agreement_id": str(AGREEMENT), "state": "done", "progress": None})
        shown = await browser.ask("GET", "/me/agreement?answer=nearly", expect=200)
        assert "&lt;b&gt;Samen" in shown.text
        assert shown.text.count(" checked") == 1
        assert services.of(NOTE_PROGRESS) == []
        assert " checked" not in (await browser.ask("GET", "/me/agreement?answer=%3Cb", expect=200)).text
        await browser.fill("/me/agreement", expect=422, agreement=str(AGREEMENT))
        await browser.fill("/me/agreement", agreement=str(AGREEMENT), answer="nearly")
        [asked] = services.of(NOTE_PROGRESS)
        assert (asked.ids, asked.body) == ({"agreement_id": str(AGREEMENT)}, {"progress": "nearly"})
        await browser.fill("/me/agreement", agreement=str(AGREEMENT), answer="done")
        assert len(services.of(DONE)) == 1

    async def test_of_somebody_else_is_the_monitors_to_speak_of(
        self, browser: Browser, services: FakeServices
    ) -> None:
        me = await browser.come_by_link()
        has_plan(services, agreement())
        assert "Er staat niets meer open" in (await browser.ask("GET", "/me/agreement", expect=200)).text
        has_plan(
            services, agreement(), agreement(agreement_id=str(uuid7())), monitor_person_id=str(me.person_id)
        )
        shown = await browser.ask("GET", "/me/agreement?answer=help", expect=200)
        # The answer that was tapped; of which of the two, they say themselves.
        assert re.findall(r'value="([^"]*)" checked', shown.text) == ["help"]

    async def test_that_an_email_is_about_is_the_only_one_on_the_page(
        self, browser: Browser, services: FakeServices
    ) -> None:
        me, other = await browser.come_by_link(), str(uuid7())
        comes_again(services, me)
        has_plan(services, agreement(), agreement(agreement_id=other), monitor_person_id=str(me.person_id))
        link = f"/l/{me.link}?to=agreement-nearly/{other}"
        assert f'action="{link}"' in (await browser.ask("GET", link, expect=200)).text
        to = (await browser.ask("POST", link, data={}, expect=303)).headers["location"]
        shown = (await browser.ask("GET", to, expect=200)).text
        assert f'name="agreement" value="{other}"' in shown
        assert str(AGREEMENT) not in shown
        assert re.findall(r'value="([^"]*)" checked', shown) == ["nearly"]
        assert services.of(NOTE_PROGRESS) == []
        # One that is settled meanwhile leaves the choice among the others.
        gone = (await browser.ask("GET", to.replace(other, str(uuid7())), expect=200)).text
        assert str(AGREEMENT) in gone
        assert other in gone

    async def test_stays_the_one_that_was_chosen_when_something_is_missing(
        self, browser: Browser, services: FakeServices
    ) -> None:
        me, other = await browser.come_by_link(), str(uuid7())
        has_plan(services, agreement(), agreement(agreement_id=other), monitor_person_id=str(me.person_id))
        shown = await browser.fill("/me/agreement", expect=422, agreement=other)
        assert re.findall(r'value="([^"]*)" checked', shown.text) == [other]
        nothing = await browser.fill("/me/agreement", expect=422, answer="done")
        assert 'href="#agreement"' in nothing.text
        assert 'id="agreement"' in nothing.text
