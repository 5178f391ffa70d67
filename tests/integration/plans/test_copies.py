"""What plans hands out for somebody's own copy: the plan as they may read it, and their agreements."""

from typing import Any
from uuid import UUID, uuid4

from tests.integration.plans.house import Case, House


async def copy(house: House, case: Case, person: UUID) -> Any:
    """Return what plans hands out on one person."""
    token = house.context.issuer.service(service="network", purpose="copy-for-person", tenant=case.tenant)
    path = f"/v1/cases/{case.id}/persons/{person}/copy"
    answer = await house.ask("GET", path, {"authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestCopy:
    async def test_gives_the_circle_its_plan_and_says_what_is_theirs(self, house: House) -> None:
        case = await house.open_case()
        await house.recorded(case)
        found = await copy(house, case, case.aunt)
        plan = found["plan"]
        assert plan["goals"] == ["Naar school gaan", "Thuis blijven wonen"]
        assert [(one["what"], one["yours"]) for one in plan["agreements"]] == [
            ("Samen opstaan", True),
            ("Bellen met school", False),
        ]
        assert [line["yours"] for line in plan["plan_b"]] == [True]
        assert (plan["you_monitor_it"], found["erased"]) == (False, False)
        assert (await copy(house, case, case.neighbour))["plan"]["you_monitor_it"] is True
        for other in ("klastitularis", str(case.neighbour), str(case.coordinator)):
            assert other not in str(found)

    async def test_gives_others_only_what_was_shared_with_them_or_is_theirs(self, house: House) -> None:
        case = await house.open_case()
        agreement = {
            "what": "Extra lessen", "who_person_ids": [str(case.teacher)], "by": "professional",
            "due_on": "2026-04-10",
        }  # fmt: skip
        recorded = await house.recorded(case, agreements=[*case.plan()["agreements"], agreement])
        before = await copy(house, case, case.teacher)
        assert before["plan"] is None
        assert [one["what"] for one in before["own_agreements"]] == ["Extra lessen"]
        assert "Naar school" not in str(before)
        path, body = f"/v1/plans/{recorded['plan_id']}/share", {"person_ids": [str(case.teacher)]}
        shared = await house.ask("POST", path, house.coordinator(case), json=body)
        assert shared.status_code == 200, shared.text
        after = await copy(house, case, case.teacher)
        assert after["plan"]["shared_with_you_at"] is not None
        assert after["own_agreements"] == []

    async def test_of_a_stranger_or_before_a_plan_there_is_nothing(self, house: House) -> None:
        case = await house.open_case()
        assert (await copy(house, case, case.aunt))["plan"] is None
        await house.recorded(case)
        found = await copy(house, case, uuid4())
        assert (found["plan"], found["own_agreements"], found["check_ins"]) == (None, [], [])

    async def test_says_that_it_was_erased(self, house: House) -> None:
        case = await house.open_case()
        await house.recorded(case)
        async with house.context.database.transaction() as session:
            await house.context.vault.destroy(session, subjects=[case.id])
        found = await copy(house, case, case.aunt)
        assert (found["erased"], found["plan"]["goals"], found["plan"]["agreements"]) == (True, None, [])
