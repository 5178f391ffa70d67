"""Agreements, check-ins and the end of the follow-up, through the API and step by step."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from services.plans.domain import follow_up_workflow_id
from services.plans.operations import accepting
from services.plans.operations.timing import ACCEPTANCE
from services.plans.workflows import FollowUp
from shared.auth import Role
from shared.calendar import BELGIUM
from shared.events import intake, network, scheduling
from shared.ids import uuid7
from tests.support.steps import deadline_of, step_on
from tests.support.world import Case
from tests.support.world.plans import Plans, plan_of

# A review that comes after the check at three months.
LATER = "2026-08-01"


async def step(world: Plans, case: Case) -> str:
    """Go to the next deadline of the follow-up and take the step; return the kind of its clock."""
    workflow_id = follow_up_workflow_id(case.id)
    return (await step_on(world, FollowUp, workflow_id)).kind


async def steps_to(world: Plans, case: Case, kind: str) -> None:
    """Take steps until one of a kind was taken."""
    for _ in range(30):
        if await step(world, case) == kind:
            return
    pytest.fail(f"no step of kind {kind}")


async def check_ins(world: Plans, case: Case, who: dict[str, str]) -> dict[str, dict[str, Any]]:
    answer = await world.do("GET", f"/v1/cases/{case.id}/check-ins", who, expect=200)
    return {item["kind"]: item for item in answer["items"]}


async def record(world: Plans, check_in: dict[str, Any], who: dict[str, str], **body: Any) -> Any:
    path = f"/v1/check-ins/{check_in['check_in_id']}/record"
    if check_in["kind"] == "four-weeks" and check_in["state"] == "planned":
        # A week before it is due, when it can first be recorded.
        world.later(days=21)
    return await world.ask("POST", path, who, json={"decision": "continue"} | body)


async def _reviewed(world: Plans, case: Case) -> None:
    """Come to the review date, and record that the circle does not want to meet."""
    found: dict[str, Any] = {}
    while found.get("state") != "due":
        await step(world, case)
        found = (await check_ins(world, case, world.manager())).get("review", {})
    assert (await record(world, found, world.manager())).status_code == 200


class TestAgreements:
    async def test_are_told_before_and_on_their_day_and_after_it_then_slip_and_lapse(
        self, world: Plans
    ) -> None:
        case = await world.open_case()
        plan = await world.recorded(case, agreements=plan_of(case)["agreements"][:1])
        await steps_to(world, case, "agreement")
        assert (await world.told(case, "agreement-near"), await world.told(case, "agreement-due")) == (
            [case.aunt],
            [],
        )
        await steps_to(world, case, "agreement")
        assert await world.told(case, "agreement-due") == [case.aunt]
        await steps_to(world, case, "agreement-grace")
        assert await world.told(case, "agreement-reminder") == [case.aunt]
        await steps_to(world, case, "agreement-grace")
        assert await world.told(case, "agreement-reminder") == [case.aunt]
        # The monitor hears first, then the coordinator has to see to it, then the regional manager.
        assert await world.told(case, "agreement-slips") == [case.neighbour]
        for state in ("running", "breached"):
            await steps_to(world, case, "agreement-slips")
            [slips] = await world.rows(
                "SELECT state, owner, escalate_to, warned_at FROM clock WHERE kind = 'agreement-slips'"
            )
            assert (slips.state, slips.owner, slips.escalate_to) == (
                state,
                "coordinator",
                "regional-manager",
            )
            assert slips.warned_at is not None
        assert await world.published("plans.agreement.lapsed.v1", case=case) == []
        await steps_to(world, case, "agreement-lapse")
        (lapsed,) = await world.published("plans.agreement.lapsed.v1", case=case)
        assert lapsed.data["agreement_id"] == plan["agreement_ids"][0]
        states = await world.rows("SELECT state FROM clock WHERE kind LIKE 'agreement%'")
        assert {row.state for row in states} == {"stopped"}

    async def test_of_a_day_that_was_over_have_their_time_from_then_on(self, world: Plans) -> None:
        case, now = await world.open_case(), await world.now()
        of_the_past = plan_of(case)["agreements"][0] | {"due_on": f"{now - timedelta(days=60):%Y-%m-%d}"}
        await world.recorded(case, agreements=[of_the_past])
        await steps_to(world, case, "agreement")
        assert await world.told(case, "agreement-due") == []
        [grace] = await world.rows("SELECT warn_at, due_at FROM clock WHERE kind = 'agreement-grace'")
        assert now < grace.warn_at < grace.due_at
        await steps_to(world, case, "agreement-grace")
        assert await world.told(case, "agreement-reminder") == [case.aunt]
        assert await world.published("plans.agreement.lapsed.v1", case=case) == []

    async def test_of_somebody_named_in_words_or_gone_are_the_monitors(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case, agreements=plan_of(case)["agreements"][1:])
        for _ in ("near", "due"):
            await steps_to(world, case, "agreement")
        assert await world.told(case, "agreement-due") == [case.neighbour]

    @pytest.mark.parametrize("coordinator", [True, False])
    async def test_of_nobody_who_can_be_asked_are_who_coordinates_from_their_day(
        self, world: Plans, *, coordinator: bool
    ) -> None:
        case = await world.open_case(mandated=None)
        in_words = plan_of(case)["agreements"][1:]
        plan = await world.recorded(case, agreements=in_words, monitor_person_id=None)
        if not coordinator:
            await world.handle(case.released())
        for _ in ("near", "due"):
            await steps_to(world, case, "agreement")
        [slips] = await world.rows(
            "SELECT owner, state, warn_at, started_at FROM clock WHERE kind = 'agreement-slips'"
        )
        assert (slips.owner, slips.state) == ("coordinator" if coordinator else "regional-manager", "running")
        assert slips.warn_at == slips.started_at == await world.now()
        assert await world.rows("SELECT 1 FROM clock WHERE kind = 'agreement-grace'") == []
        # Their turn comes at once, and so does the mail of the next morning; it may still be done.
        await steps_to(world, case, "agreement-slips")
        [slips] = await world.rows("SELECT state, warned_at FROM clock WHERE kind = 'agreement-slips'")
        assert (slips.state, slips.warned_at is not None) == ("running", True)
        path = f"/v1/agreements/{plan['agreement_ids'][0]}/done"
        await world.do("POST", path, world.coordinator(case) if coordinator else world.manager())
        live = await world.rows("SELECT 1 FROM clock WHERE kind LIKE 'agreement%' AND state <> 'stopped'")
        assert live == []

    async def test_of_somebody_whom_no_mail_reaches_are_the_monitors(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case, agreements=plan_of(case)["agreements"][:1])
        for _ in ("near", "due"):
            await steps_to(world, case, "agreement")
        failed = network.MessageFailed(
            case_id=case.id,
            person_id=case.aunt,
            message_id=uuid7(),
            kind="agreement-due",
            reason="no-address",
            link_target=f"agreements/{plan['agreement_ids'][0]}",
        )
        await world.handle(failed)
        await world.handle(failed.model_copy(update={"person_id": case.neighbour}))
        assert await world.told(case, "agreement-due") == [case.aunt, case.neighbour]

    async def test_are_nearly_done_once_with_time_anew(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case, agreements=plan_of(case)["agreements"][:1])
        path, who = f"/v1/agreements/{plan['agreement_ids'][0]}/progress", world.person(case, case.aunt)
        for _ in ("near", "due"):
            await steps_to(world, case, "agreement")
        await steps_to(world, case, "agreement-grace")
        due = "SELECT due_at FROM clock WHERE kind = 'agreement-grace' AND state = 'running'"
        [before] = await world.rows(due)
        answer = await world.ask("POST", path, who, json={"progress": "nearly"}, expect=200)
        world.later(days=1)
        await world.ask("POST", path, who, json={"progress": "nearly"}, expect=200)
        assert (answer.json()["state"], answer.json()["progress"]) == ("open", "nearly")
        [after] = await world.rows(due)
        assert after.due_at - before.due_at == timedelta(days=7)
        [listed] = (await world.do("GET", f"/v1/cases/{case.id}/agreements", who))["items"]
        assert (listed["progress"], listed["progress_at"] is not None) == ("nearly", True)
        [said] = await world.rows("SELECT progress_by FROM agreement")
        assert said.progress_by == case.aunt
        # Saying it again tells nothing new; what was said before is told with what is said now.
        for progress in ("not-yet", "not-yet"):
            await world.ask("POST", path, who, json={"progress": progress}, expect=200)
        await world.ask("POST", path.replace("progress", "done"), who, expect=200)
        told = await world.published("plans.agreement.progressed.v1", case=case)
        assert [(each.data["before"], each.data["progress"]) for each in told] == [
            (None, "nearly"),
            ("nearly", "not-yet"),
        ]
        [done] = await world.published("plans.agreement.done.v1", case=case)
        assert done.data["before"] == "not-yet"

    async def test_that_changed_the_monitor_hears_of_and_help_also_who_coordinates(
        self, world: Plans
    ) -> None:
        case = await world.open_case()
        plan = await world.recorded(case, agreements=plan_of(case)["agreements"][:1])
        path, who = f"/v1/agreements/{plan['agreement_ids'][0]}", world.person(case, case.aunt)
        for progress, told in (("not-yet", 0), ("changed", 1), ("changed", 1), ("help", 2), ("help", 2)):
            await world.ask("POST", f"{path}/progress", who, json={"progress": progress}, expect=200)
            assert await world.told(case, "agreement-slips") == [case.neighbour] * told
        await steps_to(world, case, "agreement-slips")
        clocks = await world.rows(
            "SELECT kind, state, warned_at FROM clock WHERE kind LIKE 'agreement%' AND state <> 'stopped'"
        )
        assert {clock.kind for clock in clocks} == {"agreement-slips", "agreement-lapse"}
        [slips] = [clock for clock in clocks if clock.kind == "agreement-slips"]
        assert slips.warned_at is not None
        for _ in range(2):
            await world.ask("POST", f"{path}/done", who, expect=200)
        assert len(await world.published("plans.agreement.done.v1", case=case)) == 1
        left = await world.rows("SELECT id FROM clock WHERE kind LIKE 'agreement%' AND state <> 'stopped'")
        assert left == []
        refused = await world.refused("POST", f"{path}/progress", who, json={"progress": "nearly"})
        assert refused == (409, "agreement-settled")

    @pytest.mark.parametrize("coordinator", [True, False])
    @pytest.mark.parametrize("monitor", ["there", "none", "gone", "slips"])
    async def test_that_slip_are_heard_of_by_the_next_who_is_there(
        self, world: Plans, monitor: str, coordinator: bool
    ) -> None:
        case = await world.open_case(mandated=None)
        agreement = plan_of(case)["agreements"][0]
        if monitor == "slips":
            agreement["who_person_ids"] = [str(case.neighbour)]
        named = None if monitor == "none" else str(case.neighbour)
        await world.recorded(case, agreements=[agreement], monitor_person_id=named)
        if monitor == "gone":
            await world.handle(network.PersonRemoved(case_id=case.id, person_id=case.neighbour))
        if not coordinator:
            await world.handle(case.released())
        for kind in ("agreement", "agreement", "agreement-grace", "agreement-grace"):
            await steps_to(world, case, kind)
        told = [case.neighbour] if monitor == "there" else []
        assert await world.told(case, "agreement-slips") == told
        [slips] = await world.rows(
            "SELECT owner, escalate_to, started_at, warn_at, due_at FROM clock WHERE kind = 'agreement-slips'"
        )
        owner = "coordinator" if coordinator else "regional-manager"
        assert (slips.owner, slips.escalate_to) == (owner, "regional-manager")
        assert (slips.warn_at - slips.started_at).days == (7 if monitor == "there" else 0)
        assert (slips.due_at - slips.started_at).days == 14
        for state in ("running", "breached"):
            await steps_to(world, case, "agreement-slips")
            [slips] = await world.rows("SELECT state, warned_at FROM clock WHERE kind = 'agreement-slips'")
            assert (slips.state, slips.warned_at is not None) == (state, True)
        listed = await world.ask("GET", f"/v1/cases/{case.id}/agreements", world.manager(), expect=200)
        assert listed.json()["items"][0]["state"] == "open"

    @pytest.mark.parametrize(
        ("monitor", "by", "told", "staff"),
        [
            ("there", "aunt", True, False),
            ("there", "neighbour", False, False),
            ("none", "aunt", False, True),
            ("gone", "aunt", False, True),
        ],
    )
    async def test_that_changed_are_heard_of_by_the_monitor_or_else_by_who_coordinates(
        self, world: Plans, monitor: str, by: str, told: bool, staff: bool
    ) -> None:
        case = await world.open_case(mandated=None)
        both = plan_of(case)["agreements"][0] | {"who_person_ids": [str(case.aunt), str(case.neighbour)]}
        named = None if monitor == "none" else str(case.neighbour)
        plan = await world.recorded(case, agreements=[both], monitor_person_id=named)
        if monitor == "gone":
            await world.handle(network.PersonRemoved(case_id=case.id, person_id=case.neighbour))
        path, who = (
            f"/v1/agreements/{plan['agreement_ids'][0]}/progress",
            world.person(case, getattr(case, by)),
        )
        await world.ask("POST", path, who, json={"progress": "changed"}, expect=200)
        assert await world.told(case, "agreement-slips") == ([case.neighbour] if told else [])
        slips = await world.rows(
            "SELECT owner, warn_at = started_at AS now FROM clock WHERE kind = 'agreement-slips'"
        )
        assert [(row.owner, row.now) for row in slips] == ([("coordinator", True)] if staff else [])

    @pytest.mark.parametrize("rests", [False, True])
    async def test_that_waited_for_who_coordinated_are_the_managers_at_once_when_they_leave(
        self, world: Plans, rests: bool
    ) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=plan_of(case)["agreements"][:1])
        await steps_to(world, case, "agreement-slips")
        before = (await world.clocks(case))["agreement-slips"]
        if rests:
            await world.handle(intake.CasePaused(case_id=case.id, reason="illness"))
            world.later(days=2)
        await world.handle(case.released())
        if rests:
            world.later(days=3)
            await world.handle(intake.CaseResumed(case_id=case.id))
        [after] = await world.rows(
            "SELECT owner, state, warned_at, warn_at, due_at FROM clock"
            " WHERE kind = 'agreement-slips' AND state <> 'stopped'"
        )
        assert (after.owner, after.state, after.warned_at) == (
            "regional-manager",
            "running",
            before.warned_at,
        )
        rested = timedelta(days=5) if rests else timedelta()
        assert (after.warn_at, after.due_at) == (before.warn_at, before.due_at + rested)
        told = [event.data for event in await world.published("plans.clock.started.v1", case=case)]
        # It is on their board from now on: whoever was to act was warned before.
        assert (told[-1]["owner"], told[-1]["warn_at"] is not None) == ("regional-manager", True)

    async def test_are_not_told_once_done(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case, agreements=plan_of(case)["agreements"][:1])
        path = f"/v1/agreements/{plan['agreement_ids'][0]}/done"
        answer = await world.ask("POST", path, world.person(case, case.aunt))
        assert (answer.status_code, answer.json()["state"]) == (200, "done")
        await steps_to(world, case, "check-in")
        assert await world.told(case, "agreement-due") == []

    async def test_may_be_done_after_they_lapsed_and_are_settled_once(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        path, who = f"/v1/agreements/{plan['agreement_ids'][0]}", world.person(case, case.neighbour)
        await world.ask("POST", f"{path}/lapse", who, expect=200)
        answers = await asyncio.gather(*(world.ask("POST", f"{path}/done", who) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [200, 200, 200]
        assert len(await world.published("plans.agreement.done.v1", case=case)) == 1

    async def test_are_settled_by_who_does_them_the_monitor_and_the_central_person(
        self, world: Plans
    ) -> None:
        case, other = await world.open_case(), await world.open_case()
        plan = await world.recorded(case)
        path = f"/v1/agreements/{plan['agreement_ids'][1]}/done"
        for who, status in (
            (world.person(case, case.aunt), 403),
            (world.person(case, case.teacher), 403),
            (world.person(other, other.central), 404),
            (world.person(other, case.central), 404),
            (world.referrer(case.mandated), 403),
            (world.coordinator(other), 404),
            (world.person(case, case.central), 200),
        ):
            assert (await world.ask("POST", path, who)).status_code == status


class TestAcceptance:
    async def test_that_does_not_come_is_presumed_and_may_still_be_said(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case, agreements=[])
        assert await step(world, case) == "plan-acceptance"
        assert (await world.clock_states(case))["plan-acceptance"] == "stopped"
        lines = [{"bottom_line_id": str(line), "met": True} for line in case.bottom_lines]
        path = f"/v1/plans/{plan['plan_id']}/acceptance"
        await world.ask("PUT", path, world.referrer(case.mandated), json={"lines": lines}, expect=200)
        assert (await world.clock_states(case))["plan-acceptance"] == "stopped"


class TestCheckIns:
    async def test_come_to_the_coordinator_and_then_to_the_monitor(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[], review_on=LATER)
        await step(world, case)
        waiting = await world.ask("GET", "/v1/check-ins", world.coordinator(case))
        (call,) = waiting.json()["items"]
        assert (call["kind"], call["state"], await world.told(case, "check-in")) == ("four-weeks", "due", [])
        answer = await record(world, call, world.coordinator(case), note="Het gaat goed")
        assert (answer.status_code, answer.json()["follow_up"]) == (200, "running")
        await step(world, case)
        assert await world.told(case, "check-in") == [case.neighbour]
        due = [row.data["owner"] for row in await world.published("plans.check-in.due.v1", case=case)]
        assert due == ["coordinator", "monitor"]

    async def test_fall_to_the_manager_when_nobody_asks(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[])
        await step(world, case)
        await step(world, case)
        waiting = await world.ask("GET", "/v1/check-ins", world.manager())
        (late,) = waiting.json()["items"]
        assert (late["kind"], late["state"]) == ("four-weeks", "escalated")
        assert (await record(world, late, world.manager())).status_code == 200
        assert (await world.do("GET", "/v1/check-ins", world.manager()))["items"] == []

    async def test_fall_to_the_manager_when_the_monitor_left(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[], review_on=LATER)
        checks = await check_ins(world, case, world.coordinator(case))
        await record(world, checks["four-weeks"], world.coordinator(case))
        await world.handle(network.PersonRemoved(case_id=case.id, person_id=case.neighbour))
        await step(world, case)
        assert await world.told(case, "check-in") == []
        (due,) = await world.published("plans.check-in.due.v1", case=case)
        assert due.data["owner"] == "regional-manager"

    async def test_of_the_year_cannot_be_recorded_ahead(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        checks = await check_ins(world, case, world.person(case, case.neighbour))
        answer = await record(world, checks["twelve-months"], world.person(case, case.neighbour))
        assert answer.json()["type"].rsplit("/")[-1] == "check-in-not-due"

    async def test_are_recorded_once(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        call = (await check_ins(world, case, world.coordinator(case)))["four-weeks"]
        answers = await asyncio.gather(*(record(world, call, world.coordinator(case)) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        assert len(await world.published("plans.check-in.recorded.v1", case=case)) == 1

    async def test_say_what_became_of_agreements(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        call = (await check_ins(world, case, world.coordinator(case)))["four-weeks"]
        done, still_open = plan["agreement_ids"]
        statuses = [
            {"agreement_id": done, "status": "done"},
            {"agreement_id": still_open, "status": "open"},
        ]
        answer = await record(world, call, world.coordinator(case), agreements=statuses)
        assert answer.status_code == 200
        (said,) = await world.published("plans.agreement.done.v1", case=case)
        assert said.data["agreement_id"] == done

    async def test_know_no_agreement_of_another_case(self, world: Plans) -> None:
        case, other = await world.open_case(), await world.open_case()
        await world.recorded(case)
        theirs = (await world.recorded(other))["agreement_ids"][0]
        call = (await check_ins(world, case, world.coordinator(case)))["four-weeks"]
        statuses = [{"agreement_id": theirs, "status": "done"}]
        answer = await record(world, call, world.coordinator(case), agreements=statuses)
        assert answer.status_code == 404
        # Nothing of it was kept.
        assert (await check_ins(world, case, world.coordinator(case)))["four-weeks"]["state"] == "planned"

    async def test_show_notes_only_to_those_who_make_them_and_the_central_person(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        call = (await check_ins(world, case, world.coordinator(case)))["four-weeks"]
        seen = {"note": "Het gaat goed", "new_needs": True, "incident": False}
        await record(world, call, world.coordinator(case), **seen)
        for person, shown in (
            (case.central, seen),
            (case.neighbour, seen),
            (case.aunt, dict.fromkeys(seen)),
        ):
            checks = await check_ins(world, case, world.person(case, person))
            assert {name: checks["four-weeks"][name] for name in seen} == shown

    async def test_say_nothing_of_what_was_not_asked(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        call = (await check_ins(world, case, world.coordinator(case)))["four-weeks"]
        await record(world, call, world.coordinator(case))
        kept = (await check_ins(world, case, world.coordinator(case)))["four-weeks"]
        assert (kept["new_needs"], kept["incident"]) == (None, None)

    async def test_tell_the_monitor_and_nobody_else_that_they_are_to_ask(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        for who, yours in (
            (world.person(case, case.neighbour), {"three-months", "six-months", "twelve-months"}),
            (world.person(case, case.aunt), set()),
            (world.person(case, case.central), set()),
            (world.coordinator(case), set()),
        ):
            seen = await check_ins(world, case, who)
            assert {kind for kind, each in seen.items() if each["yours"]} == yours

    async def test_are_for_their_owner_only(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        checks = await check_ins(world, case, world.coordinator(case))
        for kind, who, status in (
            ("four-weeks", world.person(case, case.neighbour), 403),
            ("three-months", world.coordinator(case), 403),
            ("three-months", world.person(case, case.aunt), 403),
            ("three-months", world.staff(uuid7(), uuid7(), Role.REGIONAL_MANAGER), 403),
        ):
            assert (await record(world, checks[kind], who)).status_code == status


class TestReview:
    async def test_is_asked_for_once_at_a_time_and_comes_at_once(self, world: Plans) -> None:
        case = await world.open_case(referring=uuid7())
        plan = await world.recorded(case, agreements=[])
        path = f"/v1/plans/{plan['plan_id']}/review-requests"
        first = await world.ask("POST", path, world.person(case, case.aunt))
        assert (first.status_code, first.json()["owner"]) == (201, "coordinator")
        assert await world.refused("POST", path, world.referrer(case.referring)) == (
            409,
            "review-already-requested",
        )
        await step(world, case)
        (waiting,) = (await world.do("GET", "/v1/check-ins", world.coordinator(case)))["items"]
        await record(world, waiting, world.coordinator(case), decision="adjust")
        await world.ask("POST", path, world.person(case, case.aunt), expect=201)

    async def test_asks_the_circle_whether_to_meet_again_once_each(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case, agreements=[])
        path = f"/v1/plans/{plan['plan_id']}/review-requests"
        asked = (await world.ask("POST", path, world.person(case, case.aunt))).json()["check_in_id"]
        await step(world, case)
        # Who asked for it wants to meet, and is not asked.
        assert case.aunt not in await world.told(case, "review")
        assert {case.central, case.neighbour} <= {*await world.told(case, "review")}
        assert {each["parameters"]["check_in_id"] for each in await world.commands(case, "review")} == {asked}
        answer = f"/v1/check-ins/{asked}/review-answer"
        neighbour = world.person(case, case.neighbour)
        for body in ({"meet_again": True, "another_coordinator": True}, {"meet_again": False}):
            await world.ask("PUT", answer, neighbour, json=body, expect=200)
            own = (await check_ins(world, case, neighbour))["review"]["review_answers"]
            assert own["own"] is body["meet_again"]
            assert own["own_another_coordinator"] is body["meet_again"]
        await world.ask(
            "PUT", answer, world.person(case, case.neighbour), json={"another_coordinator": True}, expect=422
        )
        said = (await check_ins(world, case, world.coordinator(case)))["review"]["review_answers"]
        assert said == {
            "meet_again": 1,
            "stay_apart": 1,
            "another_coordinator": 0,
            "without_coordinator": 0,
            "own": None,
            "own_another_coordinator": False,
            "own_without_coordinator": False,
        }
        check = {"check_in_id": asked, "kind": "review", "state": "due"}
        await record(world, check, world.manager(), decision="new-conference", another_coordinator=True)
        (recorded,) = await world.published("plans.check-in.recorded.v1", case=case)
        assert (recorded.data["decision"], recorded.data["another_coordinator"]) == ("new-conference", True)
        assert (
            await world.refused("PUT", answer, world.person(case, case.neighbour), json={"meet_again": True})
        )[1] == "check-in-settled"

    async def test_is_not_what_other_checks_are(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        checks = await check_ins(world, case, world.coordinator(case))
        path = f"/v1/check-ins/{checks['four-weeks']['check_in_id']}/review-answer"
        body = {"meet_again": True}
        assert (await world.refused("PUT", path, world.person(case, case.aunt), json=body))[
            1
        ] == "not-a-review"

    async def test_comes_on_its_day_with_a_reminder_before(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[], review_on=LATER)
        await steps_to(world, case, "review")
        assert (await world.now()).date().isoformat() == "2026-07-18"
        assert case.aunt in await world.told(case, "review-reminder")
        await world.handle(case.released())
        (handed,) = await world.rows("SELECT owner FROM clock WHERE kind = 'review' AND state = 'running'")
        assert handed.owner == "regional-manager"
        await steps_to(world, case, "review")
        assert (await world.now()).date().isoformat() == "2026-08-01"
        await steps_to(world, case, "check-in")
        assert {case.aunt, case.central, case.neighbour} <= {*await world.told(case, "review")}
        waiting = (await world.do("GET", "/v1/check-ins", world.manager()))["items"]
        assert [item["owner"] for item in waiting if item["kind"] == "review"] == ["regional-manager"]

    async def test_is_not_asked_of_a_circle_that_is_to_meet_anyway(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[])
        fact = scheduling.PreparationStarted(
            case_id=case.id,
            preparation_no=2,
            reason="review",
            conference_id=uuid7(),
            target_at=await world.now(),
        )
        await world.handle(fact)
        for _ in range(2):
            await steps_to(world, case, "review")
        assert "review" not in await check_ins(world, case, world.coordinator(case))
        assert await world.told(case, "review-reminder") == []

    async def test_that_is_still_to_come_keeps_the_case_open_unless_the_circle_closes(
        self, world: Plans
    ) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case, agreements=[], review_on="2027-06-01")
        last = (await check_ins(world, case, world.manager()))["twelve-months"]
        while last["state"] != "due":
            await step(world, case)
            last = (await check_ins(world, case, world.manager()))["twelve-months"]
        assert (await record(world, last, world.manager())).json()["follow_up"] == "running"
        await steps_to(world, case, "follow-up")
        assert await world.published("plans.follow-up.ended.v1", case=case) == []
        await _reviewed(world, case)
        await steps_to(world, case, "follow-up")
        assert len(await world.published("plans.follow-up.ended.v1", case=case)) == 1


class TestEnd:
    async def test_comes_with_the_last_check(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        for _ in range(5):
            await steps_to(world, case, "check-in")
            who = world.manager()
            due = [item for item in (await check_ins(world, case, who)).values() if item["state"] == "due"]
            assert len(due) == 1
            assert (await record(world, due[0], who)).status_code == 200
        (ended,) = await world.published("plans.follow-up.ended.v1", case=case)
        assert ended.data["outcome"] == "followed-up"
        clocks = await world.rows("SELECT state FROM clock WHERE case_id = :case", case=case.id)
        assert {row.state for row in clocks} == {"stopped"}
        late = await world.ask(
            "POST", f"/v1/agreements/{plan['agreement_ids'][0]}/done", world.person(case, case.aunt)
        )
        assert late.json()["type"].rsplit("/")[-1] == "follow-up-over"

    async def test_comes_early_when_the_circle_closes(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        call = (await check_ins(world, case, world.coordinator(case)))["four-weeks"]
        answer = await record(world, call, world.coordinator(case), decision="close")
        assert answer.json()["follow_up"] == "ended"
        (ended,) = await world.published("plans.follow-up.ended.v1", case=case)
        assert ended.data["outcome"] == "closed-early"

    async def test_comes_though_nobody_ever_asks(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case, agreements=[])
        # Whether the circle wants to meet again is known; the checks of the year are not made.
        await _reviewed(world, case)
        await steps_to(world, case, "follow-up")
        assert len(await world.published("plans.follow-up.ended.v1", case=case)) == 1

    @pytest.mark.parametrize("stop", ["withdrawn", "closed"])
    async def test_comes_with_the_case_and_stops_everything(self, world: Plans, stop: str) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        await steps_to(world, case, "agreement")
        commands = len(await world.published("network.notify-people.v1", case=case))
        await world.handle(
            intake.CaseWithdrawn(case_id=case.id, reason="own-wish", by="central-person")
            if stop == "withdrawn"
            else intake.CaseClosed(case_id=case.id, outcome="plan")
        )
        clocks = await world.rows("SELECT state FROM clock WHERE case_id = :case", case=case.id)
        assert {row.state for row in clocks} == {"stopped"}
        checks = await check_ins(world, case, world.coordinator(case))
        assert {item["state"] for item in checks.values()} == {"cancelled"}
        answer = await world.ask(
            "POST", f"/v1/agreements/{plan['agreement_ids'][0]}/done", world.person(case, case.aunt)
        )
        assert answer.json()["type"].rsplit("/")[-1] == "case-stopped"
        assert len(await world.published("network.notify-people.v1", case=case)) == commands
        assert await world.published("plans.follow-up.ended.v1", case=case) == []


async def _waits(world: Plans) -> dict[str, str]:
    """Return the day on which the first clock of each kind is due."""
    found = await world.rows(
        "SELECT kind, min(due_at) AS due_at FROM clock WHERE state = 'running' GROUP BY kind"
    )
    return {row.kind: BELGIUM.day_of(row.due_at).isoformat() for row in found}


class TestRest:
    async def test_leaves_as_much_time_as_was_left(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case, agreements=[])
        before = await _waits(world)
        await world.handle(intake.CasePaused(case_id=case.id, reason="illness"))
        assert await world.rows("SELECT 1 FROM clock WHERE state = 'running'") == []
        world.later(days=10)
        await world.handle(intake.CaseResumed(case_id=case.id))
        after = await _waits(world)
        assert before.keys() == after.keys()
        moved = {kind: (before[kind], after[kind]) for kind in ("check-in", "follow-up", "review")}
        assert moved == {
            # Thirty working days: Easter Monday is one less.
            "check-in": ("2026-04-14", "2026-04-24"),
            # To the day, all days counting.
            "follow-up": ("2027-05-01", "2027-05-11"),
            # As the plan says it.
            "review": ("2026-06-01", "2026-06-01"),
        }

    async def test_beyond_the_day_of_the_review_has_the_circle_asked_at_once(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case, agreements=[])
        await world.handle(intake.CasePaused(case_id=case.id, reason="illness"))
        world.later(days=120)
        await world.handle(intake.CaseResumed(case_id=case.id))
        review = (await world.clocks(case))["review"]
        assert (review.state, review.warn_at, review.due_at) == ("running", None, await world.now())
        for kind in ("review", "check-in"):
            await steps_to(world, case, kind)
        assert await world.told(case, "review")

    async def test_leaves_the_day_of_an_agreement_as_it_stands_in_the_plan(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        day = (await world.clocks(case))["agreement"].due_at
        for length, expected in ((timedelta(days=2), day), (day - await world.now(), None)):
            await world.handle(intake.CasePaused(case_id=case.id, reason="illness"))
            world.later(seconds=length.total_seconds())
            await world.handle(intake.CaseResumed(case_id=case.id))
            clock = (await world.clocks(case))["agreement"]
            assert (clock.state, clock.due_at) == ("running", expected or await world.now())
        # Whoever does it is asked now, and has the usual time from now on.
        await steps_to(world, case, "agreement")
        assert await world.told(case, "agreement-due")
        assert (await world.clocks(case))["agreement-grace"].due_at > await world.now()

    async def test_that_is_heard_of_after_it_was_over_does_not_begin(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        await world.handle(intake.CaseResumed(case_id=case.id), sequence=1001)
        await world.handle(intake.CasePaused(case_id=case.id, reason="illness"), sequence=1000)
        assert await world.rows("SELECT 1 FROM clock WHERE state = 'paused'") == []


class TestSteps:
    async def test_for_a_deadline_that_moved_do_nothing(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        due = await deadline_of(world.context, tenant=case.tenant, kind=ACCEPTANCE, subject=plan["plan_id"])
        assert due is not None
        await world.handle(intake.CasePaused(case_id=case.id, reason="illness"))
        world.later(days=10)
        await world.handle(intake.CaseResumed(case_id=case.id))
        world.clock.time = max(world.clock.time, due.at)
        async with world.transaction() as session:
            assert not await accepting.presume_acceptance(session, due=due, now=world.clock.time)
        assert await world.published("plans.plan.accepted.v1", case=case) == []


class TestPolicy:
    async def test_of_a_case_is_the_one_in_force_when_it_opened(self, world: Plans) -> None:
        old = await world.open_case()
        world.later(minutes=1)
        await world.set_policy(world.manager(), {"four_weeks": "5d"})
        for case in (old, await world.open_case()):
            await world.recorded(case, agreements=[])
        clocks = await world.rows(
            "SELECT case_id, warn_at - started_at AS length, policy_version FROM clock"
            " WHERE kind = 'check-in' AND owner = 'coordinator'"
        )
        found = {
            row.case_id == old.id: (round(row.length / timedelta(days=1)), row.policy_version)
            for row in clocks
        }
        assert found == {True: (28, 1), False: (5, 2)}

    async def test_says_by_when_a_plan_is_looked_at_again(self, world: Plans) -> None:
        before = await world.open_case()
        world.later(minutes=1)
        await world.set_policy(world.manager(), {"review_within": "30d"})
        case = await world.open_case()
        for each, day, code in (
            (case, "2026-04-02", 422),
            (case, "2026-04-01", 201),
            (before, "2026-04-02", 201),
        ):
            body = plan_of(each, review_on=day)
            path = f"/v1/cases/{each.id}/plans"
            await world.ask("POST", path, world.coordinator(each), json=body, expect=code)

    async def test_sets_the_length_of_clocks_that_start_later(self, world: Plans) -> None:
        assert (await world.set_policy(world.manager(), {"four_weeks": "PT5S"})).json()["version"] == 2
        assert (await world.ask("GET", "/v1/policy", world.manager())).json()["settings"][
            "four_weeks"
        ] == "PT5S"
        case = await world.open_case()
        await world.recorded(case, agreements=[])
        (clock,) = await world.rows(
            "SELECT warn_at - started_at AS length, policy_version FROM clock"
            " WHERE kind = 'check-in' AND owner = 'coordinator'"
        )
        assert (clock.length.total_seconds(), clock.policy_version) == (5, 2)

    @pytest.mark.parametrize(
        "body", [{"four_weeks": "soon"}, {"morning": "25:00"}, {"unknown": "1d"}, {"four_weeks": 4}, []]
    )
    async def test_refuses_what_is_no_length(self, world: Plans, body: Any) -> None:
        await world.set_policy(world.manager(), body, expect=422)

    async def test_is_for_managers_and_administrators_of_the_tenant(self, world: Plans) -> None:
        for who in (
            world.colleague(Role.COORDINATOR),
            world.staff(uuid7(), uuid7(), Role.ADMINISTRATOR),
        ):
            await world.set_policy(who, {}, expect=403)
