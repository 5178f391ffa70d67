"""Referrals are followed by who sent them and decided by the manager, who also finds coordinators and opens files."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.portal.road import CASE
from services.portal.routes.cases import CASES
from services.portal.routes.coordinators import COORDINATORS, ENTER
from services.portal.routes.invitation import STOP
from services.portal.routes.managing import CLOSE_FILE, OFFERS, OPEN_FILE, SEEK
from services.portal.routes.open_file import OPENED
from services.portal.routes.referrals import ACCEPT, DECLINE, REFERRAL, REFERRALS, WITHDRAW
from shared.auth import Role
from shared.ids import uuid7
from tests.support.portal import Browser, FakeServices

HOSTILE = "<b>Ann</b>\u202e" + "x" * 60
ID, CASE_ID, COORDINATOR_ID = uuid7(), uuid7(), uuid7()


def referral(**changed: object) -> dict[str, Any]:
    """Return a referral as a list shows it."""
    return {
        "referral_id": str(ID),
        "state": "received",
        "kind": "professional",
        "track": "urgent",
        "themes": ["loneliness"],
        "minors": False,
        "referring_organisation_id": None,
        "mandated_organisation_id": None,
        "case_id": None,
        "created_at": "2026-03-02T09:00:00Z",
        "decide_by": "2026-03-09T16:00:00Z",
        "also_referred": [],
        **changed,
    }


def whole(**changed: object) -> dict[str, Any]:
    """Return a referral with what it says."""
    person = {
        "person_id": str(uuid7()),
        "ref": "a",
        "role": "central",
        "first_name": HOSTILE,
        "last_name": "",
        "birth_date": None,
        "email": None,
        "phone": None,
        "address": None,
        "language": "nl",
        "relation": None,
        "side": "other",
        "parental_authority": False,
        "consent": None,
        "erased": False,
    }
    words: dict[str, Any] = {
        "question": "Hoe komt ze weer buiten?",
        "summary": None,
        "languages": ["nl"],
        "wishes": {"languages": [], "gender": None, "culture": None},
        "bottom_lines": [],
        "resources": None,
        "persons": [person],
        "reason": None,
    }
    return {**referral(), **words, **changed}


def case(**changed: object) -> dict[str, Any]:
    """Return a case."""
    return {
        "case_id": str(CASE_ID),
        "referral_id": str(ID),
        "state": "open",
        "track": "normal",
        "themes": [],
        "minors": None,
        "coordinator_id": None,
        "waits_for": "coordinator",
        "assignment_no": 1,
        "referring_organisation_id": None,
        "mandated_organisation_id": None,
        "pause_reason": None,
        "paused_at": None,
        "stop_reason": None,
        "stopped_by": None,
        "outcome": None,
        "opened_at": "2026-03-03T09:00:00Z",
        "ended_at": None,
        **changed,
    }


def coordinator(**changed: object) -> dict[str, Any]:
    """Return a coordinator."""
    return {
        "coordinator_id": str(COORDINATOR_ID),
        "first_name": HOSTILE,
        "last_name": "",
        "email": "c@example.org",
        "phone": "+32470123456",
        "language": "nl",
        "languages": ["nl", "uk", "tlh"],
        "gender": None,
        "cultures": [],
        "region": None,
        "max_load": 3,
        "load": 3,
        "tied_to": [str(CASE_ID)],
        "created_at": "2026-01-01T09:00:00Z",
        "version": 4,
        **changed,
    }


class TestReferrals:
    async def test_that_wait_come_oldest_first_to_the_manager_and_those_known_before_are_marked(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        services.answer(REFERRALS, {"items": [referral(also_referred=[str(uuid7())])], "next": "c1"})
        services.answer(CASES, {"items": [], "next": None})
        page = await browser.ask("GET", "/referrals", expect=200)
        [asked] = services.of(REFERRALS)
        assert asked.query == {"state": "received", "oldest_first": "true"}
        assert "Al eens aangemeld" in page.text
        assert "/referrals?after=c1" in page.text

    async def test_show_a_referrer_how_far_they_are_in_two_requests_however_many_they_are(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.REFERRER)
        accepted = referral(state="accepted", case_id=str(CASE_ID), decide_by=None)
        services.answer(
            REFERRALS, {"items": [accepted, referral(state="declined", decide_by=None)], "next": None}
        )
        services.answer(CASES, {"items": [case()], "next": None})
        page = await browser.ask("GET", "/referrals", expect=200)
        assert "We zoeken een coördinator" in page.text
        assert "Niet aanvaard" in page.text
        assert len(services.asked) == 2
        # However many cases there are, those are asked for that became of these referrals.
        assert services.of(CASES)[0].query == {"case_id": [str(CASE_ID)], "limit": "1"}

    @pytest.mark.parametrize(
        ("role", "words"),
        [
            (Role.REFERRER, "De regiomanager leest de aanmelding en beslist. Je krijgt een mail."),
            (Role.REGIONAL_MANAGER, "Lees de aanmelding en beslis onderaan."),
        ],
    )
    async def test_say_what_is_next_to_each_reader(
        self, browser: Browser, services: FakeServices, role: Role, words: str
    ) -> None:
        await browser.sign_in(role)
        services.answer(REFERRAL, whole())
        page = await browser.ask("GET", f"/referrals/{ID}", expect=200)
        assert words in page.text
        assert ("Je krijgt een mail" in page.text) == (role is Role.REFERRER)

    async def test_say_how_far_their_case_is(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.REFERRER)
        services.answer(REFERRAL, whole(state="accepted", case_id=str(CASE_ID), decide_by=None))
        services.answer(CASE, case())
        page = await browser.ask("GET", f"/referrals/{ID}", expect=200)
        assert "We zoeken een coördinator" in page.text
        assert [each.ids["case_id"] for each in services.of(CASE)] == [str(CASE_ID)]

    async def test_say_what_is_missing_and_what_people_wrote_as_words(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        wishes = {"languages": ["ar"], "gender": "female", "culture": HOSTILE}
        services.answer(REFERRAL, whole(summary=HOSTILE, languages=["nl", "ar"], wishes=wishes))
        page = await browser.ask("GET", f"/referrals/{ID}", expect=200)
        assert "Nederlands en Arabisch" in page.text
        assert "Liefst een vrouw" in page.text
        assert page.text.count("&lt;b&gt;Ann") == 3
        assert "Van niemand is een telefoonnummer of mailadres bekend." in page.text
        assert "<b>Ann" not in page.text
        assert "Ann" not in page.text.partition("</title>")[0]

    async def test_are_accepted_and_the_search_is_the_next_page(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        services.answer(REFERRAL, whole())
        services.answer(ACCEPT, {"case_id": str(CASE_ID)})
        answer = await browser.fill(f"/referrals/{ID}", decision="accept")
        assert answer.headers["location"] == f"/cases/{CASE_ID}/search"

    async def test_are_declined_with_a_reason_only(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        services.answer(REFERRAL, whole())
        services.answer(DECLINE, {"referral_id": str(ID), "state": "declined"})
        page = await browser.fill(f"/referrals/{ID}", decision="decline", expect=422)
        assert "Kies waarom" in page.text
        assert services.of(DECLINE) == []
        await browser.fill(f"/referrals/{ID}", decision="decline", reason="outside-region")
        assert services.of(DECLINE)[0].body == {"reason": "outside-region"}

    async def test_decided_by_somebody_faster_are_shown_as_they_are_now(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        services.answer(REFERRAL, whole())
        services.refuse(ACCEPT, 409, "referral-decided")
        page = await browser.fill(f"/referrals/{ID}", decision="accept", expect=409)
        assert "is intussen al beslist" in page.text

    async def test_are_taken_back_by_who_sent_them(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.REFERRER)
        services.answer(WITHDRAW, {"referral_id": str(ID), "state": "withdrawn"})
        page = await browser.ask("GET", f"/referrals/{ID}/withdraw", expect=200)
        assert 'value="family-withdrew"' in page.text
        # What only who declines can say.
        assert 'value="no-capacity"' not in page.text
        await browser.fill(f"/referrals/{ID}/withdraw", reason="family-withdrew")
        assert services.of(WITHDRAW)[0].body == {"reason": "family-withdrew"}

    async def test_are_decided_by_no_referrer(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.REFERRER)
        services.answer(REFERRAL, whole())
        page = await browser.ask("GET", f"/referrals/{ID}", expect=200)
        assert 'name="decision"' not in page.text
        await browser.ask("POST", f"/referrals/{ID}", data={"decision": "accept"}, expect=403)
        assert services.of(ACCEPT) == []


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("/referrals", Role.COORDINATOR),
        ("/coordinators", Role.REFERRER),
        ("/cases/{case_id}/search", Role.COORDINATOR),
        ("/cases/{case_id}/stop", Role.REFERRER),
        ("/cases/{case_id}/open-file", Role.COORDINATOR),
    ],
)
async def test_pages_are_for_their_roles(browser: Browser, path: str, role: Role) -> None:
    await browser.sign_in(role)
    await browser.ask("GET", path.format(case_id=CASE_ID), expect=403)


class TestACoordinator:
    async def test_is_changed_with_the_version_that_was_read_and_keeps_what_the_form_does_not_show(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        services.answer(COORDINATORS, {"items": [coordinator()], "next": None})
        services.answer(ENTER, {"coordinator_id": str(COORDINATOR_ID), "version": 5})
        page = await browser.ask("GET", "/coordinators", expect=200)
        assert "3 van 3" in page.text
        assert "Nederlands, Oekraïens en tlh" in page.text
        assert "<b>Ann" not in page.text
        changed: dict[str, Any] = {
            "first_name": "An",
            "email": "c@example.org",
            "languages": "nl, tr",
            "max_load": "0",
            "mail_language": "fr",
        }
        await browser.fill(f"/coordinators/{COORDINATOR_ID}", version="4", **changed)
        [asked] = services.of(ENTER)
        assert asked.body["version"] == 4
        assert asked.body["language"] == "fr"
        assert asked.body["languages"] == ["nl", "tr"]
        assert asked.body["tied_to"] == [str(CASE_ID)]

    async def test_is_entered(self, browser: Browser, services: FakeServices) -> None:
        await browser.sign_in(Role.ADMINISTRATOR)
        services.answer(ENTER, {"coordinator_id": str(COORDINATOR_ID), "version": 1})
        page = await browser.fill("/coordinators/new", first_name="An", max_load="3", expect=422)
        assert 'href="#email"' in page.text
        given: dict[str, Any] = {
            "first_name": "An",
            "email": "an@example.org",
            "languages": "nl",
            "max_load": "3",
        }
        await browser.fill("/coordinators/new", **given)
        assert "coordinator_id" not in services.of(ENTER)[0].body


class TestASearch:
    async def test_shows_who_was_asked_and_who_has_room(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        other = coordinator(coordinator_id=str(uuid7()), first_name="Bea", load=0)
        offer = {
            "offer_id": str(uuid7()),
            "case_id": str(CASE_ID),
            "assignment_no": 1,
            "ordinal": 1,
            "coordinator_id": str(COORDINATOR_ID),
            "state": "declined",
            "reason": "illness",
            "track": "normal",
            "themes": [],
            "minors": False,
            "created_at": "2026-03-03T09:00:00Z",
            "expires_at": None,
            "answered_at": "2026-03-04T09:00:00Z",
        }
        services.answer(CASE, case())
        services.answer(OFFERS, {"items": [offer]})
        services.answer(COORDINATORS, {"items": [coordinator(), other], "next": None})
        page = await browser.ask("GET", f"/cases/{CASE_ID}/search", expect=200)
        assert "Zei nee: ziek" in page.text
        assert page.text.index("Zei nee: ziek") < page.text.index("Bea")

    async def test_begins_again_where_nobody_is_sought(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.REGIONAL_MANAGER)
        services.answer(CASE, case(waits_for="follow-up"))
        services.answer(OFFERS, {"items": []})
        services.answer(COORDINATORS, {"items": [], "next": None})
        services.answer(SEEK, {"case_id": str(CASE_ID), "state": "open"})
        await browser.fill(f"/cases/{CASE_ID}/search")
        assert services.of(SEEK)[0].ids == {"case_id": str(CASE_ID)}


async def test_a_case_is_stopped_on_behalf_of_who_said_so(browser: Browser, services: FakeServices) -> None:
    await browser.sign_in(Role.REGIONAL_MANAGER)
    services.answer(STOP, {"case_id": str(CASE_ID), "state": "withdrawn"})
    page = await browser.fill(f"/cases/{CASE_ID}/stop", reason="solved", expect=422)
    assert 'href="#by"' in page.text
    await browser.fill(f"/cases/{CASE_ID}/stop", reason="solved", by="central-person")
    assert services.of(STOP)[0].body == {"reason": "solved", "by": "central-person"}


class TestOpeningAFile:
    @staticmethod
    def opened(by: UUID, until: str) -> dict[str, Any]:
        """Return that somebody opened the file."""
        return {
            "break_glass_id": str(uuid7()),
            "case_id": str(CASE_ID),
            "opened_by": str(by),
            "told": [],
            "opened_at": "2026-03-03T09:00:00Z",
            "until": until,
            "closed_at": None,
            "reason": None,
        }

    async def test_says_what_happens_before_it_does_and_needs_a_reason(
        self, browser: Browser, services: FakeServices
    ) -> None:
        me = await browser.sign_in(Role.REGIONAL_MANAGER)
        until = (await browser.world.now() + timedelta(hours=4)).isoformat()
        services.answer(OPENED, {"items": [self.opened(uuid7(), until)], "next": None})
        services.answer(OPEN_FILE, self.opened(me, until))
        path = f"/cases/{CASE_ID}/open-file"
        page = await browser.ask("GET", path, expect=200)
        assert "krijgt meteen een mail" in page.text
        for lacking in ({"reason": "Nood"}, {"understood": "yes"}, {"understood": "yes", "reason": "123"}):
            await browser.fill(path, expect=422, **lacking)
        assert services.of(OPEN_FILE) == []
        await browser.fill(path, reason="De coördinator is onbereikbaar.", understood="yes")
        assert len(services.of(OPEN_FILE)) == 1

    async def test_can_be_undone_by_who_did_it(self, browser: Browser, services: FakeServices) -> None:
        me = await browser.sign_in(Role.REGIONAL_MANAGER)
        until = (await browser.world.now() + timedelta(hours=4)).isoformat()
        mine = self.opened(me, until)
        services.answer(OPENED, {"items": [mine], "next": None})
        services.answer(CLOSE_FILE, mine)
        await browser.fill(f"/cases/{CASE_ID}/open-file", close="yes")
        assert services.of(CLOSE_FILE)[0].ids == {"break_glass_id": mine["break_glass_id"]}
