"""Setting a date, putting it off, recording the meeting, calling it off."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.auth import Role
from shared.events import intake, network
from shared.ids import uuid7
from tests.support.world import NOW, Case, problem
from tests.support.world.scheduling import VENUE, Scheduling, dates


def part(begin: int, end: int, day: int = 20) -> dict[str, str]:
    start = NOW + timedelta(days=day)
    return {
        "from": (start + timedelta(hours=begin)).isoformat(),
        "to": (start + timedelta(hours=end)).isoformat(),
    }


def meeting(case: Case, **changes: Any) -> dict[str, Any]:
    """Return what a coordinator records of a conference on the 20th day."""
    arrived = (NOW + timedelta(days=20, minutes=20)).isoformat()
    return {
        "attendance": [
            {"person_id": str(case.central), "mode": "in-person", "came": True},
            {"person_id": str(case.aunt), "mode": "in-person", "came": True, "arrived_at": arrived},
            {"person_id": str(case.neighbour), "mode": "absent", "came": False},
        ],
        "parts": {"information": part(0, 1), "private": part(1, 3), "presentation": part(3, 4)},
        "outcome": "plan",
        "return_called_by_circle": True,
    } | changes


async def hold(world: Scheduling, case: Case, **changes: Any) -> Any:
    return await world.post(case, f"/v1/conferences/{case.conference}/hold", **meeting(case, **changes))


class TestSchedule:
    async def test_invites_the_whole_circle_with_a_calendar_entry(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        commands = await world.commands(case, "conference-scheduled")
        assert {command["person_id"] for command in commands} == set(map(str, case.circle))
        for command in commands:
            assert command["calendar"]["uid"] == str(case.conference)
            assert (command["calendar"]["method"], command["calendar"]["revision"]) == ("REQUEST", 1)
        (event,) = await world.published("scheduling.conference.scheduled.v1", case=case)
        assert (event.data["conference_no"], event.data["revision"]) == (1, 1)

    async def test_shows_the_place_to_the_circle_and_to_nobody_else(self, world: Scheduling) -> None:
        case, other = await world.scheduled(20), await world.assigned()
        path = f"/v1/conferences/{case.conference}"
        seen = await world.do("GET", path, world.person(case, case.aunt))
        assert (seen["venue"], seen["preparation"]) == (VENUE | {"reached_by": None}, None)
        assert problem(await world.ask("GET", path, world.person(case, uuid7()))) == (
            404,
            "conference-not-found",
        )
        stranger = world.person(other, other.aunt)
        assert problem(await world.ask("GET", path, stranger)) == (404, "conference-not-found")

    async def test_leaves_the_place_unreadable_in_the_database(self, world: Scheduling) -> None:
        await world.scheduled(20)
        for table in ("conference", "outbox", "clock"):
            rows = await world.rows(f"SELECT {table}::text AS row FROM {table}")
            assert rows
            # As text, and as PostgreSQL writes bytes.
            assert not any(word in row.row for row in rows for word in ("Linde", b"Linde".hex()))

    async def test_said_twice_tells_nobody_twice(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        answers = await asyncio.gather(*(world.schedule(case) for _ in range(3)))
        assert {(answer.status_code, answer.json()["revision"]) for answer in answers} == {(200, 1)}
        assert len(await world.told(case, "conference-scheduled")) == 4

    async def test_with_another_place_or_date_tells_everyone_again(self, world: Scheduling) -> None:
        case = await world.scheduled(20, 30)
        moved = await world.schedule(case, option_id=str(case.options[1]))
        assert moved.json()["revision"] == 2
        placed = await world.schedule(case, option_id=str(case.options[1]), venue=VENUE | {"name": "De Wilg"})
        assert placed.json()["revision"] == 3
        revisions = [
            each["calendar"]["revision"] for each in await world.commands(case, "conference-scheduled")
        ]
        assert revisions == [1] * 4 + [2] * 4 + [3] * 4

    async def test_is_changed_by_one_of_two_who_read_the_same(self, world: Scheduling) -> None:
        case = await world.scheduled(20, 30)
        read = await world.conference(case)
        await world.schedule(case, venue=VENUE | {"name": "De Wilg"})
        written = await world.conference(case)
        changes = (
            ("schedule", {"option_id": str(case.options[1]), "venue": VENUE}),
            ("postpone", {"reason": "venue"}),
            ("cancel", {"reason": "family-wish"}),
        )
        for how, change in changes:
            refused = await world.change_date(case, how, version=read["version"], **change)
            assert problem(refused) == (409, "other-version")
            assert refused.json()["facts"] == {"version": written["version"]}
        assert await world.conference(case) == written
        assert (await world.schedule(case, **changes[0][1])).status_code == 200

    async def test_closes_an_open_poll(self, world: Scheduling) -> None:
        case = await world.polled(20)
        await world.say(case, case.central, "yes")
        assert (await world.schedule(case, option_id=str(case.options[0]))).status_code == 200
        assert (await world.poll(case))["closed_reason"] == "coordinator"
        assert problem(
            await world.post(case, f"/v1/conferences/{case.conference}/poll", options=dates(40))
        ) == (
            409,
            "conference-has-date",
        )

    @pytest.mark.parametrize(
        "body",
        [
            {"venue": None},
            {"venue": {"name": "", "address": "x"}},
            {"venue": {"name": "x\0", "address": "x"}},
            {"venue": {"name": "x" * 301, "address": "x"}},
            {"option_id": str(uuid7())},
            {"option_id": 7},
        ],
    )
    async def test_refuses_what_makes_no_sense(self, world: Scheduling, body: dict[str, Any]) -> None:
        case = await world.polled(20)
        assert (await world.schedule(case, **body)).status_code == 422

    async def test_sets_a_date_that_was_agreed_on_without_a_poll(self, world: Scheduling) -> None:
        case = await world.assigned()
        await world.handle(case.ready())
        [date] = dates(20)
        assert problem(await world.schedule(case)) == (422, "no-dates")
        answer = await world.schedule(case, date=date)
        assert (answer.status_code, answer.json()["state"]) == (200, "scheduled")
        assert set(await world.told(case, "conference-scheduled")) == set(case.circle)
        again = await world.schedule(case, date=date)
        assert again.json()["revision"] == 1
        assert problem(await world.schedule(case, date=dates(-1)[0])) == (422, "date-not-usable")
        both = await world.schedule(case, date=date, option_id=str(uuid7()))
        assert both.status_code == 422

    async def test_refuses_a_date_that_has_passed(self, world: Scheduling) -> None:
        case = await world.polled(20)
        world.later(days=21)
        answer = await world.schedule(case, option_id=str(case.options[0]))
        assert problem(answer) == (422, "date-not-usable")


class TestPostpone:
    async def test_keeps_every_answer_about_dates_to_come(self, world: Scheduling) -> None:
        case = await world.scheduled(20, 30, 40)
        before = {each["starts_at"]: each for each in (await world.poll(case))["options"]}
        await world.postponed(case)
        poll = await world.poll(case)
        assert [each["starts_at"] for each in poll["options"]] == list(before)[1:]
        for each in poll["options"]:
            kept = ("yes", "maybe", "no", "silent")
            assert [each[name] for name in kept] == [before[each["starts_at"]][name] for name in kept]
        first, second = await world.conferences(case)
        assert (first["state"], second["state"]) == ("postponed", "ready-to-schedule")
        assert (second["conference_no"], second["preparation_no"]) == (2, 1)
        (event,) = await world.published("scheduling.conference.postponed.v1", case=case)
        assert event.data["next_conference_id"] == second["conference_id"]

    async def test_takes_the_date_out_of_the_calendars(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        first = case.conference
        await world.handle(network.PersonRemoved(case_id=case.id, person_id=case.neighbour))
        await world.postponed(case)
        commands = await world.commands(case, "conference-postponed")
        assert {each["person_id"] for each in commands} == set(map(str, case.circle)) - {str(case.neighbour)}
        for command in commands:
            assert command["calendar"]["uid"] == str(first)
            assert (command["calendar"]["method"], command["calendar"]["revision"]) == ("CANCEL", 2)
            # Why is between the circle and the coordinator.
            assert "ill" not in str(command["parameters"])

    async def test_lets_the_target_wait_until_there_is_a_date_again(self, world: Scheduling) -> None:
        case = await world.scheduled(20, 30)
        before = (await world.clocks(case))["conference-target"]
        await world.postponed(case)
        paused = (await world.clocks(case))["conference-target"]
        assert (paused.state, paused.pause_reason) == ("paused", "key-person-ill")
        world.later(days=5)
        assert (await world.schedule(case)).status_code == 200
        after = (await world.clocks(case))["conference-target"]
        # Eight weeks from a Saturday end on the Monday after.
        assert (after.state, after.due_at - before.due_at) == ("running", timedelta(days=7))

    async def test_goes_on_waiting_when_the_case_rests_in_between(self, world: Scheduling) -> None:
        case = await world.scheduled(20, 30)
        await world.postponed(case)
        await world.handle(intake.CasePaused(case_id=case.id, reason="holiday"), sequence=50)
        await world.handle(intake.CaseResumed(case_id=case.id), sequence=51)
        assert (await world.clocks(case))["conference-target"].state == "paused"

    async def test_then_asks_only_about_new_dates(self, world: Scheduling) -> None:
        case = await world.scheduled(20, 30)
        await world.postponed(case)
        before = len(await world.told(case, "poll-invitation"))
        carried = case.poll
        await world.open_poll(case, 50)
        assert case.poll == carried
        assert set((await world.told(case, "poll-invitation"))[before:]) == set(case.circle)
        poll = await world.poll(case)
        assert [(each["yes"], each["silent"]) for each in poll["options"]] == [(4, 0), (0, 4)]

    async def test_then_asks_nobody_when_there_are_no_new_dates(self, world: Scheduling) -> None:
        case = await world.scheduled(20, 30)
        await world.postponed(case)
        before = len(await world.told(case, "poll-invitation"))
        answer = await world.post(case, f"/v1/conferences/{case.conference}/poll")
        assert answer.status_code == 201
        assert len(await world.told(case, "poll-invitation")) == before
        assert (await world.poll(case))["closed_reason"] == "all-answered"

    async def test_happens_once_for_two_sent_at_once(self, world: Scheduling) -> None:
        case = await world.scheduled(20, 30)
        answers = await asyncio.gather(
            *(world.change_date(case, "postpone", reason="venue") for _ in range(3))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        assert len(await world.conferences(case)) == 2

    async def test_needs_a_date_and_a_reason_from_the_list(self, world: Scheduling) -> None:
        case = await world.polled(20)
        refused = await world.change_date(case, "postpone", reason="venue")
        assert problem(refused) == (409, "conference-not-scheduled")
        assert (await world.change_date(case, "postpone", reason="Oom Youssef is ziek")).status_code == 422


class TestHold:
    async def test_records_who_came_and_ends_the_preparation(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        world.later(days=20, hours=5)
        answer = await hold(world, case)
        assert answer.status_code == 200, answer.text
        recorded = answer.json()["preparation"]
        assert recorded["parts"]["private"]["from"] == "2026-03-22T09:00:00Z"
        assert [each["came"] for each in recorded["attendance"]].count(True) == 2
        (event,) = await world.published("scheduling.conference.held.v1", case=case)
        turnout = {each["group"]: (each["invited"], each["attended"]) for each in event.data.pop("by_group")}
        assert {group: each for group, each in turnout.items() if each != (0, 0)} == {
            "central": (1, 1),
            "other": (2, 1),
            "professional": (1, 0),
        }
        assert event.data | {"case_id": None} == {
            "case_id": None,
            "conference_id": str(case.conference),
            "conference_no": 1,
            "preparation_no": 1,
            "held_on": "2026-03-22",
            "outcome": "plan",
            "invited": 4,
            "attended": 2,
            "next_conference_id": None,
            "next_conference_no": None,
            "children": 0,
            "children_remote": 0,
            "children_views": 0,
            "remote": 0,
            "private_minutes": 120,
            "incident": False,
        }
        assert {clock.state for clock in (await world.clocks(case)).values()} == {"stopped"}

    async def test_goes_on_another_day_with_the_same_preparation_and_every_answer(
        self, world: Scheduling
    ) -> None:
        case = await world.scheduled(20, 30)
        world.later(days=20)
        held = await hold(world, case, outcome="continued", incident=True)
        assert held.json()["preparation"]["incident"] is True
        (fact,) = await world.published("scheduling.conference.held.v1", case=case)
        newest = (await world.conferences(case))[-1]
        assert (fact.data["outcome"], fact.data["next_conference_id"], fact.data["next_conference_no"]) == (
            "continued",
            newest["conference_id"],
            2,
        )
        assert (newest["preparation_no"], newest["state"]) == (1, "ready-to-schedule")
        assert (await world.clocks(case))["conference-target"].state == "stopped"
        again = await world.post(case, f"/v1/cases/{case.id}/preparations")
        assert problem(again) == (409, "preparation-runs")
        case.conference = UUID(newest["conference_id"])
        assert (await world.schedule(case)).status_code == 200
        world.later(days=10)
        parts = {"information": part(0, 1, 30), "private": part(1, 3, 30), "presentation": part(3, 4, 30)}
        came = [{"person_id": str(case.central), "mode": "in-person", "came": True}]
        assert (await hold(world, case, parts=parts, attendance=came)).status_code == 200
        assert (await world.post(case, f"/v1/cases/{case.id}/preparations")).status_code == 201

    async def test_keeps_who_walked_out_who_did_not_show_and_whose_views_were_heard(
        self, world: Scheduling
    ) -> None:
        case = await world.scheduled(20)
        world.later(days=20)
        attendance = [
            {"person_id": str(case.central), "mode": "in-person", "came": True, "walked_out": True},
            {"person_id": str(case.aunt), "mode": "in-person", "came": False},
            {"person_id": str(case.neighbour), "mode": "absent", "came": False, "views_beforehand": True},
        ]
        shown = (await hold(world, case, attendance=attendance)).json()["preparation"]["attendance"]
        about = {
            each["person_id"]: (each["walked_out"], each["came"], each["views_beforehand"]) for each in shown
        }
        assert about == {
            str(case.central): (True, True, False),
            str(case.aunt): (False, False, False),
            str(case.neighbour): (False, False, True),
        }

    async def test_happens_once(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        world.later(days=20, hours=5)
        answers = await asyncio.gather(*(hold(world, case) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        assert len(await world.published("scheduling.conference.held.v1", case=case)) == 1
        for how in ("cancel", "postpone"):
            answer = await world.change_date(case, how, reason="other")
            assert problem(answer) == (409, "conference-over")

    async def test_knows_of_the_private_part_only_when_it_was(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        world.later(days=20, hours=5)
        parts: dict[str, Any] = meeting(case)["parts"]
        said = {**parts, "private": {**parts["private"], "notes": "Mama huilde"}}
        answer = await hold(world, case, parts=said)
        assert answer.status_code == 422
        assert "huilde" not in answer.text

    async def test_comes_after_the_meeting(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        assert problem(await hold(world, case)) == (409, "conference-not-yet-held")

    async def test_comes_not_before_the_day_that_is_set(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        world.later(days=2)
        parts = {name: part(-1, -1, day=2) for name in ("information", "private", "presentation")}
        answer = await hold(world, case, parts=parts)
        assert problem(answer) == (409, "conference-not-yet-held")
        assert "move the date" in answer.json()["detail"]

    async def test_needs_a_date(self, world: Scheduling) -> None:
        case = await world.polled(20)
        world.later(days=20, hours=5)
        assert problem(await hold(world, case)) == (409, "conference-not-scheduled")

    async def test_refuses_strangers_doubles_and_muddled_times(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        world.later(days=20, hours=5)
        came = {"mode": "in-person", "came": True}
        stranger = [{"person_id": str(uuid7()), **came}]
        assert problem(await hold(world, case, attendance=stranger)) == (422, "person-not-of-case")
        double = [{"person_id": str(case.aunt), **came}] * 2
        assert problem(await hold(world, case, attendance=double)) == (422, "person-twice")
        muddled = {"information": part(1, 2), "private": part(0, 3), "presentation": part(3, 4)}
        assert problem(await hold(world, case, parts=muddled)) == (422, "parts-out-of-order")
        assert (await hold(world, case, outcome="agreement")).status_code == 422
        assert (await hold(world, case, attendance=[])).status_code == 422
        assert (await world.conference(case))["state"] == "scheduled"

    @pytest.mark.parametrize("left", [network.PersonRemoved, network.PersonExcluded])
    async def test_names_who_left_knowing_the_date_and_nobody_else_who_left(
        self, world: Scheduling, left: Any
    ) -> None:
        case, early = await world.scheduled(20), uuid7()
        await world.handle(network.PersonAdded(case_id=case.id, person_id=early, role="circle"))
        for person in (early, case.aunt):
            await world.handle(left(case_id=case.id, person_id=person))
        world.later(days=20, hours=5)
        came = {"mode": "in-person", "came": True}
        gone = [{"person_id": str(early), **came}]
        assert problem(await hold(world, case, attendance=gone)) == (422, "person-not-of-case")
        assert (await hold(world, case)).status_code == 200

    async def test_keeps_nothing_of_who_was_erased_since(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        await world.handle(network.PersonErased(case_id=case.id, person_id=case.aunt, reason="asked"))
        world.later(days=20, hours=5)
        assert problem(await hold(world, case)) == (422, "person-not-of-case")

    @pytest.mark.parametrize("far", ["1900-01-01T00:00:00+14:00", "2199-12-31T23:59:59-12:00"])
    async def test_refuses_the_ends_of_time(self, world: Scheduling, far: str) -> None:
        case = await world.scheduled(20)
        world.later(days=20, hours=5)
        whole = {"from": far, "to": far}
        answer = await hold(
            world, case, parts=dict.fromkeys(("information", "private", "presentation"), whole)
        )
        assert answer.status_code in (409, 422)
        came = {"person_id": str(case.aunt), "mode": "in-person", "came": True, "arrived_at": far}
        assert problem(await hold(world, case, attendance=[came])) == (422, "time-out-of-place")
        answer = await world.post(
            case, f"/v1/conferences/{case.conference}/poll", options=[{"starts_at": far, "ends_at": far}]
        )
        assert answer.status_code in (409, 422)


class TestCancel:
    async def test_tells_those_who_count_on_it_and_ends_the_preparation(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        answer = await world.change_date(case, "cancel", reason="plan-without-meeting")
        assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
        commands = await world.commands(case, "conference-cancelled")
        assert {command["calendar"]["method"] for command in commands} == {"CANCEL"}
        assert len(commands) == 4
        assert {clock.state for clock in (await world.clocks(case)).values()} == {"stopped"}

    async def test_tells_those_who_were_asked_for_dates(self, world: Scheduling) -> None:
        case = await world.polled(20)
        await world.change_date(case, "cancel", reason="family-wish")
        commands = await world.commands(case, "conference-cancelled")
        assert [command["calendar"] for command in commands] == [None] * 4
        (closed,) = await world.published("scheduling.poll.closed.v1", case=case)
        assert (closed.data["reason"], closed.data["best_option_id"]) == ("cancelled", None)


class TestChecklist:
    async def test_is_kept_for_the_next_conference(self, world: Scheduling) -> None:
        case = await world.scheduled(20, 30)
        path = f"/v1/conferences/{case.conference}/checklist"
        for _ in range(2):
            answer = await world.ask("PUT", f"{path}/food", world.coordinator(case), json={"done": True})
            assert answer.json()["checklist"]["food"] is True
        await world.postponed(case)
        assert (await world.conference(case))["preparation"]["checklist"]["food"] is True
        await world.ask("PUT", f"{path}/clowns", world.coordinator(case), json={"done": True}, expect=422)
        assert await world.refused("PUT", f"{path}/food", world.coordinator(case), json={"done": False}) == (
            409,
            "conference-over",
        )


class TestNeeds:
    async def test_are_seen_to_for_each_person_and_go_along_to_the_next_conference(
        self, world: Scheduling
    ) -> None:
        case = await world.scheduled(20, 30)
        who = world.coordinator(case)
        needs = f"/v1/conferences/{case.conference}/needs"
        for _ in range(2):
            answer = await world.do("PUT", f"{needs}/{case.aunt}/food", who, json={"done": True})
            assert answer["needs_seen_to"] == [{"person_id": str(case.aunt), "need": "food"}]
        await world.do("PUT", f"{needs}/{case.central}/access", who, json={"done": True})
        await world.do("PUT", f"{needs}/{case.central}/access", who, json={"done": False})
        await world.ask("PUT", f"{needs}/{case.aunt}/clowns", who, json={"done": True}, expect=422)
        stranger = f"{needs}/{uuid7()}/food"
        assert await world.refused("PUT", stranger, who, json={"done": True}) == (422, "person-not-of-case")
        gone = network.PersonErased(case_id=case.id, person_id=case.neighbour, reason="asked")
        await world.handle(gone)
        erased = f"{needs}/{case.neighbour}/food"
        assert await world.refused("PUT", erased, who, json={"done": True}) == (422, "person-not-of-case")
        await world.postponed(case)
        prepared = (await world.conference(case))["preparation"]
        assert prepared["needs_seen_to"] == [{"person_id": str(case.aunt), "need": "food"}]
        over = f"{needs}/{case.aunt}/food"
        assert await world.refused("PUT", over, who, json={"done": False}) == (409, "conference-over")


class TestList:
    async def test_comes_in_pages(self, world: Scheduling) -> None:
        case = await world.scheduled(20, 30, 40)
        world.later(days=1)
        await world.postponed(case)
        assert (await world.schedule(case)).status_code == 200
        world.later(days=1)
        await world.postponed(case)
        path, numbers, cursor = f"/v1/cases/{case.id}/conferences?limit=2", [], ""
        for _ in range(2):
            page = await world.do("GET", path + cursor, world.coordinator(case))
            numbers += [item["conference_no"] for item in page["items"]]
            cursor = f"&cursor={page['next']}"
        assert numbers == [1, 2, 3]
        assert datetime.fromisoformat((await world.conferences(case))[0]["starts_at"]).tzinfo == UTC


class TestMeetings:
    async def test_tells_who_referred_the_case_the_day_and_that_it_was_held(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        path = f"/v1/cases/{case.id}/meetings"
        referrer = world.staff(uuid7(), case.referring, Role.REFERRER)
        assert await world.do("GET", path, referrer) == {
            "items": [{"conference_no": 1, "on": "2026-03-22", "held": False}],
            "next": None,
        }
        world.later(days=20)
        assert (await hold(world, case)).status_code == 200
        assert await world.do("GET", path, referrer) == {
            "items": [{"conference_no": 1, "on": "2026-03-22", "held": True}],
            "next": None,
        }

    async def test_tells_nothing_of_what_is_put_off_or_to_others(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        await world.postponed(case)
        path = f"/v1/cases/{case.id}/meetings"
        mandated = world.staff(uuid7(), case.mandated, Role.REFERRER)
        assert (await world.do("GET", path, mandated))["items"] == []
        stranger = world.stranger(Role.REFERRER)
        assert problem(await world.ask("GET", path, stranger)) == (404, "case-not-found")


async def test_who_left_sees_no_longer_who_looked_at_the_whole_case(world: Scheduling) -> None:
    case = await world.scheduled(20)
    own, whole = await world.audit_entries_seen(case, case.neighbour)
    assert whole > own + 1
    await world.handle(network.PersonExcluded(case_id=case.id, person_id=case.neighbour))
    own, now = await world.audit_entries_seen(case, case.neighbour)
    assert now == own + 1


class TestWithoutSomebodyWhoHasToBeThere:
    async def test_is_decided_until_the_day_moves_or_stands(self, world: Scheduling) -> None:
        for decide in (_stands, _moves, Scheduling.postponed):
            case = await world.scheduled(20, 30)
            assert "key-person-out" not in await world.clocks(case)
            await world.handle(case.ready(without=case.aunt))
            clock = (await world.clocks(case))["key-person-out"]
            assert (clock.state, clock.owner, clock.escalate_to) == (
                "running",
                "coordinator",
                "regional-manager",
            )
            assert clock.due_at - await world.now() <= timedelta(days=6)
            await world.handle(intake.CasePaused(case_id=case.id, reason="illness"))
            assert (await world.clocks(case))["key-person-out"].state == "paused"
            await world.handle(intake.CaseResumed(case_id=case.id))
            assert (await world.clocks(case))["key-person-out"].state == "running"
            await decide(world, case)
            assert (await world.clocks(case))["key-person-out"].state == "stopped"

    async def test_is_not_decided_once_everybody_who_has_to_be_there_comes_after_all(
        self, world: Scheduling
    ) -> None:
        case = await world.scheduled(20, 30)
        for out, state in (
            ((case.aunt, case.central), "running"),
            ((case.aunt,), "running"),
            ((), "stopped"),
            ((case.aunt,), "running"),
        ):
            await world.handle(_without(case, *out))
            assert (await world.clocks(case))["key-person-out"].state == state
        await _stands(world, case)
        # Who need not be there asks for no decision, and what was decided stays so.
        await world.handle(_without(case, case.aunt, case.teacher))
        assert (await world.clocks(case))["key-person-out"].state == "stopped"

    @pytest.mark.parametrize("left", [network.PersonRemoved, network.PersonExcluded])
    async def test_is_decided_too_where_they_left_the_circle_for_good(
        self, world: Scheduling, left: Any
    ) -> None:
        case = await world.scheduled(20, 30)
        await world.handle(left(case_id=case.id, person_id=case.neighbour))
        assert "key-person-out" not in await world.clocks(case)
        for event in (left(case_id=case.id, person_id=case.aunt), case.ready(without=case.aunt)):
            await world.handle(event)
            assert (await world.clocks(case))["key-person-out"].state == "running"
        await _stands(world, case)

    async def test_is_decided_by_the_day_also_after_a_pause(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        world.later(days=12)
        await world.handle(case.ready(without=case.aunt))
        due_at = (await world.clocks(case))["key-person-out"].due_at
        await world.handle(intake.CasePaused(case_id=case.id, reason="illness"))
        world.later(days=5)
        await world.handle(intake.CaseResumed(case_id=case.id))
        clock = (await world.clocks(case))["key-person-out"]
        assert due_at < clock.due_at == NOW + timedelta(days=20)
        assert clock.state == "running"

    async def test_is_known_on_the_day_at_the_latest(self, world: Scheduling) -> None:
        case = await world.scheduled(20)
        world.later(days=19)
        await world.handle(case.ready(without=case.aunt))
        clock = (await world.clocks(case))["key-person-out"]
        assert clock.due_at == NOW + timedelta(days=20)
        world.later(days=2)
        assert (await hold(world, case)).status_code == 200
        assert (await world.clocks(case))["key-person-out"].state == "stopped"

    async def test_is_not_asked_of_others_or_without_a_day(self, world: Scheduling) -> None:
        case, undated = await world.scheduled(20), await world.polled()
        await world.handle_all(case.ready(without=case.neighbour), undated.ready(without=undated.aunt))
        for each in (case, undated):
            assert "key-person-out" not in await world.clocks(each)


def _without(case: Case, *people: UUID) -> network.CircleReady:
    ready = case.ready()
    members = tuple(each for each in ready.members if each.person_id not in people)
    return ready.model_copy(update={"members": members})


async def _stands(world: Scheduling, case: Case) -> None:
    told = await world.told(case, "conference-scheduled")
    assert (await world.schedule(case)).status_code == 200
    assert await world.told(case, "conference-scheduled") == told


async def _moves(world: Scheduling, case: Case) -> None:
    assert (await world.schedule(case, option_id=str(case.options[1]))).status_code == 200
