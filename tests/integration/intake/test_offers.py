"""Offers: who is asked in which order, what an answer does, and what comes too late."""

import asyncio
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest

from services.intake.domain.codes import assignment_workflow_id
from services.intake.operations import offers
from shared.auth import Role
from shared.clocks import Clocks
from shared.deadlines import Agenda
from shared.ids import uuid7
from tests.support.steps import attempt
from tests.support.world import Case
from tests.support.world.intake import Intake, kbo

clocks = Clocks("intake")


async def asked(world: Intake, case: Case, number: int = 1) -> list[UUID]:
    """Let everybody decline until nobody is left, and return who was asked, in order."""
    order: list[UUID] = []
    while (offer := await world.offer_next(case, number)) is not None:
        (row,) = await world.rows("SELECT coordinator_id FROM offer WHERE id = :id", id=offer)
        order.append(row.coordinator_id)
        await world.decline(offer, row.coordinator_id)
    return order


class Steps:
    """What the workflow of a search does, when the world's time has reached its next deadline."""

    def __init__(self, world: Intake) -> None:
        self._world = world

    async def agenda(self, case: Case, number: int = 1) -> Agenda:
        async with self._world.transaction() as session:
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
        context, tenant = self._world.context, self._world.tenant
        await attempt(context, step, tenant=tenant, kind="offer", subject=offer, what=what)


class TestWhoIsAsked:
    async def test_asks_in_order_of_fit(self, world: Intake) -> None:
        both = ["nl", "ar"]
        far = await world.enter_coordinator(languages=["nl"], gender="female")
        man = await world.enter_coordinator(languages=both, gender="male")
        woman = await world.enter_coordinator(languages=both, gender="female")
        best = await world.enter_coordinator(languages=both, gender="female", cultures=["Maghreb"])
        tied = await world.enter_coordinator(
            languages=both, gender="female", cultures=["maghreb"], tied_to=[str(world.school)]
        )
        judge = await world.enter_coordinator(languages=both, tied_to=[str(world.mandated)])
        full = await world.enter_coordinator(languages=both, max_load=0)
        wishes = {"languages": both, "gender": "female", "culture": "maghreb"}
        case = await world.open_case(await world.refer(wishes=wishes))
        order = await asked(world, case)
        assert order == [best, woman, man, far]
        assert not {tied, judge, full} & set(order)

    async def test_asks_who_has_fewer_cases_first(self, world: Intake) -> None:
        _, busy = await world.assigned_case()
        free = await world.enter_coordinator()
        assert await asked(world, await world.open_case()) == [free, busy]

    async def test_asks_nobody_of_another_tenant(self, world: Intake) -> None:
        other = uuid7()
        entry = {
            "organisation_id": str(other),
            "name": "Elders",
            "kbo_number": kbo(9999032),
            "is_tenant": True,
        }
        await world.do("POST", "/v1/organisations", world.ops(), json=entry)
        elsewhere = world.staff(uuid7(), other, Role.REGIONAL_MANAGER, tenant=other)
        body = {"first_name": "Jo", "last_name": "Elders", "email": "jo@voorbeeld.example"}
        await world.do("POST", "/v1/coordinators", elsewhere, json=body)
        assert await asked(world, await world.open_case()) == []

    async def test_a_conflict_of_interest_lasts_for_the_whole_case(self, world: Intake) -> None:
        conflicted = await world.enter_coordinator(languages=["nl", "ar"])
        await world.enter_coordinator()
        case = await world.open_case(await world.refer(wishes={"languages": ["ar"]}))
        await world.decline(await world.offer_next(case), conflicted, "conflict-of-interest")
        (second,) = await world.rows("SELECT id FROM coordinator WHERE id <> :id", id=conflicted)
        await world.accept(await world.offer_next(case), second.id)
        third = await world.enter_coordinator()
        release = {"reason": "family-wish"}
        await world.do("POST", f"/v1/cases/{case.id}/release-coordinator", world.manager(), json=release)
        assert await asked(world, case, number=2) == [third]

    async def test_asks_nobody_about_themselves(self, world: Intake) -> None:
        concerned = await world.enter_coordinator(email="Wannes@voorbeeld.example")
        case = await world.open_case()
        assert await world.offer_next(case) is None
        other = await world.enter_coordinator()
        offer = await world.offer_next(case)
        await world.enter_coordinator(coordinator_id=str(other), email="wannes@voorbeeld.example")
        accept = {"no_conflict": True}
        refused = await world.refused(
            "POST", f"/v1/offers/{offer}/accept", world.coordinator(other), json=accept
        )
        assert refused == (409, "coordinator-concerned")
        assert concerned not in [row.coordinator_id for row in await world.rows("SELECT * FROM offer")]

    async def test_gives_nobody_more_cases_than_they_can_have(self, world: Intake) -> None:
        coordinator = await world.enter_coordinator(max_load=1)
        cases = [await world.open_case() for _ in range(3)]
        found = await asyncio.gather(*(world.offer_next(case) for case in cases))
        (offer,) = [each for each in found if each is not None]
        # Two offers all the same, as when fewer are allowed afterwards: one is taken.
        await world.enter_coordinator(coordinator_id=str(coordinator), max_load=2)
        (open_case,) = await world.rows("SELECT case_id FROM offer WHERE id = :id", id=offer)
        (other, *_) = [case for case in cases if case.id != open_case.case_id]
        offers = [offer, await world.offer_next(other)]
        await world.enter_coordinator(coordinator_id=str(coordinator), max_load=1)
        answers = await asyncio.gather(
            *(
                world.ask(
                    "POST",
                    f"/v1/offers/{each}/accept",
                    world.coordinator(coordinator),
                    json={"no_conflict": True},
                )
                for each in offers
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]

    async def test_asks_who_was_ill_again_after_all_others(self, world: Intake) -> None:
        case, ill = await world.assigned_case()
        release = f"/v1/cases/{case.id}/release-coordinator"
        await world.do("POST", release, world.manager(), json={"reason": "unavailable"})
        other = await world.enter_coordinator()
        assert await asked(world, case, number=2) == [other, ill]

    async def test_asks_one_at_a_time_however_often_the_step_is_tried(self, world: Intake) -> None:
        await world.enter_coordinator()
        await world.enter_coordinator()
        case = await world.open_case()
        await asyncio.gather(*(world.offer_next(case) for _ in range(3)))
        assert len(await world.published("intake.offer.made.v1", case=case)) == 1
        assert len(await world.emailed("offer-made")) == 1

    async def test_tells_the_managers_once_when_nobody_is_left_and_looks_again(self, world: Intake) -> None:
        case = await world.open_case()
        assert await world.offer_next(case) is None
        await world.offer_next(case)
        assert await world.emailed("no-coordinator-left") == [world.manager_id]
        due = (await Steps(world).agenda(case)).next
        assert due is not None
        assert due.kind == "coordinator-search"
        assert due.at > world.clock.time
        newcomer = await world.enter_coordinator()
        assert await asked(world, case) == [newcomer]
        assert await world.emailed("no-coordinator-left") == [world.manager_id]


class TestAnswer:
    async def test_accepting_gives_the_case(self, world: Intake) -> None:
        case, coordinator = await world.assigned_case()
        shown = await world.do("GET", f"/v1/cases/{case.id}", world.coordinator(coordinator))
        assert shown["coordinator_id"] == str(coordinator)
        assert await world.emailed("coordinator-assigned") == [world.referrer_id]
        assert set((await world.clock_states(case)).values()) == {"stopped"}
        kinds = [row.type for row in await world.published(case=case)]
        assert kinds.index("intake.offer.answered.v1") < kinds.index("intake.coordinator.assigned.v1")

    async def test_an_offer_is_answered_once_also_twice_at_once(self, world: Intake) -> None:
        coordinator = await world.enter_coordinator()
        case = await world.open_case()
        offer = await world.offer_next(case)
        who = world.coordinator(coordinator)
        answers = await asyncio.gather(
            world.ask("POST", f"/v1/offers/{offer}/accept", who, json={"no_conflict": True}),
            world.ask("POST", f"/v1/offers/{offer}/decline", who, json={"reason": "illness"}),
            world.ask("POST", f"/v1/offers/{offer}/accept", who, json={"no_conflict": True}),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        assert len(await world.published("intake.offer.answered.v1", case=case)) == 1

    async def test_shows_who_was_asked_what_ties_them_and_nobody_else(self, world: Intake) -> None:
        coordinator = await world.enter_coordinator()
        persons = world.referral()["persons"]
        persons[0]["address"] = "Dorpsstraat 3 bus 2, 9000 Gent"
        case = await world.open_case(await world.refer(persons=persons))
        path = f"/v1/offers/{await world.offer_next(case)}"
        shown = await world.do("GET", path, world.coordinator(coordinator))
        assert shown["persons"] == [
            {"first_name": "Wannes", "last_name": "Pittoors", "municipality": "9000 Gent"}
        ]
        assert len(shown["organisations"]) == 2
        (entry,) = await world.rows(
            "SELECT * FROM audit_log WHERE actor = :actor AND action = 'read'", actor=coordinator
        )
        assert entry.what == ["referral_person"]
        stranger = world.coordinator(await world.enter_coordinator())
        assert await world.refused("GET", path, stranger) == (404, "offer-not-found")
        await world.do("POST", f"{path}/decline", world.coordinator(coordinator), json={"reason": "no-time"})
        assert await world.refused("GET", path, world.coordinator(coordinator)) == (404, "offer-not-found")

    async def test_is_for_the_one_who_was_asked(self, world: Intake) -> None:
        await world.enter_coordinator()
        case = await world.open_case()
        offer = await world.offer_next(case)
        stranger = world.coordinator(uuid7())
        for verb, body in (("accept", {"no_conflict": True}), ("decline", {"reason": "no-time"})):
            path = f"/v1/offers/{offer}/{verb}"
            assert await world.refused("POST", path, stranger, json=body) == (404, "offer-not-found")
            assert (await world.refused("POST", path, world.manager(), json=body))[0] == 403
        missing = f"/v1/offers/{uuid4()}/decline"
        assert (await world.refused("POST", missing, stranger, json={"reason": "no-time"}))[0] == 404

    async def test_asks_for_the_declaration_of_no_conflict(self, world: Intake) -> None:
        coordinator = await world.enter_coordinator()
        offer = await world.offer_next(await world.open_case())
        who = world.coordinator(coordinator)
        for body in ({"no_conflict": False}, {}, {"no_conflict": 1}, {"no_conflict": "true"}):
            assert (await world.refused("POST", f"/v1/offers/{offer}/accept", who, json=body))[0] == 422

    async def test_lists_what_waits_for_an_answer(self, world: Intake) -> None:
        coordinator = await world.enter_coordinator()
        case = await world.open_case()
        offer = await world.offer_next(case)
        shown = await world.do("GET", "/v1/offers", world.coordinator(coordinator))
        assert [item["offer_id"] for item in shown["items"]] == [str(offer)]
        assert shown["items"][0]["expires_at"] == "2026-03-04T08:00:00Z"
        assert (await world.do("GET", "/v1/offers", world.coordinator(uuid7())))["items"] == []
        await world.decline(offer, coordinator)
        assert (await world.do("GET", "/v1/offers", world.coordinator(coordinator)))["items"] == []
        history = await world.do("GET", f"/v1/cases/{case.id}/offers", world.manager())
        assert [(item["state"], item["reason"]) for item in history["items"]] == [("declined", "no-time")]


class TestTime:
    async def test_reminds_once_and_only_when_the_moment_has_come(self, world: Intake) -> None:
        coordinator = await world.enter_coordinator()
        case = await world.open_case()
        offer, steps = await world.offer_next(case), Steps(world)
        await steps.remind(offer)
        assert await world.emailed("offer-reminder") == []
        due = (await steps.agenda(case)).next
        assert due is not None
        assert (due.kind, due.what, due.at) == ("offer", "warn", world.clock.time + timedelta(days=1))
        world.later(days=1)
        for _ in range(2):
            await steps.remind(offer)
        assert await world.emailed("offer-reminder") == [coordinator]
        assert await steps.next(case) == ("offer", "due")

    @pytest.mark.parametrize(("track", "hours"), [("normal", (24, 48, 72)), ("urgent", (4, 12, 24))])
    async def test_is_short_if_it_is_urgent(
        self, world: Intake, track: str, hours: tuple[int, int, int]
    ) -> None:
        await world.enter_coordinator()
        case = await world.open_case(await world.refer(track=track))
        await world.offer_next(case)
        begun = world.clock.time
        running = await world.clocks(case)
        offer, allocation = running["offer"], running["allocation"]
        assert [at - begun for at in (offer.warn_at, offer.due_at, allocation.due_at)] == [
            timedelta(hours=each) for each in hours
        ]

    async def test_expires_when_nobody_answered_and_tells_that_it_is_over(self, world: Intake) -> None:
        coordinator = await world.enter_coordinator()
        case = await world.open_case()
        offer, steps = await world.offer_next(case), Steps(world)
        await steps.expire(offer)
        assert await world.published("intake.offer.expired.v1", case=case) == []
        world.later(days=2)
        await steps.remind(offer)
        for _ in range(2):
            await steps.expire(offer)
        assert len(await world.published("intake.offer.expired.v1", case=case)) == 1
        assert await world.emailed("offer-closed") == [coordinator]
        # Nobody is late with it: the next coordinator is asked.
        assert (await world.clocks(case))["offer"].state == "stopped"
        late = await world.refused(
            "POST",
            f"/v1/offers/{offer}/accept",
            world.coordinator(coordinator),
            json={"no_conflict": True},
        )
        assert late == (409, "offer-over")
        assert await steps.next(case) == ("coordinator-search", "due")

    async def test_does_not_expire_what_was_answered(self, world: Intake) -> None:
        coordinator = await world.enter_coordinator()
        case = await world.open_case()
        offer = await world.offer_next(case)
        await world.accept(offer, coordinator)
        world.later(days=3)
        await Steps(world).expire(offer)
        assert await world.published("intake.offer.expired.v1", case=case) == []
        assert (await Steps(world).agenda(case)).over

    async def test_a_pause_moves_the_end_of_an_offer(self, world: Intake) -> None:
        await world.enter_coordinator()
        case = await world.open_case()
        offer, steps = await world.offer_next(case), Steps(world)
        await world.do("POST", f"/v1/cases/{case.id}/pause", world.manager(), json={"reason": "illness"})
        paused = await steps.agenda(case)
        assert (paused.next, paused.over) == (None, False)
        world.later(days=10)
        await steps.expire(offer)
        assert await world.published("intake.offer.expired.v1", case=case) == []
        await world.do("POST", f"/v1/cases/{case.id}/resume", world.manager())
        due = (await steps.agenda(case)).next
        assert due is not None
        assert due.at == world.clock.time + timedelta(days=1)
        told = await world.emails("offer-made", case=case)
        assert [(mail.parameters["expires_at"], mail.parameters.get("moved")) for mail in told] == [
            ("2026-03-04T08:00:00+00:00", None),
            # Two working days from Thursday.
            ("2026-03-16T08:00:00+00:00", "yes"),
        ]

    async def test_a_pause_that_moves_no_end_is_not_spoken_of(self, world: Intake) -> None:
        await world.enter_coordinator()
        case = await world.open_case()
        await world.offer_next(case)
        await world.do("POST", f"/v1/cases/{case.id}/pause", world.manager(), json={"reason": "illness"})
        world.later(hours=1)
        await world.do("POST", f"/v1/cases/{case.id}/resume", world.manager())
        assert len(await world.emails("offer-made", case=case)) == 1
