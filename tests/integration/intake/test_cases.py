"""Cases: resting, stopping, ending, who reads them, and how long lists are read."""

import asyncio
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
from tests.integration.intake.house import NOW, Case, House


class TestWithdraw:
    async def test_stops_everything_and_tells_those_who_must_know(self, house: House) -> None:
        case, coordinator = await house.assigned_case()
        answer = await house.do(
            "POST", f"/v1/cases/{case.id}/withdraw", house.person(case), json={"reason": "solved"}
        )
        assert answer == {"case_id": str(case.id), "state": "withdrawn"}
        kinds = [row.type for row in await house.said(case)]
        released = kinds.index("intake.coordinator.released.v1")
        assert released < kinds.index("intake.case.withdrawn.v1")
        (event,) = await house.said(case, "intake.case.withdrawn.v1")
        assert (event.data["by"], event.data["reason"]) == ("central-person", "solved")
        assert await house.mails("case-stopped") == [coordinator, house.referrer_id]
        assert set((await house.clocks(case)).values()) == {"stopped"}

    async def test_calls_off_an_offer_that_waits(self, house: House) -> None:
        coordinator = await house.enter_coordinator()
        case = await house.open_case()
        offer = await house.offer_next(case)
        path = f"/v1/cases/{case.id}/withdraw"
        await house.do("POST", path, house.manager(), json={"reason": "family-withdrew"})
        assert await house.mails("offer-closed") == [coordinator]
        refused = await house.refused(
            "POST", f"/v1/offers/{offer}/accept", house.coordinator(coordinator), json={"no_conflict": True}
        )
        assert refused == (409, "case-stopped")
        assert await house.offer_next(case) is None
        assert await house.mails("no-coordinator-left") == []

    async def test_happens_once_also_twice_at_once(self, house: House) -> None:
        case = await house.open_case()
        path, body = f"/v1/cases/{case.id}/withdraw", {"reason": "moved"}
        answers = await asyncio.gather(
            *(house.ask("POST", path, house.manager(), json=body) for _ in range(3))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        assert len(await house.said(case, "intake.case.withdrawn.v1")) == 1

    async def test_people_stop_their_own_case_only(self, house: House) -> None:
        case, other = await house.open_case(), await house.open_case()
        path, body = f"/v1/cases/{case.id}/withdraw", {"reason": "solved"}
        assert (await house.refused("POST", path, house.person(other), json=body))[0] == 404
        assert (await house.refused("POST", path, house.person(case, "circle"), json=body))[0] == 403
        in_anothers_name = {**body, "by": "referrer"}
        refused = await house.refused("POST", path, house.person(case), json=in_anothers_name)
        assert refused == (403, "not-on-behalf")
        child = house.person(case, under_twelve=True)
        assert await house.refused("POST", path, child, json=body) == (403, "from-twelve-on")
        await house.do("POST", path, house.person(case, "representative"), json=body)
        (event,) = await house.said(case, "intake.case.withdrawn.v1")
        assert event.data["by"] == "representative"

    @pytest.mark.parametrize("left", [network.PersonRemoved, network.PersonExcluded])
    async def test_who_left_the_circle_does_not_stop_it(self, house: House, left: Any) -> None:
        case, person, other = await house.open_case(), uuid7(), uuid7()
        fact = left(case_id=case.id, person_id=person)
        assert await house.hear(fact, case=case) == "handled"
        await self.refuse_and_let_the_other(house, case, person, other)

    async def test_who_was_erased_does_not_stop_it(self, house: House) -> None:
        case, person, other = await house.open_case(), uuid7(), uuid7()
        fact = network.PersonErased(case_id=case.id, person_id=person, because="asked")
        assert await house.hear(fact, case=case) == "handled"
        await self.refuse_and_let_the_other(house, case, person, other)

    async def refuse_and_let_the_other(self, house: House, case: Case, left: UUID, other: UUID) -> None:
        # Their token was given before they left, and is good for minutes.
        path, body = f"/v1/cases/{case.id}/withdraw", {"reason": "solved"}
        refused = await house.refused("POST", path, house.person(case, who=left), json=body)
        assert refused == (410, "no-longer-in-circle")
        assert await house.said(case, "intake.case.withdrawn.v1") == []
        await house.do("POST", path, house.person(case, who=other), json=body)

    async def test_the_coordinator_writes_it_down_for_the_family(self, house: House) -> None:
        case, coordinator = await house.assigned_case()
        path = f"/v1/cases/{case.id}/withdraw"
        body = {"reason": "family-withdrew", "by": "regional-manager"}
        refused = await house.refused("POST", path, house.coordinator(coordinator), json=body)
        assert refused == (403, "not-on-behalf")
        await house.do("POST", path, house.coordinator(coordinator), json={"reason": "family-withdrew"})
        (event,) = await house.said(case, "intake.case.withdrawn.v1")
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
    async def test_nothing_about_it_changes_any_more(self, house: House, verb: str, body: Any) -> None:
        case = await house.open_case()
        await house.do(
            "POST", f"/v1/cases/{case.id}/withdraw", house.manager(), json={"reason": "no-network"}
        )
        before = len(await house.said(case))
        refused = await house.refused("POST", f"/v1/cases/{case.id}/{verb}", house.manager(), json=body)
        assert refused == (409, "case-stopped")
        assert len(await house.said(case)) == before


class TestPause:
    async def test_rests_and_goes_on_once(self, house: House) -> None:
        case = await house.open_case()
        pause = f"/v1/cases/{case.id}/pause"
        await house.do("POST", pause, house.manager(), json={"reason": "bereavement"})
        assert set((await house.clocks(case)).values()) == {"paused"}
        again = await house.refused("POST", pause, house.manager(), json={"reason": "illness"})
        assert again == (409, "case-already-paused")
        house.later(days=7)
        await house.do("POST", f"/v1/cases/{case.id}/resume", house.manager())
        assert (await house.refused("POST", f"/v1/cases/{case.id}/resume", house.manager()))[1] == (
            "case-not-paused"
        )
        (clock,) = await house.rows("SELECT due_at FROM clock WHERE kind = 'allocation'")
        assert (clock.due_at - NOW).days == 3 + 7

    async def test_takes_no_reason_in_words(self, house: House) -> None:
        case = await house.open_case()
        body = {"reason": "Wannes is ziek"}
        assert (await house.refused("POST", f"/v1/cases/{case.id}/pause", house.manager(), json=body))[
            0
        ] == 422

    async def test_a_search_that_begins_in_a_pause_rests_too(self, house: House) -> None:
        case, _ = await house.assigned_case()
        await house.do("POST", f"/v1/cases/{case.id}/pause", house.manager(), json={"reason": "illness"})
        path = f"/v1/cases/{case.id}/release-coordinator"
        await house.do("POST", path, house.manager(), json={"reason": "unavailable"})
        found = await house.clocks(case)
        assert (found["allocation"], found["coordinator-search"]) == ("paused", "paused")


class TestRelease:
    async def test_ends_access_at_once_and_begins_the_next_search(self, house: House) -> None:
        case, coordinator = await house.assigned_case()
        path = f"/v1/cases/{case.id}/release-coordinator"
        await house.do("POST", path, house.manager(), json={"reason": "family-wish"})
        (event,) = await house.said(case, "intake.coordinator.released.v1")
        assert (event.data["replace"], event.data["assignment_no"]) == (True, 1)
        former = house.coordinator(coordinator)
        assert (await house.refused("GET", f"/v1/cases/{case.id}", former))[0] == 404
        assert (await house.refused("GET", f"/v1/cases/{case.id}/baseline", former))[0] == 404
        assert (await house.do("GET", "/v1/cases", former))["items"] == []
        shown = await house.do("GET", f"/v1/cases/{case.id}", house.manager())
        assert (shown["coordinator_id"], shown["assignment_no"]) == (None, 2)
        assert await house.refused("POST", path, house.manager(), json={"reason": "family-wish"}) == (
            409,
            "no-coordinator",
        )

    async def test_a_task_that_is_done_needs_no_other(self, house: House) -> None:
        case, _ = await house.assigned_case()
        path = f"/v1/cases/{case.id}/release-coordinator"
        await house.do("POST", path, house.manager(), json={"reason": "task-done"})
        assert (await house.clocks(case))["allocation"] == "stopped"


class TestHearPlans:
    async def known(self, house: House) -> Case:
        """Return an assigned case that intake knows from its own event too."""
        case, _ = await house.assigned_case()
        async with house.owner.transaction() as session:
            await session.execute(
                text("INSERT INTO case_state VALUES (:case, :tenant, 'open', 3)"),
                {"case": case.id, "tenant": house.tenant},
            )
        return case

    async def test_the_four_week_call_ends_the_coordinators_task(self, house: House) -> None:
        case = await self.known(house)
        call = plans.CheckInRecorded(
            case_id=case.id, check_in_id=uuid4(), kind="four-weeks", decision="continue"
        )
        event_id = uuid7()
        assert await house.hear(call, case=case, event_id=event_id) == "handled"
        assert await house.hear(call, case=case, event_id=event_id) == "duplicate"
        (event,) = await house.said(case, "intake.coordinator.released.v1")
        assert (event.data["reason"], event.data["replace"]) == ("task-done", False)
        again = plans.CheckInRecorded(
            case_id=case.id, check_in_id=uuid4(), kind="four-weeks", decision="continue"
        )
        # Counted, and nobody is left to let go.
        assert await house.hear(again, case=case) == "handled"
        assert len(await house.said(case, "intake.coordinator.released.v1")) == 1

    @pytest.mark.parametrize(
        ("kind", "decision"), [("three-months", "continue"), ("four-weeks", "new-conference")]
    )
    async def test_other_calls_leave_the_coordinator(self, house: House, kind: Any, decision: Any) -> None:
        case = await self.known(house)
        call = plans.CheckInRecorded(case_id=case.id, check_in_id=uuid4(), kind=kind, decision=decision)
        assert await house.hear(call, case=case) == "handled"
        assert await house.said(case, "intake.coordinator.released.v1") == []

    async def test_the_end_of_the_follow_up_closes_the_case(self, house: House) -> None:
        case = await self.known(house)
        ended = plans.FollowUpEnded(case_id=case.id, outcome="followed-up")
        assert await house.hear(ended, case=case) == "handled"
        shown = await house.do("GET", f"/v1/cases/{case.id}", house.manager())
        assert (shown["state"], shown["outcome"]) == ("closed", "followed-up")
        assert await house.hear(ended, case=case) == "refused:case-stopped"
        assert await house.mails("case-stopped") == []

    async def test_what_comes_before_the_opening_is_known_is_tried_again(self, house: House) -> None:
        case, _ = await house.assigned_case()
        with pytest.raises(NotYet):
            await house.hear(plans.FollowUpEnded(case_id=case.id, outcome="followed-up"), case=case)


class TestReadCases:
    async def test_shows_where_it_stands_to_those_concerned(self, house: House) -> None:
        case, coordinator = await house.assigned_case()
        path = f"/v1/cases/{case.id}"
        for reader in (
            house.manager(),
            house.referrer(),
            house.mandatee(),
            house.coordinator(coordinator),
            house.ops(house.tenant),
        ):
            assert (await house.do("GET", path, reader))["case_id"] == str(case.id)
            assert len((await house.do("GET", "/v1/cases", reader))["items"]) == 1

    async def test_tells_those_who_run_it_neither_what_it_is_about_nor_why_it_stopped(
        self, house: House
    ) -> None:
        case, _ = await house.assigned_case()
        path = f"/v1/cases/{case.id}"
        await house.do("POST", f"{path}/withdraw", house.manager(), json={"reason": "family-withdrew"})
        (known,) = (await house.do("GET", "/v1/cases", house.manager()))["items"]
        untold: dict[str, Any] = {"themes": [], "minors": None, "stop_reason": None, "stopped_by": None}
        assert all(known[field] != nothing for field, nothing in untold.items()), "there is something to tell"
        both = house.staff(uuid7(), house.tenant, Role.OPS, Role.REFERRER)
        for ops in (house.ops(house.tenant), both):
            seen = await house.do("GET", path, ops)
            assert seen == known | untold
            assert (await house.do("GET", "/v1/cases", ops))["items"] == [seen]

    async def test_is_not_there_for_others(self, house: House) -> None:
        case, _ = await house.assigned_case()
        path = f"/v1/cases/{case.id}"
        for stranger in (
            house.coordinator(uuid7()),
            house.staff(uuid7(), uuid7(), Role.REFERRER),
            house.staff(house.manager_id, house.school, Role.REGIONAL_MANAGER, tenant=house.school),
            house.ops(house.school),
        ):
            assert (await house.refused("GET", path, stranger))[0] == 404
        for manager_elsewhere in (
            house.staff(uuid7(), house.school, Role.REGIONAL_MANAGER),
            house.staff(house.manager_id, house.tenant, Role.REGIONAL_MANAGER, tenant=house.school),
        ):
            assert (await house.refused("GET", path, manager_elsewhere))[0] == 403
        assert (await house.refused("GET", path, house.person(case)))[0] == 403
        assert (await house.refused("GET", f"/v1/cases/{uuid4()}", house.manager()))[0] == 404

    async def test_persons_are_for_the_service_that_says_why(self, house: House) -> None:
        case = await house.open_case()
        path = f"/v1/cases/{case.id}/persons-at-opening"
        shown = await house.do("GET", path, house.service("copy-persons"))
        assert [item["role"] for item in shown["items"]] == ["central", "representative"]
        assert shown["items"][0]["first_name"] == "Wannes"
        again = await house.do("GET", path, house.service("copy-persons"))
        assert [item["person_id"] for item in again["items"]] == [
            item["person_id"] for item in shown["items"]
        ]
        for refused in (house.service("curiosity"), house.manager(), house.person(case)):
            assert (await house.refused("GET", path, refused))[0] == 403
        missing = f"/v1/cases/{uuid4()}/persons-at-opening"
        assert (await house.refused("GET", missing, house.service("copy-persons")))[0] == 404


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
    async def test_a_page_is_read_from_the_index_at_any_depth(self, house: House, reader: str) -> None:
        coordinator = uuid7()
        values = {"tenant": house.tenant, "start": NOW, "coordinator": coordinator, "count": 20_000}
        async with house.owner.transaction() as session:
            await session.execute(_MANY, values)
        async with house.owner.transaction() as session:
            await session.execute(text('ANALYZE "case"'))
        query = {
            "tenant": reads.all_cases(tenant=house.tenant),
            "coordinator": reads.cases_of_coordinator(tenant=house.tenant, coordinator_id=coordinator),
        }[reader]
        async with house.owner.transaction() as session:
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
