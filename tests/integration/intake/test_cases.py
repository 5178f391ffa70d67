"""Cases: resting, stopping, ending, who reads them, and how long lists are read."""

import asyncio
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.intake.queries import cases as reads
from shared.auth import Role
from shared.errors import NotYet
from shared.events import network, plans
from shared.http.paging import PageRequest, encode_cursor
from shared.ids import uuid7
from tests.support.world import NOW, Case
from tests.support.world.intake import Intake


class TestWithdraw:
    async def test_stops_everything_and_tells_those_who_must_know(self, world: Intake) -> None:
        case, coordinator = await world.assigned_case()
        answer = await world.do(
            "POST",
            f"/v1/cases/{case.id}/withdraw",
            world.person(case, role="central"),
            json={"reason": "solved"},
        )
        assert answer == {"case_id": str(case.id), "state": "withdrawn"}
        kinds = [row.type for row in await world.published(case=case)]
        released = kinds.index("intake.coordinator.released.v1")
        assert released < kinds.index("intake.case.withdrawn.v1")
        (event,) = await world.published("intake.case.withdrawn.v1", case=case)
        assert (event.data["by"], event.data["reason"]) == ("central-person", "solved")
        assert await world.emailed("case-stopped") == [coordinator, world.referrer_id]
        assert set((await world.clock_states(case)).values()) == {"stopped"}

    async def test_calls_off_an_offer_that_waits(self, world: Intake) -> None:
        coordinator = await world.enter_coordinator()
        case = await world.open_case()
        offer = await world.offer_next(case)
        path = f"/v1/cases/{case.id}/withdraw"
        await world.do("POST", path, world.manager(), json={"reason": "family-withdrew"})
        assert await world.emailed("offer-closed") == [coordinator]
        refused = await world.refused(
            "POST", f"/v1/offers/{offer}/accept", world.coordinator(coordinator), json={"no_conflict": True}
        )
        assert refused == (409, "case-stopped")
        assert await world.offer_next(case) is None
        assert await world.emailed("no-coordinator-left") == []

    async def test_happens_once_also_twice_at_once(self, world: Intake) -> None:
        case = await world.open_case()
        path, body = f"/v1/cases/{case.id}/withdraw", {"reason": "moved"}
        answers = await asyncio.gather(
            *(world.ask("POST", path, world.manager(), json=body) for _ in range(3))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        assert len(await world.published("intake.case.withdrawn.v1", case=case)) == 1

    async def test_people_stop_their_own_case_only(self, world: Intake) -> None:
        case, other = await world.open_case(), await world.open_case()
        path, body = f"/v1/cases/{case.id}/withdraw", {"reason": "solved"}
        assert (await world.refused("POST", path, world.person(other, role="central"), json=body))[0] == 404
        assert (await world.refused("POST", path, world.person(case), json=body))[0] == 403
        in_anothers_name = {**body, "by": "referrer"}
        refused = await world.refused("POST", path, world.person(case, role="central"), json=in_anothers_name)
        assert refused == (403, "not-on-behalf")
        child = world.person(case, role="central", under_twelve=True)
        assert await world.refused("POST", path, child, json=body) == (403, "from-twelve-on")
        await world.do("POST", path, world.person(case, role="representative"), json=body)
        (event,) = await world.published("intake.case.withdrawn.v1", case=case)
        assert event.data["by"] == "representative"

    @pytest.mark.parametrize("left", [network.PersonRemoved, network.PersonExcluded])
    async def test_who_left_the_circle_does_not_stop_it(self, world: Intake, left: Any) -> None:
        case, person, other = await world.open_case(), uuid7(), uuid7()
        fact = left(case_id=case.id, person_id=person)
        assert await world.handle(fact) == "handled"
        await self.refuse_and_let_the_other(world, case, person, other)

    async def test_who_was_erased_does_not_stop_it(self, world: Intake) -> None:
        case, person, other = await world.open_case(), uuid7(), uuid7()
        fact = network.PersonErased(case_id=case.id, person_id=person, reason="asked")
        assert await world.handle(fact) == "handled"
        await self.refuse_and_let_the_other(world, case, person, other)

    async def refuse_and_let_the_other(self, world: Intake, case: Case, left: UUID, other: UUID) -> None:
        # Their token was given before they left, and is good for minutes.
        path, body = f"/v1/cases/{case.id}/withdraw", {"reason": "solved"}
        refused = await world.refused("POST", path, world.person(case, left, role="central"), json=body)
        assert refused == (410, "no-longer-in-circle")
        assert await world.published("intake.case.withdrawn.v1", case=case) == []
        await world.do("POST", path, world.person(case, other, role="central"), json=body)

    async def test_the_coordinator_writes_it_down_for_the_family(self, world: Intake) -> None:
        case, coordinator = await world.assigned_case()
        path = f"/v1/cases/{case.id}/withdraw"
        body = {"reason": "family-withdrew", "by": "regional-manager"}
        refused = await world.refused("POST", path, world.coordinator(coordinator), json=body)
        assert refused == (403, "not-on-behalf")
        await world.do("POST", path, world.coordinator(coordinator), json={"reason": "family-withdrew"})
        (event,) = await world.published("intake.case.withdrawn.v1", case=case)
        assert event.data["by"] == "central-person"


class TestStoppedCase:
    @pytest.mark.parametrize(
        ("verb", "body"),
        [
            ("pause", {"reason": "illness"}),
            ("resume", None),
            ("withdraw", {"reason": "other"}),
            ("close", {"outcome": "no-conference"}),
            ("release-coordinator", {"reason": "unavailable"}),
        ],
    )
    async def test_nothing_about_it_changes_any_more(self, world: Intake, verb: str, body: Any) -> None:
        case = await world.open_case()
        await world.do(
            "POST", f"/v1/cases/{case.id}/withdraw", world.manager(), json={"reason": "no-network"}
        )
        before = len(await world.published(case=case))
        refused = await world.refused("POST", f"/v1/cases/{case.id}/{verb}", world.manager(), json=body)
        assert refused == (409, "case-stopped")
        assert len(await world.published(case=case)) == before


class TestPause:
    async def test_rests_and_goes_on_once(self, world: Intake) -> None:
        case = await world.open_case()
        pause = f"/v1/cases/{case.id}/pause"
        await world.do("POST", pause, world.manager(), json={"reason": "bereavement"})
        assert set((await world.clock_states(case)).values()) == {"paused"}
        again = await world.refused("POST", pause, world.manager(), json={"reason": "illness"})
        assert again == (409, "case-already-paused")
        world.later(days=7)
        resting = await world.do("GET", f"/v1/cases/{case.id}", world.manager())
        assert (resting["pause_reason"], datetime.fromisoformat(resting["paused_at"])) == ("bereavement", NOW)
        await world.do("POST", f"/v1/cases/{case.id}/resume", world.manager())
        running = await world.do("GET", f"/v1/cases/{case.id}", world.manager())
        assert (running["pause_reason"], running["paused_at"]) == (None, None)
        assert (await world.refused("POST", f"/v1/cases/{case.id}/resume", world.manager()))[1] == (
            "case-not-paused"
        )
        (clock,) = await world.rows("SELECT due_at FROM clock WHERE kind = 'allocation'")
        assert (clock.due_at - NOW).days == 3 + 7

    async def test_takes_no_reason_in_words(self, world: Intake) -> None:
        case = await world.open_case()
        body = {"reason": "Wannes is ziek"}
        assert (await world.refused("POST", f"/v1/cases/{case.id}/pause", world.manager(), json=body))[
            0
        ] == 422

    async def test_a_search_that_begins_in_a_pause_rests_too(self, world: Intake) -> None:
        case, _ = await world.assigned_case()
        await world.do("POST", f"/v1/cases/{case.id}/pause", world.manager(), json={"reason": "illness"})
        path = f"/v1/cases/{case.id}/release-coordinator"
        await world.do("POST", path, world.manager(), json={"reason": "unavailable"})
        found = await world.clock_states(case)
        assert (found["allocation"], found["coordinator-search"]) == ("paused", "paused")


class TestRelease:
    async def test_ends_access_at_once_and_begins_the_next_search(self, world: Intake) -> None:
        case, coordinator = await world.assigned_case()
        path = f"/v1/cases/{case.id}/release-coordinator"
        await world.do("POST", path, world.manager(), json={"reason": "family-wish"})
        (event,) = await world.published("intake.coordinator.released.v1", case=case)
        assert (event.data["replace"], event.data["assignment_no"]) == (True, 1)
        former = world.coordinator(coordinator)
        assert (await world.refused("GET", f"/v1/cases/{case.id}", former))[0] == 404
        assert (await world.refused("GET", f"/v1/cases/{case.id}/baseline", former))[0] == 404
        assert (await world.do("GET", "/v1/cases", former))["items"] == []
        shown = await world.do("GET", f"/v1/cases/{case.id}", world.manager())
        assert (shown["coordinator_id"], shown["assignment_no"]) == (None, 2)
        assert await world.refused("POST", path, world.manager(), json={"reason": "family-wish"}) == (
            409,
            "no-coordinator",
        )

    async def test_a_task_that_is_done_needs_no_other(self, world: Intake) -> None:
        case, _ = await world.assigned_case()
        path = f"/v1/cases/{case.id}/release-coordinator"
        await world.do("POST", path, world.manager(), json={"reason": "task-done"})
        assert (await world.clock_states(case))["allocation"] == "stopped"

    async def test_a_case_whose_coordinator_was_let_go_by_mistake_gets_one_again(self, world: Intake) -> None:
        case, coordinator = await world.assigned_case()
        path = f"/v1/cases/{case.id}/seek-coordinator"
        assert await world.refused("POST", path, world.manager()) == (409, "coordinator-sought")
        release = f"/v1/cases/{case.id}/release-coordinator"
        await world.do("POST", release, world.manager(), json={"reason": "task-done"})
        await world.do("POST", path, world.manager())
        assert await world.refused("POST", path, world.manager()) == (409, "coordinator-sought")
        await world.accept(await world.offer_next(case, 2), coordinator)
        assert (await world.do("GET", f"/v1/cases/{case.id}", world.manager()))["coordinator_id"] == str(
            coordinator
        )


class TestHearPlans:
    async def known(self, world: Intake) -> Case:
        """Return an assigned case that intake knows from its own event too."""
        case, _ = await world.assigned_case()
        async with world.owner.transaction() as session:
            await session.execute(
                text("INSERT INTO case_state VALUES (:case, :tenant, 'open', 3)"),
                {"case": case.id, "tenant": world.tenant},
            )
        return case

    async def test_the_four_week_call_ends_the_coordinators_task(self, world: Intake) -> None:
        case = await self.known(world)
        call = plans.CheckInRecorded(
            case_id=case.id, check_in_id=uuid4(), kind="four-weeks", decision="continue"
        )
        event_id = uuid7()
        assert await world.handle(call, event_id=event_id) == "handled"
        assert await world.handle(call, event_id=event_id) == "duplicate"
        (event,) = await world.published("intake.coordinator.released.v1", case=case)
        assert (event.data["reason"], event.data["replace"]) == ("task-done", False)
        again = plans.CheckInRecorded(
            case_id=case.id, check_in_id=uuid4(), kind="four-weeks", decision="continue"
        )
        # Counted, and nobody is left to let go.
        assert await world.handle(again) == "handled"
        assert len(await world.published("intake.coordinator.released.v1", case=case)) == 1

    @pytest.mark.parametrize(
        ("kind", "decision"), [("three-months", "continue"), ("four-weeks", "new-conference")]
    )
    async def test_other_calls_leave_the_coordinator(self, world: Intake, kind: Any, decision: Any) -> None:
        case = await self.known(world)
        call = plans.CheckInRecorded(case_id=case.id, check_in_id=uuid4(), kind=kind, decision=decision)
        assert await world.handle(call) == "handled"
        assert await world.published("intake.coordinator.released.v1", case=case) == []

    async def test_a_plan_that_is_adjusted_after_the_calls_ends_the_coordinators_task(
        self, world: Intake
    ) -> None:
        case = await self.known(world)
        call = plans.CheckInRecorded(
            case_id=case.id, check_in_id=uuid4(), kind="four-weeks", decision="adjust", task_goes_on=True
        )
        await world.handle(call)
        adjusted = plans.PlanAdjusted(case_id=case.id, plan_id=uuid4(), version=2, ends_task=False)
        await world.handle(adjusted)
        assert await world.published("intake.coordinator.released.v1", case=case) == []
        await world.handle(adjusted.model_copy(update={"ends_task": True}))
        (event,) = await world.published("intake.coordinator.released.v1", case=case)
        assert (event.data["reason"], event.data["replace"]) == ("task-done", False)

    async def test_a_plan_that_is_accepted_after_the_calls_ends_the_task_of_who_changed_it(
        self, world: Intake
    ) -> None:
        case = await self.known(world)
        accepted = plans.PlanAccepted(case_id=case.id, plan_id=uuid4(), version=2)
        await world.handle(accepted)
        assert await world.published("intake.coordinator.released.v1", case=case) == []
        for _ in range(2):
            await world.handle(accepted.model_copy(update={"ends_task": True}))
        (event,) = await world.published("intake.coordinator.released.v1", case=case)
        assert (event.data["reason"], event.data["replace"]) == ("task-done", False)

    async def test_a_check_and_what_is_counted_wait_for_each_other_and_never_both(
        self, world: Intake
    ) -> None:
        case = await self.known(world)
        call = plans.CheckInRecorded(
            case_id=case.id, check_in_id=uuid4(), kind="four-weeks", decision="continue"
        )
        done = [plans.AgreementDone(case_id=case.id, agreement_id=uuid4()) for _ in range(6)]
        told = await asyncio.gather(*(world.handle(event) for event in (call, *done)))
        assert set(told) == {"handled"}

    async def test_a_circle_that_meets_again_gets_its_former_coordinator_asked_first(
        self, world: Intake
    ) -> None:
        case = await self.known(world)
        former = await self._released(world, case)
        # Who speaks all their languages would be asked first, and is asked next.
        await world.enter_coordinator(email="wim@voorbeeld.example", languages=world.referral()["languages"])
        assert await world.handle(self._to_meet(case)) == "handled"
        offer = await world.offer_next(case, 2)
        assert await self._asked(world, offer) == former
        await world.decline(offer, former)
        assert await self._asked(world, await world.offer_next(case, 2)) != former

    async def test_a_circle_that_wants_somebody_else_gets_another(self, world: Intake) -> None:
        case = await self.known(world)
        former = await self._released(world, case)
        other = await world.enter_coordinator(email="wim@voorbeeld.example")
        await world.handle(self._to_meet(case, another_coordinator=True))
        offer = await world.offer_next(case, 2)
        assert await self._asked(world, offer) == other
        await world.decline(offer, other)
        assert await world.offer_next(case, 2) is None
        assert former != other

    async def test_a_circle_that_wants_somebody_else_lets_its_coordinator_go(self, world: Intake) -> None:
        case = await self.known(world)
        await world.handle(self._to_meet(case, another_coordinator=True))
        (event,) = await world.published("intake.coordinator.released.v1", case=case)
        assert (event.data["reason"], event.data["replace"]) == ("family-wish", True)

    def _to_meet(self, case: Case, **more: Any) -> plans.CheckInRecorded:
        return plans.CheckInRecorded(
            case_id=case.id, check_in_id=uuid4(), kind="three-months", decision="new-conference", **more
        )

    async def _released(self, world: Intake, case: Case) -> UUID:
        shown = await world.do("GET", f"/v1/cases/{case.id}", world.manager())
        call = plans.CheckInRecorded(
            case_id=case.id, check_in_id=uuid4(), kind="four-weeks", decision="continue"
        )
        await world.handle(call)
        return UUID(shown["coordinator_id"])

    async def _asked(self, world: Intake, offer: UUID | None) -> UUID:
        (row,) = await world.rows("SELECT coordinator_id FROM offer WHERE id = :id", id=offer)
        asked: UUID = row.coordinator_id
        return asked

    async def test_the_end_of_the_follow_up_closes_the_case(self, world: Intake) -> None:
        case = await self.known(world)
        ended = plans.FollowUpEnded(case_id=case.id, outcome="followed-up")
        assert await world.handle(ended) == "handled"
        shown = await world.do("GET", f"/v1/cases/{case.id}", world.manager())
        assert (shown["state"], shown["outcome"]) == ("closed", "followed-up")
        assert await world.handle(ended) == "refused:case-stopped"
        assert await world.emailed("case-stopped") == []

    async def test_what_comes_before_the_opening_is_known_is_tried_again(self, world: Intake) -> None:
        case, _ = await world.assigned_case()
        with pytest.raises(NotYet):
            await world.handle(plans.FollowUpEnded(case_id=case.id, outcome="followed-up"))


class TestReadCases:
    async def test_shows_where_it_stands_to_those_concerned(self, world: Intake) -> None:
        case, coordinator = await world.assigned_case()
        path = f"/v1/cases/{case.id}"
        for reader in (
            world.manager(),
            world.referrer(),
            world.mandatee(),
            world.coordinator(coordinator),
            world.ops(world.tenant),
        ):
            assert (await world.do("GET", path, reader))["case_id"] == str(case.id)
            assert len((await world.do("GET", "/v1/cases", reader))["items"]) == 1

    async def test_tells_those_who_run_it_neither_what_it_is_about_nor_why_it_stopped(
        self, world: Intake
    ) -> None:
        case, _ = await world.assigned_case()
        path = f"/v1/cases/{case.id}"
        await world.do("POST", f"{path}/withdraw", world.manager(), json={"reason": "family-withdrew"})
        (known,) = (await world.do("GET", "/v1/cases", world.manager()))["items"]
        untold: dict[str, Any] = {"themes": [], "minors": None, "stop_reason": None, "stopped_by": None}
        assert all(known[field] != nothing for field, nothing in untold.items()), "there is something to tell"
        both = world.colleague(Role.OPS, Role.REFERRER)
        for ops in (world.ops(world.tenant), both):
            seen = await world.do("GET", path, ops)
            assert seen == known | untold
            assert (await world.do("GET", "/v1/cases", ops))["items"] == [seen]

    async def test_is_not_there_for_others(self, world: Intake) -> None:
        case, _ = await world.assigned_case()
        path = f"/v1/cases/{case.id}"
        for stranger in (
            world.coordinator(uuid7()),
            world.staff(uuid7(), uuid7(), Role.REFERRER),
            world.staff(world.manager_id, world.school, Role.REGIONAL_MANAGER, tenant=world.school),
            world.ops(world.school),
        ):
            assert (await world.refused("GET", path, stranger))[0] == 404
        for manager_elsewhere in (
            world.staff(uuid7(), world.school, Role.REGIONAL_MANAGER),
            world.staff(world.manager_id, world.tenant, Role.REGIONAL_MANAGER, tenant=world.school),
        ):
            assert (await world.refused("GET", path, manager_elsewhere))[0] == 403
        assert (await world.refused("GET", path, world.person(case, role="central")))[0] == 403
        assert (await world.refused("GET", f"/v1/cases/{uuid4()}", world.manager()))[0] == 404

    async def test_persons_are_for_the_service_that_says_why(self, world: Intake) -> None:
        case = await world.open_case()
        path = f"/v1/cases/{case.id}/persons-at-opening"
        shown = await world.do("GET", path, world.from_service("copy-persons"))
        assert [item["role"] for item in shown["items"]] == ["central", "representative"]
        assert shown["items"][0]["first_name"] == "Wannes"
        again = await world.do("GET", path, world.from_service("copy-persons"))
        assert [item["person_id"] for item in again["items"]] == [
            item["person_id"] for item in shown["items"]
        ]
        of_others = world.from_service("curiosity"), world.from_service("copy-persons", service="training")
        for refused in (*of_others, world.manager(), world.person(case, role="central")):
            assert (await world.refused("GET", path, refused))[0] == 403
        missing = f"/v1/cases/{uuid4()}/persons-at-opening"
        assert (await world.refused("GET", missing, world.from_service("copy-persons")))[0] == 404


_MANY = text(
    """
    WITH referrals AS (
        INSERT INTO referral (id, tenant, case_id, state, kind, track, themes, minors, created_at, sealed)
        SELECT uuidv7(), :tenant, uuidv7(), 'accepted', 'self', 'normal', '{}', false,
               CAST(:start AS timestamptz) + number * interval '1 second', ''
        FROM generate_series(1, :count) AS number
        RETURNING id, tenant, case_id, created_at
    )
    INSERT INTO "case" (id, tenant, referral_id, state, track, themes, minors, coordinator_id, assignment_no,
                        baseline_version, created_at)
    SELECT case_id, tenant, id, 'open', 'normal', '{}', false, :coordinator, 1, 1, created_at FROM referrals
    """
)


class TestLongLists:
    @pytest.mark.parametrize("reader", ["tenant", "coordinator"])
    async def test_a_page_is_read_from_the_index_at_any_depth(self, world: Intake, reader: str) -> None:
        coordinator = uuid7()
        values = {"tenant": world.tenant, "start": NOW, "coordinator": coordinator, "count": 20_000}
        async with world.owner.transaction() as session:
            await session.execute(_MANY, values)
        async with world.owner.transaction() as session:
            await session.execute(text('ANALYZE "case"'))
        query = {
            "tenant": reads.all_cases(tenant=world.tenant),
            "coordinator": reads.cases_of_coordinator(tenant=world.tenant, coordinator_id=coordinator),
        }[reader]
        async with world.owner.transaction() as session:
            (middle,) = (
                await session.execute(
                    text('SELECT id, created_at FROM "case" ORDER BY id OFFSET 9999 LIMIT 1')
                )
            ).all()
            cursor = encode_cursor(middle.created_at, middle.id)
            plans_seen: list[str] = []
            await _explained(session, plans_seen)
            rows = await reads.page_of_cases(session, query, page=PageRequest(limit=100, cursor=cursor))
        assert len(rows.items) == 100
        (plan,) = plans_seen
        assert "Index Scan" in plan
        assert "Sort" not in plan
        # The page itself and the row that says there is more.
        assert "rows=101" in plan.splitlines()[0]


async def _explained(session: Any, into: list[str]) -> None:
    """Note the real plan of the next query of this session before it runs."""
    original = session.execute

    async def execute(statement: Any, *args: Any, **options: Any) -> Any:
        session.execute = original
        compiled = statement.compile(
            session.get_bind(), compile_kwargs={"literal_binds": True, "render_postcompile": True}
        )
        found = await original(text("EXPLAIN (ANALYZE, BUFFERS) " + str(compiled).replace(":", r"\:")))
        into.append("\n".join(row[0] for row in found))
        return await original(statement, *args, **options)

    session.execute = execute


class TestList:
    async def test_shows_what_waits_for_a_coordinator_apart_from_what_is_past_the_call(
        self, world: Intake
    ) -> None:
        assigned, coordinator = await world.assigned_case()
        done, _ = await world.assigned_case()
        planless, _ = await world.assigned_case()
        for case in (done, planless):
            path = f"/v1/cases/{case.id}/release-coordinator"
            await world.do("POST", path, world.manager(), json={"reason": "task-done"})
        recorded = plans.PlanRecorded(
            case_id=done.id, plan_id=uuid7(), version=1, conference_id=None, agreement_ids=(),
            review_on=date(2026, 7, 1), needs_acceptance=False,
        )  # fmt: skip
        await world.handle(recorded)
        waiting = await world.open_case()
        await world.do("POST", f"/v1/cases/{waiting.id}/pause", world.manager(), json={"reason": "holiday"})
        for query, expected in (
            ("waits_for=coordinator", {waiting.id}),
            ("waits_for=follow-up", {done.id}),
            ("waits_for=next-step", {planless.id}),
            (f"coordinator_id={coordinator}", {assigned.id}),
            ("state=paused", {waiting.id}),
            ("state=open", {assigned.id, done.id, planless.id}),
            (f"case_id={done.id}&case_id={waiting.id}&case_id={uuid7()}", {done.id, waiting.id}),
        ):
            found = await world.do("GET", f"/v1/cases?{query}", world.manager())
            assert {UUID(each["case_id"]) for each in found["items"]} == expected
        shown = await world.do("GET", "/v1/cases", world.manager())
        assert {UUID(each["case_id"]): each["waits_for"] for each in shown["items"]} == {
            assigned.id: None, done.id: "follow-up", planless.id: "next-step", waiting.id: "coordinator"
        }  # fmt: skip

    async def test_of_referrals_shows_those_that_stand_so(self, world: Intake) -> None:
        accepted, received = await world.refer(), await world.refer()
        await world.open_case(accepted)
        found = await world.do("GET", "/v1/referrals?state=received", world.manager())
        assert [each["referral_id"] for each in found["items"]] == [str(received)]
