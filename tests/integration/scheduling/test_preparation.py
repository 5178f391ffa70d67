"""What begins with a coordinator and stops with the case, in whatever order it is heard."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest

from services.scheduling import operations
from services.scheduling.domain import MAX_EXTENSIONS
from shared.auth import Role
from shared.errors import NotYet
from shared.events import intake, network
from shared.ids import uuid7
from tests.integration.scheduling.test_copies import copy
from tests.support.steps import attempt
from tests.support.world import NOW, Case, problem
from tests.support.world.scheduling import Scheduling, dates

STARTED = "scheduling.preparation.started.v1"


class TestBegin:
    async def test_prepares_conference_no_1_within_eight_weeks(self, world: Scheduling) -> None:
        case = await world.assigned()
        (conference,) = await world.conferences(case)
        assert (conference["conference_no"], conference["preparation_no"]) == (1, 1)
        assert (conference["state"], conference["starts_at"]) == ("preparing", None)
        (event,) = await world.published(STARTED, case=case)
        assert event.data["conference_id"] == conference["conference_id"]
        clock = (await world.clocks(case))["conference-target"]
        assert (clock.owner, clock.escalate_to) == ("coordinator", "regional-manager")
        # Summer time begins in between: the time of day in Brussels stays.
        assert clock.due_at == NOW + timedelta(weeks=8, hours=-1)
        assert clock.warn_at == NOW + timedelta(weeks=6, hours=-1)

    async def test_is_quick_on_the_urgent_track(self, world: Scheduling) -> None:
        case = await world.assigned(track="urgent")
        assert (await world.clocks(case))["conference-target"].due_at == NOW + timedelta(days=4)
        await world.handle(case.ready())
        await world.open_poll(case, 2, 3)
        poll = (await world.clocks(case))["poll"]
        assert (poll.warn_at, poll.due_at) == (NOW + timedelta(hours=12), NOW + timedelta(days=1))

    async def test_happens_once_for_two_coordinators_and_for_an_event_heard_twice(
        self, world: Scheduling
    ) -> None:
        case = await world.assigned()
        second = intake.CoordinatorAssigned(case_id=case.id, assignment_no=2, coordinator_id=uuid7())
        event_id = uuid7()
        outcomes = await asyncio.gather(*(world.handle(second, event_id=event_id) for _ in range(3)))
        assert sorted(outcomes) == ["duplicate", "duplicate", "handled"]
        assert len(await world.published(STARTED, case=case)) == 1

    async def test_waits_until_the_case_is_known(self, world: Scheduling) -> None:
        event_id = uuid7()
        assigned = intake.CoordinatorAssigned(case_id=uuid7(), assignment_no=1, coordinator_id=uuid7())
        with pytest.raises(NotYet):
            await world.handle(assigned, event_id=event_id)
        assert not await world.rows("SELECT 1 FROM preparation WHERE tenant = :tenant")
        assert not await world.rows("SELECT 1 FROM inbox WHERE event_id = :id", id=event_id)

    async def test_waits_for_the_decision_of_intake_however_the_event_came(self, world: Scheduling) -> None:
        case = await world.assigned()
        outsider = uuid7()
        forged = case.assigned(2, outsider)
        await world.decide(case.assigned(3, outsider))
        with pytest.raises(NotYet):
            await world.deliver(await world.message(forged, case=case), forged.TYPE)
        assert await world.rows(
            "SELECT coordinator_id FROM case_coordinator WHERE case_id = :case", case=case.id
        ) == [(case.coordinator,)]

    async def test_counts_with_the_policy_of_the_organisation(self, world: Scheduling) -> None:
        lengths = {"conference_target": "10d", "conference_warn": "5d"}
        versions = [(await world.set_policy(world.manager(), lengths)).json()["version"] for _ in range(2)]
        assert versions == [2, 2]
        clock = (await world.clocks(await world.assigned()))["conference-target"]
        assert (clock.due_at, clock.policy_version) == (NOW + timedelta(days=10), 2)
        # A case keeps the lengths that it began with, also for clocks that start later.
        case = await world.assigned()
        world.later(minutes=1)
        await world.set_policy(world.manager(), {"poll_chase": "1d", "poll_closes": "3d"})
        found = {}
        for each in (case, await world.assigned()):
            assert await world.handle(each.ready()) == "handled"
            await world.open_poll(each, 20, 21)
            poll = (await world.clocks(each))["poll"]
            found[each.id == case.id] = (poll.due_at - poll.started_at, poll.policy_version)
        assert found == {True: (timedelta(days=8), 2), False: (timedelta(days=3), 3)}
        stranger = world.staff(uuid7(), uuid7(), Role.REGIONAL_MANAGER)
        refused = await world.set_policy(stranger, {}, expect=403)
        assert problem(refused) == (403, "role-not-allowed")


class TestCoordinator:
    async def test_loses_access_with_the_release_also_when_that_was_heard_first(
        self, world: Scheduling
    ) -> None:
        case = await world.assigned()
        follower = Case(tenant=case.tenant, id=case.id, coordinator=uuid7())
        await world.ask("GET", f"/v1/cases/{case.id}/conferences", world.coordinator(case), expect=200)
        for data in (
            intake.CoordinatorReleased(
                case_id=case.id, assignment_no=2, coordinator_id=follower.coordinator, reason="unavailable"
            ),
            intake.CoordinatorAssigned(case_id=case.id, assignment_no=2, coordinator_id=follower.coordinator),
        ):
            assert await world.handle(data) == "handled"
        path = f"/v1/cases/{case.id}/conferences"
        # That there was another assignment says that the one before was released.
        for gone in (case, follower):
            assert problem(await world.ask("GET", path, world.coordinator(gone))) == (404, "case-not-found")

    async def test_of_another_case_or_tenant_finds_nothing(self, world: Scheduling) -> None:
        case, other = await world.polled(), await world.assigned()
        elsewhere = world.coordinator(case) | {"kring-tenant": str(uuid7())}
        for who in (world.coordinator(other), elsewhere, world.person(other, other.central)):
            for path in (f"/v1/conferences/{case.conference}", f"/v1/polls/{case.poll}"):
                assert (await world.ask("GET", path, who)).status_code in (403, 404)
        path = f"/v1/conferences/{case.conference}/cancel"
        assert await world.refused(
            "POST", path, world.coordinator(other), json={"version": 1, "reason": "safety"}
        ) == (
            404,
            "conference-not-found",
        )

    async def test_is_overseen_by_the_manager_who_changes_nothing(self, world: Scheduling) -> None:
        case = await world.polled()
        await world.ask("GET", f"/v1/polls/{case.poll}", world.manager(), expect=200)
        assert await world.refused("POST", f"/v1/polls/{case.poll}/close", world.manager()) == (
            403,
            "role-not-allowed",
        )


class TestCircle:
    async def test_that_is_older_changes_nothing(self, world: Scheduling) -> None:
        case = await world.assigned()
        assert await world.handle(case.ready(without=case.teacher), sequence=20) == "handled"
        assert await world.handle(case.ready(), sequence=12) == "handled"
        await world.open_poll(case, 20)
        assert case.teacher not in await world.told(case, "poll-invitation")

    async def test_does_not_include_who_left_before_they_were_heard_of(self, world: Scheduling) -> None:
        case = await world.assigned()
        friend = uuid7()
        member = network.CircleMember(person_id=friend, role="circle")
        for data in (
            network.PersonRemoved(case_id=case.id, person_id=friend),
            network.PersonAdded(case_id=case.id, person_id=friend, role="circle"),
            case.ready(member),
        ):
            assert await world.handle(data) == "handled"
        await world.open_poll(case, 20)
        assert set(await world.told(case, "poll-invitation")) == set(case.circle)

    async def test_that_changes_lets_the_open_poll_follow(self, world: Scheduling) -> None:
        case = await world.polled(20)
        friend = uuid7()
        writer = network.CircleMember(person_id=uuid7(), role="circle", mode="letter")
        await world.handle(case.ready(network.CircleMember(person_id=friend, role="circle"), writer))
        assert (await world.told(case, "poll-invitation"))[4:] == [friend]
        for person in case.circle:
            await world.say(case, person, "yes")
        assert (await world.poll(case))["silent"] == [str(friend)]
        await world.handle(network.PersonExcluded(case_id=case.id, person_id=friend))
        await world.close_answered(case)
        assert (await world.poll(case))["closed_reason"] == "all-answered"
        path = f"/v1/me/polls/{case.poll}"
        body = {"answers": {str(case.options[0]): "yes"}}
        assert await world.refused("PUT", path, world.person(case, friend), json=body) == (
            410,
            "no-longer-in-circle",
        )

    async def test_is_told_of_the_date_also_when_it_grows_later(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        friend = uuid7()
        await world.handle(case.ready(network.CircleMember(person_id=friend, role="circle")))
        assert await world.told(case, "conference-scheduled") == [*sorted(case.circle), friend]

    async def test_takes_the_date_out_of_the_calendar_of_who_does_not_come_after_all(
        self, world: Scheduling
    ) -> None:
        case = await world.scheduled(20)
        for event in (case.ready(without=case.aunt), case.ready(without=case.aunt), case.ready()):
            await world.handle(event)
        assert await world.told(case, "conference-not-attending") == [case.aunt]
        [taken] = await world.commands(case, "conference-not-attending")
        told = await world.commands(case, "conference-scheduled")
        assert taken["calendar"]["method"] == "CANCEL"
        assert told[-1]["person_id"] == str(case.aunt)
        assert told[0]["calendar"]["revision"] < taken["calendar"]["revision"]
        assert taken["calendar"]["revision"] < told[-1]["calendar"]["revision"]
        await world.handle(case.ready(without=case.aunt))
        await world.change_date(case, "cancel", reason="family-wish")
        assert case.aunt not in await world.told(case, "conference-cancelled")

    async def test_writes_to_nobody_who_left_it_and_the_case(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        await world.handle(network.PersonExcluded(case_id=case.id, person_id=case.aunt))
        await world.handle(case.ready(without=case.aunt))
        assert await world.told(case, "conference-not-attending") == []

    async def test_that_shrinks_waits_for_no_answer_of_who_said_no(self, world: Scheduling) -> None:
        case = await world.polled(20)
        for person in (case.central, case.neighbour, case.teacher):
            await world.say(case, person, "yes")
        assert (await world.poll(case))["silent"] == [str(case.aunt)]
        await world.handle(case.ready(without=case.aunt))
        await world.close_answered(case)
        assert (await world.poll(case))["closed_reason"] == "all-answered"

    async def test_that_changes_after_the_poll_names_the_date_that_is_best_then(
        self, world: Scheduling
    ) -> None:
        case = await world.polled(20)
        for person in case.circle:
            await world.say(case, person, "no" if person == case.aunt else "yes")
        await world.close_answered(case)
        assert (await world.poll(case))["best_option_id"] is None
        assert (await world.conference(case))["state"] == "preparing"
        await world.handle(case.ready(without=case.aunt))
        assert (await world.poll(case))["best_option_id"] == str(case.options[0])
        assert (await world.conference(case))["state"] == "ready-to-schedule"


class TestStop:
    async def test_ends_everything_and_tells_nobody_before_there_is_a_date(self, world: Scheduling) -> None:
        case = await world.polled()
        before = len(await world.published("network.notify-people.v1", case=case))
        withdrawn = intake.CaseWithdrawn(case_id=case.id, reason="family-wish", by="central-person")
        event_id = uuid7()
        assert await world.handle(withdrawn, sequence=50, event_id=event_id) == "handled"
        assert await world.handle(withdrawn, sequence=50, event_id=event_id) == "duplicate"
        (cancelled,) = await world.published("scheduling.conference.cancelled.v1", case=case)
        assert cancelled.data["reason"] == "case-stopped"
        (closed,) = await world.published("scheduling.poll.closed.v1", case=case)
        assert closed.data["reason"] == "cancelled"
        assert len(await world.published("network.notify-people.v1", case=case)) == before
        assert {clock.state for clock in (await world.clocks(case)).values()} == {"stopped"}

    async def test_takes_the_date_out_of_the_calendars(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        await world.handle(intake.CaseClosed(case_id=case.id, outcome="moved"), sequence=50)
        commands = await world.commands(case, "conference-cancelled")
        assert {command["calendar"]["method"] for command in commands} == {"CANCEL"}
        assert len(commands) == 4
        assert all(command["even_if_stopped"] for command in commands)

    async def test_lets_nothing_change_any_more(self, world: Scheduling) -> None:
        case = await world.polled()
        await world.handle(
            intake.CaseWithdrawn(case_id=case.id, reason="family-wish", by="central-person"), sequence=50
        )
        for path, body in (
            (f"/v1/conferences/{case.conference}/poll", {}),
            (f"/v1/conferences/{case.conference}/cancel", {"version": 1, "reason": "safety"}),
            (f"/v1/polls/{case.poll}/close", {}),
        ):
            assert problem(await world.post(case, path, **body)) == (409, "case-stopped")
        assert problem(await world.say(case, case.aunt, "yes")) == (409, "case-stopped")
        assert await world.handle(case.ready(), sequence=60) == "case-stopped"
        late = intake.CoordinatorAssigned(case_id=case.id, assignment_no=3, coordinator_id=uuid7())
        assert await world.handle(late) == "case-stopped"

    async def test_at_the_moment_of_the_assignment_leaves_nothing_running(self, world: Scheduling) -> None:
        for _ in range(5):
            case = Case(tenant=world.tenant)
            await world.handle(intake.CaseOpened(case_id=case.id, referral_id=uuid7()), sequence=1)
            assigned = intake.CoordinatorAssigned(
                case_id=case.id, assignment_no=1, coordinator_id=case.coordinator
            )
            withdrawn = intake.CaseWithdrawn(case_id=case.id, reason="other", by="referrer")
            await asyncio.gather(world.handle(assigned, sequence=2), world.handle(withdrawn, sequence=3))
        assert not await world.rows("SELECT 1 FROM preparation WHERE state = 'running' AND tenant = :tenant")
        assert not await world.rows("SELECT 1 FROM clock WHERE state = 'running' AND tenant = :tenant")


class TestCorrectedAddress:
    async def test_is_asked_again_for_the_dates_that_wait_for_an_answer(self, world: Scheduling) -> None:
        case = await world.polled(20)
        await world.say(case, case.aunt, "yes")
        for person in (case.aunt, case.neighbour):
            await world.handle(network.PersonAddressChanged(case_id=case.id, person_id=person))
        told = await world.told(case, "poll-invitation")
        assert (told.count(case.aunt), told.count(case.neighbour)) == (1, 2)

    async def test_is_told_the_date_again(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        await world.handle(network.PersonAddressChanged(case_id=case.id, person_id=case.aunt))
        assert (await world.told(case, "conference-scheduled"))[4:] == [case.aunt]


class TestPlan:
    async def test_without_a_meeting_ends_the_poll_and_all_clocks(self, world: Scheduling) -> None:
        case = await world.polled()
        await world.handle(case.planned(conference=None))
        assert (await world.poll(case))["closed_reason"] == "cancelled"
        found = await world.conference(case)
        assert (found["state"], found["preparation"]["reason"]) == ("cancelled", "plan-without-meeting")
        assert {clock.state for clock in (await world.clocks(case)).values()} == {"stopped"}
        assert set(await world.told(case, "conference-cancelled")) == set(case.circle)

    async def test_without_a_meeting_leaves_a_date_that_is_set_to_the_circle(self, world: Scheduling) -> None:
        case = await world.scheduled()
        await world.handle(case.planned(conference=None))
        assert (await world.conference(case))["state"] == "scheduled"

    async def test_that_was_amended_without_a_meeting_ends_nothing(self, world: Scheduling) -> None:
        case = await world.polled()
        await world.handle(case.planned(conference=None, version=2))
        assert (await world.poll(case))["state"] == "open"


class TestSteps:
    async def test_are_over_when_they_are_taken(self, world: Scheduling) -> None:
        case = await world.assigned()
        first = ("first-contact", "baseline-talk", "baseline-told", "circle-ready", "conference-date")
        begun = await world.clocks(case)
        assert {begun[kind].state for kind in first} == {"running"}
        await world.on_course(case)
        await world.handle(case.ready())
        later = await world.clocks(case)
        assert [later[kind].state for kind in first] == ["stopped"] * 4 + ["running"]
        await world.schedule(case, date=dates(20)[0])
        dated = await world.clocks(case)
        assert dated["conference-date"].state == "stopped"
        assert dated["conference-reminder"].due_at == NOW + timedelta(days=18)
        assert dated["conference-outcome"].warn_at == NOW + timedelta(days=20, hours=4)
        await world.postponed(case)
        put_off = await world.clocks(case)
        assert {put_off[f"conference-{kind}"].state for kind in ("reminder", "outcome")} == {"stopped"}
        assert put_off["conference-date"].state == "running"

    @pytest.mark.parametrize("written", ["changed", "confirmed", "only the bottom lines"])
    async def test_include_a_talk_with_the_referrer_until_the_questions_are_written_down(
        self, world: Scheduling, written: str
    ) -> None:
        case = await world.assigned()
        begun = await world.clocks(case)
        talk, contact = begun["baseline-talk"], begun["first-contact"]
        assert (talk.owner, talk.escalate_to) == ("coordinator", "regional-manager")
        assert (talk.warn_at, talk.due_at) == (contact.warn_at, contact.due_at)
        parts: tuple[intake.BaselinePart, ...] = ("questions",) if written == "changed" else ("bottom-lines",)
        if written == "confirmed":
            await world.talked(case)
        else:
            await world.handle(intake.BaselineChanged(case_id=case.id, version=2, changed=parts))
        ended = (await world.clocks(case))["baseline-talk"].state
        assert ended == ("running" if written == "only the bottom lines" else "stopped")

    @pytest.mark.parametrize(
        ("referring", "mandated", "talks"),
        [(None, None, False), (None, uuid7(), True), (uuid7(), None, True)],
    )
    async def test_include_no_talk_with_a_referrer_where_there_is_none(
        self, world: Scheduling, referring: UUID | None, mandated: UUID | None, talks: bool
    ) -> None:
        case = await world.assigned(referring=referring, mandated=mandated)
        assert ("baseline-talk" in await world.clocks(case)) == talks

    async def test_wait_for_the_preparation_when_the_questions_are_heard_of_first(
        self, world: Scheduling
    ) -> None:
        case = Case(tenant=world.tenant)
        await world.handle_all(case.opened(), case=case)
        with pytest.raises(NotYet):
            await world.handle(intake.BaselineChanged(case_id=case.id, version=2, changed=("questions",)))

    async def test_are_not_due_after_the_conference_should_be_held(self, world: Scheduling) -> None:
        case = await world.assigned(track="urgent")
        clocks = await world.clocks(case)
        assert {clock.due_at for clock in clocks.values()} == {clocks["conference-target"].due_at}

    async def test_are_known_to_be_taken_in_a_later_round(self, world: Scheduling) -> None:
        case = await world.assigned()
        await world.handle(case.ready())
        await world.change_date(case, "cancel", reason="other")
        await world.post(case, f"/v1/cases/{case.id}/preparations")
        running = {kind for kind, clock in (await world.clocks(case)).items() if clock.state == "running"}
        assert running == {"baseline-told", "conference-date", "conference-target"}


class TestExtend:
    async def test_gives_more_time_and_says_why(self, world: Scheduling) -> None:
        case = await world.assigned()
        before = (await world.clocks(case))["conference-target"]
        path = f"/v1/conferences/{case.conference}/extend"
        answer = await world.post(case, path, until="2026-05-31", reason="family-needs-time")
        assert answer.json() == {"target_at": "2026-05-31T22:00:00Z"}
        after = (await world.clocks(case))["conference-target"]
        assert before.warn_at is not None
        assert after.warn_at is not None
        assert (after.state, after.due_at.isoformat()) == ("running", "2026-05-31T22:00:00+00:00")
        assert after.warn_at - before.warn_at == after.due_at - before.due_at
        (fact,) = await world.published("scheduling.preparation.extended.v1", case=case)
        assert (fact.data["reason"], fact.data["preparation_no"]) == ("family-needs-time", 1)

    @pytest.mark.parametrize("rests", ["paused", "postponed"])
    async def test_counts_from_when_it_is_due_after_a_rest(self, world: Scheduling, rests: str) -> None:
        case = await world.scheduled(20)
        before = (await world.clocks(case))["conference-target"]
        if rests == "paused":
            await world.handle(intake.CasePaused(case_id=case.id, reason="holiday"), sequence=50)
            world.later(days=30)
            await world.handle(intake.CaseResumed(case_id=case.id), sequence=51)
        else:
            await world.postponed(case)
            world.later(days=30)
        path, due = f"/v1/conferences/{case.conference}/extend", before.due_at + timedelta(days=30)
        for days, code in ((-10, 422), (10, 200)):
            until = (due + timedelta(days=days)).date().isoformat()
            assert (await world.post(case, path, until=until, reason="other")).status_code == code
        after = (await world.clocks(case))["conference-target"]
        assert timedelta(days=10) <= after.due_at - due <= timedelta(days=11)
        if rests == "paused":
            assert after.warn_at is not None
            assert before.warn_at is not None
            assert after.warn_at - before.warn_at == after.due_at - before.due_at

    async def test_is_read_by_who_prepares_it_and_the_manager_and_by_nobody_of_the_circle(
        self, world: Scheduling
    ) -> None:
        case = await world.assigned()
        path, listed = f"/v1/conferences/{case.conference}", f"/v1/cases/{case.id}/conferences"
        before = (await world.do("GET", listed, world.manager()))["items"][0]
        assert before["more_time"] == []
        for until, reason in (("2026-05-31", "family-needs-time"), ("2026-06-14", "circle-grows")):
            assert (await world.post(case, f"{path}/extend", until=until, reason=reason)).is_success
        who_gave = {"extended_by": str(case.coordinator), "created_at": "2026-03-02T08:00:00Z"}
        given = [
            {**who_gave, "before_at": was, "target_at": since, "reason": reason}
            for was, since, reason in (
                (before["target_at"], "2026-05-31T22:00:00Z", "family-needs-time"),
                ("2026-05-31T22:00:00Z", "2026-06-14T22:00:00Z", "circle-grows"),
            )
        ]
        for who in (world.coordinator(case), world.manager()):
            for read in (
                (await world.do("GET", listed, who))["items"][0],
                (await world.do("GET", path, who))["preparation"],
            ):
                assert (read["target_at"], read["more_time"]) == ("2026-06-14T22:00:00Z", given)
        member = await world.ask("GET", path, world.person(case, case.central))
        assert "circle-grows" not in member.text

    async def test_is_in_the_copy_of_who_is_in_the_circle_and_erased_with_the_case(
        self, world: Scheduling
    ) -> None:
        case = await world.polled()
        path = f"/v1/conferences/{case.conference}/extend"
        assert (await world.post(case, path, until="2026-05-31", reason="circle-grows")).is_success
        [given] = (await copy(world, case, case.aunt))["more_time"]
        assert (given["extension_reason"], given["until_on"]) == ("circle-grows", "2026-05-31")
        await world.handle(network.PersonRemoved(case_id=case.id, person_id=case.aunt))
        assert (await copy(world, case, case.aunt))["more_time"] == []
        await world.handle(intake.CaseErased(case_id=case.id))
        assert await world.rows("SELECT reason FROM preparation_extension") == []

    async def test_is_given_so_many_times(self, world: Scheduling) -> None:
        case = await world.assigned()
        path = f"/v1/conferences/{case.conference}/extend"
        for month in range(MAX_EXTENSIONS):
            day = date(2026, 6, 1) + timedelta(days=month)
            assert (await world.post(case, path, until=day.isoformat(), reason="other")).is_success
        assert problem(await world.post(case, path, until="2026-12-01", reason="other")) == (
            409,
            "too-much-more-time",
        )

    async def test_is_later_than_before_and_not_without_end(self, world: Scheduling) -> None:
        case = await world.assigned()
        path = f"/v1/conferences/{case.conference}/extend"
        for day in ("2026-03-20", "2029-01-01", "9999-12-31", "0001-01-01"):
            assert (await world.post(case, path, until=day, reason="other")).status_code == 422
        await world.change_date(case, "cancel", reason="other")
        assert problem(await world.post(case, path, until="2026-06-30", reason="other")) == (
            409,
            "conference-over",
        )


class TestPause:
    async def test_lets_the_clocks_rest_and_run_on(self, world: Scheduling) -> None:
        case = await world.polled()
        before = await world.clocks(case)
        await world.handle(intake.CasePaused(case_id=case.id, reason="holiday"), sequence=50)
        paused = await world.clocks(case)
        assert paused.pop("circle-ready").state == "stopped"
        assert {clock.state for clock in paused.values()} == {"paused"}
        world.later(days=3)
        await world.handle(intake.CaseResumed(case_id=case.id), sequence=51)
        after = await world.clocks(case)
        for kind in ("conference-target", "poll"):
            assert after[kind].due_at - before[kind].due_at == timedelta(days=3)
        assert (await world.poll(case))["closes_at"] == after["poll"].due_at.isoformat().replace(
            "+00:00", "Z"
        )

    async def test_lets_corrections_rest_too(self, world: Scheduling) -> None:
        case = await world.polled()
        for person in case.circle:
            await world.say(case, person, "yes")
        await world.handle(intake.CasePaused(case_id=case.id, reason="holiday"), sequence=50)
        world.later(days=3)
        assert not await world.close_answered(case)
        await world.handle(intake.CaseResumed(case_id=case.id), sequence=51)
        assert await world.close_answered(case)

    async def test_heard_after_the_resumption_changes_nothing(self, world: Scheduling) -> None:
        case = await world.assigned()
        await world.handle(intake.CaseResumed(case_id=case.id), sequence=51)
        await world.handle(intake.CasePaused(case_id=case.id, reason="holiday"), sequence=50)
        assert (await world.clocks(case))["conference-target"].state == "running"

    async def test_lets_nobody_be_asked_or_invited(self, world: Scheduling) -> None:
        case = await world.polled()
        await world.handle(intake.CasePaused(case_id=case.id, reason="holiday"), sequence=50)
        path = f"/v1/polls/{case.poll}/options"
        later = {"starts_at": "2026-04-20T12:00:00Z", "ends_at": "2026-04-20T15:00:00Z"}
        assert problem(await world.post(case, path, options=[later])) == (409, "case-paused")
        answer = await world.schedule(case, option_id=str(case.options[0]))
        assert problem(answer) == (409, "case-paused")

    async def test_lets_newcomers_wait_until_the_case_is_resumed(self, world: Scheduling) -> None:
        polled, scheduled = await world.polled(20), await world.scheduled(20)
        friend = uuid7()
        for case, kind in ((polled, "poll-invitation"), (scheduled, "conference-scheduled")):
            await world.handle(intake.CasePaused(case_id=case.id, reason="holiday"), sequence=50)
            await world.handle(case.ready(network.CircleMember(person_id=friend, role="circle")))
            assert friend not in await world.told(case, kind)
            await world.handle(intake.CaseResumed(case_id=case.id), sequence=51)
            assert friend in await world.told(case, kind)

    async def test_beyond_the_day_leaves_what_came_of_it_to_be_told_at_once(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        await world.handle(intake.CasePaused(case_id=case.id, reason="holiday"), sequence=50)
        world.later(days=60)
        await world.handle(intake.CaseResumed(case_id=case.id), sequence=51)
        clocks = await world.clocks(case)
        for kind in ("conference-outcome", "conference-reminder"):
            assert (clocks[kind].state, clocks[kind].due_at) == ("running", await world.now())
        assert await attempt(
            world.context,
            operations.remind_of_day,
            tenant=case.tenant,
            kind="conference-reminder",
            subject=clocks["conference-reminder"].subject,
            what="due",
        )
        assert await world.told(case, "conference-reminder") == []

    async def test_lets_a_conference_that_was_postponed_in_it_wait_for_its_new_date(
        self, world: Scheduling
    ) -> None:
        case = await world.scheduled(20, 30)
        await world.handle(intake.CasePaused(case_id=case.id, reason="holiday"), sequence=50)
        await world.postponed(case)
        await world.handle(intake.CaseResumed(case_id=case.id), sequence=51)
        target = (await world.clocks(case))["conference-target"]
        assert (target.state, target.pause_reason) == ("paused", "key-person-ill")

    async def test_counts_from_the_start_for_what_begins_in_it(self, world: Scheduling) -> None:
        case = Case(tenant=world.tenant)
        await world.handle(intake.CaseOpened(case_id=case.id, referral_id=uuid7()), sequence=1)
        await world.handle(intake.CasePaused(case_id=case.id, reason="holiday"), sequence=2)
        await world.handle(
            intake.CoordinatorAssigned(case_id=case.id, assignment_no=1, coordinator_id=case.coordinator)
        )
        assert (await world.clocks(case))["conference-target"].state == "paused"
