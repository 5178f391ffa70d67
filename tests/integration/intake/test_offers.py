"""Offers: who is asked in which order, what an answer does, and what comes too late."""

import asyncio
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

from services.intake.domain.codes import assignment_workflow_id
from services.intake.operations import offers
from shared.auth import Role
from shared.clocks import Clocks
from shared.database import Scope
from shared.deadlines import Agenda
from shared.ids import uuid7
from tests.integration.intake.house import Case, House, kbo
from tests.support.steps import attempt

clocks = Clocks("intake")


async def asked(house: House, case: Case, number: int = 1) -> list[UUID]:
    """Let everybody decline until nobody is left, and return who was asked, in order."""
    order: list[UUID] = []
    while (offer := await house.offer_next(case, number)) is not None:
        (row,) = await house.rows("SELECT coordinator_id FROM offer WHERE id = :id", id=offer)
        order.append(row.coordinator_id)
        await house.decline(offer, row.coordinator_id)
    return order


class Steps:
    """What the workflow of a search does, when the house's time has reached its next deadline."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def agenda(self, case: Case, number: int = 1) -> Agenda:
        async with self._house.context.database.transaction(Scope(tenant=self._house.tenant)) as session:
            return await clocks.agenda(session, workflow_id=assignment_workflow_id(case.id, number))

    async def next(self, case: Case) -> tuple[str, str]:
        due = (await self.agenda(case)).next
        assert due is not None
        return due.kind, due.what

    async def remind(self, offer: UUID | None) -> None:
        await self._on(offers.remind_of_offer, offer, "warn")

    async def expire(self, offer: UUID | None) -> None:
        await self._on(offers.expire_offer, offer, "due")

    async def _on(self, step: Any, offer: UUID | None, what: Literal["warn", "due"]) -> None:
        assert offer is not None
        context, tenant = self._house.context, self._house.tenant
        await attempt(context, step, tenant=tenant, kind="offer", subject=offer, what=what)


class TestWhoIsAsked:
    async def test_asks_in_order_of_fit(self, house: House) -> None:
        both = ["nl", "ar"]
        far = await house.enter_coordinator(languages=["nl"], gender="female")
        man = await house.enter_coordinator(languages=both, gender="male")
        woman = await house.enter_coordinator(languages=both, gender="female")
        best = await house.enter_coordinator(languages=both, gender="female", cultures=["Maghreb"])
        tied = await house.enter_coordinator(
            languages=both, gender="female", cultures=["maghreb"], tied_to=[str(house.school)]
        )
        judge = await house.enter_coordinator(languages=both, tied_to=[str(house.mandated)])
        full = await house.enter_coordinator(languages=both, max_load=0)
        wishes = {"languages": both, "gender": "female", "culture": "maghreb"}
        case = await house.open_case(await house.refer(wishes=wishes))
        order = await asked(house, case)
        assert order == [best, woman, man, far]
        assert not {tied, judge, full} & set(order)

    async def test_asks_who_has_fewer_cases_first(self, house: House) -> None:
        _, busy = await house.assigned_case()
        free = await house.enter_coordinator()
        assert await asked(house, await house.open_case()) == [free, busy]

    async def test_asks_nobody_of_another_tenant(self, house: House) -> None:
        other = uuid7()
        entry = {
            "organisation_id": str(other),
            "name": "Elders",
            "kbo_number": kbo(9999032),
            "is_tenant": True,
        }
        await house.do("POST", "/v1/organisations", house.ops(), json=entry)
        elsewhere = house.staff(uuid7(), other, Role.REGIONAL_MANAGER, tenant=other)
        body = {"first_name": "Jo", "last_name": "Elders", "email": "jo@voorbeeld.example"}
        await house.do("POST", "/v1/coordinators", elsewhere, json=body)
        assert await asked(house, await house.open_case()) == []

    async def test_a_conflict_of_interest_lasts_for_the_whole_case(self, house: House) -> None:
        conflicted = await house.enter_coordinator(languages=["nl", "ar"])
        await house.enter_coordinator()
        case = await house.open_case(await house.refer(wishes={"languages": ["ar"]}))
        await house.decline(await house.offer_next(case), conflicted, "conflict-of-interest")
        (second,) = await house.rows("SELECT id FROM coordinator WHERE id <> :id", id=conflicted)
        await house.accept(await house.offer_next(case), second.id)
        third = await house.enter_coordinator()
        release = {"reason": "family-wish"}
        await house.do("POST", f"/v1/cases/{case.id}/release-coordinator", house.manager(), json=release)
        assert await asked(house, case, number=2) == [third]

    async def test_asks_one_at_a_time_however_often_the_step_is_tried(self, house: House) -> None:
        await house.enter_coordinator()
        await house.enter_coordinator()
        case = await house.open_case()
        await asyncio.gather(*(house.offer_next(case) for _ in range(3)))
        assert len(await house.said(case, "intake.offer.made.v1")) == 1
        assert len(await house.mails("offer-made")) == 1

    async def test_tells_the_managers_once_when_nobody_is_left_and_looks_again(self, house: House) -> None:
        case = await house.open_case()
        assert await house.offer_next(case) is None
        await house.offer_next(case)
        assert await house.mails("no-coordinator-left") == [house.manager_id]
        due = (await Steps(house).agenda(case)).next
        assert due is not None
        assert due.kind == "coordinator-search"
        assert due.at > house.clock.moment
        newcomer = await house.enter_coordinator()
        assert await asked(house, case) == [newcomer]
        assert await house.mails("no-coordinator-left") == [house.manager_id]


class TestAnswer:
    async def test_accepting_gives_the_case(self, house: House) -> None:
        case, coordinator = await house.assigned_case()
        shown = await house.do("GET", f"/v1/cases/{case.id}", house.coordinator(coordinator))
        assert shown["coordinator_id"] == str(coordinator)
        assert await house.mails("coordinator-assigned") == [house.referrer_id]
        assert set((await house.clocks(case)).values()) == {"stopped"}
        kinds = [row.type for row in await house.said(case)]
        assert kinds.index("intake.offer.answered.v1") < kinds.index("intake.coordinator.assigned.v1")

    async def test_an_offer_is_answered_once_also_twice_at_once(self, house: House) -> None:
        coordinator = await house.enter_coordinator()
        case = await house.open_case()
        offer = await house.offer_next(case)
        who = house.coordinator(coordinator)
        answers = await asyncio.gather(
            house.ask("POST", f"/v1/offers/{offer}/accept", who, json={"no_conflict": True}),
            house.ask("POST", f"/v1/offers/{offer}/decline", who, json={"reason": "illness"}),
            house.ask("POST", f"/v1/offers/{offer}/accept", who, json={"no_conflict": True}),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        assert len(await house.said(case, "intake.offer.answered.v1")) == 1

    async def test_is_for_the_one_who_was_asked(self, house: House) -> None:
        await house.enter_coordinator()
        case = await house.open_case()
        offer = await house.offer_next(case)
        stranger = house.coordinator(uuid7())
        for verb, body in (("accept", {"no_conflict": True}), ("decline", {"reason": "no-time"})):
            path = f"/v1/offers/{offer}/{verb}"
            assert await house.refused("POST", path, stranger, json=body) == (404, "offer-not-found")
            assert (await house.refused("POST", path, house.manager(), json=body))[0] == 403
        missing = f"/v1/offers/{uuid4()}/decline"
        assert (await house.refused("POST", missing, stranger, json={"reason": "no-time"}))[0] == 404

    async def test_asks_for_the_declaration_of_no_conflict(self, house: House) -> None:
        coordinator = await house.enter_coordinator()
        offer = await house.offer_next(await house.open_case())
        who = house.coordinator(coordinator)
        for body in ({"no_conflict": False}, {}, {"no_conflict": 1}, {"no_conflict": "true"}):
            assert (await house.refused("POST", f"/v1/offers/{offer}/accept", who, json=body))[0] == 422

    async def test_lists_what_waits_for_an_answer(self, house: House) -> None:
        coordinator = await house.enter_coordinator()
        case = await house.open_case()
        offer = await house.offer_next(case)
        shown = await house.do("GET", "/v1/offers", house.coordinator(coordinator))
        assert [item["offer_id"] for item in shown["items"]] == [str(offer)]
        assert shown["items"][0]["expires_at"] == "2026-03-04T08:00:00Z"
        assert (await house.do("GET", "/v1/offers", house.coordinator(uuid7())))["items"] == []
        await house.decline(offer, coordinator)
        assert (await house.do("GET", "/v1/offers", house.coordinator(coordinator)))["items"] == []
        history = await house.do("GET", f"/v1/cases/{case.id}/offers", house.manager())
        assert [(item["state"], item["reason"]) for item in history["items"]] == [("declined", "no-time")]


class TestTime:
    async def test_reminds_once_and_only_when_the_moment_has_come(self, house: House) -> None:
        coordinator = await house.enter_coordinator()
        case = await house.open_case()
        offer, steps = await house.offer_next(case), Steps(house)
        await steps.remind(offer)
        assert await house.mails("offer-reminder") == []
        due = (await steps.agenda(case)).next
        assert due is not None
        assert (due.kind, due.what, due.at) == ("offer", "warn", house.clock.moment + timedelta(days=1))
        house.later(days=1)
        for _ in range(2):
            await steps.remind(offer)
        assert await house.mails("offer-reminder") == [coordinator]
        assert await steps.next(case) == ("offer", "due")

    async def test_expires_when_nobody_answered_and_tells_that_it_is_over(self, house: House) -> None:
        coordinator = await house.enter_coordinator()
        case = await house.open_case()
        offer, steps = await house.offer_next(case), Steps(house)
        await steps.expire(offer)
        assert await house.said(case, "intake.offer.expired.v1") == []
        house.later(days=2)
        await steps.remind(offer)
        for _ in range(2):
            await steps.expire(offer)
        assert len(await house.said(case, "intake.offer.expired.v1")) == 1
        assert await house.mails("offer-closed") == [coordinator]
        late = await house.refused(
            "POST",
            f"/v1/offers/{offer}/accept",
            house.coordinator(coordinator),
            json={"no_conflict": True},
        )
        assert late == (409, "offer-over")
        assert await steps.next(case) == ("coordinator-search", "due")

    async def test_does_not_expire_what_was_answered(self, house: House) -> None:
        coordinator = await house.enter_coordinator()
        case = await house.open_case()
        offer = await house.offer_next(case)
        await house.accept(offer, coordinator)
        house.later(days=3)
        await Steps(house).expire(offer)
        assert await house.said(case, "intake.offer.expired.v1") == []
        assert (await Steps(house).agenda(case)).over

    async def test_a_pause_moves_the_end_of_an_offer(self, house: House) -> None:
        await house.enter_coordinator()
        case = await house.open_case()
        offer, steps = await house.offer_next(case), Steps(house)
        await house.do("POST", f"/v1/cases/{case.id}/pause", house.manager(), json={"reason": "illness"})
        paused = await steps.agenda(case)
        assert (paused.next, paused.over) == (None, False)
        house.later(days=10)
        await steps.expire(offer)
        assert await house.said(case, "intake.offer.expired.v1") == []
        await house.do("POST", f"/v1/cases/{case.id}/resume", house.manager())
        due = (await steps.agenda(case)).next
        assert due is not None
        assert due.at == house.clock.moment + timedelta(days=1)
