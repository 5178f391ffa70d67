"""A coordinator finds a day with the circle, sets it with a place, moves it, and says how it went."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import pytest
import pytest_asyncio

from services.portal.routes.case_dates import ANSWER_FOR, CLOSE, OPEN, POLL, SCHEDULE
from services.portal.routes.case_givers import GIVERS
from services.portal.routes.case_givers import WRITE as WRITE_GIVERS
from services.portal.routes.case_news import INFORM_AGAIN
from services.portal.routes.case_notes import NOTES
from services.portal.routes.case_notes import WRITE as WRITE_NOTES
from services.portal.routes.case_venues import FOR_CONFERENCE
from services.portal.routes.conference import CHECK, SEE_TO
from services.portal.routes.conference_after import HOLD
from services.portal.routes.conference_change import BEGIN_AGAIN, EXTEND, POSTPONE
from services.portal.routes.dates import CIRCLE, OWN_GIVERS
from services.portal.routes.dates import CONFERENCES as OWN_CONFERENCES
from services.portal.routes.of_case import CONFERENCE, OF_CASE, PERSONS
from services.portal.routes.venues import CHANGE as CHANGE_VENUE
from services.portal.routes.venues import CLOSE as CLOSE_VENUE
from services.portal.routes.venues import ENTER, VENUES
from shared.auth import Role
from shared.events.intake import CoordinatorAssigned
from shared.ids import uuid7
from tests.support.portal import Browser, FakeServices
from tests.support.world.clock import NOW

CASE, CONFERENCE_ID, POLL_ID = uuid7(), uuid7(), uuid7()
RITA, OMAR = uuid7(), uuid7()
FIRST, SECOND = uuid7(), uuid7()
HOSTILE = "<script>alert(1)</script>\u202e" + "x" * 150
DATES = f"/cases/{CASE}/dates"
MEETING = f"/cases/{CASE}/conference"
VENUE = {"name": "Buurthuis", "address": "Kerkstraat 1, Gent"}


def person(person_id: UUID, first_name: str, **more: Any) -> dict[str, Any]:
    """Return somebody of the circle as network shows them to a coordinator."""
    return {
        "person_id": str(person_id),
        "first_name": first_name,
        "last_name": "Maes",
        "phone": "+32470123456",
        "role": "circle",
        "side": "other",
        "state": "active",
        "required": False,
        "version": 1,
        "widened": False,
        "not_with": [],
        "serves": None,
        "proposed_by": None,
        "needs": [],
        "needs_words": None,
        "invitation": None,
        **more,
    }


def more_time(before: str, until: str, reason: str, by: UUID | None = None) -> dict[str, Any]:
    """Return that a preparation was given more time, from the end of one day to that of another."""
    return {
        "extended_by": str(by or uuid7()),
        "created_at": "2026-04-01T09:00:00Z",
        "before_at": f"{before}T22:00:00Z",
        "target_at": f"{until}T22:00:00Z",
        "reason": reason,
    }


def conference(state: str, **more: Any) -> dict[str, Any]:
    """Return the conference as scheduling shows it to a coordinator."""
    return {
        "conference_id": str(CONFERENCE_ID),
        "conference_no": 1,
        "preparation_no": 1,
        "case_id": str(CASE),
        "state": state,
        "starts_at": None,
        "ends_at": None,
        "revision": 0,
        "version": 3,
        "poll_id": None,
        "venue": None,
        "preparation": {
            "target_at": "2026-06-14T22:00:00Z",
            "more_time": [],
            "reason": None,
            "next_conference_id": None,
            "held_on": None,
            "outcome": None,
            "return_called_by_circle": None,
            "incident": None,
            "parts": None,
            "attendance": [],
            "checklist": {"venue": True, "food": False},
            "needs_seen_to": [],
            "late_news": [],
            "venue_id": None,
        },
        **more,
    }


SET = {"starts_at": "2026-03-14T13:00:00Z", "ends_at": "2026-03-14T17:00:00Z", "venue": VENUE}


def option(option_id: UUID, day: int, answers: dict[UUID, str], **more: Any) -> dict[str, Any]:
    """Return a date of the poll."""
    said = list(answers.values())
    return {
        "option_id": str(option_id),
        "starts_at": f"2026-03-{day}T12:30:00Z",
        "ends_at": f"2026-03-{day}T16:30:00Z",
        "public_holiday": False,
        "school_holiday": False,
        "part": None,
        **{word: said.count(word) for word in ("yes", "maybe", "no")},
        "silent": 2 - len(said),
        "fits": True,
        "hindered": [],
        "unserved": [],
        "apart": [],
        "short": 0,
        "venues_free": None,
        "said_no": [str(each) for each, word in answers.items() if word == "no"],
        "answers": {str(each): word for each, word in answers.items()},
        **more,
    }


MIA = {"contact_name": "Mia", "contact_phone": "0470 12 34 56"}
CHOICE: dict[str, Any] = {"free": None, "free_for": [], "lacks": [], "suggested": False}


def venue(name: str, **more: Any) -> dict[str, Any]:
    """Return a place for a conference."""
    return {
        "venue_id": str(uuid7()),
        "name": name,
        "address": "Plein 1, Gent",
        "neutral": True,
        "reached_by": "Tram 4.",
        "meets": [],
        "open_at": [],
        "contact_name": None,
        "contact_phone": None,
        "contact_email": None,
        "version": 1,
        **CHOICE,
        **more,
    }


class Meeting:
    """Services behind the pages of one case."""

    def __init__(self, services: FakeServices) -> None:
        self.services = services
        services.answer(PERSONS, {"items": [person(RITA, "Rita", required=True), person(OMAR, HOSTILE)]})
        services.answer(FOR_CONFERENCE, {"venues": []})
        services.answer(GIVERS, {"version": 4, "givers": []})
        services.answer(NOTES, {"version": 2, "safety_plan": None, "child_participation": None})
        self.stands("preparing")

    def stands(self, state: str, **more: Any) -> None:
        """Say how the conference stands."""
        known = conference(state, **more)
        summary = {
            name: known[name]
            for name in (
                *("conference_id", "conference_no", "preparation_no", "state"),
                *("starts_at", "ends_at", "version", "poll_id"),
            )
        }
        more_time = {name: known["preparation"][name] for name in ("target_at", "more_time")}
        self.services.answer(OF_CASE, {"items": [summary | more_time]})
        self.services.answer(CONFERENCE, known)

    def is_asked(self, *options: dict[str, Any], silent: tuple[UUID, ...] = (), state: str = "open") -> None:
        """Say that the circle was asked about dates."""
        self.stands("polling", poll_id=str(POLL_ID))
        poll = {
            "poll_id": str(POLL_ID),
            "case_id": str(CASE),
            "conference_id": str(CONFERENCE_ID),
            "state": state,
            "closes_at": "2026-03-08T12:00:00Z",
            "closed_at": None,
            "closed_reason": None,
            "quorum": 0,
            "options": list(options),
            "silent": [str(each) for each in silent],
            "ranking": [each["option_id"] for each in options],
            "best_option_id": options[0]["option_id"],
        }
        self.services.answer(POLL, poll)
        self.services.answer(ANSWER_FOR, poll)


@pytest_asyncio.fixture
async def meeting(browser: Browser, services: FakeServices) -> Meeting:
    """A case of the coordinator who signed in."""
    await browser.sign_in(Role.COORDINATOR)
    return Meeting(services)


class TestAskingWhichDaysSuit:
    async def test_proposes_several_days_on_one_form(self, browser: Browser, meeting: Meeting) -> None:
        meeting.services.answer(OPEN, {"poll_id": str(POLL_ID)})
        given: dict[str, Any] = {"day-1": "2026-03-14", "parts-1[]": "afternoon", "day-2": "2026-03-29"}
        given |= {"from-2": "10:00", "to-2": "15:00"}
        sent = await browser.fill(DATES, **given)
        assert sent.headers["location"] == DATES
        [asked] = meeting.services.of(OPEN)
        # The clock goes forward on 29 March: the organisation's hours are meant, not the server's.
        assert asked.body["options"] == [
            {"day": "2026-03-14", "part": "afternoon"},
            {"starts_at": "2026-03-29T08:00:00+00:00", "ends_at": "2026-03-29T13:00:00+00:00"},
        ]

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({}, "day-1"),
            ({"day-2": "2026-03-14"}, "day-2"),
            ({"day-1": "2026-03-14", "from-1": "16:00", "to-1": "15:00"}, "day-1"),
            ({"parts-3[]": "evening"}, "day-3"),
        ],
    )
    async def test_says_which_day_is_not_complete(
        self, browser: Browser, meeting: Meeting, given: dict[str, Any], field: str
    ) -> None:
        shown = await browser.fill(DATES, expect=422, **given)
        assert f'href="#{field}"' in shown.text
        assert all(f'value="{value}"' in shown.text for value in given.values())
        assert meeting.services.of(OPEN) == []

    async def test_says_in_words_how_each_day_suits(self, browser: Browser, meeting: Meeting) -> None:
        best = option(FIRST, 14, {RITA: "yes", OMAR: "no"})
        other = option(SECOND, 15, {OMAR: "yes"}, fits=False, hindered=[str(RITA)])
        meeting.is_asked(best, other, silent=(RITA,))
        page = (await browser.ask("GET", DATES, expect=200)).text
        assert "Wie er zeker bij moet zijn, kan." in page
        assert "1 ja, 0 als het moet, 1 nee, 0 nog niets" in page
        assert "Moet erbij, en zei nog niets: <bdi>Rita Maes</bdi>" in page
        assert "Hoeft er niet bij te zijn, en kan niet: <bdi>&lt;script" in page
        assert "Nog geen enkele dag past" not in page
        assert 'href="tel:+32470123456"' in page
        assert "<script" not in page
        assert "&lt;script" in page

    async def test_says_what_would_have_to_change_when_no_day_suits(
        self, browser: Browser, meeting: Meeting
    ) -> None:
        no_day = option(
            FIRST,
            14,
            {RITA: "yes", OMAR: "yes"},
            fits=False,
            unserved=[str(RITA)],
            apart=[[str(RITA), str(OMAR)]],
            short=2,
            part="evening",
            school_holiday=True,
        )
        meeting.is_asked(no_day)
        page = (await browser.ask("GET", DATES, expect=200)).text
        assert "Het dichtst erbij is zaterdag 14 maart 2026, avond (17.30 tot 21.30)." in page
        assert "Zoek een tolk of vertrouwenspersoon die dan kan, voor: <bdi>Rita Maes</bdi>" in page
        assert "op een andere manier meedoen, bijvoorbeeld met een brief: <bdi>Rita Maes</bdi>, <bdi>" in page
        assert "Zoek nog 2 mensen die dan kunnen." in page
        assert "schoolvakantie" in page
        assert "weten we nog niet" not in page
        meeting.is_asked(no_day | {"school_holiday": None})
        page = (await browser.ask("GET", DATES, expect=200)).text
        assert "Of dit in een schoolvakantie valt, weten we nog niet: vraag het na." in page

    async def test_says_until_when_and_with_how_many(self, browser: Browser, meeting: Meeting) -> None:
        meeting.services.answer(OPEN, {"poll_id": str(POLL_ID)})
        given: dict[str, Any] = {"day-1": "2026-03-14", "parts-1[]": "evening", "closes_on": "2026-03-10"}
        shown = await browser.fill(DATES, expect=422, **given, quorum="veel")
        assert 'href="#quorum"' in shown.text
        await browser.fill(DATES, expect=422, **given, quorum="9" * 5_000)
        await browser.fill(DATES, **given, quorum="4")
        [asked] = meeting.services.of(OPEN)
        assert (asked.body["closes_on"], asked.body["quorum"]) == ("2026-03-10", 4)

    async def test_closes_the_question(self, browser: Browser, meeting: Meeting) -> None:
        meeting.is_asked(option(FIRST, 14, {}))
        meeting.services.refuse(CLOSE, 409, "poll-closed")
        shown = await browser.fill(DATES, expect=409, do="close")
        assert "intussen afgesloten" in shown.text
        assert len(meeting.services.of(CLOSE)) == 1

    async def test_notes_what_is_heard_on_the_phone(self, browser: Browser, meeting: Meeting) -> None:
        meeting.is_asked(option(FIRST, 14, {}), silent=(RITA,))
        page = f"{DATES}/people/{RITA}"
        await browser.fill(page, expect=422)
        heard: dict[str, Any] = {f"day-{FIRST}": "maybe"}
        await browser.fill(page, **heard)
        [asked] = meeting.services.of(ANSWER_FOR)
        assert asked.ids["person_id"] == str(RITA)
        assert asked.body == {"answers": {str(FIRST): "maybe"}}


class TestSettingADate:
    async def test_sets_the_best_day_with_its_place(self, browser: Browser, meeting: Meeting) -> None:
        meeting.is_asked(option(FIRST, 14, {RITA: "yes"}))
        meeting.services.answer(SCHEDULE, conference("scheduled", **SET))
        place: dict[str, Any] = {"venue_name": VENUE["name"], "venue_address": VENUE["address"]}
        sent = await browser.fill(f"{DATES}/set", option=str(FIRST), version="3", **place)
        assert sent.headers["location"] == MEETING
        [asked] = meeting.services.of(SCHEDULE)
        assert asked.body == {"option_id": str(FIRST), "venue": VENUE, "version": 3}

    async def test_sets_another_day_and_says_who_was_faster(self, browser: Browser, meeting: Meeting) -> None:
        meeting.services.refuse(SCHEDULE, 409, "other-version")
        day: dict[str, Any] = {
            "option": "other",
            "day": "2026-03-20",
            "from": "18:00",
            "to": "21:00",
            "version": "2",
        }
        place: dict[str, Any] = {"venue_name": VENUE["name"], "venue_address": VENUE["address"]}
        shown = await browser.fill(f"{DATES}/set", expect=409, **day, **place)
        assert "Iemand anders veranderde dit intussen" in shown.text
        # What was typed is there, and replaces nothing until its writer says so.
        assert 'value="Buurthuis"' in shown.text
        assert 'name="version" value="2"' in shown.text
        assert 'name="whose" value="3"' in shown.text
        [asked] = meeting.services.of(SCHEDULE)
        assert asked.body["date"]["starts_at"] == "2026-03-20T17:00:00+00:00"

    async def test_leaves_the_day_that_is_set_chosen(self, browser: Browser, meeting: Meeting) -> None:
        dates = option(FIRST, 14, {RITA: "yes"}), option(SECOND, 15, {})
        set_so = {**SET, "starts_at": dates[1]["starts_at"], "ends_at": dates[1]["ends_at"]}
        meeting.is_asked(*dates)
        meeting.stands("scheduled", poll_id=str(POLL_ID), **set_so)
        page = (await browser.ask("GET", f"{DATES}/set", expect=200)).text
        assert f'value="{SECOND}" checked' in page
        assert f'value="{FIRST}" checked' not in page
        # It may be another day than those of the poll.
        meeting.stands("scheduled", poll_id=str(POLL_ID), **SET)
        page = (await browser.ask("GET", f"{DATES}/set", expect=200)).text
        assert 'value="other" checked' in page
        assert all(f'value="{each}"' in page for each in ("2026-03-14", "14:00", "18:00"))

    async def test_says_who_must_not_meet(self, browser: Browser, meeting: Meeting) -> None:
        said_no = dict.fromkeys(("reminded_at", "delivery")) | {
            "invitation_id": str(uuid7()),
            "state": "answered",
            "answer": "no",
            "mode": "absent",
            "via": "link",
            "sent_at": "2026-03-02T09:00:00Z",
            "answered_at": "2026-03-03T09:00:00Z",
        }
        both = [person(RITA, "Rita", not_with=[str(OMAR)]), person(OMAR, "Omar", not_with=[str(RITA)])]
        for omar_comes in (True, False):
            both[1] |= {"invitation": None if omar_comes else said_no}
            meeting.services.answer(PERSONS, {"items": both})
            page = (await browser.ask("GET", f"{DATES}/set", expect=200)).text
            assert ("Deze mensen mogen elkaar niet ontmoeten." in page) is omar_comes

    async def test_needs_a_day_and_a_place(self, browser: Browser, meeting: Meeting) -> None:
        shown = await browser.fill(f"{DATES}/set", expect=422, option="other", version="3")
        assert all(f'href="#{field}"' in shown.text for field in ("day", "venue_name", "venue_address"))
        assert meeting.services.of(SCHEDULE) == []

    async def test_suggests_a_place_and_says_what_it_lacks(self, browser: Browser, meeting: Meeting) -> None:
        meeting.services.answer(PERSONS, {"items": [person(RITA, "Rita", needs=["food", "step-free"])]})
        meeting.is_asked(option(FIRST, 14, {RITA: "yes"}), option(SECOND, 15, {}, venues_free=0))
        hall = venue("Zaal", suggested=True, free_for=[str(FIRST)], **MIA)
        office = venue(HOSTILE, neutral=False, lacks=["step-free"])
        meeting.services.answer(FOR_CONFERENCE, {"venues": [hall, office]})
        page = (await browser.ask("GET", f"{DATES}/set", expect=200)).text
        assert meeting.services.of(FOR_CONFERENCE)[-1].query == {"needs": ["step-free"]}
        assert f'value="{hall["venue_id"]}" checked' in page
        assert "Een neutrale plaats. Tram 4. Contact: Mia, 0470 12 34 56. Niet vrij op:" in page
        assert "Op geen van deze dagen vrij. Mist voor wie komt: een plaats zonder trappen." in page
        assert "<script" not in page
        assert "Er is dan geen enkele plaats vrij." in (await browser.ask("GET", DATES, expect=200)).text
        meeting.services.refuse(SCHEDULE, 409, "venue-taken")
        given: dict[str, Any] = {"option": str(FIRST), "venue": hall["venue_id"], "version": "3"}
        taken = await browser.fill(f"{DATES}/set", expect=409, **given)
        assert "al een andere kring samen" in taken.text
        meeting.services.answer(SCHEDULE, conference("scheduled", **SET))
        await browser.fill(f"{DATES}/set", **given)
        asked = meeting.services.of(SCHEDULE)[-1].body
        assert asked == {"option_id": str(FIRST), "venue_id": hall["venue_id"], "version": 3}

    async def test_warns_of_a_place_that_lacks_what_somebody_needs_since(
        self, browser: Browser, meeting: Meeting
    ) -> None:
        hall = venue("Zaal", lacks=["hearing"], free=True, **MIA, contact_email="zaal@voorbeeld.example")
        prepared = conference("scheduled")["preparation"] | {"venue_id": hall["venue_id"]}
        meeting.services.answer(FOR_CONFERENCE, {"venues": [hall]})
        meeting.stands(
            "scheduled", **{**SET, "venue": VENUE | {"reached_by": "Tram 4"}}, preparation=prepared
        )
        page = (await browser.ask("GET", MEETING, expect=200)).text
        assert "Deze plaats mist iets voor wie komt: hulp om goed te horen." in page
        for path in (MEETING, f"{MEETING}/day-sheet"):
            page = (await browser.ask("GET", path, expect=200)).text
            assert "<dt>Hoe je er komt</dt><dd>Tram 4</dd>" in page
            assert "<bdi>Mia</bdi>" in page
            assert 'href="tel:0470123456"' in page
            assert 'href="mailto:zaal@voorbeeld.example"' in page


class TestThePlaces:
    async def test_are_added_changed_and_taken_away(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        hall = venue(HOSTILE, meets=["step-free"], open_at=["tue-evening"], contact_name="Mia")
        known = {name: value for name, value in hall.items() if name not in CHOICE}
        services.answer(VENUES, {"venues": [known]})
        listed = (await browser.ask("GET", "/venues", expect=200)).text
        assert "een plaats zonder trappen" in listed
        assert "<script" not in listed
        services.answer(ENTER, known)
        assert 'href="#name"' in (await browser.fill("/venues/new", expect=422)).text
        await browser.fill("/venues/new", name="Zaal", address="Plein 1", neutral="no", meets__="sight")
        body = services.of(ENTER)[-1].body
        assert (body["neutral"], body["meets"], body["open_at"]) == (False, ["sight"], [])
        path = f"/venues/{hall['venue_id']}"
        assert 'value="tue-evening" checked' in (await browser.ask("GET", path, expect=200)).text
        services.answer(CHANGE_VENUE, known)
        await browser.fill(path, name="Zaal", address="Plein 1", neutral="yes", version="1")
        assert services.of(CHANGE_VENUE)[-1].body["version"] == 1
        services.answer(CLOSE_VENUE, None)
        await browser.fill(path, do="close")
        assert len(services.of(CLOSE_VENUE)) == 1


class TestWhoTellsWhat:
    def giver(self, name: str | None, tells: str, **more: Any) -> dict[str, Any]:
        """Return somebody who comes to tell something."""
        known = {"person_id": None, "name": name, "function": None, "tells": tells, "how": "present"}
        return known | more

    async def test_is_written_down_row_by_row_in_the_order_that_is_said(
        self, browser: Browser, meeting: Meeting
    ) -> None:
        teacher = person(OMAR, "Omar", role="professional")
        meeting.services.answer(PERSONS, {"items": [person(RITA, "Rita"), teacher]})
        known = [self.giver("Mia", f"Een{HOSTILE}", function="arts"), self.giver("Tom", "Twee")]
        meeting.services.answer(GIVERS, {"version": 4, "givers": known})
        page = (await browser.ask("GET", f"{MEETING}/givers", expect=200)).text
        assert page.count("<fieldset") == 4
        assert "Omar Maes" in page
        assert "Rita Maes" not in page
        assert "<script" not in page
        meeting.services.answer(WRITE_GIVERS, {"version": 5, "givers": []})
        rows: dict[str, Any] = {
            "name-1": "Mia",
            "tells-1": "Een",
            "order-1": "1",
            "name-2": "Tom",
            "tells-2": "Twee",
            "order-2": "2",
            "how-2": "in-writing",
            "who-3": str(OMAR),
            "tells-3": "Drie",
            "order-3": "1",
        }
        await browser.fill(f"{MEETING}/givers", version="4", **rows)
        [asked] = meeting.services.of(WRITE_GIVERS)
        assert asked.body == {
            "version": 4,
            "givers": [
                self.giver(None, "Drie", person_id=str(OMAR)),
                self.giver("Mia", "Een"),
                self.giver("Tom", "Twee", how="in-writing"),
            ],
        }

    async def test_keeps_every_row_that_was_sent(self, browser: Browser, meeting: Meeting) -> None:
        rows: dict[str, Any] = {f"tells-{row}": f"Nummer {row}" for row in range(1, 6)}
        shown = (await browser.fill(f"{MEETING}/givers", expect=422, version="4", **rows)).text
        assert all(f"Nummer {row}" in shown for row in range(1, 6))

    async def test_needs_who_and_what(self, browser: Browser, meeting: Meeting) -> None:
        rows: dict[str, Any] = {"tells-1": "Een", "name-2": "Tom", "name-3": "Mia", "tells-3": "x" * 2001}
        shown = (await browser.fill(f"{MEETING}/givers", expect=422, version="4", **rows)).text
        assert all(f'href="#{field}"' in shown for field in ("name-1", "tells-2", "tells-3"))
        assert meeting.services.of(WRITE_GIVERS) == []

    async def test_stands_on_the_page_and_the_sheet_for_the_day(
        self, browser: Browser, meeting: Meeting
    ) -> None:
        known = [
            self.giver(None, "Hoe het gaat.", person_id=str(RITA)),
            self.giver(HOSTILE, "Wat kan.", how="in-writing"),
        ]
        meeting.services.answer(GIVERS, {"version": 4, "givers": known})
        meeting.stands("scheduled", **SET)
        for path in (MEETING, f"{MEETING}/day-sheet"):
            page = (await browser.ask("GET", path, expect=200)).text
            assert page.index("Hoe het gaat.") < page.index("Wat kan.")
            assert "op papier" in page
            assert "<script" not in page

    async def test_is_read_by_the_circle_before_the_day(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.come_by_link()
        read = conference("scheduled", **SET) | {"preparation": None}
        read["venue"] = VENUE | {"reached_by": "Tram 4"}
        services.answer(OWN_CONFERENCES, {"items": [read]})
        member = {"person_id": str(RITA), "first_name": "Rita", "role": "circle", "mode": "phone"}
        services.answer(CIRCLE, {"items": [member]})
        known = [
            self.giver(None, "Hoe het gaat.", person_id=str(RITA)),
            self.giver(None, "Wat de dienst kan.", person_id=str(OMAR)),
            self.giver("Mia", f"Over pillen{HOSTILE}", function="arts"),
        ]
        services.answer(OWN_GIVERS, {"items": known})
        page = (await browser.ask("GET", "/me/conference", expect=200)).text
        told = page[page.index("Wie komt wat vertellen?") :]
        assert told.index("Rita") < told.index("Hoe het gaat.") < told.index("Een hulpverlener")
        assert told.index("Wat de dienst kan.") < told.index("Mia") < told.index("Over pillen")
        assert "<dt>Hoe je er komt</dt><dd><bdi>Tram 4</bdi></dd>" in page
        assert "<script" not in page


class TestNotes:
    KNOWN: ClassVar = {"version": 2, "safety_plan": f"Samen{HOSTILE}", "child_participation": "Een brief"}

    async def test_are_written_on_a_page_of_their_own(self, browser: Browser, meeting: Meeting) -> None:
        meeting.services.answer(NOTES, self.KNOWN)
        page = (await browser.ask("GET", MEETING, expect=200)).text
        assert f'href="{MEETING}/notes"' in page
        assert "Een brief" not in page
        page = (await browser.ask("GET", f"{MEETING}/notes", expect=200)).text
        assert "Samen" in page
        assert "Een brief" in page
        assert "<script" not in page
        assert "Wat in de besloten tijd gezegd wordt, hoort hier niet." in page
        meeting.services.answer(WRITE_NOTES, self.KNOWN)
        sent = await browser.fill(
            f"{MEETING}/notes", version="2", safety_plan="Samen", child_participation=" "
        )
        assert sent.headers["location"] == MEETING
        [asked] = meeting.services.of(WRITE_NOTES)
        assert asked.body == {"version": 2, "safety_plan": "Samen", "child_participation": None}

    async def test_keep_what_was_typed_when_it_is_too_long_or_was_changed(
        self, browser: Browser, meeting: Meeting
    ) -> None:
        long = {"safety_plan": "x" * 4001, "child_participation": "Een tekening"}
        shown = (await browser.fill(f"{MEETING}/notes", expect=422, version="2", **long)).text
        assert 'href="#safety_plan"' in shown
        assert "Een tekening" in shown
        assert meeting.services.of(WRITE_NOTES) == []
        meeting.services.refuse(WRITE_NOTES, 409, "other-version")
        short = {"safety_plan": "", "child_participation": "Een tekening"}
        shown = (await browser.fill(f"{MEETING}/notes", expect=409, version="1", **short)).text
        assert "Een tekening" in shown

    async def test_stand_on_the_sheet_for_the_day(self, browser: Browser, meeting: Meeting) -> None:
        meeting.services.answer(NOTES, self.KNOWN)
        meeting.stands("scheduled", **SET)
        sheet = (await browser.ask("GET", f"{MEETING}/day-sheet", expect=200)).text
        assert sheet.index("Afspraken over veiligheid") < sheet.index("Samen") < sheet.index("Een brief")
        assert "<script" not in sheet

    async def test_end_with_the_preparation(self, browser: Browser, meeting: Meeting) -> None:
        meeting.stands("held", **SET)
        assert f'href="{MEETING}/notes"' not in (await browser.ask("GET", MEETING, expect=200)).text
        page = (await browser.ask("GET", f"{MEETING}/notes", expect=200)).text
        assert "Er is nu geen conferentie die je voorbereidt." in page
        assert meeting.services.of(NOTES) == []


class TestWhoMustNotMeet:
    async def test_is_said_beside_them_and_for_those_who_both_come(
        self, browser: Browser, meeting: Meeting
    ) -> None:
        yes: dict[str, Any] = {
            "invitation_id": str(uuid7()),
            "state": "answered",
            "answer": "yes",
            "mode": "in-person",
        }
        yes |= dict.fromkeys(("via", "reminded_at", "answered_at", "delivery")) | {
            "sent_at": "2026-03-01T09:00:00Z"
        }

        def circle(*answers: dict[str, Any] | None) -> None:
            both = [(RITA, "Rita", OMAR), (OMAR, HOSTILE, RITA)]
            rows = [
                person(one, name, not_with=[str(other)], invitation=answer)
                for (one, name, other), answer in zip(both, answers, strict=True)
            ]
            meeting.services.answer(PERSONS, {"items": [*rows, person(uuid7(), "Mia")]})

        meeting.stands("scheduled", **SET)
        for answers, both_come in (((yes, None), 0), ((yes, yes), 1)):
            circle(*answers)
            for path in (MEETING, f"{MEETING}/day-sheet"):
                page = (await browser.ask("GET", path, expect=200)).text
                assert page.count("Mag niet ontmoeten:") == 2
                assert page.count("Deze mensen komen allebei") == both_come
                assert "<script" not in page
        meeting.is_asked(option(FIRST, 14, {RITA: "yes", OMAR: "yes"}))
        page = (await browser.ask("GET", DATES, expect=200)).text
        assert page.count("Mag niet ontmoeten:") == 2


class TestAnEarlierConference:
    EARLIER = f"/cases/{CASE}/conferences/{CONFERENCE_ID}"

    def held(self, meeting: Meeting) -> None:
        """Let the first conference be over without a plan."""
        rest = {**dict.fromkeys(("arrived_at", "left_at")), "walked_out": False, "views_beforehand": False}
        came = [
            {"person_id": str(each), "mode": "in-person", "came": each == RITA} | rest
            for each in (RITA, OMAR)
        ]
        more = {"outcome": "no-plan", "held_on": "2026-03-14", "attendance": came}
        meeting.stands("held", **SET, preparation=conference("held")["preparation"] | more)

    async def test_says_who_was_there_and_how_it_ended(self, browser: Browser, meeting: Meeting) -> None:
        self.held(meeting)
        page = (await browser.ask("GET", self.EARLIER, expect=200)).text
        for words in (
            "Conferentie 1",
            "De kring kwam samen. Er kwam geen plan.",
            "14 maart 2026",
            "Buurthuis",
        ):
            assert words in page
        assert "Rita Maes" in page
        assert [page.count(f">{how}<") for how in ("was er", "was er niet", "komt")] == [1, 1, 0]
        assert "<script" not in page

    async def test_names_nobody_to_a_manager_to_whom_the_file_is_not_open(
        self, browser: Browser, meeting: Meeting
    ) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        self.held(meeting)
        meeting.services.refuse(PERSONS, 404, "case-not-found")
        page = (await browser.ask("GET", self.EARLIER, expect=200)).text
        assert "Er was 1 persoon." in page
        assert "Rita" not in page


class TestLateNews:
    def late(self, meeting: Meeting, *news: tuple[str, str], state: str = "scheduled") -> None:
        """Say what changed after the circle was told, and what became of it."""
        known = [
            {"code": code, "state": became, "created_at": "2026-03-05T09:00:00Z"} for code, became in news
        ]
        meeting.stands(state, **SET, preparation=conference(state)["preparation"] | {"late_news": known})

    async def test_warns_and_asks_to_tell_it_again_or_move_the_day(
        self, browser: Browser, meeting: Meeting
    ) -> None:
        self.late(meeting, ("bottom-lines-shared", "open"), ("questions-shared", "told"))
        for path in (MEETING, f"{MEETING}/day-sheet", f"{MEETING}/after"):
            page = (await browser.ask("GET", path, expect=200)).text
            assert "De ondergrenzen, of waar de kring op kan rekenen, zijn veranderd." in page
            assert f'href="{MEETING}/news"' in page
            assert "De vragen aan de kring zijn veranderd." not in page
        page = (await browser.ask("GET", f"{MEETING}/news", expect=200)).text
        move = f"{MEETING}/change?moved=bottom-line-late"
        assert f'href="{move}"' in page
        chosen = (await browser.ask("GET", move, expect=200)).text
        assert '<option value="bottom-line-late" selected>' in chosen
        meeting.services.answer(INFORM_AGAIN, conference("scheduled", **SET))
        sent = await browser.fill(f"{MEETING}/news")
        assert sent.headers["location"] == MEETING
        assert len(meeting.services.of(INFORM_AGAIN)) == 1

    async def test_says_what_is_decided_and_that_nothing_is_new(
        self, browser: Browser, meeting: Meeting
    ) -> None:
        self.late(meeting, ("information-givers", "informing"), state="polling")
        page = (await browser.ask("GET", f"{MEETING}/news", expect=200)).text
        assert "Je besliste om de kring opnieuw in te lichten." in page
        assert "/conference/change" not in page
        self.late(meeting)
        page = (await browser.ask("GET", f"{MEETING}/news", expect=200)).text
        assert "De kring weet alles wat ze vooraf moet weten." in page
        assert "iets nieuws dat" not in (await browser.ask("GET", MEETING, expect=200)).text

    async def test_stands_with_the_day_where_nobody_told_it_in_time(
        self, browser: Browser, meeting: Meeting
    ) -> None:
        self.late(meeting, ("questions-shared", "on-the-day"), ("information-givers", "told"), state="held")
        page = (await browser.ask("GET", MEETING, expect=200)).text
        assert "Dit hoorde de kring pas op de dag zelf:" in page
        assert "Wie wat komt vertellen, is veranderd." not in page


class TestTheConference:
    async def test_shows_when_where_and_who_comes(self, browser: Browser, meeting: Meeting) -> None:
        meeting.stands("scheduled", **SET)
        for path in (MEETING, f"{MEETING}/day-sheet"):
            page = (await browser.ask("GET", path, expect=200)).text
            assert "Kerkstraat 1, Gent" in page
            assert "zaterdag 14 maart 2026, van 14.00" in page.replace("\xa0", " ")
            assert "<script" not in page

    async def test_keeps_what_was_seen_to(self, browser: Browser, meeting: Meeting) -> None:
        meeting.services.answer(CHECK, {"checklist": {"food": True}})
        await browser.fill(MEETING, done__="food")
        said = {asked.ids["code"]: asked.body["done"] for asked in meeting.services.of(CHECK)}
        assert said == {"venue": False, "food": True}

    async def test_says_who_has_to_be_there_and_does_not_come(
        self, browser: Browser, meeting: Meeting
    ) -> None:
        no = dict.fromkeys(("reminded_at", "delivery")) | {
            "invitation_id": str(uuid7()),
            "state": "answered",
            "answer": "no",
            "mode": "absent",
            "via": "link",
            "sent_at": "2026-03-02T09:00:00Z",
            "answered_at": "2026-03-03T09:00:00Z",
        }
        people = [
            person(RITA, "Rita", required=True),
            person(OMAR, "Omar", required=True, invitation=no),
        ]
        meeting.services.answer(PERSONS, {"items": people, "next": None})
        words, move = "Wie erbij moet zijn, komt niet:", "/conference/change?moved=key-person-unavailable"
        meeting.stands("preparing")
        assert words not in (await browser.ask("GET", MEETING, expect=200)).text
        meeting.stands("scheduled", **SET)
        page = (await browser.ask("GET", MEETING, expect=200)).text
        assert (f"{words} <bdi>Omar" in page, move in page) == (True, False)
        await browser.world.execute(
            "INSERT INTO todo (id, tenant, service, kind, subject, case_id, owner, state, waiting, due_at,"
            " changed_at, version) VALUES (:id, :tenant, 'scheduling', 'key-person-out', :id, :case,"
            " 'coordinator', 'running', true, :now, :now, 1)",
            id=uuid7(),
            tenant=browser.world.tenant,
            case=CASE,
            now=NOW,
        )
        me = await browser.sign_in(Role.COORDINATOR)
        await browser.world.handle(CoordinatorAssigned(case_id=CASE, assignment_no=1, coordinator_id=me))
        page = (await browser.ask("GET", MEETING, expect=200)).text
        assert move in page
        meeting.services.answer(SCHEDULE, conference("scheduled", **SET))
        token = page.split('name="form-token" value="')[1].split('"')[0]
        sent = {"form-token": token, "once": str(uuid7())}
        await browser.ask("POST", f"{MEETING}/stands", data=sent, expect=303)
        (asked,) = meeting.services.of(SCHEDULE)
        assert (asked.body["version"], asked.body["venue"]) == (3, VENUE)
        starts = datetime.fromisoformat(asked.body["date"]["starts_at"])
        assert starts == datetime.fromisoformat("2026-03-14T13:00:00Z")

    async def test_says_who_does_not_know_yet_and_since_when(
        self, browser: Browser, meeting: Meeting
    ) -> None:
        unsure = dict.fromkeys(("reminded_at", "delivery", "mode")) | {
            "invitation_id": str(uuid7()),
            "state": "sent",
            "answer": "unsure",
            "via": "link",
            "sent_at": "2026-03-02T09:00:00Z",
            "answered_at": "2026-03-03T09:00:00Z",
        }
        people = [person(OMAR, "Omar", required=True, invitation=unsure)]
        meeting.services.answer(PERSONS, {"items": people, "next": None})
        meeting.stands("scheduled", **SET)
        page = (await browser.ask("GET", MEETING, expect=200)).text
        assert "Wie erbij moet zijn, weet het nog niet: <bdi>Omar" in page
        assert "weet het nog niet (dinsdag 3 maart 2026)" in page
        assert "Wie erbij moet zijn, komt niet" not in page

    async def test_says_who_needs_what_and_keeps_what_was_seen_to(
        self, browser: Browser, meeting: Meeting
    ) -> None:
        no = dict.fromkeys(("reminded_at", "delivery")) | {
            "invitation_id": str(uuid7()),
            "state": "answered",
            "answer": "no",
            "mode": "absent",
            "via": "link",
            "sent_at": "2026-03-02T09:00:00Z",
            "answered_at": "2026-03-03T09:00:00Z",
        }
        needing = [
            person(RITA, "Rita", needs=["transport", "step-free", "sight"], needs_words=f"Uit Lier{HOSTILE}"),
            person(OMAR, "Omar", needs=["food"], invitation=no),
        ]
        meeting.services.answer(PERSONS, {"items": needing, "next": None})
        there = {"person_id": str(RITA), "need": "access"}
        meeting.stands("scheduled", **SET)
        prepared = conference("scheduled")["preparation"] | {"needs_seen_to": [there]}
        meeting.stands("scheduled", **SET, preparation=prepared)
        for path in (MEETING, f"{MEETING}/day-sheet"):
            page = (await browser.ask("GET", path, expect=200)).text
            assert "Rita Maes: Vervoer: Uit Lier" in page
            assert "Rita Maes: Een plaats zonder trappen, Hulp om goed te zien" in page
            assert "Aangepast eten" not in page
            assert "<script" not in page
        meeting.services.answer(SEE_TO, {"needs_seen_to": []})
        await browser.fill(MEETING, done__="venue", met__=f"{RITA}/transport")
        said = {asked.ids["need"]: asked.body["done"] for asked in meeting.services.of(SEE_TO)}
        assert said == {"transport": True, "access": False}

    async def test_is_put_off_with_a_reason(self, browser: Browser, meeting: Meeting) -> None:
        meeting.stands("scheduled", **SET)
        answer = {"next_conference_id": str(uuid7()), "next_conference_no": 2}
        meeting.services.answer(POSTPONE, answer)
        await browser.fill(f"{MEETING}/change", expect=422, do="move", version="3")
        meeting.services.refuse(POSTPONE, 409, "other-version")
        moved = {"do": "move", "moved": "venue", "version": "2"}
        shown = await browser.fill(f"{MEETING}/change", expect=409, **moved)
        assert shown.text.count('name="whose" value="3"') == 1
        meeting.services.asked.clear()
        meeting.services.answer(POSTPONE, answer)
        await browser.fill(f"{MEETING}/change", do="move", moved="venue", version="3")
        assert [asked.body for asked in meeting.services.of(POSTPONE)] == [{"reason": "venue", "version": 3}]

    async def test_gets_more_time_with_a_reason(self, browser: Browser, meeting: Meeting) -> None:
        meeting.stands("preparing")
        meeting.services.answer(EXTEND, {"target_at": "2026-06-01T22:00:00Z"})
        shown = await browser.fill(f"{MEETING}/longer", expect=422, until="morgen")
        assert all(f'href="#{field}"' in shown.text for field in ("until", "reason"))
        await browser.fill(f"{MEETING}/longer", until="2026-06-01", reason="holidays")
        [asked] = meeting.services.of(EXTEND)
        assert asked.body == {"until": "2026-06-01", "reason": "holidays"}
        for state, times in (("preparing", 1), ("cancelled", 0)):
            longer = {
                "more_time": [
                    more_time("2026-05-01", "2026-05-18", "circle-grows"),
                    more_time("2026-05-18", "2026-06-01", "holidays"),
                ]
            }
            meeting.stands(state, preparation=conference(state)["preparation"] | longer)
            shown = await browser.ask("GET", MEETING, expect=200)
            for said in (
                "Meer tijd tot maandag 18 mei 2026: Er komen nog mensen bij de kring (eerst tot vrijdag 1 mei",
                "Meer tijd tot maandag 1 juni 2026: Het is vakantie (eerst tot maandag 18 mei 2026; een",
            ):
                assert shown.text.count(said) == times

    async def test_goes_on_another_day(self, browser: Browser, meeting: Meeting) -> None:
        meeting.stands("scheduled", **SET)
        meeting.services.answer(HOLD, conference("held", **SET))
        hours = {"begins": "14:00", "private_begins": "15:00", "private_ends": "16:00", "ends": "17:00"}
        came = {f"came-{RITA}": "walked-out", f"came-{OMAR}": "no-show", "day": "2026-03-14", **hours}
        given: dict[str, Any] = {**came, "outcome": "continued", "return_called": "no", "incident": "yes"}
        sent = await browser.fill(f"{MEETING}/after", **given)
        assert sent.headers["location"] == DATES
        [asked] = meeting.services.of(HOLD)
        assert (asked.body["outcome"], asked.body["incident"]) == ("continued", True)
        assert asked.body["return_called_by_circle"] is False
        assert asked.body["attendance"] == [
            {"person_id": str(RITA), "mode": "in-person", "came": True, "walked_out": True},
            {"person_id": str(OMAR), "mode": "in-person", "came": False},
        ]

    async def test_takes_down_who_came_later_and_who_left_early(
        self, browser: Browser, meeting: Meeting
    ) -> None:
        meeting.stands("scheduled", **SET)
        meeting.services.answer(HOLD, conference("held", **SET))
        hours = {"begins": "22:00", "private_begins": "23:00", "private_ends": "00:30", "ends": "01:00"}
        given: dict[str, Any] = {
            f"came-{RITA}": "in-person",
            f"came-{OMAR}": "absent",
            "day": "2026-03-14",
            "outcome": "plan",
            **hours,
        }
        refusals: tuple[tuple[dict[str, Any], str], ...] = (
            ({f"arrived-{OMAR}": "22:30"}, "Een uur kan alleen bij wie er was."),
            ({f"left-{RITA}": "laat"}, "Vul een uur in, zoals 15:30."),
            (
                {f"arrived-{RITA}": "23:30", f"left-{RITA}": "22:15"},
                "Dit is vroeger dan het uur waarop deze persoon kwam.",
            ),
        )
        for wrong, said in refusals:
            refused = await browser.fill(f"{MEETING}/after", expect=422, **given, **wrong)
            assert refused.text.count(said) == 2  # in the summary, and at the field
        given |= {f"arrived-{RITA}": "21:50", f"left-{RITA}": "00:10"}
        await browser.fill(f"{MEETING}/after", **given)
        [asked] = meeting.services.of(HOLD)
        # Before it began, and after midnight.
        assert asked.body["attendance"] == [
            {
                "person_id": str(RITA),
                "mode": "in-person",
                "came": True,
                "arrived_at": "2026-03-14T20:50:00+00:00",
                "left_at": "2026-03-14T23:10:00+00:00",
            },
            {"person_id": str(OMAR), "mode": "absent", "came": False},
        ]

    async def test_is_recorded_when_the_day_is_over(self, browser: Browser, meeting: Meeting) -> None:
        meeting.stands("scheduled", **SET)
        meeting.services.answer(HOLD, conference("held", **SET))
        hours = {"begins": "14:00", "private_begins": "15:00", "private_ends": "00:30", "ends": "01:00"}
        came: dict[str, Any] = {
            f"came-{RITA}": "in-person",
            f"came-{OMAR}": "absent",
            "day": "2026-03-14",
            **hours,
        }
        await browser.fill(f"{MEETING}/after", expect=422, **came)
        sent = await browser.fill(f"{MEETING}/after", outcome="plan", **came)
        assert sent.headers["location"] == f"/cases/{CASE}/plan"
        [asked] = meeting.services.of(HOLD)
        assert {each["person_id"]: each["came"] for each in asked.body["attendance"]} == {
            str(RITA): True,
            str(OMAR): False,
        }
        # It lasted past midnight.
        assert asked.body["parts"]["private"] == {
            "from": "2026-03-14T14:00:00+00:00",
            "to": "2026-03-14T23:30:00+00:00",
        }

    async def test_is_prepared_again_after_it_was_held_or_called_off(
        self, browser: Browser, meeting: Meeting
    ) -> None:
        begun = {
            "preparation_no": 2,
            "reason": "no-plan",
            "conference_id": str(uuid7()),
            "conference_no": 2,
            "target_at": "2026-05-14T13:00:00Z",
        }
        meeting.services.answer(BEGIN_AGAIN, begun)
        again = f"{MEETING}/again"
        for state, reason, offered in (
            *(("held", None, True), ("cancelled", "family-wish", True)),
            *(("cancelled", "case-stopped", False), ("scheduled", None, False)),
        ):
            meeting.stands(state, preparation=conference(state)["preparation"] | {"reason": reason}, **SET)
            page = (await browser.ask("GET", MEETING, expect=200)).text
            assert (f'href="{again}"' in page) is offered, (state, reason)
        sent = await browser.fill(again)
        assert sent.headers["location"] == DATES
        assert len(meeting.services.of(BEGIN_AGAIN)) == 1
        meeting.services.refuse(BEGIN_AGAIN, 409, "preparation-runs")
        assert "al een conferentie voorbereid" in (await browser.fill(again, expect=409)).text

    @pytest.mark.parametrize(
        "path",
        [
            *("dates", "dates/set", "conference", "conference/givers", "conference/notes"),
            "conference/news",
            *("conference/change", "conference/again"),
        ],
    )
    async def test_is_for_coordinators(self, browser: Browser, services: FakeServices, path: str) -> None:
        await browser.sign_in(Role.FINANCE)
        await browser.ask("GET", f"/cases/{CASE}/{path}", expect=403)
        assert services.asked == []
