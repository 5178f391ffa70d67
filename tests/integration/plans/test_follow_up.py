"""Agreements, check-ins and the end of the follow-up, through the API and step by step."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.plans.operations.stepping import take_step
from services.plans.queries import next_moment
from shared.auth import Role
from shared.database import Scope
from shared.events import intake, network
from shared.ids import uuid7
from tests.integration.plans.house import Case, House


async def step(house: House, case: Case) -> tuple[str, str]:
    """Go to the next moment of the case's clocks and do what it asks for, as the workflow does."""
    async with house.context.database.transaction(Scope(tenant=case.tenant)) as session:
        moment = await next_moment(session, case_id=case.id, tenant=case.tenant)
        assert moment is not None
        house.clock.moment = max(house.clock.moment, moment.at)
        outcome = await take_step(
            session,
            case_id=case.id,
            tenant=case.tenant,
            kind=moment.kind,
            subject=moment.subject,
            at=moment.at,
            now=house.clock.moment,
        )
    return moment.kind, outcome.outcome


async def steps_to(house: House, case: Case, kind: str) -> None:
    """Take steps until one of a kind was taken."""
    for _ in range(30):
        if (await step(house, case))[0] == kind:
            return
    pytest.fail(f"no step of kind {kind}")


async def check_ins(house: House, case: Case, who: dict[str, str]) -> dict[str, dict[str, Any]]:
    answer = await house.ask("GET", f"/v1/cases/{case.id}/check-ins", who)
    assert answer.status_code == 200, answer.text
    return {item["kind"]: item for item in answer.json()["items"]}


async def record(house: House, check_in: dict[str, Any], who: dict[str, str], **body: Any) -> Any:
    path = f"/v1/check-ins/{check_in['check_in_id']}/record"
    return await house.ask("POST", path, who, json={"decision": "continue"} | body)


class TestAgreements:
    async def test_are_told_on_their_day_reminded_of_once_and_lapse(self, house: House) -> None:
        case = await house.open_case()
        plan = await house.recorded(case, agreements=case.plan()["agreements"][:1])
        await steps_to(house, case, "agreement")
        assert await house.told(case, "agreement-due") == [case.aunt]
        await steps_to(house, case, "agreement-grace")
        assert await house.told(case, "agreement-reminder") == [case.aunt]
        await steps_to(house, case, "agreement-grace")
        assert await house.told(case, "agreement-reminder") == [case.aunt]
        (lapsed,) = await house.said(case, "plans.agreement.lapsed.v1")
        assert lapsed.data["agreement_id"] == plan["agreement_ids"][0]
        states = await house.rows("SELECT state FROM clock WHERE kind LIKE 'agreement%'")
        assert {row.state for row in states} == {"stopped"}

    async def test_of_somebody_named_in_words_or_gone_are_the_monitors(self, house: House) -> None:
        case = await house.open_case()
        await house.recorded(case, agreements=case.plan()["agreements"][1:])
        await steps_to(house, case, "agreement")
        assert await house.told(case, "agreement-due") == [case.neighbour]

    async def test_are_not_told_once_done(self, house: House) -> None:
        case = await house.open_case()
        plan = await house.recorded(case, agreements=case.plan()["agreements"][:1])
        path = f"/v1/agreements/{plan['agreement_ids'][0]}/done"
        answer = await house.ask("POST", path, house.person(case, case.aunt))
        assert (answer.status_code, answer.json()["state"]) == (200, "done")
        await steps_to(house, case, "check-in")
        assert await house.told(case, "agreement-due") == []

    async def test_may_be_done_after_they_lapsed_and_are_settled_once(self, house: House) -> None:
        case = await house.open_case()
        plan = await house.recorded(case)
        path, who = f"/v1/agreements/{plan['agreement_ids'][0]}", house.person(case, case.neighbour)
        assert (await house.ask("POST", f"{path}/lapse", who)).status_code == 200
        answers = await asyncio.gather(*(house.ask("POST", f"{path}/done", who) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        assert len(await house.said(case, "plans.agreement.done.v1")) == 1

    async def test_are_settled_by_who_does_them_the_monitor_and_the_central_person(
        self, house: House
    ) -> None:
        case, other = await house.open_case(), await house.open_case()
        plan = await house.recorded(case)
        path = f"/v1/agreements/{plan['agreement_ids'][1]}/done"
        for who, status in (
            (house.person(case, case.aunt), 403),
            (house.person(case, case.teacher), 403),
            (house.person(other, other.central), 404),
            (house.person(other, case.central), 404),
            (house.referrer(case.mandated), 403),
            (house.coordinator(other), 404),
            (house.person(case, case.central), 200),
        ):
            assert (await house.ask("POST", path, who)).status_code == status


class TestCheckIns:
    async def test_come_to_the_coordinator_and_then_to_the_monitor(self, house: House) -> None:
        case = await house.open_case()
        await house.recorded(case, agreements=[])
        await step(house, case)
        waiting = await house.ask("GET", "/v1/check-ins", house.coordinator(case))
        (call,) = waiting.json()["items"]
        assert (call["kind"], call["state"], await house.told(case, "check-in")) == ("four-weeks", "due", [])
        answer = await record(house, call, house.coordinator(case), note="Het gaat goed")
        assert (answer.status_code, answer.json()["follow_up"]) == (200, "running")
        await step(house, case)
        assert await house.told(case, "check-in") == [case.neighbour]
        due = [row.data["owner"] for row in await house.said(case, "plans.check-in.due.v1")]
        assert due == ["coordinator", "monitor"]

    async def test_fall_to_the_manager_when_nobody_asks(self, house: House) -> None:
        case = await house.open_case()
        await house.recorded(case, agreements=[])
        await step(house, case)
        await step(house, case)
        waiting = await house.ask("GET", "/v1/check-ins", house.manager())
        (late,) = waiting.json()["items"]
        assert (late["kind"], late["state"]) == ("four-weeks", "escalated")
        assert (await record(house, late, house.manager())).status_code == 200
        assert (await house.ask("GET", "/v1/check-ins", house.manager())).json()["items"] == []

    async def test_fall_to_the_manager_when_the_monitor_left(self, house: House) -> None:
        case = await house.open_case()
        await house.recorded(case, agreements=[])
        checks = await check_ins(house, case, house.coordinator(case))
        await record(house, checks["four-weeks"], house.coordinator(case))
        await house.hear(network.PersonRemoved(case_id=case.id, person_id=case.neighbour))
        await step(house, case)
        assert await house.told(case, "check-in") == []
        (due,) = await house.said(case, "plans.check-in.due.v1")
        assert due.data["owner"] == "regional-manager"

    async def test_of_the_year_cannot_be_recorded_ahead(self, house: House) -> None:
        case = await house.open_case()
        await house.recorded(case)
        checks = await check_ins(house, case, house.person(case, case.neighbour))
        answer = await record(house, checks["twelve-months"], house.person(case, case.neighbour))
        assert answer.json()["type"].rsplit("/")[-1] == "check-in-not-due"

    async def test_are_recorded_once(self, house: House) -> None:
        case = await house.open_case()
        await house.recorded(case)
        call = (await check_ins(house, case, house.coordinator(case)))["four-weeks"]
        answers = await asyncio.gather(*(record(house, call, house.coordinator(case)) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        assert len(await house.said(case, "plans.check-in.recorded.v1")) == 1

    async def test_say_what_became_of_agreements(self, house: House) -> None:
        case = await house.open_case()
        plan = await house.recorded(case)
        call = (await check_ins(house, case, house.coordinator(case)))["four-weeks"]
        done, still_open = plan["agreement_ids"]
        statuses = [
            {"agreement_id": done, "status": "done"},
            {"agreement_id": still_open, "status": "open"},
        ]
        answer = await record(house, call, house.coordinator(case), agreements=statuses)
        assert answer.status_code == 200
        (said,) = await house.said(case, "plans.agreement.done.v1")
        assert said.data["agreement_id"] == done

    async def test_know_no_agreement_of_another_case(self, house: House) -> None:
        case, other = await house.open_case(), await house.open_case()
        await house.recorded(case)
        theirs = (await house.recorded(other))["agreement_ids"][0]
        call = (await check_ins(house, case, house.coordinator(case)))["four-weeks"]
        statuses = [{"agreement_id": theirs, "status": "done"}]
        answer = await record(house, call, house.coordinator(case), agreements=statuses)
        assert answer.status_code == 404
        # Nothing of it was kept.
        assert (await check_ins(house, case, house.coordinator(case)))["four-weeks"]["state"] == "planned"

    async def test_show_notes_only_to_those_who_make_them_and_the_central_person(self, house: House) -> None:
        case = await house.open_case()
        await house.recorded(case)
        call = (await check_ins(house, case, house.coordinator(case)))["four-weeks"]
        await record(house, call, house.coordinator(case), note="Het gaat goed")
        for person, note in (
            (case.central, "Het gaat goed"),
            (case.neighbour, "Het gaat goed"),
            (case.aunt, None),
        ):
            seen = await check_ins(house, case, house.person(case, person))
            assert seen["four-weeks"]["note"] == note

    async def test_are_for_their_owner_only(self, house: House) -> None:
        case = await house.open_case()
        await house.recorded(case)
        checks = await check_ins(house, case, house.coordinator(case))
        for kind, who, status in (
            ("four-weeks", house.person(case, case.neighbour), 403),
            ("three-months", house.coordinator(case), 403),
            ("three-months", house.person(case, case.aunt), 403),
            ("three-months", house.staff(uuid7(), uuid7(), Role.REGIONAL_MANAGER), 403),
        ):
            assert (await record(house, checks[kind], who)).status_code == status


class TestReview:
    async def test_is_asked_for_once_at_a_time_and_comes_at_once(self, house: House) -> None:
        case = await house.open_case()
        plan = await house.recorded(case, agreements=[])
        path = f"/v1/plans/{plan['plan_id']}/review-requests"
        first = await house.ask("POST", path, house.person(case, case.aunt))
        assert (first.status_code, first.json()["owner"]) == (201, "coordinator")
        again = await house.ask("POST", path, house.referrer(case.referring))
        assert (again.status_code, again.json()["type"].rsplit("/")[-1]) == (409, "review-already-requested")
        await step(house, case)
        (waiting,) = (await house.ask("GET", "/v1/check-ins", house.coordinator(case))).json()["items"]
        await record(house, waiting, house.coordinator(case), decision="adjust")
        assert (await house.ask("POST", path, house.person(case, case.aunt))).status_code == 201


class TestEnd:
    async def test_comes_with_the_last_check(self, house: House) -> None:
        case = await house.open_case()
        plan = await house.recorded(case)
        for _ in range(4):
            await steps_to(house, case, "check-in")
            who = house.manager()
            due = [item for item in (await check_ins(house, case, who)).values() if item["state"] == "due"]
            assert len(due) == 1
            assert (await record(house, due[0], who)).status_code == 200
        (ended,) = await house.said(case, "plans.follow-up.ended.v1")
        assert ended.data["outcome"] == "followed-up"
        clocks = await house.rows("SELECT state FROM clock WHERE case_id = :case", case=case.id)
        assert {row.state for row in clocks} == {"stopped"}
        late = await house.ask(
            "POST", f"/v1/agreements/{plan['agreement_ids'][0]}/done", house.person(case, case.aunt)
        )
        assert late.json()["type"].rsplit("/")[-1] == "follow-up-over"

    async def test_comes_early_when_the_circle_closes(self, house: House) -> None:
        case = await house.open_case()
        await house.recorded(case)
        call = (await check_ins(house, case, house.coordinator(case)))["four-weeks"]
        answer = await record(house, call, house.coordinator(case), decision="close")
        assert answer.json()["follow_up"] == "ended"
        (ended,) = await house.said(case, "plans.follow-up.ended.v1")
        assert ended.data["outcome"] == "closed-early"

    async def test_comes_though_nobody_ever_asks(self, house: House) -> None:
        case = await house.open_case()
        await house.recorded(case, agreements=[])
        await steps_to(house, case, "follow-up")
        assert len(await house.said(case, "plans.follow-up.ended.v1")) == 1

    @pytest.mark.parametrize("stop", ["withdrawn", "closed"])
    async def test_comes_with_the_case_and_stops_everything(self, house: House, stop: str) -> None:
        case = await house.open_case()
        plan = await house.recorded(case)
        await steps_to(house, case, "agreement")
        commands = len(await house.said(case, "network.tell-person.v1"))
        await house.hear(
            intake.CaseWithdrawn(case_id=case.id, reason="own-wish", by="central-person")
            if stop == "withdrawn"
            else intake.CaseClosed(case_id=case.id, outcome="plan")
        )
        clocks = await house.rows("SELECT state FROM clock WHERE case_id = :case", case=case.id)
        assert {row.state for row in clocks} == {"stopped"}
        checks = await check_ins(house, case, house.coordinator(case))
        assert {item["state"] for item in checks.values()} == {"cancelled"}
        answer = await house.ask(
            "POST", f"/v1/agreements/{plan['agreement_ids'][0]}/done", house.person(case, case.aunt)
        )
        assert answer.json()["type"].rsplit("/")[-1] == "case-stopped"
        assert len(await house.said(case, "network.tell-person.v1")) == commands
        assert await house.said(case, "plans.follow-up.ended.v1") == []


class TestRest:
    async def test_moves_every_moment_by_its_length(self, house: House) -> None:
        case = await house.open_case()
        await house.recorded(case)
        before = await house.rows("SELECT id, due_at FROM clock ORDER BY id")
        await house.hear(intake.CasePaused(case_id=case.id, reason="illness"))
        async with house.context.database.transaction(Scope(tenant=case.tenant)) as session:
            assert await next_moment(session, case_id=case.id, tenant=case.tenant) is None
        house.later(days=10)
        await house.hear(intake.CaseResumed(case_id=case.id))
        after = await house.rows("SELECT id, due_at FROM clock ORDER BY id")
        assert {(new.due_at - old.due_at).days for old, new in zip(before, after, strict=True)} == {10}

    async def test_that_is_heard_of_after_it_was_over_does_not_begin(self, house: House) -> None:
        case = await house.open_case()
        await house.recorded(case)
        await house.hear(intake.CaseResumed(case_id=case.id), sequence=1001)
        await house.hear(intake.CasePaused(case_id=case.id, reason="illness"), sequence=1000)
        assert {row.state for row in await house.rows("SELECT state FROM clock")} == {"running"}


class TestSteps:
    async def test_for_a_moment_that_moved_do_nothing(self, house: House) -> None:
        case = await house.open_case()
        plan = await house.recorded(case)
        async with house.context.database.transaction(Scope(tenant=case.tenant)) as session:
            outcome = await take_step(
                session,
                case_id=case.id,
                tenant=case.tenant,
                kind="agreement",
                subject=UUID(plan["agreement_ids"][0]),
                at=house.clock.moment,
                now=house.clock.moment,
            )
        assert outcome.outcome == "moved"
        assert await house.told(case, "agreement-due") == []


class TestPolicy:
    async def test_sets_the_length_of_clocks_that_start_later(self, house: House) -> None:
        answer = await house.ask("PUT", "/v1/policy", house.manager(), json={"four_weeks": "PT5S"})
        assert (answer.status_code, answer.json()["version"]) == (200, 2)
        assert (await house.ask("GET", "/v1/policy", house.manager())).json()["four_weeks"] == "PT5S"
        case = await house.open_case()
        await house.recorded(case, agreements=[])
        (clock,) = await house.rows(
            "SELECT warn_at - started_at AS length, policy_version FROM clock WHERE owner = 'coordinator'"
        )
        assert (clock.length.total_seconds(), clock.policy_version) == (5, 2)

    @pytest.mark.parametrize(
        "body", [{"four_weeks": "soon"}, {"morning": "25:00"}, {"unknown": "1d"}, {"four_weeks": 4}, []]
    )
    async def test_refuses_what_is_no_length(self, house: House, body: Any) -> None:
        assert (await house.ask("PUT", "/v1/policy", house.manager(), json=body)).status_code == 422

    async def test_is_for_managers_and_administrators_of_the_tenant(self, house: House) -> None:
        for who in (
            house.staff(uuid7(), house.tenant, Role.COORDINATOR),
            house.staff(uuid7(), uuid7(), Role.ADMINISTRATOR),
        ):
            assert (await house.ask("PUT", "/v1/policy", who, json={})).status_code == 403
