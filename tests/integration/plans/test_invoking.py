"""Plan B is called in: it becomes an agreement with a day, and what it is done in the place of rests."""

import asyncio
from typing import Any

import pytest

from shared.events import intake, network
from shared.ids import uuid7
from tests.integration.plans.test_changing import changed
from tests.integration.plans.test_follow_up import steps_to
from tests.support.world import Case, problem
from tests.support.world.plans import Plans, changed_plan

pytestmark = pytest.mark.usefixtures("lock_order")


def called(**changes: Any) -> dict[str, Any]:
    """Return that the first line of plan B is needed."""
    return {"version": 1, "line": 1, "reason": "Mama werkt nu 's nachts", **changes}


async def opened(world: Plans, **plan: Any) -> tuple[Case, str, list[str]]:
    """Return a case with a plan, where plan B is called in, and its agreements."""
    case = await world.open_case(mandated=None)
    recorded = await world.recorded(case, **plan)
    return case, f"/v1/plans/{recorded['plan_id']}/plan-b", recorded["agreement_ids"]


class TestPlanB:
    async def test_becomes_an_agreement_and_what_it_replaces_rests(self, world: Plans) -> None:
        case, path, (first, second) = await opened(world)
        monitor = world.person(case, case.neighbour)
        body = called(instead_of=first)
        made = await world.do("POST", path, monitor, json=body, expect=201)
        assert made["version"] == 1
        read = await world.do("GET", path.removesuffix("/plan-b"), world.person(case, case.central))
        shown = {each["agreement_id"]: each for each in read["agreements"]}
        assert {key: each["state"] for key, each in shown.items()} == {
            first: "suspended",
            second: "open",
            made["agreement_id"]: "open",
        }
        plan_b = shown[made["agreement_id"]]
        assert (plan_b["what"], plan_b["who_person_ids"]) == ("Tante komt", [str(case.aunt)])
        # A week after the second of March.
        assert plan_b["due_on"] == "2026-03-09"
        assert plan_b["invoked"] | {"invoked_at": None} == {
            "line": 1,
            "instead_of": first,
            "invoked_by": str(case.neighbour),
            "invoked_as": "person",
            "invoked_at": None,
            "invoked_reason": "Mama werkt nu 's nachts",
        }
        running = await world.rows(
            "SELECT subject FROM clock WHERE kind LIKE 'agreement%' AND state <> 'stopped' ORDER BY due_at"
        )
        assert [str(row.subject) for row in running] == [made["agreement_id"], second]
        assert await world.told(case, "plan-b") == [case.aunt]
        [fact] = await world.published("plans.plan-b.invoked.v1", case=case)
        assert (fact.data["agreement_id"], fact.data["instead_of"]) == (made["agreement_id"], first)
        rows = await world.rows("SELECT agreement::text AS row FROM agreement")
        assert not any("nachts" in row.row for row in rows)

    async def test_called_in_twice_answers_the_same(self, world: Plans) -> None:
        case, path, (first, _) = await opened(world)
        who = (world.person(case, case.neighbour), world.coordinator(case), world.person(case, case.central))
        answers = await asyncio.gather(
            *(world.ask("POST", path, each, json=called(instead_of=first)) for each in who)
        )
        assert [answer.status_code for answer in answers] == [201] * 3
        assert len({answer.json()["agreement_id"] for answer in answers}) == 1
        again = await world.do("POST", path, who[0], json=called(), expect=201)
        assert again == answers[0].json()
        assert await world.told(case, "plan-b") == [case.aunt]
        assert len(await world.rows("SELECT 1 FROM agreement")) == 3

    async def test_is_called_in_again_once_it_was_done(self, world: Plans) -> None:
        case, path, _ = await opened(world)
        who = world.coordinator(case)
        made = await world.do("POST", path, who, json=called(), expect=201)
        # Moved, it is plan B still.
        moved = await changed(world, case, made["agreement_id"], who)
        assert (await world.do("POST", path, who, json=called(version=2)))["agreement_id"] == (
            moved["agreement_id"]
        )
        await world.do("POST", f"/v1/agreements/{moved['agreement_id']}/done", who)
        another = await world.do("POST", path, who, json=called(version=2), expect=201)
        assert another["agreement_id"] != moved["agreement_id"]

    async def test_asks_nobody_to_accept_the_plan_anew(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        path = f"/v1/plans/{plan['plan_id']}"
        lines = [{"bottom_line_id": str(line), "met": True} for line in case.bottom_lines]
        await world.do("PUT", f"{path}/acceptance", world.referrer(case.mandated), json={"lines": lines})
        made = await world.do("POST", f"{path}/plan-b", world.coordinator(case), json=called(), expect=201)
        assert made["acceptance"] == "accepted"

    async def test_of_whom_nobody_acts_any_more_is_the_monitors_to_see_to(self, world: Plans) -> None:
        case, path, _ = await opened(world)
        await world.handle(network.PersonRemoved(case_id=case.id, person_id=case.aunt))
        await world.do("POST", path, world.coordinator(case), json=called(), expect=201)
        assert await world.told(case, "plan-b") == [case.neighbour]

    async def test_tells_who_was_to_do_what_rests(self, world: Plans) -> None:
        line = {"when": "Het lukt niet", "then": "De buur komt"}
        case, path, (first, _) = await opened(world, plan_b=[line | {"who_person_id": None}])
        body = called(instead_of=first)
        await world.do("POST", path, world.person(case, case.neighbour), json=body, expect=201)
        assert await world.told(case, "agreement-changed") == [case.aunt]

    async def test_says_why_to_the_circle_alone(self, world: Plans) -> None:
        case, path, _ = await opened(world)
        plan, teacher = path.removesuffix("/plan-b"), world.person(case, case.teacher)
        shared = {"person_ids": [str(case.teacher)]}
        await world.do("POST", f"{plan}/share", world.coordinator(case), json=shared)
        await world.do("POST", path, world.coordinator(case), json=called(), expect=201)
        for who, reason in ((teacher, None), (world.person(case, case.aunt), "Mama werkt nu 's nachts")):
            read = await world.do("GET", plan, who)
            assert [each["invoked"]["invoked_reason"] for each in read["agreements"] if each["invoked"]] == [
                reason
            ]


class TestWhatRests:
    async def test_is_reminded_of_no_more_and_can_be_taken_up_or_settled(self, world: Plans) -> None:
        case, path, (first, second) = await opened(world)
        who = world.coordinator(case)
        await world.do("POST", path, who, json=called(instead_of=first), expect=201)
        progress = f"/v1/agreements/{first}/progress"
        assert await world.refused("POST", progress, who, json={"progress": "nearly"}) == (
            409,
            "agreement-settled",
        )
        taken_up = await changed(world, case, first, who)
        states = {str(row.id): row.state for row in await world.rows("SELECT id, state FROM agreement")}
        assert (states[first], states[taken_up["agreement_id"]]) == ("replaced", "open")
        await world.do("POST", path, who, json=called(version=2, instead_of=second))
        # It runs already: nothing else rests for it.
        settled = await world.do("POST", f"/v1/agreements/{second}/done", who)
        assert settled["state"] == "done"

    async def test_is_over_with_the_plan(self, world: Plans) -> None:
        case, path, (first, _) = await opened(world)
        await world.do("POST", path, world.coordinator(case), json=called(instead_of=first))
        version = changed_plan(case, 1)
        plan = path.removesuffix("/plan-b")
        await world.do("POST", f"{plan}/versions", world.coordinator(case), json=version)
        [row] = await world.rows("SELECT state FROM agreement WHERE id = :id", id=first)
        assert row.state == "replaced"
        # What is plan B now is another.
        made = await world.do("POST", path, world.coordinator(case), json=called(version=2), expect=201)
        listed = await world.do("GET", plan, world.coordinator(case))
        resting = next(each["agreement_id"] for each in listed["agreements"] if not each["invoked"])
        assert made["agreement_id"] != resting
        await world.handle(intake.CaseWithdrawn(case_id=case.id, reason="own-wish", by="central-person"))
        states = await world.rows("SELECT DISTINCT state FROM agreement WHERE plan_version = 2")
        assert [row.state for row in states] == ["cancelled"]

    async def test_is_read_as_why_in_a_copy_of_ones_data(self, world: Plans) -> None:
        case, path, (first, _) = await opened(world)
        await world.do("POST", path, world.coordinator(case), json=called(instead_of=first))
        copied = await world.do(
            "GET",
            f"/v1/cases/{case.id}/persons/{case.aunt}/copy",
            world.from_service("copy-for-person"),
        )
        assert [each["invoked_reason"] for each in copied["plan"]["agreements"]] == [
            None,
            None,
            "Mama werkt nu 's nachts",
        ]


class TestWhoMayNot:
    async def test_call_it_in_are_those_who_only_act_and_strangers(self, world: Plans) -> None:
        case, path, _ = await opened(world)
        other, _, _ = await opened(world)
        for who, status in (
            (world.person(case, case.aunt), 403),
            (world.person(case, case.teacher), 403),
            (world.manager(), 403),
            (world.person(other, other.central), 404),
            (world.coordinator(other), 404),
        ):
            assert (await world.ask("POST", path, who, json=called())).status_code == status
        assert len(await world.rows("SELECT 1 FROM agreement")) == 4

    async def test_the_manager_does_while_an_agreement_waits_for_them(self, world: Plans) -> None:
        case, path, _ = await opened(world)
        await world.handle(case.released())
        await steps_to(world, case, "agreement-slips")
        slipping = (await world.clocks(case))["agreement-slips"].subject
        body = called(instead_of=str(slipping))
        await world.do("POST", path, world.manager(), json=body, expect=201)
        [row] = await world.rows("SELECT invoked_as FROM agreement WHERE plan_b = 1")
        assert row.invoked_as == "regional-manager"
        # What waited for them rests: the plan is not theirs to read any more.
        assert (await world.refused("GET", path.removesuffix("/plan-b"), world.manager()))[0] == 403


class TestWhatCannotBeMeant:
    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"line": 2}, "agreement-not-found"),
            ({"line": 50}, "agreement-not-found"),
            ({"line": 0}, "invalid-request"),
            ({"line": 51}, "invalid-request"),
            ({"version": 2}, "other-version"),
            ({"instead_of": str(uuid7())}, "agreement-not-found"),
            ({"reason": ""}, "invalid-request"),
            ({"reason": "a\u0000b"}, "invalid-request"),
            ({"due_on": "2026-03-09"}, "invalid-request"),
        ],
    )
    async def test_is_refused_and_changes_nothing(
        self, world: Plans, body: dict[str, Any], code: str
    ) -> None:
        case, path, _ = await opened(world)
        answer = await world.ask("POST", path, world.coordinator(case), json=called(**body))
        assert problem(answer)[1] == code
        assert len(await world.rows("SELECT 1 FROM agreement WHERE state = 'open'")) == 2

    async def test_nor_does_what_is_of_another_case_or_settled_rest(self, world: Plans) -> None:
        case, path, (first, _) = await opened(world)
        _, _, (elsewhere, _) = await opened(world)
        who = world.coordinator(case)
        assert await world.refused("POST", path, who, json=called(instead_of=elsewhere)) == (
            404,
            "agreement-not-found",
        )
        await world.do("POST", f"/v1/agreements/{first}/done", who)
        assert await world.refused("POST", path, who, json=called(instead_of=first)) == (
            409,
            "agreement-settled",
        )
