"""A plan whose file was opened by break-glass: the regional manager reads it, and does nothing else."""

from datetime import timedelta
from uuid import uuid4

from shared.auth import Role
from shared.events import intake
from shared.ids import uuid7
from tests.integration.plans.house import Case, House


async def opened(house: House, case: Case) -> tuple[intake.FileOpened, dict[str, str]]:
    """Let a regional manager open the file; return the opening, and their headers."""
    manager = uuid4()
    until = await house.clock.now() + timedelta(hours=4)
    fact = intake.FileOpened(case_id=case.id, opening_id=uuid7(), opened_by=manager, until=until)
    assert await house.hear(fact) == "handled"
    return fact, house.staff(manager, case.tenant, Role.REGIONAL_MANAGER)


class TestOpenedPlan:
    async def test_is_read_by_the_manager_who_opened_it_alone(self, house: House) -> None:
        case = await house.open_case()
        plan = await house.recorded(case)
        paths = (
            f"/v1/plans/{plan['plan_id']}",
            f"/v1/cases/{case.id}/plans",
            f"/v1/cases/{case.id}/agreements",
        )
        fact, manager = await opened(house, case)
        another = house.staff(uuid4(), case.tenant, Role.REGIONAL_MANAGER)
        for path in paths:
            assert (await house.ask("GET", path, manager)).status_code == 200, path
            assert (await house.ask("GET", path, another)).status_code == 403, path
        house.later(hours=4)
        for path in paths:
            assert (await house.ask("GET", path, manager)).status_code == 403, path
        rows = await house.rows(
            "SELECT what, opening_id FROM trace WHERE case_id = :case AND action = 'read' AND actor = :actor",
            case=case.id,
            actor=fact.opened_by,
        )
        assert {row.opening_id for row in rows} == {fact.opening_id}
        assert {table for row in rows for table in row.what} >= {"plan_version", "agreement", "facts"}

    async def test_is_neither_shared_nor_settled_nor_written(self, house: House) -> None:
        case = await house.open_case()
        plan = await house.recorded(case)
        _, manager = await opened(house, case)
        share = {"version": 1, "person_ids": [], "organisation_ids": [str(uuid4())]}
        answers = [
            await house.ask("POST", f"/v1/plans/{plan['plan_id']}/share", manager, json=share),
            await house.ask("POST", f"/v1/plans/{plan['plan_id']}/review-requests", manager),
            await house.ask("POST", f"/v1/plans/{plan['plan_id']}/versions", manager, json=case.plan()),
            await house.ask("POST", f"/v1/agreements/{plan['agreement_ids'][0]}/done", manager),
        ]
        assert {answer.status_code for answer in answers} <= {403, 422}
        assert answers[-1].status_code == 403
