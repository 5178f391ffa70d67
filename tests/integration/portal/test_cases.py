"""Coordinators, managers and referrers: what is offered to them, their cases, and where each of these stands."""

import re
from datetime import timedelta
from html import escape
from typing import Any
from uuid import UUID

import httpx2
import pytest

from services.portal.boards import TO_DO
from services.portal.central_persons import CENTRAL_PERSONS
from services.portal.more_time import COORDINATORS
from services.portal.road import BASELINE, CASE, KNOWN, MEETING_DAYS, MEETINGS, PLANS
from services.portal.routes.baseline import WRITE_BASELINE
from services.portal.routes.cases import CASES, PAUSE, RELEASE, RESUME
from services.portal.routes.offers import ACCEPT, DECLINE, OFFER, OFFERS
from services.portal.routes.survey import SURVEY
from shared.auth import Role
from shared.events.intake import CoordinatorAssigned
from shared.ids import uuid7
from tests.integration.portal.test_meeting import more_time
from tests.integration.portal.test_referrals import coordinator
from tests.integration.portal.test_survey import survey
from tests.support.portal import Browser, FakeServices
from tests.support.world.clock import NOW

OFFER_ID, CASE_ID, COORDINATOR = uuid7(), uuid7(), uuid7()
FORM_TOKEN = re.compile(r'name="form-token" value="([^"]*)"')
HOSTILE = "<b onload=x>" + "w" * 190

WRITTEN = {
    "case_id": str(CASE_ID),
    "version": 3,
    "questions": ["Wie helpt er mee?", HOSTILE],
    "bottom_lines": [{"bottom_line_id": str(OFFER_ID), "text": "Elke nacht veilig", "version": 1}],
    "resources": None,
    "created_at": NOW.isoformat(),
}


def an_offer(**changes: object) -> dict[str, Any]:
    """Return an offer as the service answers it."""
    return {
        "offer_id": str(OFFER_ID),
        "case_id": str(CASE_ID),
        "assignment_no": 1,
        "ordinal": 1,
        "coordinator_id": str(COORDINATOR),
        "state": "open",
        "reason": None,
        "track": "urgent",
        "themes": ["parenting"],
        "minors": True,
        "created_at": NOW.isoformat(),
        "expires_at": (NOW + timedelta(days=2)).isoformat(),
        "answered_at": None,
        **changes,
    }


def a_case(**changes: object) -> dict[str, Any]:
    """Return a case as the service answers it."""
    return {
        "case_id": str(CASE_ID),
        "referral_id": str(uuid7()),
        "referring_organisation_id": None,
        "mandated_organisation_id": None,
        "state": "open",
        "track": "normal",
        "themes": ["loneliness"],
        "minors": False,
        "coordinator_id": str(COORDINATOR),
        "assignment_no": 1,
        "waits_for": None,
        "outcome": None,
        "pause_reason": None,
        "paused_at": None,
        "stop_reason": None,
        "stopped_by": None,
        "opened_at": NOW.isoformat(),
        "ended_at": None,
        **changes,
    }


def a_name(first_name: str | None) -> dict[str, Any]:
    """Return whom a case is about as the service answers it."""
    return {"case_id": str(CASE_ID), "person_id": str(uuid7()), "first_name": first_name}


def page_of(*items: object, following: str | None = None) -> dict[str, Any]:
    """Return a page of a list as services answer it."""
    return {"items": list(items), "next": following}


def a_meeting(number: int, state: str, *, day: str | None = None) -> dict[str, Any]:
    """Return a conference of the list as the service answers it."""
    return {
        "conference_id": str(uuid7()),
        **dict.fromkeys(("conference_no", "preparation_no"), number),
        "version": 1,
        "state": state,
        "starts_at": f"{day}T10:00:00Z" if day else None,
        "ends_at": f"{day}T13:00:00Z" if day else None,
        "poll_id": None,
        "target_at": "2026-06-14T22:00:00Z",
        "more_time": [],
    }


def a_plan() -> dict[str, Any]:
    """Return a plan that is followed, as the service answers it."""
    return {
        **dict.fromkeys(("plan_id", "case_id"), str(uuid7())),
        **dict.fromkeys(("conference_id", "outcome", "monitor_person_id", "convener_person_id", "ended_at")),
        "version": 1,
        "acceptance": "none",
        "follow_up": "running",
        "review_on": "2026-09-01",
        "recorded_at": NOW.isoformat(),
    }


_STEP = re.compile(
    r'<strong>(?:<a class="ds-link" href="/cases/[^/]*/([^"]*)">)?([^<]*)(?:</a>)?</strong> '
    r'<span class="ds-tag"[^>]*>([^<]*)</span></span>((?:<span class="k-sub">[^<]*</span>)*)'
)


def road_in(page: httpx2.Response) -> dict[str, tuple[str, str, str]]:
    """Return the steps on a case's page: their state, page and words."""
    return {
        name: (how, path, ", ".join(re.findall(">([^<]+)<", words)))
        for path, name, how, words in _STEP.findall(page.text)
    }


async def clock(
    browser: Browser,
    kind: str,
    subject: UUID,
    *,
    due: timedelta,
    state: str = "running",
    owner: str = "coordinator",
) -> None:
    """Let a clock of the case be known."""
    await browser.world.execute(
        "INSERT INTO todo (id, tenant, service, kind, subject, case_id, owner, owner_id, state, waiting,"
        " due_at, changed_at, version) VALUES (:id, :tenant, 'scheduling', :kind, :subject, :case,"
        " :owner, NULL, :state, true, :due, :now, 1)",
        id=uuid7(),
        owner=owner,
        tenant=browser.world.tenant,
        kind=kind,
        subject=subject,
        case=CASE_ID,
        state=state,
        due=NOW + due,
        now=NOW,
    )


async def coordinate(browser: Browser, *roles: Role) -> None:
    """Be the coordinator of the case."""
    me = await browser.sign_in(Role.COORDINATOR, *roles)
    await browser.world.handle_all(CoordinatorAssigned(case_id=CASE_ID, assignment_no=1, coordinator_id=me))


class TestAnOffer:
    @pytest.fixture
    def offered(self, services: FakeServices) -> FakeServices:
        person = {"first_name": HOSTILE, "last_name": "Vos", "municipality": "Gent"}
        services.answer(OFFER, an_offer(persons=[person], organisations=["OCMW Gent"]))
        return services

    async def test_says_whom_it_is_about_and_by_when_to_answer(
        self, browser: Browser, offered: FakeServices
    ) -> None:
        await browser.sign_in(Role.COORDINATOR)
        page = await browser.ask("GET", f"/offers/{OFFER_ID}", expect=200)
        assert "&lt;b onload=x&gt;" in page.text
        assert "<b onload" not in page.text
        assert "OCMW Gent" in page.text
        assert "Antwoord ten laatste" in page.text

    async def test_is_accepted_only_without_ties(self, browser: Browser, offered: FakeServices) -> None:
        await browser.sign_in(Role.COORDINATOR)
        offered.answer(ACCEPT, {"offer_id": str(OFFER_ID), "state": "accepted"})
        shown = await browser.fill(f"/offers/{OFFER_ID}", answer="yes", expect=422)
        assert 'href="#no_ties"' in shown.text
        assert offered.of(ACCEPT) == []
        await browser.fill(f"/offers/{OFFER_ID}", answer="yes", no_ties="yes")
        assert [each.body for each in offered.of(ACCEPT)] == [{"no_conflict": True}]

    async def test_is_declined_with_a_reason(self, browser: Browser, offered: FakeServices) -> None:
        await browser.sign_in(Role.COORDINATOR)
        offered.answer(DECLINE, {"offer_id": str(OFFER_ID), "state": "declined"})
        shown = await browser.fill(f"/offers/{OFFER_ID}", answer="no", reason="", expect=422)
        assert 'href="#reason"' in shown.text
        await browser.fill(f"/offers/{OFFER_ID}", answer="no", reason="too-far")
        assert [each.body for each in offered.of(DECLINE)] == [{"reason": "too-far"}]

    async def test_that_is_over_says_so(self, browser: Browser, offered: FakeServices) -> None:
        await browser.sign_in(Role.COORDINATOR)
        offered.refuse(ACCEPT, 409, "offer-over")
        shown = await browser.fill(f"/offers/{OFFER_ID}", answer="yes", no_ties="yes", expect=409)
        assert "De tijd om te antwoorden is voorbij" in shown.text
        # Who it is about is for whom it is still asked.
        offered.refuse(OFFER, 404, "offer-not-found")
        shown = await browser.ask("GET", f"/offers/{OFFER_ID}", expect=200)
        assert "Hier valt niets meer te antwoorden" in shown.text

    async def test_is_nothing_for_others(self, browser: Browser, offered: FakeServices) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        await browser.ask("GET", f"/offers/{OFFER_ID}", expect=403)
        await browser.ask("GET", "/offers", expect=403)
        assert offered.asked == []


class TestTheListOfCases:
    async def test_says_of_each_what_is_next_and_whose_turn_it_is(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await coordinate(browser)
        services.answer(CASES, page_of(a_case(), following="later"))
        services.answer(OFFERS, page_of(an_offer()))
        # The newest come first.
        services.answer(CENTRAL_PERSONS, page_of(a_name(HOSTILE), a_name(None), a_name("Meryem")))
        await clock(browser, "poll-answered", uuid7(), due=timedelta(days=-1), state="breached")
        page = await browser.ask("GET", "/cases", expect=200)
        for words in ("Eenzaamheid", "Een dag kiezen: iedereen antwoordde", ">jij<", "te laat", "/offers"):
            assert words in page.text
        assert f'href="/cases/{CASE_ID}"><bdi>Meryem en {escape(HOSTILE)}</bdi>' in page.text
        assert "after=later" in page.text
        # However many cases there are, each service is asked once.
        assert len(services.asked) == 3

    @pytest.mark.parametrize("roles", [(Role.REFERRER,), (Role.REGIONAL_MANAGER, Role.COORDINATOR)])
    async def test_says_of_what_others_do_whose_turn_it_is(
        self, browser: Browser, services: FakeServices, roles: tuple[Role, ...]
    ) -> None:
        await browser.sign_in(*roles)
        services.answer(CASES, page_of(a_case()))
        services.answer(OFFERS, page_of())
        services.answer(CENTRAL_PERSONS, page_of())
        await clock(browser, "circle-ready", uuid7(), due=timedelta(days=1))
        page = await browser.ask("GET", "/cases", expect=200)
        assert ">de coördinator<" in page.text
        assert ">jij<" not in page.text

    @pytest.mark.parametrize(
        ("chosen", "asked"),
        [
            # The whole list names no state at all: an empty one is refused.
            ("", {}),
            ("paused", {"state": "paused"}),
            ("coordinator", {"waits_for": "coordinator"}),
            ("nonsense", {}),
        ],
    )
    async def test_is_narrowed(
        self, browser: Browser, services: FakeServices, chosen: str, asked: dict[str, str]
    ) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        services.answer(CASES, page_of())
        page = await browser.ask("GET", f"/cases?show={chosen}", expect=200)
        assert "Hier staat nog geen zaak" in page.text
        assert [each.query for each in services.of(CASES)] == [asked]

    async def test_is_for_those_who_lead_or_refer(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.FINANCE)
        await browser.ask("GET", "/cases", expect=403)
        assert services.asked == []


class TestACase:
    @pytest.fixture
    def found(self, services: FakeServices) -> FakeServices:
        services.answer(CASE, a_case())
        services.answer(BASELINE, WRITTEN)
        services.answer(KNOWN, page_of())
        services.answer(MEETINGS, page_of())
        services.answer(PLANS, page_of())
        services.answer(CENTRAL_PERSONS, page_of(a_name("Meryem")))
        return services

    async def test_shows_its_road_and_its_clocks(self, browser: Browser, found: FakeServices) -> None:
        await coordinate(browser)
        await clock(browser, "invitation", uuid7(), due=timedelta(days=4))
        page = await browser.ask("GET", f"/cases/{CASE_ID}", expect=200)
        assert "<bdi>Meryem</bdi>" in page.text
        assert "Bellen met wie nog niet antwoordde" in page.text
        assert page.text.count("nu aan de beurt") == 1
        assert f'href="/cases/{CASE_ID}/baseline"' in page.text

    @pytest.mark.parametrize("role", [Role.COORDINATOR, Role.REFERRER])
    async def test_lists_what_was_met_late_for_who_leads_it(
        self, browser: Browser, found: FakeServices, role: Role
    ) -> None:
        found.answer(MEETING_DAYS, {"items": []})
        found.refuse(SURVEY, 404, "survey-not-open")
        await (coordinate(browser) if role is Role.COORDINATOR else browser.sign_in(role))
        for kind, state in (
            ("circle-ready", "stopped"),
            ("conference-date", "breached"),
            ("poll", "stopped"),
        ):
            await clock(browser, kind, uuid7(), due=timedelta(days=-4), state=state)
        await browser.world.execute(
            "UPDATE todo SET breached_at = due_at, late_reason = 'unreachable' WHERE kind = 'circle-ready'"
        )
        page = (await browser.ask("GET", f"/cases/{CASE_ID}", expect=200)).text
        shown = role is Role.COORDINATOR
        for words in ("Wat later klaar was", "De kring samenbrengen", "Iemand was moeilijk te bereiken"):
            assert (words in page) is shown
        assert page.count('href="/late/') == shown
        assert "De vraag over de dagen afsluiten" not in page

    @pytest.mark.parametrize("role", [Role.COORDINATOR, Role.REGIONAL_MANAGER])
    async def test_says_each_time_till_when_there_is_more_time_why_and_by_whom(
        self, browser: Browser, found: FakeServices, role: Role
    ) -> None:
        me, other = await browser.sign_in(role), uuid7()
        found.answer(
            COORDINATORS,
            page_of(coordinator(coordinator_id=str(other), first_name="Els", last_name="Bos")),
        )
        meeting = {
            "conference_id": str(uuid7()),
            **dict.fromkeys(("conference_no", "preparation_no", "version"), 1),
            **dict.fromkeys(("starts_at", "ends_at", "poll_id")),
            "state": "polling",
            "target_at": "2026-06-14T22:00:00Z",
        }
        given = [
            more_time("2026-05-15", "2026-05-31", "family-needs-time", by=other),
            more_time("2026-05-31", "2026-06-14", "circle-grows", by=me),
        ]
        name = "Els Bos" if role is Role.REGIONAL_MANAGER else "een coördinator"
        for times, shown in (([], 0), (given, 1)):
            found.answer(MEETINGS, page_of(meeting | {"more_time": times}))
            page = await browser.ask("GET", f"/cases/{CASE_ID}", expect=200)
            for words in (
                "Meer tijd tot zondag 31 mei 2026: De familie heeft meer tijd nodig (eerst tot vrijdag 15 mei"
                f" 2026; {name}, woensdag 1 april 2026)",
                "Meer tijd tot zondag 14 juni 2026: Er komen nog mensen bij de kring (eerst tot zondag 31 mei"
                " 2026; jij, woensdag 1 april 2026)",
            ):
                assert page.text.count(words) == shown

    async def test_shows_the_day_of_the_conference_that_came_instead(
        self, browser: Browser, found: FakeServices
    ) -> None:
        await coordinate(browser)
        postponed = a_meeting(1, "postponed", day="2026-03-10")
        found.answer(MEETINGS, page_of(postponed, a_meeting(2, "scheduled", day="2026-03-22")))
        road = road_in(await browser.ask("GET", f"/cases/{CASE_ID}", expect=200))
        assert road["Een dag kiezen"][:2] == ("klaar", "dates")
        assert "22 maart 2026" in road["Een dag kiezen"][2]
        assert road["De conferentie"] == ("nu aan de beurt", "conference", "Conferentie 2")
        found.answer(MEETINGS, page_of(postponed, a_meeting(2, "polling")))
        road = road_in(await browser.ask("GET", f"/cases/{CASE_ID}", expect=200))
        assert road["Een dag kiezen"] == ("nu aan de beurt", "dates", "")
        assert road["De conferentie"][0] == "later"

    async def test_prepares_the_next_conference_after_one_without_a_plan(
        self, browser: Browser, found: FakeServices
    ) -> None:
        await coordinate(browser)
        found.answer(MEETINGS, page_of(a_meeting(1, "held", day="2026-03-10"), a_meeting(2, "preparing")))
        road = road_in(await browser.ask("GET", f"/cases/{CASE_ID}", expect=200))
        assert {name: how for name, (how, *_) in road.items()} == {
            "Een coördinator": "klaar",
            "De vragen voor de kring": "klaar",
            "De kring": "klaar",
            "Een dag kiezen": "nu aan de beurt",
            "De conferentie": "later",
            "Het plan": "later",
            "Een jaar opvolgen": "later",
        }
        found.answer(MEETINGS, page_of(a_meeting(1, "cancelled")))
        found.answer(PLANS, page_of(a_plan()))
        road = road_in(await browser.ask("GET", f"/cases/{CASE_ID}", expect=200))
        assert road["Een jaar opvolgen"][:2] == ("nu aan de beurt", "check-ins")

    async def test_lists_the_earlier_conferences(self, browser: Browser, found: FakeServices) -> None:
        await coordinate(browser)
        held = a_meeting(1, "held", day="2026-03-10")
        found.answer(MEETINGS, page_of(held, a_meeting(2, "preparing")))
        page = (await browser.ask("GET", f"/cases/{CASE_ID}", expect=200)).text
        assert f'href="/cases/{CASE_ID}/conferences/{held["conference_id"]}">Conferentie 1</a>' in page
        assert page.partition("Vorige conferenties")[2].partition("</ul>")[0].count("<li>") == 1
        assert "dinsdag 10 maart 2026" in page

    async def test_goes_round_again_after_a_review_and_keeps_its_plan(
        self, browser: Browser, found: FakeServices
    ) -> None:
        await coordinate(browser)
        found.answer(MEETINGS, page_of(a_meeting(1, "held", day="2026-03-10"), a_meeting(2, "preparing")))
        found.answer(PLANS, page_of(a_plan()))
        road = road_in(await browser.ask("GET", f"/cases/{CASE_ID}", expect=200))
        assert [how for how, *_ in road.values()].count("nu aan de beurt") == 1
        assert road["Een dag kiezen"][0] == "nu aan de beurt"
        assert road["De conferentie"] == ("later", "conference", "Conferentie 2")
        assert road["Het plan"][:2] == ("klaar", "plan")
        assert road["Een jaar opvolgen"][:2] == ("later", "check-ins")

    async def test_brings_the_circle_together_first(self, browser: Browser, found: FakeServices) -> None:
        await coordinate(browser)
        found.answer(MEETINGS, page_of(a_meeting(1, "preparing")))
        await clock(browser, "circle-ready", uuid7(), due=timedelta(days=4))
        road = road_in(await browser.ask("GET", f"/cases/{CASE_ID}", expect=200))
        assert road["De kring"][0] == "nu aan de beurt"

    async def test_shows_a_manager_what_they_may_know(self, browser: Browser, found: FakeServices) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        found.answer(CASE, a_case(coordinator_id=None, waits_for="coordinator"))
        for operation in (KNOWN, MEETINGS, PLANS):
            found.refuse(operation, 404, "case-not-found")
        page = await browser.ask("GET", f"/cases/{CASE_ID}", expect=200)
        assert "We zoeken een coördinator." in page.text

    async def test_shows_a_manager_that_a_case_without_a_plan_waits_for_them(
        self, browser: Browser, found: FakeServices
    ) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        await clock(
            browser, "next-step", CASE_ID, due=timedelta(-1), state="breached", owner=Role.REGIONAL_MANAGER
        )
        shown = a_case(coordinator_id=None, waits_for="next-step")
        found.answer(CASE, shown)
        found.answer(CASES, page_of(shown))
        for operation in (KNOWN, MEETINGS, PLANS):
            found.refuse(operation, 404, "case-not-found")
        board = await browser.ask("GET", "/today", expect=200)
        for page in (await browser.ask("GET", f"/cases/{CASE_ID}", expect=200), board):
            assert "Met de familie bekijken hoe het verder gaat" in page.text
            assert "Het plan loopt" not in page.text

    async def test_leads_a_coordinator_from_a_round_without_a_plan_to_the_next(
        self, browser: Browser, found: FakeServices
    ) -> None:
        await coordinate(browser)
        await clock(browser, "next-step", CASE_ID, due=timedelta(days=5))
        page = await browser.ask("GET", f"/cases/{CASE_ID}", expect=200)
        assert "Met de familie bekijken hoe het verder gaat" in page.text
        assert f'href="/cases/{CASE_ID}/conference"' in page.text

    async def test_shows_a_referrer_the_day_of_the_meeting_and_that_it_was_held(
        self, browser: Browser, found: FakeServices
    ) -> None:
        await browser.sign_in(Role.REFERRER)
        for operation in (KNOWN, MEETINGS, PLANS):
            found.refuse(operation, 404, "case-not-found")
        found.refuse(SURVEY, 404, "survey-not-open")
        day = {"conference_no": 1, "on": "2026-03-22", "held": False}
        found.answer(MEETING_DAYS, {"items": [day]})
        page = await browser.ask("GET", f"/cases/{CASE_ID}", expect=200)
        assert "22 maart 2026" in page.text
        assert "/survey" not in page.text
        done = page.text.count("klaar<")
        found.answer(MEETING_DAYS, {"items": [{**day, "held": True}]})
        page = await browser.ask("GET", f"/cases/{CASE_ID}", expect=200)
        assert page.text.count("klaar<") == done + 1

    async def test_shows_a_referrer_how_far_it_is_and_not_how_its_people_do(
        self, browser: Browser, found: FakeServices
    ) -> None:
        await browser.sign_in(Role.REFERRER)
        for operation in (KNOWN, MEETINGS, PLANS):
            found.refuse(operation, 404, "case-not-found")
        found.refuse(SURVEY, 404, "survey-not-open")
        found.answer(MEETING_DAYS, {"items": []})
        found.answer(CASES, page_of(a_case()))
        kinds = ("agreement-slips", "agreement", "check-in", "invitation", "unreachable-person", "turns-12")
        for kind in kinds:
            await clock(browser, kind, uuid7(), due=timedelta(days=-2), state="breached")
        await clock(browser, "written-plan", uuid7(), due=timedelta(days=4))
        for path in (f"/cases/{CASE_ID}", "/cases"):
            page = (await browser.ask("GET", path, expect=200)).text
            assert escape(TO_DO["written-plan"]) in page
            for kind in kinds:
                assert escape(TO_DO[kind]) not in page
            assert "te laat" not in page

    async def test_asks_a_referrer_what_they_think_of_the_conference(
        self, browser: Browser, found: FakeServices
    ) -> None:
        await browser.sign_in(Role.REFERRER)
        for operation in (KNOWN, MEETINGS, PLANS):
            found.refuse(operation, 404, "case-not-found")
        found.answer(MEETING_DAYS, {"items": []})
        found.answer(SURVEY, survey(group="professional"))
        page = await browser.ask("GET", f"/cases/{CASE_ID}", expect=200)
        assert f'href="/cases/{CASE_ID}/survey"' in page.text

    async def test_of_others_is_not_there(self, browser: Browser, found: FakeServices) -> None:
        await browser.sign_in(Role.COORDINATOR)
        found.refuse(CASE, 404, "case-not-found")
        await browser.ask("GET", f"/cases/{CASE_ID}", expect=404)

    async def test_has_a_baseline_of_lines(self, browser: Browser, found: FakeServices) -> None:
        await browser.sign_in(Role.COORDINATOR)
        found.answer(WRITE_BASELINE, WRITTEN)
        path = f"/cases/{CASE_ID}/baseline"
        page = await browser.ask("GET", path, expect=200)
        assert "<b onload" not in page.text
        assert "Elke nacht veilig" in page.text
        await browser.fill(path, version="3", questions="Wie helpt er?\r\n\r\n En wie slaapt waar? ")
        assert [each.body for each in found.of(WRITE_BASELINE)] == [
            {"version": 3, "questions": ["Wie helpt er?", "En wie slaapt waar?"]}
        ]

    async def test_keeps_the_id_of_a_bottom_line_that_stays(
        self, browser: Browser, found: FakeServices
    ) -> None:
        await browser.sign_in(Role.REFERRER)
        found.answer(WRITE_BASELINE, WRITTEN)
        await browser.fill(
            f"/cases/{CASE_ID}/baseline", version="3", bottom_lines="Elke nacht veilig\nSchool", questions="X"
        )
        assert [each.body for each in found.of(WRITE_BASELINE)] == [
            {
                "version": 3,
                "bottom_lines": [
                    {"text": "Elke nacht veilig", "bottom_line_id": str(OFFER_ID)},
                    {"text": "School"},
                ],
                "resources": None,
            }
        ]

    async def test_loses_nothing_when_somebody_else_was_faster(
        self, browser: Browser, found: FakeServices
    ) -> None:
        await browser.sign_in(Role.COORDINATOR)
        found.refuse(WRITE_BASELINE, 409, "other-version")
        path = f"/cases/{CASE_ID}/baseline"
        page = await browser.fill(path, version="2", questions="Mijn vraag", expect=409)
        assert "Iemand anders veranderde dit intussen" in page.text
        assert "Mijn vraag" in page.text
        assert 'name="version" value="2"' in page.text

    async def test_is_paused_and_resumed(self, browser: Browser, found: FakeServices) -> None:
        await browser.sign_in(Role.COORDINATOR)
        found.answer(PAUSE, {"case_id": str(CASE_ID), "state": "paused"})
        found.answer(RESUME, {"case_id": str(CASE_ID), "state": "open"})
        await browser.fill(f"/cases/{CASE_ID}/pause", expect=422)
        await browser.fill(f"/cases/{CASE_ID}/pause", reason="illness")
        resting = a_case(state="paused", pause_reason="illness", paused_at="2026-03-02T09:00:00Z")
        found.answer(CASE, resting)
        page = await browser.ask("GET", f"/cases/{CASE_ID}", expect=200)
        assert "Staat stil sinds maandag 2 maart 2026: Iemand is ziek" in page.text
        found.answer(CASES, page_of(resting))
        found.answer(OFFERS, page_of())
        listed = await browser.ask("GET", "/cases", expect=200)
        assert "Staat stil sinds maandag 2 maart 2026: Iemand is ziek" in listed.text
        assert f'action="/cases/{CASE_ID}/resume"' in page.text
        sent = {"form-token": FORM_TOKEN.findall(page.text)[0]}
        await browser.ask("POST", f"/cases/{CASE_ID}/resume", data=sent, expect=303)
        assert [each.body for each in found.of(PAUSE)] == [{"reason": "illness"}]
        assert len(found.of(RESUME)) == 1

    async def test_is_let_go_by_its_coordinator(self, browser: Browser, found: FakeServices) -> None:
        await browser.sign_in(Role.COORDINATOR)
        found.answer(RELEASE, {"case_id": str(CASE_ID), "state": "open"})
        gone = await browser.fill(f"/cases/{CASE_ID}/release", reason="unavailable")
        assert gone.headers["location"] == "/cases"
        assert [each.body for each in found.of(RELEASE)] == [{"reason": "unavailable"}]


class TestToday:
    async def test_shows_what_waits_what_is_late_first(
        self, browser: Browser, services: FakeServices
    ) -> None:
        me = await browser.sign_in(Role.COORDINATOR)
        services.answer(CENTRAL_PERSONS, page_of(a_name("Meryem")))
        services.answer(CASES, page_of())
        for kind, due, state in (("offer", 2, "running"), ("offer", -1, "breached")):
            await browser.world.execute(
                "INSERT INTO todo (id, tenant, service, kind, subject, case_id, owner, owner_id, state, waiting,"
                " due_at, changed_at, version) VALUES (:id, :tenant, 'intake', :kind, :subject, :case,"
                " 'coordinator', :me, :state, true, :due, :now, 1)",
                id=uuid7(),
                tenant=browser.world.tenant,
                kind=kind,
                subject=OFFER_ID,
                case=CASE_ID,
                me=me,
                state=state,
                due=NOW + timedelta(days=due),
                now=NOW,
            )
        page = await browser.ask("GET", "/today", expect=200)
        assert "Er wachten 2 dingen op jou." in page.text
        assert "Eén ervan is te laat." in page.text
        assert page.text.count(f'href="/offers/{OFFER_ID}"') == 2
        assert page.text.index("te laat</span>") < page.text.rindex("/offers/")
        assert page.text.count(f'href="/cases/{CASE_ID}"><bdi>Meryem</bdi>') == 2

    async def test_shows_the_same_work_in_one_case_once(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await coordinate(browser)
        services.answer(CENTRAL_PERSONS, page_of(a_name("Meryem")))
        services.answer(CASES, page_of())
        for days in (1, 2, 2):
            await clock(browser, "invitation", uuid7(), due=-timedelta(days=days), state="breached")
        page = await browser.ask("GET", "/today", expect=200)
        assert "Er wachten 3 dingen op jou." in page.text
        assert page.text.count("Bellen met wie nog niet antwoordde") == 1
        assert "(3)" in page.text
        assert "Wiens beurt" not in page.text

    async def test_tells_cases_apart_whose_people_the_reader_does_not_know(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        services.answer(CASES, page_of(a_case()))
        due = -timedelta(days=1)
        await clock(browser, "allocation", uuid7(), due=due, state="breached", owner="regional-manager")
        page = await browser.ask("GET", "/today", expect=200)
        assert "<bdi>Eenzaamheid, sinds" in page.text
        assert [each.query for each in services.of(CASES)] == [{"case_id": [str(CASE_ID)], "limit": "1"}]
        services.refuse(CASES, 503, "not-ready")
        page = await browser.ask("GET", "/today", expect=200)
        assert "Een aanmelding een coördinator geven" in page.text

    async def test_is_of_use_while_nobody_knows_the_names(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.COORDINATOR)
        services.refuse(CENTRAL_PERSONS, 503, "not-ready")
        services.answer(CASES, page_of())
        page = await browser.ask("GET", "/today", expect=200)
        assert "Er wacht nu niets op jou." in page.text

    @pytest.mark.parametrize(
        ("due", "words"),
        [
            ([2], "Er wacht één ding op jou.</p>"),
            ([-1], "Er wacht één ding op jou. Het is te laat."),
            ([-1, -2], "Er wachten 2 dingen op jou. Ze zijn allemaal te laat."),
        ],
    )
    async def test_counts_in_words_that_fit(self, browser: Browser, due: list[int], words: str) -> None:
        me = await browser.sign_in(Role.COORDINATOR)
        for days in due:
            await browser.world.execute(
                "INSERT INTO todo (id, tenant, service, kind, subject, case_id, owner, owner_id, state, waiting,"
                " due_at, changed_at, version) VALUES (:id, :tenant, 'intake', 'offer', :id, :case,"
                " 'coordinator', :me, :state, true, :due, :now, 1)",
                id=uuid7(),
                tenant=browser.world.tenant,
                case=CASE_ID,
                me=me,
                now=NOW,
                state="running" if days > 0 else "breached",
                due=NOW + timedelta(days=days),
            )
        page = await browser.ask("GET", "/today", expect=200)
        assert words in page.text

    @pytest.mark.parametrize("role", [Role.COORDINATOR, Role.REFERRER, Role.OPS, Role.FINANCE])
    async def test_leads_to_another_organisation_if_there_is_one(
        self, browser: Browser, services: FakeServices, role: Role
    ) -> None:
        await browser.sign_in(role)
        services.answer(CENTRAL_PERSONS, page_of())
        services.answer(CASES, page_of())
        link = 'href="/organisation">Voor een andere organisatie werken'
        assert link not in (await browser.ask("GET", "/today", expect=200)).text
        await browser.world.execute(
            "INSERT INTO tenant_profile (tenant, version, name, country, time_zone)"
            " VALUES (:tenant, 1, 'Anker', 'BE', 'Europe/Brussels')",
            tenant=uuid7(),
        )
        shown = link in (await browser.ask("GET", "/today", expect=200)).text
        assert shown is (role is not Role.FINANCE)

    async def test_says_that_nothing_waits(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.DPO)
        page = await browser.ask("GET", "/today", expect=200)
        assert "Er wacht nu niets op jou." in page.text


class TestWhatWasChangedJustNow:
    CHANGED = f"intake.coordinator.assigned.v1:{uuid7()}"

    async def accepted(self, browser: Browser, services: FakeServices) -> None:
        """Accept an offer, whose answer says what the others have to hear of."""
        await browser.sign_in(Role.COORDINATOR)
        services.answer(OFFER, an_offer(persons=[], organisations=[]))
        services.answer(ACCEPT, {"offer_id": str(OFFER_ID), "state": "accepted"})
        services.answer(OFFERS, page_of())
        services.answer(CENTRAL_PERSONS, page_of())
        services.heard(ACCEPT)["kring-after"] = self.CHANGED
        await browser.fill(f"/offers/{OFFER_ID}", answer="yes", no_ties="yes")

    async def test_is_waited_for_by_the_next_page(
        self, browser: Browser, services: FakeServices, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await self.accepted(browser, services)
        services.refuse(CASES, 409, "not-yet")
        services.heard(CASES)["retry-after"] = "1"
        waited = []

        async def sleep(seconds: float) -> None:
            waited.append(seconds)
            services.answer(CASES, page_of())

        monkeypatch.setattr("services.portal.client.asyncio.sleep", sleep)
        await browser.ask("GET", "/cases", expect=200)
        assert waited == [1]
        assert [each.headers["kring-after"] for each in services.of(CASES)] == [self.CHANGED] * 2

    async def test_is_said_in_words_if_it_does_not_come(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await self.accepted(browser, services)
        services.refuse(CASES, 409, "not-yet")
        services.heard(CASES)["retry-after"] = "0"
        page = await browser.ask("GET", "/cases", expect=409)
        assert "nog niet overal bekend" in page.text
