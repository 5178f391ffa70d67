"""Recording a plan and its versions, through the API."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from shared.auth import Role
from shared.events import intake, network
from shared.ids import uuid7
from tests.support.world import problem
from tests.support.world.plans import Plans, changed_plan, plan_of


class TestRecordPlan:
    async def test_says_what_was_recorded_and_starts_the_years_clocks(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        (event,) = await world.published("plans.plan.recorded.v1", case=case)
        assert event.data["plan_id"] == plan["plan_id"]
        assert event.data["agreement_ids"] == plan["agreement_ids"]
        assert (event.data["version"], event.data["needs_acceptance"]) == (1, True)
        clocks = await world.rows(
            "SELECT kind, owner, warn_at, due_at FROM clock WHERE kind <> 'written-plan'"
            " ORDER BY coalesce(warn_at, due_at)"
        )
        assert [(clock.kind, clock.owner) for clock in clocks] == [
            ("plan-acceptance", "referrer"),
            ("agreement", "circle"),
            ("check-in", "coordinator"),
            ("agreement", "professional"),
            ("review", "coordinator"),
            ("check-in", "monitor"),
            ("check-in", "monitor"),
            ("check-in", "monitor"),
            ("follow-up", "regional-manager"),
        ]
        assert clocks[2].warn_at.isoformat() == "2026-03-30T07:00:00+00:00"
        # Nine in the morning in Brussels on the agreement's day.
        assert clocks[1].due_at.isoformat() == "2026-03-20T08:00:00+00:00"

    async def test_gives_back_the_words_to_the_circle(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        read = await world.do(
            "GET", f"/v1/plans/{plan['plan_id']}", world.person(case, case.aunt), expect=200
        )
        assert read["goals"] == plan_of(case)["goals"]
        assert [item["what"] for item in read["agreements"]] == ["Samen opstaan", "Bellen met school"]
        assert read["plan_b"][0]["then"] == "Tante komt"
        assert read["acceptance"] == "awaited"

    async def test_leaves_no_word_readable_in_the_database(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        for table in ("plan", "plan_version", "agreement", "outbox", "clock"):
            rows = await world.rows(f"SELECT {table}::text AS row FROM {table}")
            assert rows
            assert not any("opstaan" in row.row or "Tante" in row.row for row in rows)

    async def test_needs_no_meeting_and_no_mandate(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case, conference_id=None)
        assert plan["acceptance"] == "not-needed"

    async def test_refuses_a_second_plan_of_the_case(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        assert await world.refused(
            "POST", f"/v1/cases/{case.id}/plans", world.coordinator(case), json=plan_of(case)
        ) == (409, "plan-exists")

    async def test_records_one_of_two_sent_at_once(self, world: Plans) -> None:
        case = await world.open_case()
        answers = await asyncio.gather(
            *(
                world.ask("POST", f"/v1/cases/{case.id}/plans", world.coordinator(case), json=plan_of(case))
                for _ in range(4)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        assert len(await world.published("plans.plan.recorded.v1", case=case)) == 1

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"monitor_person_id": str(uuid4())}, "person-not-of-case"),
            ({"convener_person_id": str(uuid4())}, "person-not-of-case"),
            ({"review_on": "2026-03-01"}, "date-out-of-range"),
            ({"review_on": "2199-12-31"}, "review-too-late"),
            ({"review_on": "9999-12-31"}, "invalid-request"),
            ({"agreements": [{"what": "x", "due_on": "1900-01-01"}]}, "date-out-of-range"),
            ({"agreements": [{"what": "x", "due_on": "2199-12-31"}]}, "date-out-of-range"),
            ({"agreements": [{"what": "x", "due_on": "0001-01-01"}]}, "invalid-request"),
            ({"goals": ["a" * 10_000] * 7}, "plan-too-long"),
            ({"decisions_of_circle": ["a\n" * 1_001]}, "plan-too-long"),
            ({"goals": []}, "invalid-request"),
            ({"goals": ["a\u0000b"]}, "invalid-request"),
            ({"unknown": 1}, "invalid-request"),
            ({"conference_id": str(uuid4())}, "conference-not-held"),
        ],
    )
    async def test_refuses_what_cannot_be_meant(
        self, world: Plans, change: dict[str, Any], code: str
    ) -> None:
        case = await world.open_case()
        before = await world.published(case=case)
        answer = await world.ask(
            "POST", f"/v1/cases/{case.id}/plans", world.coordinator(case), json=plan_of(case, **change)
        )
        assert 400 <= answer.status_code < 500
        assert answer.json()["type"].rsplit("/")[-1] == code
        assert await world.published(case=case) == before

    async def test_wants_a_monitor_from_the_circle(self, world: Plans) -> None:
        case = await world.open_case()
        answer = await world.ask(
            "POST",
            f"/v1/cases/{case.id}/plans",
            world.coordinator(case),
            json=plan_of(case, monitor_person_id=str(case.teacher)),
        )
        assert answer.json()["type"].rsplit("/")[-1] == "monitor-not-of-circle"

    async def test_is_for_the_coordinator_of_the_case_only(self, world: Plans) -> None:
        case, other = await world.open_case(), await world.open_case()
        path = f"/v1/cases/{case.id}/plans"
        for who, status in (
            (world.coordinator(other), 404),
            (world.manager(), 403),
            (world.referrer(case.mandated), 403),
            (world.referrer(uuid7()), 403),
            (world.staff(case.coordinator, world.tenant, Role.TRAINER), 403),
            (world.person(case, case.central), 403),
        ):
            answer = await world.ask("POST", path, who, json=plan_of(case))
            assert answer.status_code == status, (who, answer.text)

    async def test_ends_with_the_assignment(self, world: Plans) -> None:
        case = await world.open_case()
        released = intake.CoordinatorReleased(
            case_id=case.id,
            assignment_no=1,
            coordinator_id=case.coordinator,
            reason="family-wish",
            replace=True,
        )
        await world.handle(released)
        # The assignment, heard again and late, gives nothing back.
        await world.handle(
            intake.CoordinatorAssigned(case_id=case.id, assignment_no=1, coordinator_id=case.coordinator)
        )
        await world.ask(
            "POST", f"/v1/cases/{case.id}/plans", world.coordinator(case), json=plan_of(case), expect=404
        )

    async def test_refuses_a_stopped_case(self, world: Plans) -> None:
        case = await world.open_case()
        await world.handle(intake.CaseWithdrawn(case_id=case.id, reason="own-wish", by="central-person"))
        assert await world.refused(
            "POST", f"/v1/cases/{case.id}/plans", world.coordinator(case), json=plan_of(case)
        ) == (409, "case-stopped")

    async def test_starts_its_clocks_at_rest_while_the_case_rests(self, world: Plans) -> None:
        case = await world.open_case()
        await world.handle(intake.CasePaused(case_id=case.id, reason="illness"))
        await world.recorded(case)
        assert await world.rows("SELECT 1 FROM clock WHERE state = 'running'") == []
        world.later(days=3)
        await world.handle(intake.CaseResumed(case_id=case.id))
        clocks = await world.rows(
            "SELECT due_at FROM clock WHERE kind = 'agreement' AND state = 'running' ORDER BY due_at"
        )
        assert clocks[0].due_at.isoformat() == "2026-03-20T08:00:00+00:00"


class TestRecordVersion:
    async def test_replaces_what_was_open_and_keeps_what_was_done(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        done, replaced = plan["agreement_ids"]
        await world.ask("POST", f"/v1/agreements/{done}/done", world.person(case, case.aunt))
        answer = await world.ask(
            "POST",
            f"/v1/plans/{plan['plan_id']}/versions",
            world.coordinator(case),
            json=changed_plan(case, goals=["Iets anders"], conference_id=str(await world.met_again(case))),
        )
        assert (answer.status_code, answer.json()["version"]) == (201, 2)
        listed = await world.ask("GET", f"/v1/cases/{case.id}/agreements", world.person(case, case.central))
        states = {item["agreement_id"]: item["state"] for item in listed.json()["items"]}
        assert (states[done], states[replaced]) == ("done", "replaced")
        recorded = await world.published("plans.plan.recorded.v1", case=case)
        assert recorded[-1].data["replaced"] == [replaced]
        assert [item["plan_version"] for item in listed.json()["items"]] == [1, 1, 2, 2]
        live = await world.rows("SELECT subject FROM clock WHERE kind = 'agreement' AND state = 'running'")
        assert sorted(str(row.subject) for row in live) == sorted(answer.json()["agreement_ids"])

    async def test_leaves_the_goals_to_the_circle(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        path, other = f"/v1/plans/{plan['plan_id']}/versions", ["Iets anders"]
        for body in (changed_plan(case, goals=other), changed_plan(case, goals=other, conference_id=None)):
            assert await world.refused("POST", path, world.coordinator(case), json=body) == (
                403,
                "goals-of-the-circle",
            )
        again = str(await world.met_again(case))
        for version, goals, status in ((1, other, 201), (2, ["Nog iets"], 403), (2, other, 201)):
            body = changed_plan(case, version, goals=goals, conference_id=again)
            answer = await world.ask("POST", path, world.coordinator(case), json=body)
            assert answer.status_code == status, answer.text

    async def test_makes_one_version_of_what_is_sent_several_times_at_once(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        path = f"/v1/plans/{plan['plan_id']}/versions"
        answers = await asyncio.gather(
            *(world.ask("POST", path, world.coordinator(case), json=changed_plan(case)) for _ in range(4))
        )
        assert [answer.json()["version"] for answer in answers if answer.is_success] == [2]
        assert [problem(answer) for answer in answers if answer.is_error] == [(409, "other-version")] * 3
        assert await world.do("POST", path, world.coordinator(case), json=changed_plan(case, 2))


class TestPeopleHeardOf:
    async def test_a_person_who_left_stays_away_whatever_comes_late(self, world: Plans) -> None:
        case = await world.open_case()
        person = uuid7()
        await world.handle(network.PersonRemoved(case_id=case.id, person_id=person), sequence=1001)
        await world.handle(
            network.PersonAdded(case_id=case.id, person_id=person, role="circle"), sequence=1000
        )
        rows = await world.rows("SELECT role, membership FROM case_person WHERE person_id = :id", id=person)
        assert [tuple(row) for row in rows] == [("circle", "removed")]

    async def test_a_repeated_event_changes_nothing(self, world: Plans) -> None:
        case = await world.open_case()
        event_id, added = uuid7(), network.PersonAdded(case_id=case.id, person_id=uuid7(), role="circle")
        assert await world.handle(added, event_id=event_id) == "handled"
        assert await world.handle(added, event_id=event_id) == "duplicate"

    async def test_an_older_baseline_does_not_replace_a_newer(self, world: Plans) -> None:
        case = await world.open_case()
        line = intake.BottomLineRef(bottom_line_id=uuid7(), version=2)
        await world.handle(intake.BaselineChanged(case_id=case.id, version=3, bottom_lines=(line,)))
        await world.handle(intake.BaselineChanged(case_id=case.id, version=2, bottom_lines=()))
        rows = await world.rows("SELECT version, bottom_lines FROM case_baseline")
        assert [(row.version, len(row.bottom_lines)) for row in rows] == [(3, 1)]


async def test_who_left_sees_no_longer_who_looked_at_the_whole_case(world: Plans) -> None:
    case = await world.open_case()
    await world.recorded(case)
    own, whole = await world.audit_entries_seen(case, case.central)
    assert whole > own + 1
    await world.handle(network.PersonExcluded(case_id=case.id, person_id=case.central))
    own, now = await world.audit_entries_seen(case, case.central)
    assert now == own + 1
