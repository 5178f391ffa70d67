"""A plan whose file was opened by break-glass: the regional manager reads it, and does nothing else."""

from datetime import timedelta
from uuid import uuid4

from shared.auth import Role
from shared.events import intake
from shared.ids import uuid7
from tests.support.world import Case
from tests.support.world.plans import Plans, changed_plan


async def opened(world: Plans, case: Case) -> tuple[intake.BreakGlassOpened, dict[str, str]]:
    """Let a regional manager open the file; return the opening, and their headers."""
    manager = uuid4()
    until = await world.now() + timedelta(hours=4)
    fact = intake.BreakGlassOpened(case_id=case.id, break_glass_id=uuid7(), opened_by=manager, until=until)
    assert await world.handle(fact) == "handled"
    return fact, world.staff(manager, case.tenant, Role.REGIONAL_MANAGER)


class TestOpenedPlan:
    async def test_is_read_by_the_manager_who_opened_it_alone(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        paths = (
            f"/v1/plans/{plan['plan_id']}",
            f"/v1/cases/{case.id}/plans",
            f"/v1/cases/{case.id}/agreements",
        )
        fact, manager = await opened(world, case)
        another = world.colleague(Role.REGIONAL_MANAGER)
        for path in paths:
            await world.ask("GET", path, manager, expect=200)
            await world.ask("GET", path, another, expect=403)
        world.later(hours=4)
        for path in paths:
            await world.ask("GET", path, manager, expect=403)
        rows = await world.rows(
            "SELECT what, break_glass_id FROM audit_log WHERE case_id = :case AND action = 'read' AND actor = :actor",
            case=case.id,
            actor=fact.opened_by,
        )
        assert {row.break_glass_id for row in rows} == {fact.break_glass_id}
        assert {table for row in rows for table in row.what} >= {"plan_version", "agreement", "facts"}

    async def test_is_neither_shared_nor_settled_nor_written(self, world: Plans) -> None:
        case = await world.open_case()
        plan = await world.recorded(case)
        _, manager = await opened(world, case)
        share = {"version": 1, "person_ids": [], "organisation_ids": [str(uuid4())]}
        answers = [
            await world.ask("POST", f"/v1/plans/{plan['plan_id']}/share", manager, json=share),
            await world.ask("POST", f"/v1/plans/{plan['plan_id']}/review-requests", manager),
            await world.ask(
                "POST", f"/v1/plans/{plan['plan_id']}/versions", manager, json=changed_plan(case)
            ),
            await world.ask("POST", f"/v1/agreements/{plan['agreement_ids'][0]}/done", manager),
        ]
        assert {answer.status_code for answer in answers} <= {403, 422}
        assert answers[-1].status_code == 403
