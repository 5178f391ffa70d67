"""What begins with a coordinator and stops with the case, in whatever order it is heard."""

import asyncio
from datetime import timedelta

import pytest

from shared.auth import Role
from shared.errors import NotYet
from shared.events import intake, network
from shared.ids import uuid7
from tests.integration.scheduling.house import NOW, Case, House, code

STARTED = "scheduling.preparation.started.v1"


class TestBegin:
    async def test_prepares_conference_no_1_within_eight_weeks(self, house: House) -> None:
        case = await house.assigned()
        (conference,) = await house.conferences(case)
        assert (conference["conference_no"], conference["preparation_no"]) == (1, 1)
        assert (conference["state"], conference["starts_at"]) == ("preparing", None)
        (event,) = await house.said(case, STARTED)
        assert event.data["conference_id"] == conference["conference_id"]
        clock = (await house.clocks(case))["conference-target"]
        assert (clock.owner, clock.escalate_to) == ("coordinator", "regional-manager")
        # Summer time begins in between: the time of day in Brussels stays.
        assert clock.due_at == NOW + timedelta(weeks=8, hours=-1)
        assert clock.warn_at == NOW + timedelta(weeks=6, hours=-1)

    async def test_is_quick_on_the_urgent_track(self, house: House) -> None:
        case = await house.assigned(track="urgent")
        assert (await house.clocks(case))["conference-target"].due_at == NOW + timedelta(days=4)

    async def test_happens_once_for_two_coordinators_and_for_an_event_heard_twice(self, house: House) -> None:
        case = await house.assigned()
        second = intake.CoordinatorAssigned(case_id=case.id, assignment_no=2, coordinator_id=uuid7())
        event_id = uuid7()
        outcomes = await asyncio.gather(*(house.hear(second, event_id=event_id) for _ in range(3)))
        assert sorted(outcomes) == ["duplicate", "duplicate", "handled"]
        assert len(await house.said(case, STARTED)) == 1

    async def test_waits_until_the_case_is_known(self, house: House) -> None:
        event_id = uuid7()
        assigned = intake.CoordinatorAssigned(case_id=uuid7(), assignment_no=1, coordinator_id=uuid7())
        with pytest.raises(NotYet):
            await house.hear(assigned, event_id=event_id)
        assert not await house.rows("SELECT 1 FROM preparation WHERE tenant = :tenant")
        assert not await house.rows("SELECT 1 FROM inbox WHERE event_id = :id", id=event_id)

    async def test_counts_with_the_policy_of_the_organisation(self, house: House) -> None:
        lengths = {"conference_target": "10d", "conference_warn": "5d"}
        answer = await house.ask("PUT", "/v1/policy", house.manager(), json=lengths)
        assert (answer.status_code, answer.json()["version"]) == (200, 2)
        assert (await house.ask("PUT", "/v1/policy", house.manager(), json=lengths)).json()["version"] == 2
        clock = (await house.clocks(await house.assigned()))["conference-target"]
        assert (clock.due_at, clock.policy_version) == (NOW + timedelta(days=10), 2)
        stranger = house.staff(uuid7(), uuid7(), Role.REGIONAL_MANAGER)
        assert code(await house.ask("PUT", "/v1/policy", stranger, json={})) == (403, "role-not-allowed")


class TestCoordinator:
    async def test_loses_access_with_the_release_also_when_that_was_heard_first(self, house: House) -> None:
        case = await house.assigned()
        follower = Case(tenant=case.tenant, id=case.id, coordinator=uuid7())
        for data in (
            intake.CoordinatorReleased(
                case_id=case.id, assignment_no=2, coordinator_id=follower.coordinator, reason="unavailable"
            ),
            intake.CoordinatorAssigned(case_id=case.id, assignment_no=2, coordinator_id=follower.coordinator),
        ):
            assert await house.hear(data) == "handled"
        path = f"/v1/cases/{case.id}/conferences"
        assert (await house.ask("GET", path, house.coordinator(case))).status_code == 200
        assert code(await house.ask("GET", path, house.coordinator(follower))) == (404, "case-not-found")

    async def test_of_another_case_or_tenant_finds_nothing(self, house: House) -> None:
        case, other = await house.polled(), await house.assigned()
        elsewhere = house.coordinator(case) | {"kring-tenant": str(uuid7())}
        for who in (house.coordinator(other), elsewhere, house.person(other, other.central)):
            for path in (f"/v1/conferences/{case.conference}", f"/v1/polls/{case.poll}"):
                assert (await house.ask("GET", path, who)).status_code in (403, 404)
        path = f"/v1/conferences/{case.conference}/cancel"
        answer = await house.ask("POST", path, house.coordinator(other), json={"reason": "safety"})
        assert code(answer) == (404, "conference-not-found")

    async def test_is_overseen_by_the_manager_who_changes_nothing(self, house: House) -> None:
        case = await house.polled()
        assert (await house.ask("GET", f"/v1/polls/{case.poll}", house.manager())).status_code == 200
        answer = await house.ask("POST", f"/v1/polls/{case.poll}/close", house.manager())
        assert code(answer) == (403, "role-not-allowed")


class TestCircle:
    async def test_that_is_older_changes_nothing(self, house: House) -> None:
        case = await house.assigned()
        assert await house.hear(case.ready(without=case.teacher), sequence=20) == "handled"
        assert await house.hear(case.ready(), sequence=12) == "handled"
        await house.open_poll(case, 20)
        assert case.teacher not in await house.told(case, "poll-invitation")

    async def test_does_not_include_who_left_before_they_were_heard_of(self, house: House) -> None:
        case = await house.assigned()
        friend = uuid7()
        member = network.CircleMember(person_id=friend, role="circle")
        for data in (
            network.PersonRemoved(case_id=case.id, person_id=friend),
            network.PersonAdded(case_id=case.id, person_id=friend, role="circle"),
            case.ready(member),
        ):
            assert await house.hear(data) == "handled"
        await house.open_poll(case, 20)
        assert set(await house.told(case, "poll-invitation")) == set(case.circle)

    async def test_that_changes_lets_the_open_poll_follow(self, house: House) -> None:
        case = await house.polled(20)
        friend = uuid7()
        writer = network.CircleMember(person_id=uuid7(), role="circle", mode="letter")
        await house.hear(case.ready(network.CircleMember(person_id=friend, role="circle"), writer))
        assert (await house.told(case, "poll-invitation"))[4:] == [friend]
        for person in case.circle:
            await house.say(case, person, "yes")
        assert (await house.poll(case))["silent"] == [str(friend)]
        await house.hear(network.PersonExcluded(case_id=case.id, person_id=friend))
        assert (await house.poll(case))["closed_because"] == "all-answered"
        path = f"/v1/me/polls/{case.poll}"
        body = {"answers": {str(case.options[0]): "yes"}}
        answer = await house.ask("PUT", path, house.person(case, friend), json=body)
        assert code(answer) == (404, "poll-not-found")

    async def test_is_told_of_the_date_also_when_it_grows_later(self, house: House) -> None:
        case = await house.scheduled(20)
        friend = uuid7()
        await house.hear(case.ready(network.CircleMember(person_id=friend, role="circle")))
        assert await house.told(case, "conference-scheduled") == [*sorted(case.circle), friend]


class TestStop:
    async def test_ends_everything_and_tells_nobody_before_there_is_a_date(self, house: House) -> None:
        case = await house.polled()
        before = len(await house.said(case, "network.tell-person.v1"))
        withdrawn = intake.CaseWithdrawn(case_id=case.id, reason="family-wish", by="central-person")
        event_id = uuid7()
        assert await house.hear(withdrawn, sequence=50, event_id=event_id) == "handled"
        assert await house.hear(withdrawn, sequence=50, event_id=event_id) == "duplicate"
        (cancelled,) = await house.said(case, "scheduling.conference.cancelled.v1")
        assert cancelled.data["reason"] == "case-stopped"
        (closed,) = await house.said(case, "scheduling.poll.closed.v1")
        assert closed.data["reason"] == "cancelled"
        assert len(await house.said(case, "network.tell-person.v1")) == before
        assert {clock.state for clock in (await house.clocks(case)).values()} == {"stopped"}

    async def test_takes_the_date_out_of_the_calendars(self, house: House) -> None:
        case = await house.scheduled(20)
        await house.hear(intake.CaseClosed(case_id=case.id, outcome="moved"), sequence=50)
        commands = await house.commands(case, "conference-cancelled")
        assert {command["calendar"]["method"] for command in commands} == {"CANCEL"}
        assert len(commands) == 4
        assert all(command["even_if_stopped"] for command in commands)

    async def test_lets_nothing_change_any_more(self, house: House) -> None:
        case = await house.polled()
        await house.hear(
            intake.CaseWithdrawn(case_id=case.id, reason="family-wish", by="central-person"), sequence=50
        )
        for path, body in (
            (f"/v1/conferences/{case.conference}/poll", {}),
            (f"/v1/conferences/{case.conference}/cancel", {"reason": "safety"}),
            (f"/v1/polls/{case.poll}/close", {}),
        ):
            assert code(await house.post(case, path, **body)) == (409, "case-stopped")
        assert code(await house.say(case, case.uncle, "yes")) == (409, "case-stopped")
        assert await house.hear(case.ready(), sequence=60) == "case-stopped"
        late = intake.CoordinatorAssigned(case_id=case.id, assignment_no=3, coordinator_id=uuid7())
        assert await house.hear(late) == "case-stopped"

    async def test_at_the_moment_of_the_assignment_leaves_nothing_running(self, house: House) -> None:
        for _ in range(5):
            case = Case(tenant=house.tenant)
            await house.hear(intake.CaseOpened(case_id=case.id, referral_id=uuid7()), sequence=1)
            assigned = intake.CoordinatorAssigned(
                case_id=case.id, assignment_no=1, coordinator_id=case.coordinator
            )
            withdrawn = intake.CaseWithdrawn(case_id=case.id, reason="other", by="referrer")
            await asyncio.gather(house.hear(assigned, sequence=2), house.hear(withdrawn, sequence=3))
        assert not await house.rows("SELECT 1 FROM preparation WHERE state = 'running' AND tenant = :tenant")
        assert not await house.rows("SELECT 1 FROM clock WHERE state = 'running' AND tenant = :tenant")


class TestPause:
    async def test_lets_the_clocks_rest_and_run_on(self, house: House) -> None:
        case = await house.polled()
        before = await house.clocks(case)
        await house.hear(intake.CasePaused(case_id=case.id, reason="holiday"), sequence=50)
        assert {clock.state for clock in (await house.clocks(case)).values()} == {"paused"}
        house.later(days=3)
        await house.hear(intake.CaseResumed(case_id=case.id), sequence=51)
        after = await house.clocks(case)
        for kind in ("conference-target", "poll"):
            assert after[kind].due_at - before[kind].due_at == timedelta(days=3)
        assert (await house.poll(case))["closes_at"] == after["poll"].due_at.isoformat().replace(
            "+00:00", "Z"
        )

    async def test_heard_after_the_resumption_changes_nothing(self, house: House) -> None:
        case = await house.assigned()
        await house.hear(intake.CaseResumed(case_id=case.id), sequence=51)
        await house.hear(intake.CasePaused(case_id=case.id, reason="holiday"), sequence=50)
        assert (await house.clocks(case))["conference-target"].state == "running"

    async def test_lets_nobody_be_asked_or_invited(self, house: House) -> None:
        case = await house.polled()
        await house.hear(intake.CasePaused(case_id=case.id, reason="holiday"), sequence=50)
        path = f"/v1/polls/{case.poll}/options"
        later = {"starts_at": "2026-04-20T12:00:00Z", "ends_at": "2026-04-20T15:00:00Z"}
        assert code(await house.post(case, path, options=[later])) == (409, "case-paused")
        answer = await house.schedule(case, option_id=str(case.options[0]))
        assert code(answer) == (409, "case-paused")

    async def test_counts_from_the_start_for_what_begins_in_it(self, house: House) -> None:
        case = Case(tenant=house.tenant)
        await house.hear(intake.CaseOpened(case_id=case.id, referral_id=uuid7()), sequence=1)
        await house.hear(intake.CasePaused(case_id=case.id, reason="holiday"), sequence=2)
        await house.hear(
            intake.CoordinatorAssigned(case_id=case.id, assignment_no=1, coordinator_id=case.coordinator)
        )
        assert (await house.clocks(case))["conference-target"].state == "paused"
