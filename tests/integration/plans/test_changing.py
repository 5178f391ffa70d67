"""One agreement is changed between the meetings of a circle: in that version of the plan all else stays as it was."""

import asyncio
from typing import Any

import pytest

from shared.auth import Role
from shared.events import intake, network
from shared.ids import uuid7
from tests.integration.plans.test_follow_up import steps_to
from tests.support.world import Case, problem
from tests.support.world.plans import Plans, changed_plan

pytestmark = pytest.mark.usefixtures("lock_order")


def change(case: Case, version: int = 1, **changes: Any) -> dict[str, Any]:
    """Return what the circle makes of an agreement."""
    return {
        "version": version,
        "reason": "Tante is ziek",
        "what": "Samen ontbijten",
        "who_person_ids": [str(case.neighbour)],
        "due_on": "2026-04-20",
        **changes,
    }


async def changed(world: Plans, case: Case, agreement: str, who: dict[str, str], **body: Any) -> Any:
    """Change an agreement."""
    return await world.do(
        "POST", f"/v1/agreements/{agreement}/changes", who, json=change(case, **body), expect=201
    )


class TestChangeAnAgreement:
    async def test_makes_a_version_that_keeps_every_other_agreement_as_it_was(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case, resources=[{"what": "Een fiets"}])
        first, second = plan["agreement_ids"]
        await world.do(
            "POST",
            f"/v1/agreements/{second}/progress",
            world.coordinator(case),
            json={"progress": "nearly"},
        )
        clock = (await world.clocks(case))["check-in"]
        before = await world.rows("SELECT * FROM clock WHERE subject = :id", id=second)
        made = await changed(world, case, first, world.person(case, case.neighbour))
        assert (made["version"], made["acceptance"]) == (2, "not-needed")
        read = await world.do("GET", f"/v1/plans/{plan['plan_id']}", world.person(case, case.central))
        assert (read["version"], read["change_reason"]) == (2, "Tante is ziek")
        assert [
            (each["agreement_id"], each["what"], each["state"], each["progress"], each["due_on"])
            for each in read["agreements"]
        ] == [
            (second, "Bellen met school", "open", "nearly", "2026-04-10"),
            (made["agreement_id"], "Samen ontbijten", "open", None, "2026-04-20"),
        ]
        assert (read["goals"][0], read["plan_b"][0]["then"]) == ("Naar school gaan", "Tante komt")
        assert [each["what"] for each in read["resources"]] == ["Een fiets"]
        # What is asked of others is answered as before.
        resource = read["resources"][0]["resource_id"]
        body = {"state": "granted", "answer": "Ja"}
        await world.do("PUT", f"/v1/resources/{resource}", world.coordinator(case), json=body)
        assert await world.rows("SELECT * FROM clock WHERE subject = :id", id=second) == before
        assert (await world.clocks(case))["check-in"] == clock
        running = await world.rows(
            "SELECT subject, due_at FROM clock WHERE kind LIKE 'agreement%' AND state = 'running'"
            " ORDER BY due_at"
        )
        assert [str(row.subject) for row in running] == [second, made["agreement_id"]]
        assert running[1].due_at.isoformat() == "2026-04-20T07:00:00+00:00"
        events = await world.published("plans.plan.recorded.v1", case=case)
        assert events[-1].data["agreement_ids"] == [second, made["agreement_id"]]
        assert events[-1].data["conference_id"] == str(case.conference)
        assert [each.data["replaced"] for each in events] == [[], [first]]

    async def test_says_who_changed_what_and_why(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case)
        made = await changed(world, case, plan["agreement_ids"][0], world.person(case, case.neighbour))
        await changed(
            world, case, made["agreement_id"], world.coordinator(case), version=2, reason="Toch op dinsdag"
        )
        listed = await world.do("GET", f"/v1/plans/{plan['plan_id']}/versions", world.person(case, case.aunt))
        assert [
            (each["version"], each["recorded_as"], each["recorded_by"], each["change_reason"])
            for each in listed["items"]
        ] == [
            (3, "coordinator", str(case.coordinator), "Toch op dinsdag"),
            (2, "person", str(case.neighbour), "Tante is ziek"),
            (1, "coordinator", str(case.coordinator), None),
        ]
        rows = await world.rows("SELECT plan_version::text AS row FROM plan_version")
        assert not any("ziek" in row.row for row in rows)

    async def test_tells_each_whom_it_concerns_once_and_not_who_changed_it(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case)
        path = f"/v1/agreements/{plan['agreement_ids'][0]}/changes"
        body = change(case, who_person_ids=[str(case.central)])
        await world.do("POST", path, world.person(case, case.central), json=body, expect=201)
        # Who did it, and the monitor.
        assert sorted(await world.told(case, "agreement-changed")) == sorted([case.aunt, case.neighbour])

    async def test_keeps_who_stands_behind_the_plan_but_of_whom_it_asks_something_else(
        self, world: Plans
    ) -> None:
        case = await world.open_case(mandated=None)
        stances = [{"person_id": str(each), "agrees": True} for each in (case.aunt, case.neighbour)]
        plan = await world.recorded(case, stances=stances)
        await changed(world, case, plan["agreement_ids"][0], world.coordinator(case))
        read = await world.do("GET", f"/v1/plans/{plan['plan_id']}", world.coordinator(case))
        assert [each["person_id"] for each in read["stances"]] == [str(case.aunt)]

    async def test_is_judged_anew_by_the_mandated_side(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        lines = [{"bottom_line_id": str(line), "met": True} for line in case.bottom_lines]
        path = f"/v1/plans/{plan['plan_id']}/acceptance"
        await world.do("PUT", path, world.referrer(case.mandated), json={"lines": lines})
        made = await changed(world, case, plan["agreement_ids"][0], world.coordinator(case))
        assert made["acceptance"] == "awaited"
        assert (await world.clocks(case))["plan-acceptance"].state == "running"

    async def test_is_read_by_who_does_it_though_the_plan_was_shared_as_it_was(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case)
        path, teacher = f"/v1/plans/{plan['plan_id']}", world.person(case, case.teacher)
        shared = {"person_ids": [str(case.teacher)], "parts": ["goals"]}
        await world.do("POST", f"{path}/share", world.coordinator(case), json=shared)
        assert (await world.do("GET", path, teacher))["agreements"] == []
        who = [str(case.teacher)]
        await changed(world, case, plan["agreement_ids"][1], world.coordinator(case), who_person_ids=who)
        read = await world.do("GET", path, teacher)
        assert (read["version"], [each["what"] for each in read["agreements"]]) == (1, ["Samen ontbijten"])

    async def test_tries_again_what_lapsed_and_leaves_what_is_settled(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case)
        first, second = plan["agreement_ids"]
        who = world.person(case, case.neighbour)
        await world.do("POST", f"/v1/agreements/{second}/done", who)
        path = "/v1/agreements/{}/changes"
        assert await world.refused("POST", path.format(second), who, json=change(case)) == (
            409,
            "agreement-settled",
        )
        await world.do("POST", f"/v1/agreements/{first}/lapse", who)
        made = await changed(world, case, first, who)
        states = await world.rows("SELECT id, state, until_version FROM agreement ORDER BY created_at, id")
        assert {str(row.id): (row.state, row.until_version) for row in states} == {
            first: ("lapsed", 2),
            second: ("done", None),
            made["agreement_id"]: ("open", None),
        }
        # What is no longer in the plan is changed no more.
        assert await world.refused("POST", path.format(first), who, json=change(case, 2)) == (
            409,
            "agreement-settled",
        )

    async def test_is_all_replaced_by_the_next_whole_version(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case)
        done, _ = plan["agreement_ids"]
        await world.do("POST", f"/v1/agreements/{done}/done", world.coordinator(case))
        await changed(world, case, plan["agreement_ids"][1], world.coordinator(case))
        path = f"/v1/plans/{plan['plan_id']}"
        await world.do("POST", f"{path}/versions", world.coordinator(case), json=changed_plan(case, 2))
        read = await world.do("GET", path, world.coordinator(case))
        assert (read["version"], [each["plan_version"] for each in read["agreements"]]) == (3, [3, 3])

    async def test_starts_at_rest_while_the_case_rests_and_not_at_all_once_it_is_over(
        self, world: Plans
    ) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case)
        await world.handle(intake.CasePaused(case_id=case.id, reason="illness"))
        made = await changed(world, case, plan["agreement_ids"][0], world.coordinator(case))
        clocks = await world.rows("SELECT state FROM clock WHERE subject = :id", id=made["agreement_id"])
        assert [row.state for row in clocks] == ["paused"]
        await world.handle(intake.CaseWithdrawn(case_id=case.id, reason="own-wish", by="central-person"))
        path = f"/v1/agreements/{made['agreement_id']}/changes"
        status, _ = await world.refused("POST", path, world.coordinator(case), json=change(case, 2))
        assert status == 409


class TestWhoMayNot:
    async def test_change_it_are_those_who_only_do_it_and_strangers(self, world: Plans) -> None:
        case, other = await world.open_case(mandated=None), await world.open_case(mandated=None)
        plan, _ = await world.recorded(case), await world.recorded(other)
        path = f"/v1/agreements/{plan['agreement_ids'][0]}/changes"
        for who, status in (
            (world.person(case, case.aunt), 403),
            (world.person(case, case.teacher), 403),
            (world.manager(), 403),
            (world.person(other, other.central), 404),
            (world.person(other, other.neighbour), 404),
            (world.coordinator(other), 404),
            (world.staff(uuid7(), uuid7(), Role.REGIONAL_MANAGER), 403),
        ):
            answer = await world.ask("POST", path, who, json=change(case))
            assert answer.status_code == status, answer.text
        assert await world.rows("SELECT 1 FROM plan_version WHERE version = 2") == []

    async def test_the_monitor_who_left_is_one_of_them(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case)
        await world.handle(network.PersonExcluded(case_id=case.id, person_id=case.neighbour))
        path = f"/v1/agreements/{plan['agreement_ids'][0]}/changes"
        answer = await world.ask("POST", path, world.person(case, case.neighbour), json=change(case))
        assert answer.status_code in (403, 404, 410)
        # Nor is anything promised for them.
        assert await world.refused("POST", path, world.coordinator(case), json=change(case)) == (
            422,
            "person-not-of-case",
        )

    async def test_the_manager_does_while_it_waits_for_them(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        await world.recorded(case)
        await world.handle(case.released())
        await steps_to(world, case, "agreement-slips")
        slipping = (await world.clocks(case))["agreement-slips"].subject
        due = {"due_on": "2026-06-20"}
        await changed(world, case, str(slipping), world.manager(), **due)
        [row] = await world.rows("SELECT recorded_as FROM plan_version WHERE version = 2")
        assert row.recorded_as == "regional-manager"
        live = await world.rows("SELECT 1 FROM clock WHERE subject = :id AND state <> 'stopped'", id=slipping)
        assert live == []


class TestForAChildUnderTwelve:
    async def test_who_holds_authority_over_it_changes_it_and_the_child_does_not(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case)
        path = f"/v1/agreements/{plan['agreement_ids'][0]}/changes"
        child = world.person(case, case.central, under_twelve=True)
        assert await world.refused("POST", path, child, json=change(case)) == (403, "from-twelve-on")
        body = change(case, who_person_ids=[str(case.central)])
        mother = world.person(case, case.aunt, decides_for=[case.central])
        await world.do("POST", path, mother, json=body, expect=201)
        [row] = await world.rows("SELECT recorded_as, recorded_by FROM plan_version WHERE version = 2")
        assert (row.recorded_as, row.recorded_by) == ("person", case.aunt)
        # The child is told, and the monitor.
        assert sorted(await world.told(case, "agreement-changed")) == sorted([case.central, case.neighbour])

    async def test_a_professional_with_authority_stays_outside_the_circles_plan(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case)
        path = f"/v1/agreements/{plan['agreement_ids'][0]}/changes"
        guardian = world.person(case, case.teacher, decides_for=[case.central])
        assert await world.refused("POST", path, guardian, json=change(case)) == (403, "not-yours")

    async def test_who_left_the_circle_changes_nothing_more(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case)
        await world.handle(network.PersonRemoved(case_id=case.id, person_id=case.aunt))
        path = f"/v1/agreements/{plan['agreement_ids'][0]}/changes"
        answer = await world.ask(
            "POST", path, world.person(case, case.aunt, decides_for=[case.central]), json=change(case)
        )
        assert answer.status_code in (403, 404, 410)


class TestTwiceAtOnce:
    async def test_makes_one_version(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case)
        paths = [f"/v1/agreements/{each}/changes" for each in plan["agreement_ids"]] * 2
        who = (world.person(case, case.neighbour), world.coordinator(case))
        answers = await asyncio.gather(
            *(
                world.ask("POST", path, who[number % 2], json=change(case))
                for number, path in enumerate(paths)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        assert {problem(answer) for answer in answers if answer.is_error} == {(409, "other-version")}
        assert len(await world.rows("SELECT 1 FROM plan_version")) == 2
        assert len(await world.rows("SELECT 1 FROM agreement")) == 3

    async def test_sent_again_with_its_key_answers_the_same(self, world: Plans) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case)
        path = f"/v1/agreements/{plan['agreement_ids'][0]}/changes"
        who = world.person(case, case.neighbour) | {"idempotency-key": str(uuid7())}
        first, again = [await world.ask("POST", path, who, json=change(case)) for _ in range(2)]
        assert (first.status_code, first.json()) == (again.status_code, again.json())
        assert len(await world.told(case, "agreement-changed")) == 1


class TestWhatCannotBeMeant:
    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"due_on": "1900-01-01"}, "date-out-of-range"),
            ({"due_on": "2199-01-01"}, "date-out-of-range"),
            ({"who_person_ids": [str(uuid7())]}, "person-not-of-case"),
            ({"reason": ""}, "invalid-request"),
            ({"reason": "x" * 20_000}, "invalid-request"),
            ({"what": "a\u0000b"}, "invalid-request"),
            ({"what": "a\n" * 1_001}, "plan-too-long"),
            ({"version": 0}, "invalid-request"),
            ({"version": 7}, "other-version"),
            ({"by": "professional"}, "invalid-request"),
        ],
    )
    async def test_is_refused_and_changes_nothing(
        self, world: Plans, body: dict[str, Any], code: str
    ) -> None:
        case = await world.open_case(mandated=None)
        plan = await world.recorded(case)
        path = f"/v1/agreements/{plan['agreement_ids'][0]}/changes"
        answer = await world.ask("POST", path, world.coordinator(case), json=change(case, **body))
        assert problem(answer)[1] == code
        assert await world.rows("SELECT 1 FROM plan_version WHERE version = 2") == []
