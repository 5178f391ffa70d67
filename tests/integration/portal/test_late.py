"""The page on which somebody says why a deadline was missed."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.portal.central_persons import CENTRAL_PERSONS
from services.portal.client import Operation
from services.portal.routes.cases import CASES
from services.portal.routes.late import EXPLAIN
from shared.auth import Role
from shared.events.intake import CoordinatorAssigned
from shared.http_client import Response
from shared.ids import uuid7
from tests.integration.portal.test_todos import ServiceClock
from tests.support.portal import Browser, FakeServices
from tests.support.world.clock import NOW


async def missed(browser: Browser, *, coordinator: UUID | None = None, met: bool = False) -> ServiceClock:
    """Let a coordinator's deadline of a case have been missed, and perhaps met since."""
    case = uuid7()
    await browser.world.handle_all(
        CoordinatorAssigned(case_id=case, assignment_no=1, coordinator_id=coordinator or uuid7())
    )
    clock = ServiceClock(
        browser.world,
        "written-plan",
        Role.COORDINATOR,
        "plans",
        case_id=case,
        escalate_to=Role.REGIONAL_MANAGER,
        due_at=NOW - timedelta(days=1),
        breached_at=NOW,
        stopped_at=NOW if met else None,
    )
    return await clock.publish("stopped" if met else "breached")


class TestWhyLate:
    @pytest.mark.parametrize("role", [Role.COORDINATOR, Role.REGIONAL_MANAGER])
    async def test_is_asked_on_the_board_and_kept_in_the_service_of_the_clock(
        self, browser: Browser, services: FakeServices, role: Role
    ) -> None:
        for listed in (CENTRAL_PERSONS, CASES):
            services.answer(listed, {"items": [], "next": None})
        me = await browser.sign_in(role)
        clock = await missed(browser, coordinator=me if role is Role.COORDINATOR else None)
        path = f"/late/{clock.id}"
        board = (await browser.ask("GET", "/today", expect=200)).text
        assert f'href="{path}">Waarom werd het later?</a>' in board
        page = (await browser.ask("GET", path, expect=200)).text
        assert "Het plan van de kring uitschrijven" in page
        assert page.count('type="radio"') == 9
        assert " checked" not in page
        services.answer(EXPLAIN["plans"], None)
        done = await browser.fill(path, reason="holidays")
        assert done.headers["location"] == "/today"
        (asked,) = services.of(EXPLAIN["plans"])
        assert (asked.ids, asked.body) == ({"clock_id": str(clock.id)}, {"reason": "holidays"})
        board = (await browser.ask("GET", "/today", expect=200)).text
        assert "Het was vakantie" in board
        assert f'href="{path}">De reden veranderen</a>' in board
        assert 'value="holidays" checked' in (await browser.ask("GET", path, expect=200)).text

    async def test_gives_way_to_what_was_heard_of_while_the_service_kept_it(
        self, browser: Browser, services: FakeServices, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        me = await browser.sign_in(Role.COORDINATOR)
        clock = await missed(browser, coordinator=me)
        services.answer(EXPLAIN["plans"], None)
        send = services.send

        async def meanwhile(operation: Operation[Any], **given: Any) -> Response:
            clock.late_reason = "away"
            await clock.publish("explained")
            return await send(operation, **given)

        monkeypatch.setattr(services, "send", meanwhile)
        await browser.fill(f"/late/{clock.id}", reason="holidays")
        [todo] = await browser.world.rows("SELECT late_reason FROM todo WHERE id = :id", id=clock.id)
        assert todo.late_reason == "away"

    @pytest.mark.parametrize("reason", ["", "illness", "Oma was ziek"])
    async def test_is_one_of_the_reasons(self, browser: Browser, services: FakeServices, reason: str) -> None:
        me = await browser.sign_in(Role.COORDINATOR)
        clock = await missed(browser, coordinator=me)
        page = await browser.fill(f"/late/{clock.id}", expect=422, reason=reason)
        assert "Kies wat het best past." in page.text
        assert services.of(EXPLAIN["plans"]) == []

    async def test_leads_back_to_the_case_for_what_was_met(
        self, browser: Browser, services: FakeServices
    ) -> None:
        me = await browser.sign_in(Role.COORDINATOR)
        clock = await missed(browser, coordinator=me, met=True)
        services.answer(EXPLAIN["plans"], None)
        done = await browser.fill(f"/late/{clock.id}", reason="away")
        assert done.headers["location"] == f"/cases/{clock.case_id}"

    async def test_is_not_there_for_others_nor_for_what_was_not_missed(
        self, browser: Browser, services: FakeServices
    ) -> None:
        await browser.sign_in(Role.COORDINATOR, Role.FINANCE, Role.DPO)
        foreign = await missed(browser)
        mine = await ServiceClock(browser.world, "payments-to-settle", Role.FINANCE, "training").publish(
            "started"
        )
        for clock_id in (foreign.id, mine.id, uuid7(), "nothing"):
            await browser.ask("GET", f"/late/{clock_id}", expect=404)
        assert services.asked == []
