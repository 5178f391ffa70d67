"""What plans hands out for somebody's own copy: the plan as they may read it, and their agreements."""

from typing import Any
from uuid import UUID, uuid4

from tests.support.erased import destroy_in
from tests.support.world import Case
from tests.support.world.plans import Plans, plan_of


async def copy(world: Plans, case: Case, person: UUID) -> Any:
    """Return what plans hands out on one person."""
    who = world.from_service("copy-for-person")
    path = f"/v1/cases/{case.id}/persons/{person}/copy"
    return await world.do("GET", path, who, expect=200)


class TestCopy:
    async def test_gives_the_circle_its_plan_and_says_what_is_theirs(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        found = await copy(world, case, case.aunt)
        plan = found["plan"]
        assert plan["goals"] == ["Naar school gaan", "Thuis blijven wonen"]
        assert [(one["what"], one["yours"]) for one in plan["agreements"]] == [
            ("Samen opstaan", True),
            ("Bellen met school", False),
        ]
        assert [line["yours"] for line in plan["plan_b"]] == [True]
        assert (plan["you_monitor_it"], found["erased"]) == (False, False)
        assert (await copy(world, case, case.neighbour))["plan"]["you_monitor_it"] is True
        for other in ("klastitularis", str(case.neighbour), str(case.coordinator)):
            assert other not in str(found)

    async def test_gives_others_only_what_was_shared_with_them_or_is_theirs(self, world: Plans) -> None:
        case = await world.open_case()
        agreement = {
            "what": "Extra lessen", "who_person_ids": [str(case.teacher)], "by": "professional",
            "due_on": "2026-04-10",
        }  # fmt: skip
        recorded = await world.recorded(case, agreements=[*plan_of(case)["agreements"], agreement])
        before = await copy(world, case, case.teacher)
        assert before["plan"] is None
        assert [one["what"] for one in before["own_agreements"]] == ["Extra lessen"]
        assert "Naar school" not in str(before)
        path, body = f"/v1/plans/{recorded['plan_id']}/share", {"person_ids": [str(case.teacher)]}
        await world.ask("POST", path, world.coordinator(case), json=body, expect=200)
        after = await copy(world, case, case.teacher)
        assert after["plan"]["shared_with_you_at"] is not None
        assert after["own_agreements"] == []

    async def test_gives_those_whom_it_is_about_what_checks_found(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        who = world.coordinator(case)
        listed = await world.do("GET", f"/v1/cases/{case.id}/check-ins", who)
        world.later(days=21)
        (call,) = (each["check_in_id"] for each in listed["items"] if each["kind"] == "four-weeks")
        body = {"decision": "continue", "new_needs": True, "incident": False}
        await world.do("POST", f"/v1/check-ins/{call}/record", who, json=body)
        found = {each["kind"]: each for each in (await copy(world, case, case.central))["check_ins"]}
        assert (found["four-weeks"]["new_needs"], found["four-weeks"]["incident"]) == (True, False)
        assert (await copy(world, case, case.aunt))["check_ins"] == []

    async def test_is_in_nobody_elses_audit_log_and_neither_is_what_others_read(self, world: Plans) -> None:
        case = await world.open_case()
        plan = (await world.recorded(case))["plan_id"]
        central = world.person(case, case.central, role="central")
        before = (await world.do("GET", "/v1/me/audit-log", central))["items"]
        assert [entry["what"] for entry in before] == [["agreement", "plan_version"]]
        await copy(world, case, case.aunt)
        await world.ask("GET", f"/v1/plans/{plan}", world.person(case, case.aunt), expect=200)
        after = (await world.do("GET", "/v1/me/audit-log", central))["items"]
        assert [entry for entry in after if not entry["by_yourself"]] == before
        await world.ask("GET", f"/v1/plans/{plan}", world.coordinator(case), expect=200)
        (newest, *_) = (await world.do("GET", "/v1/me/audit-log", central))["items"]
        assert (newest["action"], newest["roles"]) == ("read", ["coordinator"])

    async def test_of_a_stranger_or_before_a_plan_there_is_nothing(self, world: Plans) -> None:
        case = await world.open_case()
        assert (await copy(world, case, case.aunt))["plan"] is None
        await world.recorded(case)
        found = await copy(world, case, uuid4())
        assert (found["plan"], found["own_agreements"], found["check_ins"]) == (None, [], [])

    async def test_says_that_it_was_erased(self, world: Plans) -> None:
        case = await world.open_case()
        await world.recorded(case)
        await destroy_in(world.context, case.id)
        found = await copy(world, case, case.aunt)
        assert (found["erased"], found["plan"]["goals"], found["plan"]["agreements"]) == (True, None, [])
