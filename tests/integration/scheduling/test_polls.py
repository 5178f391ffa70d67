"""Asking which dates suit, through the API and step by step."""

import asyncio
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import pytest
from sqlalchemy import event

from services.scheduling import operations
from services.scheduling.operations.base import clocks
from services.scheduling.workflows import ConferencePreparation
from shared.auth import Role
from shared.deadlines import Deadline
from shared.events import intake, network
from shared.ids import uuid7
from tests.support.statements import count_statements
from tests.support.steps import attempt, step_on
from tests.support.world import NOW, Case, problem
from tests.support.world.scheduling import Scheduling, dates


async def next_of(world: Scheduling, case: Case) -> Deadline | None:
    async with world.transaction() as session:
        return (await clocks.agenda(session, workflow_id=f"preparation/{case.id}/1")).next


async def step(world: Scheduling, case: Case, what: Literal["warn", "due"]) -> bool:
    operation = operations.remind_silent if what == "warn" else operations.close_when_due
    return await attempt(
        world.context, operation, tenant=case.tenant, kind="poll", subject=case.poll, what=what
    )


class TestWhatADateNeeds:
    async def test_never_shows_the_circle_or_a_manager_who_is_kept_apart(self, world: Scheduling) -> None:
        case = await world.assigned()
        apart = network.CircleMember(person_id=uuid7(), role="circle", not_with=(case.neighbour,))
        ready = case.ready(apart)
        members = tuple(
            each.model_copy(update={"not_with": (apart.person_id,)})
            if each.person_id == case.neighbour
            else each
            for each in ready.members
        )
        await world.handle(ready.model_copy(update={"members": members}))
        await world.open_poll(case, 20)
        for person in (*case.circle, apart.person_id):
            await world.say(case, person, "yes")
        (option,) = (await world.poll(case))["options"]
        pair = sorted(map(str, (apart.person_id, case.neighbour)))
        assert (option["apart"], option["fits"]) == ([pair], False)
        path = f"/v1/polls/{case.poll}"
        manager = await world.do("GET", path, world.colleague(Role.REGIONAL_MANAGER))
        assert (manager["options"][0]["apart"], manager["options"][0]["fits"]) == ([], False)
        seen = await world.ask("GET", "/v1/me/polls", world.person(case, case.neighbour))
        assert str(apart.person_id) not in seen.text
        assert problem(await world.schedule(case)) == (409, "no-date-fits")

    async def test_is_the_interpreter_of_whoever_can_come(self, world: Scheduling) -> None:
        case = await world.assigned()
        interpreter = network.CircleMember(person_id=uuid7(), role="interpreter", serves=case.central)
        await world.handle(case.ready(interpreter))
        await world.open_poll(case, 20, 30)
        for person in case.circle:
            await world.say(case, person, "yes")
        await world.say(case, interpreter.person_id, "no", "maybe")
        found = await world.poll(case)
        assert found["options"][0]["unserved"] == [str(case.central)]
        assert found["best_option_id"] == str(case.options[1])

    async def test_is_as_many_as_the_quorum_also_for_the_next_conference(self, world: Scheduling) -> None:
        case = await world.assigned()
        await world.handle(case.ready())
        await world.open_poll(case, 20, 30, 40, quorum=4)
        for person in case.circle[:3]:
            await world.say(case, person, "yes")
        assert [each["short"] for each in (await world.poll(case))["options"]] == [1, 1, 1]
        await world.schedule(case, option_id=str(case.options[0]))
        await world.postponed(case)
        carried = await world.poll(case)
        assert (carried["quorum"], carried["best_option_id"]) == (4, None)


class TestOpen:
    async def test_asks_each_of_the_circle_once(self, world: Scheduling) -> None:
        case = await world.polled()
        commands = await world.commands(case, "poll-invitation")
        assert sorted(command["person_id"] for command in commands) == sorted(map(str, case.circle))
        assert {command["link_target"] for command in commands} == {f"polls/{case.poll}"}
        (opened,) = await world.published("scheduling.poll.opened.v1", case=case)
        assert opened.data["closes_at"] == (await world.poll(case))["closes_at"]
        assert (await world.conference(case))["state"] == "polling"

    async def test_asks_about_parts_of_a_day_by_the_clock_of_the_organisation(
        self, world: Scheduling
    ) -> None:
        case = await world.assigned()
        await world.handle(case.ready())
        # Before the clock goes forward on 29 March 2026, and after.
        options = [{"day": "2026-03-28", "part": "evening"}, {"day": "2026-03-29", "part": "morning"}]
        answer = await world.post(case, f"/v1/conferences/{case.conference}/poll", options=options)
        case.poll = UUID(answer.json()["poll_id"])
        mine = await world.do("GET", "/v1/me/polls", world.person(case, case.aunt))
        for poll in (await world.poll(case), mine["items"][0]):
            assert [(each["part"], each["starts_at"]) for each in poll["options"]] == [
                ("evening", "2026-03-28T16:30:00Z"),
                ("morning", "2026-03-29T07:30:00Z"),
            ]
            assert [each["school_holiday"] for each in poll["options"]] == [False, False]

    async def test_marks_school_holidays_of_the_community_that_the_organisation_named(
        self, world: Scheduling
    ) -> None:
        case = await world.assigned()
        await world.handle(case.ready())
        options = [{"day": "2026-04-08", "part": "day"}, {"day": "2026-04-28", "part": "day"}]
        answer = await world.post(case, f"/v1/conferences/{case.conference}/poll", options=options)
        case.poll = UUID(answer.json()["poll_id"])
        marked = [each["school_holiday"] for each in (await world.poll(case))["options"]]
        assert marked == [True, False]
        settings = {"version": 1, "settings": {"school_holidays": "french"}}
        await world.do("PUT", "/v1/policy", world.colleague(Role.ADMINISTRATOR), json=settings)
        marked = [each["school_holiday"] for each in (await world.poll(case))["options"]]
        assert marked == [False, True]

    async def test_marks_school_holidays_that_the_organisation_entered(self, world: Scheduling) -> None:
        case, administrator = await world.assigned(), world.colleague(Role.ADMINISTRATOR)
        await world.handle(case.ready())
        options = [{"day": day, "part": "day"} for day in ("2026-10-20", "2026-11-03", "2027-02-10")]
        answer = await world.post(case, f"/v1/conferences/{case.conference}/poll", options=options)
        case.poll = UUID(answer.json()["poll_id"])
        autumn = {"name": "Herfstvakantie", "first": "2026-10-19", "last": "2026-11-01"}
        winter = {"name": "Kerstvakantie", "first": "2026-12-21", "last": "2027-01-03"}
        for version, entered, marked in (
            (1, [], [None, None, None]),
            (2, [autumn, winter], [True, False, None]),
        ):
            settings = {"school_holidays": "french", "own_school_holidays": entered}
            body = {"version": version, "settings": settings}
            await world.do("PUT", "/v1/policy", administrator, json=body)
            mine = await world.do("GET", "/v1/me/polls", world.person(case, case.aunt))
            for poll in (await world.poll(case), mine["items"][0]):
                assert [each["school_holiday"] for each in poll["options"]] == marked
        for wrong in (
            [autumn | {"last": "2026-10-18"}],
            [autumn | {"last": "2027-10-19"}],
            [autumn | {"name": ""}],
            [autumn] * 41,
        ):
            body = {"version": 3, "settings": {"own_school_holidays": wrong}}
            await world.ask("PUT", "/v1/policy", administrator, json=body, expect=422)

    async def test_is_open_until_the_end_of_the_day_that_was_named(self, world: Scheduling) -> None:
        case = await world.assigned()
        await world.handle(case.ready())
        await world.open_poll(case, 20, closes_on="2026-03-10")
        assert (await world.poll(case))["closes_at"] == "2026-03-10T23:00:00Z"

    async def test_needs_a_circle(self, world: Scheduling) -> None:
        case = await world.assigned()
        answer = await world.post(case, f"/v1/conferences/{case.conference}/poll", options=dates(20))
        assert problem(answer) == (409, "circle-not-ready")

    async def test_happens_once_for_two_sent_at_once(self, world: Scheduling) -> None:
        case = await world.assigned()
        await world.handle(case.ready())
        path = f"/v1/conferences/{case.conference}/poll"
        answers = await asyncio.gather(*(world.post(case, path, options=dates(20)) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        assert len(await world.told(case, "poll-invitation")) == 4

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"options": []},
            {"options": dates(-1)},
            {"options": dates(20, hours=0)},
            {"options": dates(20, hours=72)},
            {"options": dates(1000)},
            {"options": dates(*range(20, 81))},
            {"options": [{"starts_at": "2026-03-22T12:00:00", "ends_at": "2026-03-22T14:00:00"}]},
            {"options": [{"starts_at": "9999-12-31T23:59:59Z", "ends_at": "0001-01-01T00:00:00+14:00"}]},
            {"options": [{"starts_at": 1774180800, "ends_at": 1774190800}]},
            {"options": dates(20), "closes": "PT0S"},
            {"options": dates(20), "closes": "soon"},
            {"options": dates(20), "closes": True},
            {"options": dates(20), "place": "Kerkstraat 1"},
            {"options": "tomorrow"},
            {"options": [{"day": "2026-03-22"}]},
            {"options": [{"day": "2026-03-22", "part": "night"}]},
            {"options": [{"day": "9999-12-31", "part": "evening"}]},
            {"options": [{"day": "0001-01-01", "part": "morning"}]},
            {"options": [{**dates(20)[0], "day": "2026-03-22", "part": "day"}]},
            {"options": dates(20), "closes_on": "2026-03-01"},
            {"options": dates(20), "closes_on": "9999-12-31"},
            {"options": dates(20), "closes_on": "2026-03-10", "closes": "3d"},
            {"options": dates(20), "quorum": -1},
        ],
    )
    async def test_refuses_what_makes_no_sense(self, world: Scheduling, body: dict[str, Any]) -> None:
        case = await world.assigned()
        await world.handle(case.ready())
        answer = await world.post(case, f"/v1/conferences/{case.conference}/poll", **body)
        assert answer.status_code == 422, answer.text
        assert not await world.rows("SELECT 1 FROM poll WHERE tenant = :tenant")

    async def test_may_be_shorter_than_the_usual_reminder(self, world: Scheduling) -> None:
        case = await world.assigned()
        await world.handle(case.ready())
        await world.open_poll(case, 20, closes="2d")
        clock = (await world.clocks(case))["poll"]
        assert (clock.warn_at, clock.due_at) == (NOW + timedelta(days=1), NOW + timedelta(days=2))


class TestAnswer:
    async def test_is_seen_by_oneself_and_counted_for_the_coordinator(self, world: Scheduling) -> None:
        case = await world.polled()
        answer = await world.say(case, case.aunt, "yes", "maybe")
        assert [option["answer"] for option in answer.json()["options"]] == ["yes", "maybe"]
        own = await world.ask("GET", "/v1/me/polls", world.person(case, case.neighbour))
        assert [option["answer"] for option in own.json()["items"][0]["options"]] == [None, None]
        poll = await world.poll(case)
        assert [(each["yes"], each["maybe"], each["silent"]) for each in poll["options"]] == [
            (1, 0, 3),
            (0, 1, 3),
        ]
        assert str(case.aunt) not in poll["silent"]
        assert poll["options"][0]["hindered"] == [str(case.central)]

    async def test_tells_the_coordinator_alone_who_said_no(self, world: Scheduling) -> None:
        case = await world.polled()
        await world.say(case, case.aunt, "no", "yes")
        said = [option["said_no"] for option in (await world.poll(case))["options"]]
        assert said == [[str(case.aunt)], []]
        own = await world.do("GET", "/v1/me/polls", world.person(case, case.neighbour))
        assert str(case.aunt) not in str(own)

    async def test_is_given_knowing_which_dates_are_public_holidays(self, world: Scheduling) -> None:
        case = await world.assigned()
        await world.handle(case.ready())
        easter_monday, day_after = (
            {"starts_at": f"2026-04-0{day}T12:00:00Z", "ends_at": f"2026-04-0{day}T15:00:00Z"}
            for day in (6, 7)
        )
        path = f"/v1/conferences/{case.conference}/poll"
        opened = (await world.post(case, path, options=[easter_monday, day_after])).json()
        seen = await world.do("GET", f"/v1/polls/{opened['poll_id']}", world.coordinator(case))
        own = await world.do("GET", "/v1/me/polls", world.person(case, case.aunt))
        for poll in (seen, *own["items"]):
            assert [option["public_holiday"] for option in poll["options"]] == [True, False]

    async def test_may_change_and_may_leave_dates_open(self, world: Scheduling) -> None:
        case = await world.polled()
        await world.say(case, case.aunt, "no")
        path = f"/v1/me/polls/{case.poll}"
        body = {"answers": {str(case.options[1]): "yes"}}
        answer = await world.ask("PUT", path, world.person(case, case.aunt), json=body)
        assert [option["answer"] for option in answer.json()["options"]] == ["no", "yes"]

    async def test_of_the_last_one_closes_the_poll_with_the_best_date(self, world: Scheduling) -> None:
        case = await world.polled()
        await world.say(case, case.central, "yes")
        await world.say(case, case.aunt, "no", "yes")
        await world.say(case, case.teacher, "yes", "no")
        assert not await world.published("scheduling.poll.closed.v1", case=case)
        path = f"/v1/polls/{case.poll}/answers/{case.neighbour}"
        body = {"answers": {str(option): "no" for option in case.options}}
        answered = await world.do("PUT", path, world.coordinator(case), json=body)
        assert (answered["state"], answered["silent"]) == ("open", [])
        assert await world.close_answered(case)
        closed = await world.poll(case)
        assert (closed["state"], closed["closed_reason"]) == ("closed", "all-answered")
        assert closed["closed_at"] == answered["closes_at"]
        assert closed["best_option_id"] == str(case.options[1])
        assert closed["ranking"] == [str(case.options[1]), str(case.options[0])]
        assert (await world.conference(case))["state"] == "ready-to-schedule"
        assert (await world.clocks(case))["poll"].state == "stopped"
        (event,) = await world.published("scheduling.poll.closed.v1", case=case)
        assert event.data["best_option_id"] == str(case.options[1])

    async def test_says_whether_it_is_to_every_date(self, world: Scheduling) -> None:
        case = await world.polled()
        path, person = f"/v1/me/polls/{case.poll}", world.person(case, case.aunt)
        for option in case.options:
            await world.do("PUT", path, person, json={"answers": {str(option): "yes"}})
        answered = await world.published("scheduling.poll.answered.v1", case=case)
        assert [each.data["complete"] for each in answered] == [False, True]

    async def test_of_the_last_one_can_be_corrected_for_some_hours(self, world: Scheduling) -> None:
        case = await world.polled()
        for person in case.circle:
            await world.say(case, person, "yes")
        world.later(hours=1)
        assert (await world.say(case, case.circle[-1], "no", "yes")).status_code == 200
        world.later(hours=-1)
        assert await world.close_answered(case)
        assert (await world.poll(case))["best_option_id"] == str(case.options[1])
        assert problem(await world.say(case, case.aunt, "yes")) == (409, "poll-closed")

    async def test_of_all_is_waited_for_again_when_there_are_more_dates(self, world: Scheduling) -> None:
        case = await world.polled()
        closes_at = (await world.poll(case))["closes_at"]
        for person in case.circle:
            await world.say(case, person, "yes")
        assert (await world.poll(case))["closes_at"] < closes_at
        later = {"starts_at": "2026-04-20T12:00:00Z", "ends_at": "2026-04-20T15:00:00Z"}
        await world.post(case, f"/v1/polls/{case.poll}/options", options=[later])
        assert not await world.close_answered(case)
        found = await world.poll(case)
        assert (found["state"], found["closes_at"]) == ("open", closes_at)
        asked = await world.commands(case, "poll-invitation")
        assert {each["parameters"]["closes_at"] for each in asked[-len(case.circle) :]} == {closes_at}

    async def test_of_all_makes_nothing_late_when_the_poll_ends_in_time(self, world: Scheduling) -> None:
        case = await world.polled()
        world.later(days=8)
        for person in case.circle:
            await world.say(case, person, "yes")
        assert await step(world, case, "warn")
        assert await step(world, case, "due")
        assert (await world.poll(case))["closed_reason"] == "all-answered"
        assert {(await world.clocks(case))[kind].state for kind in ("poll", "poll-answered")} == {"stopped"}

    async def test_of_the_last_ones_at_once_closes_it_once(self, world: Scheduling) -> None:
        case = await world.polled()
        answers = await asyncio.gather(*(world.say(case, person, "yes") for person in case.circle))
        assert {answer.status_code for answer in answers} == {200}
        assert await world.close_answered(case)
        assert not await world.close_answered(case)
        assert len(await world.published("scheduling.poll.closed.v1", case=case)) == 1
        assert len(await world.published("scheduling.poll.answered.v1", case=case)) == 4

    async def test_comes_too_late_once_it_is_closed(self, world: Scheduling) -> None:
        case = await world.polled()
        for _ in range(2):
            answer = await world.post(case, f"/v1/polls/{case.poll}/close")
            assert (answer.status_code, answer.json()["closed_reason"]) == (200, "coordinator")
        assert problem(await world.say(case, case.aunt, "yes")) == (409, "poll-closed")
        assert len(await world.published("scheduling.poll.closed.v1", case=case)) == 1

    async def test_of_nobody_suits_leaves_the_coordinator_to_decide(self, world: Scheduling) -> None:
        case = await world.polled()
        for person in case.circle:
            await world.say(case, person, "no" if person == case.aunt else "yes")
        await world.close_answered(case)
        poll = await world.poll(case)
        assert (poll["state"], poll["best_option_id"]) == ("closed", None)
        assert all(option["hindered"] == [str(case.aunt)] for option in poll["options"])
        assert problem(await world.schedule(case)) == (409, "no-date-fits")
        assert (await world.schedule(case, option_id=str(case.options[1]))).status_code == 200

    @pytest.mark.parametrize(
        "answers",
        [{}, {"no-id": "yes"}, {str(uuid7()): "yes"}, {str(uuid7()): "YES"}, {str(uuid7()): 1}, None, []],
    )
    async def test_to_what_is_no_date_of_the_poll_is_refused(self, world: Scheduling, answers: Any) -> None:
        case = await world.polled()
        path = f"/v1/me/polls/{case.poll}"
        await world.ask("PUT", path, world.person(case, case.aunt), json={"answers": answers}, expect=422)
        assert not await world.rows("SELECT 1 FROM poll_answer WHERE tenant = :tenant")

    async def test_for_somebody_else_of_another_case_is_refused(self, world: Scheduling) -> None:
        case, other = await world.polled(), await world.polled()
        body = {"answers": {str(case.options[0]): "yes"}}
        path = f"/v1/polls/{case.poll}/answers/{other.aunt}"
        assert problem(await world.ask("PUT", path, world.coordinator(case), json=body)) == (
            422,
            "person-not-of-case",
        )
        path = f"/v1/me/polls/{case.poll}"
        assert await world.refused("PUT", path, world.person(other, other.aunt), json=body) == (
            404,
            "poll-not-found",
        )

    async def test_takes_as_many_queries_for_many_dates_as_for_few(self, world: Scheduling) -> None:
        few, many = await world.polled(20), await world.polled(*range(20, 60))
        counts = []
        for case in (few, many):
            for person in case.circle[:2]:
                await world.say(case, person, "yes")
            statements: list[str] = []
            note = count_statements(world.context.database.engine, statements)
            await world.poll(case)
            counts.append(len(statements))
            event.remove(world.context.database.engine.sync_engine, "before_cursor_execute", note)
        assert counts[0] == counts[1]


class TestWhoTakesPart:
    async def test_costs_one_look_at_the_state_of_the_case(self, world: Scheduling) -> None:
        case = await world.polled()
        statements: list[str] = []
        note = count_statements(world.context.database.engine, statements)
        await world.handle_all(*case.people({uuid7(): "circle"}), case=case)
        event.remove(world.context.database.engine.sync_engine, "before_cursor_execute", note)
        assert sum("FROM case_state" in each for each in statements) == 1


class TestMoreDates:
    async def test_are_asked_of_those_who_thought_they_were_done(self, world: Scheduling) -> None:
        case = await world.polled()
        await world.say(case, case.aunt, "yes")
        before = len(await world.told(case, "poll-invitation"))
        path = f"/v1/polls/{case.poll}/options"
        answer = await world.post(case, path, options=dates(20, 40))
        assert len(answer.json()["options"]) == 3
        assert (await world.told(case, "poll-invitation"))[before:] == [case.aunt]
        assert set(answer.json()["silent"]) == set(map(str, case.circle))


class TestDeadlines:
    async def test_chase_only_the_silent_and_only_once(self, world: Scheduling) -> None:
        case = await world.polled()
        await world.on_course(case)
        await world.say(case, case.aunt, "yes")
        due = await next_of(world, case)
        assert due is not None
        assert (due.kind, due.what) == ("poll", "warn")
        assert not await step(world, case, "warn")
        world.clock.time = due.at
        assert await step(world, case, "warn")
        assert not await step(world, case, "warn")
        assert set(await world.told(case, "poll-reminder")) == {case.central, case.neighbour, case.teacher}
        due = await next_of(world, case)
        assert due is not None
        assert (due.kind, due.what) == ("poll", "due")

    async def test_close_the_poll_with_the_answers_there_are(self, world: Scheduling) -> None:
        case = await world.polled()
        await world.say(case, case.central, "yes")
        await world.say(case, case.aunt, "no", "yes")
        world.later(days=8)
        assert await step(world, case, "warn")
        assert await step(world, case, "due")
        poll = await world.poll(case)
        assert (poll["closed_reason"], poll["best_option_id"]) == ("due", str(case.options[1]))
        assert (await world.clocks(case))["poll"].state == "breached"
        assert not await step(world, case, "due")
        await world.schedule(case)
        assert (await world.clocks(case))["poll"].state == "stopped"

    async def test_warn_of_each_step_and_then_tell_that_it_was_missed(self, world: Scheduling) -> None:
        case = await world.assigned()
        taken = [await step_on(world, ConferencePreparation, f"preparation/{case.id}/1") for _ in range(12)]
        assert [(due.kind, due.what) for due in taken] == [
            ("first-contact", "warn"),
            ("baseline-talk", "warn"),
            ("first-contact", "due"),
            ("baseline-talk", "due"),
            ("baseline-told", "warn"),
            ("baseline-told", "due"),
            ("circle-ready", "warn"),
            ("circle-ready", "due"),
            ("conference-date", "warn"),
            ("conference-date", "due"),
            ("conference-target", "warn"),
            ("conference-target", "due"),
        ]
        types = [row.type for row in await world.published(case=case)][-2:]
        assert types == ["scheduling.clock.warned.v1", "scheduling.clock.breached.v1"]
        assert await next_of(world, case) is None

    async def test_that_moved_with_a_pause_are_told_to_the_silent(self, world: Scheduling) -> None:
        case = await world.polled()
        await world.say(case, case.aunt, "yes")
        for days, again in ((0, []), (3, [each for each in case.circle if each != case.aunt])):
            told = await world.told(case, "poll-invitation")
            await world.handle(intake.CasePaused(case_id=case.id, reason="holiday"))
            world.later(days=days, minutes=1)
            await world.handle(intake.CaseResumed(case_id=case.id))
            assert sorted((await world.told(case, "poll-invitation"))[len(told) :]) == sorted(again)
        closes = {each["parameters"]["closes_at"] for each in await world.commands(case, "poll-invitation")}
        assert len(closes) == 2

    async def test_that_moved_with_a_pause_are_not_acted_on(self, world: Scheduling) -> None:
        case = await world.polled()
        due = await next_of(world, case)
        assert due is not None
        await world.handle(intake.CasePaused(case_id=case.id, reason="holiday"), sequence=50)
        world.clock.time = due.at
        assert not await step(world, case, "warn")
        await world.handle(intake.CaseResumed(case_id=case.id), sequence=51)
        assert not await step(world, case, "warn")
        assert not await world.told(case, "poll-reminder")
