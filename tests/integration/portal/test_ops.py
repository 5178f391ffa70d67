"""Ops sees what is late over all organisations, how the services do, and what has not left them."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.portal.routes import ops, ops_workflows
from services.portal.routes.ops_dead_letters import DISCARD, LETTERS, REPLAY
from services.portal.routes.ops_emails import UNDELIVERED
from services.portal.routes.ops_services import STATES
from shared.auth import Role
from shared.errors import Operational
from shared.ids import uuid7
from shared.services import PROCESSES, SERVICES
from shared.visibility import Running
from tests.support.portal import Browser, FakeServices
from tests.support.world.portal import Portal

NEWER = datetime(2020, 12, 1, 8, tzinfo=UTC)
LATE = """
    INSERT INTO todo (id, tenant, service, kind, subject, case_id, owner, escalate_to, state, waiting,
                      due_at, breached_at, late_reason, changed_at, version)
    VALUES (gen_random_uuid(), gen_random_uuid(), 'intake', 'referral', gen_random_uuid(), gen_random_uuid(),
            'regional-manager', 'administrator', 'breached', true, :due_at, :due_at, :reason, :due_at, 1)
"""


async def test_what_is_late_anywhere_is_shown_by_kind(browser: Browser) -> None:
    await browser.sign_in(Role.OPS)
    assert "Nergens is iets te laat." in (await browser.ask("GET", "/ops", expect=200)).text
    now = await browser.world.now()
    for hours, reason in ((1, "holidays"), (30, None)):
        await browser.world.execute(LATE, due_at=now - timedelta(hours=hours), reason=reason)
    page = (await browser.ask("GET", "/ops", expect=200)).text
    assert "Beslissen over een aanmelding<br>" in page
    assert "referral" in page
    assert page.count(">1</td>") == 2
    assert page.count(">0</td>") == 1
    assert "Het was vakantie<br>1" in page
    assert "Nog niet gezegd</td>" in page


async def test_school_holidays_that_will_soon_not_be_known_are_to_be_added(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.sign_in(Role.OPS)
    today = (await browser.world.now()).date()
    for days, shown in ((-100, True), (364, True), (366, False)):
        monkeypatch.setattr(ops, "known_until", lambda _, days=days: today + timedelta(days=days))
        page = (await browser.ask("GET", "/ops", expect=200)).text
        assert ("schoolvakanties van de Franse Gemeenschap" in page) is shown


@pytest.mark.parametrize(
    "path", ["/ops", "/ops/workflows", "/ops/services", "/ops/emails", "/ops/dead-letters"]
)
async def test_others_are_not_let_in(browser: Browser, path: str) -> None:
    await browser.sign_in(Role.ADMINISTRATOR, Role.REGIONAL_MANAGER)
    await browser.ask("GET", path, expect=403)


EVENT = UUID("0192d1a0-0000-7000-8000-000000000001")
PENDING = """
    INSERT INTO outbox (id, stream, sequence, shard, exchange, type, time, tenant, attempts, retry_at, data)
    VALUES (:id, :id, 1, 0, 'kring.events', 'portal.tried.v1', :time, :id, :attempts, :retry_at, '{}')
"""


def state(*, broker: bool = True, held_back: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "parts": [
            {"part": "database", "answers": True},
            {"part": "broker", "answers": broker},
            {"part": "temporal", "answers": True},
        ],
        "outbox": {"pending_events": 3, "since": "2026-11-02T08:00:00Z", "held_back": held_back or []},
    }


def row_of(page: str, service: str) -> str:
    """Return the row of a service."""
    return next(row for row in page.split("<tr>") if row.startswith(f'<th scope="row">{service}</th>'))


class TestServices:
    async def test_says_of_each_what_does_not_answer(self, browser: Browser, services: FakeServices) -> None:
        for operation in STATES:
            services.answer(operation, state(broker=operation.service != "plans"))
        services.refuse(STATES[0], 503, "unavailable")
        await browser.sign_in(Role.OPS)
        page = (await browser.ask("GET", "/ops/services", expect=200)).text
        silent = {service: row_of(page, service).count("antwoordt niet</span>") for service in SERVICES}
        # Intake itself, and the broker of plans.
        assert silent == {"intake": 1, "network": 0, "scheduling": 0, "plans": 1, "training": 0}
        # The portal says how it does itself: nothing but its database stands behind it here.
        assert row_of(page, "portal").count("antwoordt niet</span>") == 2
        assert "Niet alles antwoordt." in page
        assert "Niets wordt tegengehouden." in page
        # The menu says where this is, once.
        assert 'href="/ops/services" aria-current="page"' in page
        assert 'href="/ops" aria-current' not in page
        assert all("kring-tenant" not in asked.headers for asked in services.asked)

    async def test_names_what_is_held_back(self, browser: Browser, services: FakeServices) -> None:
        event = {
            "event_id": str(EVENT),
            "event_type": "plans.plan.noted.v1",
            "since": "2026-11-02T08:00:00Z",
            "attempts": 7,
            "retry_at": "2026-11-02T08:10:00Z",
        }
        for operation in STATES:
            held_back = [event] if operation.service == "plans" else []
            services.answer(operation, state(held_back=held_back))
        await browser.sign_in(Role.OPS)
        page = (await browser.ask("GET", "/ops/services", expect=200)).text
        assert page.count(str(EVENT)) == 1
        assert ">7</td>" in page

    async def test_links_to_the_pages_of_broker_and_temporal_where_they_are_known(
        self, browser: Browser, services: FakeServices, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for operation in STATES:
            services.answer(operation, state())
        await browser.sign_in(Role.OPS)
        assert "RabbitMQ</a>" not in (await browser.ask("GET", "/ops/services", expect=200)).text
        monkeypatch.setattr(browser.world.context.settings, "broker_pages_url", "https://queues.example")
        monkeypatch.setattr(browser.world.context.settings, "temporal_pages_url", "https://flows.example")
        page = (await browser.ask("GET", "/ops/services", expect=200)).text
        assert 'href="https://queues.example"' in page
        assert 'href="https://flows.example"' in page


class TestState:
    async def test_counts_what_has_not_left_and_names_what_was_refused(self, world: Portal) -> None:
        now, event = await world.now(), uuid7()
        await world.execute(PENDING, id=uuid7(), time=now - timedelta(hours=2), attempts=0, retry_at=None)
        await world.execute(PENDING, id=event, time=now - timedelta(hours=1), attempts=4, retry_at=now)
        found = (await world.ask("GET", "/v1/state", world.colleague(Role.OPS), expect=200)).json()
        assert {each["part"] for each in found["parts"]} == {"database", "broker", "temporal"}
        assert next(each for each in found["parts"] if each["part"] == "database")["answers"]
        assert found["outbox"]["pending_events"] == 2
        assert [(each["event_id"], each["attempts"]) for each in found["outbox"]["held_back"]] == [
            (str(event), 4)
        ]

    async def test_is_for_ops_alone(self, world: Portal) -> None:
        for role in set(Role) - {Role.OPS}:
            await world.ask("GET", "/v1/state", world.colleague(role), expect=403)


class TestEmails:
    async def test_shows_ids_and_why_and_where_the_rest_is(
        self, browser: Browser, services: FakeServices
    ) -> None:
        recipient = str(uuid7())
        email = {
            "message_id": str(EVENT),
            "kind": "invitation",
            "reason": "refused",
            "recipient_id": recipient,
            "case_id": None,
            "queued_at": "2026-11-02T08:00:00Z",
            "settled_at": "2026-11-02T08:01:00Z",
        }
        for operation in UNDELIVERED:
            services.answer(operation, {"items": [], "next": None})
        await browser.sign_in(Role.OPS)
        empty = (await browser.ask("GET", "/ops/emails", expect=200)).text
        assert "Elke mail van deze organisatie kwam aan." in empty
        services.answer(UNDELIVERED[1], {"items": [email], "next": "further"})
        page = (await browser.ask("GET", "/ops/emails", expect=200)).text
        assert "Een uitnodiging voor jou<br>" in page
        assert "de mailserver weigerde het adres" in page
        assert recipient in page
        await browser.ask("GET", "/ops/emails?network=further", expect=200)
        assert services.of(UNDELIVERED[1])[-1].query == {"cursor": "further"}
        assert services.of(UNDELIVERED[0])[-1].query == {}


def letter(**changed: object) -> dict[str, Any]:
    return {
        "letter_id": str(EVENT),
        "event_type": "intake.case.opened.v1",
        "kind": "bug",
        "cause": "KeyError at services/plans/operations/recording.py:12",
        "attempts": 5,
        "died_at": "2026-11-02T08:00:00Z",
        **changed,
    }


class TestDeadLetters:
    ONE = f"/ops/dead-letters/plans/{EVENT}"

    @pytest.fixture(autouse=True)
    def letters(self, services: FakeServices) -> None:
        for service, operation in LETTERS.items():
            items = [letter()] if service == "plans" else []
            services.answer(operation, {"items": items, "more": False})

    async def test_says_of_each_why_and_how_often(self, browser: Browser, services: FakeServices) -> None:
        services.refuse(LETTERS["network"], 503, "unavailable")
        forged = letter(letter_id="<b>/../x", kind="forged", died_at=None)
        services.answer(LETTERS["training"], {"items": [forged], "more": True})
        await browser.sign_in(Role.OPS)
        page = (await browser.ask("GET", "/ops/dead-letters", expect=200)).text
        assert "een fout in het programma" in page
        assert "KeyError at services/plans/operations/recording.py:12" in page
        assert f'href="{self.ONE}"' in page
        assert "network kan nu niet zeggen wat er ligt." in page
        assert "Van training staan hier de tweehonderd oudste." in page
        # What is no event has no page of its own.
        assert "&lt;b&gt;/../x" in page
        assert "/training/" not in page

    @pytest.mark.parametrize("choice", ["replay", "discard"])
    async def test_does_what_was_chosen_by_who_knows_what_follows(
        self, browser: Browser, services: FakeServices, choice: str
    ) -> None:
        operation = {"replay": REPLAY, "discard": DISCARD}[choice]["plans"]
        services.answer(operation, {"settled": 1})
        await browser.sign_in(Role.OPS)
        page = (await browser.ask("GET", self.ONE, expect=200)).text
        assert "komt het hier terug" in page
        assert "Dit kan niet terug." in page
        again = await browser.fill(self.ONE, do=choice, expect=422)
        assert "Zet hier een vinkje" in again.text
        assert services.of(operation) == []
        await browser.fill(self.ONE, do=choice, understood="yes")
        assert [each.body for each in services.of(operation)] == [{"letter_ids": [str(EVENT)]}]

    async def test_who_was_not_the_first_is_shown_how_it_is_now(
        self, browser: Browser, services: FakeServices
    ) -> None:
        services.answer(REPLAY["plans"], {"settled": 0})
        await browser.sign_in(Role.OPS)
        await browser.fill(self.ONE, do="replay", understood="yes", expect=200)
        services.answer(LETTERS["plans"], {"items": [], "more": False})
        page = await browser.ask("GET", self.ONE, expect=200)
        assert "Deze gebeurtenis is er niet meer" in page.text

    async def test_of_what_is_no_service_there_is_nothing(self, browser: Browser) -> None:
        await browser.sign_in(Role.OPS)
        await browser.ask("GET", f"/ops/dead-letters/nothing/{EVENT}", expect=404)


class TestWhatRuns:
    @pytest.fixture
    def listed(self, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
        """Let Temporal list two workflows, and tell how it is asked."""
        asked: list[dict[str, Any]] = []

        async def running(_temporal: Any, **narrowed: Any) -> tuple[list[Running], bytes | None]:
            asked.append(narrowed)
            if narrowed["waits_for"] == "poll":
                raise Operational("temporal: no connection")
            if narrowed["namespace"] == "kring-network":
                return [Running("follow-up/9", "third", "FollowUp", NEWER, None, None)], None
            started = datetime(2020, 11, 2, 8, tzinfo=UTC)
            late = Running(f"invitation/{EVENT}", "run", "Invitation", started, "invitation", started)
            return [
                late,
                Running("housekeeping/plans", "other", "Housekeeping", started, None, None),
            ], b"\x01further"

        monkeypatch.setattr(ops_workflows, "running", running)
        return asked

    async def test_is_shown_with_what_it_waits_for_and_its_page_at_temporal(
        self, browser: Browser, listed: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = browser.world.context.settings
        monkeypatch.setattr(settings, "temporal_namespace", "one")
        monkeypatch.setattr(settings, "temporal_pages_url", "http://temporal.example:8233")
        await browser.sign_in(Role.OPS)
        page = (await browser.ask("GET", "/ops/workflows", expect=200)).text
        assert re.search(
            r"<span>Bellen met wie nog niet antwoordde<br>.*<span>maandag 2 november[^<]* <span[^>]*>te laat",
            page,
            re.DOTALL,
        )
        assert f"/namespaces/one/workflows/invitation%2F{EVENT}/run/history" in page
        assert page.count("te laat</span>") == 1
        assert "housekeeping/plans" in page
        [more] = re.findall(r'href="(/ops/workflows\?[^"]+after=[^"]+)"', page)
        await browser.ask("GET", html.unescape(more), expect=200)
        assert [each["after"] for each in listed] == [None, b"\x01further"]

    async def test_is_asked_in_the_namespace_of_each_service_and_shown_together(
        self, browser: Browser, listed: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = browser.world.context.settings
        monkeypatch.setattr(settings, "temporal_pages_url", "http://temporal.example:8233")
        await browser.sign_in(Role.OPS)
        page = (await browser.ask("GET", "/ops/workflows", expect=200)).text
        namespaces = [f"kring-{name}" for name in PROCESSES]
        assert [each["namespace"] for each in listed] == namespaces
        links = re.findall(r"/namespaces/([^/]+)/workflows/[^/]+/(\w+)/history", page)
        # The newest first, each where it runs.
        assert links[0] == ("kring-network", "third")
        assert {name for name, run in links if run == "run"} == {*namespaces} - {"kring-network"}
        del listed[:]
        [more] = re.findall(r'href="(/ops/workflows\?[^"]+after=[^"]+)"', page)
        await browser.ask("GET", html.unescape(more), expect=200)
        assert [each["namespace"] for each in listed] == [n for n in namespaces if n != "kring-network"]
        # A namespace that is none of ours is not asked, whatever the address says.
        del listed[:]
        await browser.ask("GET", "/ops/workflows?after=temporal-system%3DAQ%253D%253D", expect=422)
        assert listed == []

    async def test_is_narrowed_to_a_kind_and_to_what_is_late(
        self, browser: Browser, listed: list[dict[str, Any]]
    ) -> None:
        await browser.sign_in(Role.OPS)
        page = (await browser.ask("GET", "/ops/workflows?kind=invitation&late=yes", expect=200)).text
        assert listed[0]["waits_for"] == "invitation"
        assert listed[0]["late_at"] is not None
        assert "kind=invitation&amp;late=yes&amp;after=" in page
        down = (await browser.ask("GET", "/ops/workflows?kind=poll", expect=200)).text
        assert "Temporal antwoordt nu niet" in down
        await browser.ask("GET", "/ops/workflows?kind=whatever", expect=404)
        await browser.ask("GET", "/ops/workflows?after=é", expect=422)
