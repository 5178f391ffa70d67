"""An invitation over days: one reminder for the silent, then the coordinator's turn; pause, answer and stop on the way.

Every event is delivered twice here: nothing may come of the second time.
"""

from uuid import uuid4

from services.network.domain import invitation_workflow_id
from services.network.workflows import Invitation
from shared.deadlines import WorkflowInput
from shared.events import intake
from tests.workflows.network.circle import Circle


class TestInvitation:
    async def test_reminds_the_silent_once_and_then_leaves_them_to_the_coordinator(
        self, circle: Circle
    ) -> None:
        world, skipped = circle.world, circle.skipped
        case = await world.open_case()
        _, invitation = await circle.invited(case, "Nadia")
        workflow_id = invitation_workflow_id(invitation)
        assert await circle.emails(case) == ["invitation"]
        await skipped.reach(workflow_id)
        assert await circle.emails(case) == ["invitation", "invitation-reminder"]
        await skipped.reach(workflow_id)
        await skipped.ended(workflow_id)
        assert await circle.state(case, "Nadia") == "silent"
        assert await circle.clock_events("invitation") == ["started", "warned", "breached"]
        await skipped.skip(days=60)
        assert len(await circle.emails(case)) == 2
        path = f"/v1/invitations/{invitation}/answer"
        await world.do("POST", path, world.coordinator(case), json={"answer": "yes"})
        await circle.deliver()
        assert await circle.state(case, "Nadia") == "answered"

    async def test_reminds_who_is_unsure_once_and_anew_when_a_yes_becomes_a_doubt(
        self, circle: Circle
    ) -> None:
        world, skipped = circle.world, circle.skipped
        case = await world.open_case()
        person, invitation = await circle.invited(case, "Nadia")
        workflow_id = invitation_workflow_id(invitation)
        path, who = "/v1/me/invitation/answer", world.person(case, person)
        for answer, mails in (("unsure", 2), ("yes", 2), ("unsure", 3)):
            await world.do("POST", path, who, json={"answer": answer})
            await circle.deliver()
            if answer == "yes":
                await skipped.ended(workflow_id)
            else:
                await skipped.reach(workflow_id)
            assert len(await circle.emails(case)) == mails
        await skipped.reach(workflow_id)
        await skipped.ended(workflow_id)
        assert await circle.emails(case) == ["invitation", "invitation-reminder", "invitation-reminder"]
        assert await circle.state(case, "Nadia") == "silent"

    async def test_ends_with_the_answer_and_mails_no_more(self, circle: Circle) -> None:
        world = circle.world
        case = await world.open_case()
        person, invitation = await circle.invited(case, "Nadia")
        await world.do("POST", "/v1/me/invitation/answer", world.person(case, person), json={"answer": "no"})
        await circle.deliver()
        await circle.skipped.ended(invitation_workflow_id(invitation))
        await circle.skipped.skip(days=30)
        assert await circle.emails(case) == ["invitation"]

    async def test_is_paused_with_the_case(self, circle: Circle) -> None:
        world, skipped = circle.world, circle.skipped
        case = await world.open_case()
        _, invitation = await circle.invited(case, "Nadia")
        workflow_id = invitation_workflow_id(invitation)
        await skipped.skip(days=3)
        await world.handle(intake.CasePaused(case_id=case.id, reason="illness"))
        await circle.deliver()
        await skipped.paused(workflow_id)
        await skipped.skip(days=20)
        assert await circle.emails(case) == ["invitation"]
        await world.handle(intake.CaseResumed(case_id=case.id))
        await circle.deliver()
        await skipped.waits(workflow_id)
        assert await circle.emails(case) == ["invitation"]
        await skipped.reach(workflow_id)
        assert await circle.emails(case) == ["invitation", "invitation-reminder"]

    async def test_stops_with_the_case(self, circle: Circle) -> None:
        case = await circle.world.open_case()
        _, invitation = await circle.invited(case, "Nadia")
        withdrawn = intake.CaseWithdrawn(case_id=case.id, reason="own-wish", by="central-person")
        await circle.world.handle(withdrawn)
        await circle.deliver()
        await circle.skipped.ended(invitation_workflow_id(invitation))
        await circle.skipped.skip(days=30)
        assert await circle.emails(case) == ["invitation", "case-stopped", "case-stopped"]

    async def test_answered_before_it_began_mails_nothing(self, circle: Circle) -> None:
        world = circle.world
        case = await world.open_case()
        invitation = await world.invite(case, await world.add(case, "Nadia"))
        path = f"/v1/invitations/{invitation}/answer"
        await world.do("POST", path, world.coordinator(case), json={"answer": "yes"})
        await circle.deliver()
        assert await circle.emails(case) == []
        assert await circle.skipped.kinds(invitation_workflow_id(invitation)) == []

    async def test_started_twice_is_one(self, circle: Circle) -> None:
        case = await circle.world.open_case()
        _, invitation = await circle.invited(case, "Nadia")
        workflow_id, given = invitation_workflow_id(invitation), WorkflowInput(tenant=case.tenant)
        first = (await (await circle.skipped.handle(workflow_id)).describe()).run_id
        for _ in range(2):
            await circle.world.context.temporal.start(
                Invitation.run, given, id=workflow_id, tenant=case.tenant
            )
        await circle.skipped.waits(workflow_id)
        assert (await (await circle.skipped.handle(workflow_id)).describe()).run_id == first
        assert await circle.emails(case) == ["invitation"]

    async def test_that_no_clock_names_ends_at_once(self, circle: Circle) -> None:
        workflow_id, given = invitation_workflow_id(uuid4()), WorkflowInput(tenant=circle.world.tenant)
        await circle.world.context.temporal.start(
            Invitation.run, given, id=workflow_id, tenant=circle.world.tenant
        )
        await circle.skipped.ended(workflow_id)
