"""A survey over weeks: asked a week after the conference, reminded of once, added up; or over with its case.

Every event is delivered twice here: nothing may come of the second time.
"""

from services.network.domain.surveys import workflow_id
from shared.events import intake, network
from tests.workflows.network.circle import Circle


class TestSurvey:
    async def test_asks_reminds_and_adds_up(self, circle: Circle) -> None:
        world, skipped = circle.world, circle.skipped
        case = await world.open_case()
        await world.handle(case.met())
        await circle.deliver()
        await skipped.waits(workflow_id(case.conference))
        for kinds in (["survey"] * 2, ["survey"] * 2 + ["survey-reminder"] * 2):
            await skipped.reach(workflow_id(case.conference))
            assert await circle.emails(case) == kinds
        await skipped.reach(workflow_id(case.conference))
        await skipped.ended(workflow_id(case.conference))
        assert len(await world.published(network.SurveyClosed.TYPE, case=case)) == 1
        assert len(await circle.emails(case)) == 4

    async def test_is_never_asked_once_the_case_has_stopped(self, circle: Circle) -> None:
        case = await circle.world.open_case()
        await circle.world.handle(case.met())
        await circle.deliver()
        withdrawn = intake.CaseWithdrawn(case_id=case.id, reason="own-wish", by="central-person")
        await circle.world.handle(withdrawn)
        await circle.deliver()
        await circle.skipped.ended(workflow_id(case.conference))
        await circle.skipped.skip(days=30)
        assert await circle.emails(case) == ["case-stopped", "case-stopped"]
