"""An invitation over days: one reminder for the silent, then the coordinator's turn; rest, answer and stop on the way.

Every event is delivered twice here: nothing may come of the second time.
"""

from uuid import uuid4

from services.network.workflows import InvitationInput
from shared.events import intake
from tests.workflows.network.inviting import Inviting


class TestInvitation:
    async def test_reminds_the_silent_once_and_then_waits_for_the_coordinator(
        self, service: Inviting
    ) -> None:
        house = service.house
        case = await house.open_case()
        _, invitation = await service.invited(case, "Nadia")
        assert await service.kinds(case) == ["invitation"]
        await service.skip(days=4, seconds=5)
        await service.waits(invitation)
        assert await service.kinds(case) == ["invitation", "invitation-reminder"]
        await service.skip(days=4)
        await service.waits(invitation, timers=0)
        assert await service.state(case, "Nadia") == "silent"
        clocks = [
            row.type.split(".")[2]
            for row in await house.published(case=case)
            if ".clock." in row.type and row.data["kind"] == "invitation"
        ]
        assert clocks == ["started", "warned", "breached"]
        await service.skip(days=60)
        assert len(await service.kinds(case)) == 2
        path = f"/v1/invitations/{invitation}/answer"
        await house.ask("POST", path, house.coordinator(case), json={"answer": "yes"})
        await service.hear_own_events()
        await service.ended(invitation)

    async def test_ends_with_the_answer_and_mails_no_more(self, service: Inviting) -> None:
        house = service.house
        case = await house.open_case()
        person, invitation = await service.invited(case, "Nadia")
        await house.ask("POST", "/v1/me/invitation/answer", house.person(case, person), json={"answer": "no"})
        await service.hear_own_events()
        await service.ended(invitation)
        await service.skip(days=30)
        assert await service.kinds(case) == ["invitation"]

    async def test_rests_with_the_case(self, service: Inviting) -> None:
        house = service.house
        case = await house.open_case()
        _, invitation = await service.invited(case, "Nadia")
        await service.skip(days=3)
        await house.handle(intake.CasePaused(case_id=case.id, reason="illness"))
        await service.hear_own_events()
        await service.waits(invitation, timers=0)
        await service.skip(days=20)
        assert await service.kinds(case) == ["invitation"]
        await house.handle(intake.CaseResumed(case_id=case.id))
        await service.hear_own_events()
        await service.waits(invitation)
        assert await service.kinds(case) == ["invitation"]
        await service.skip(days=1, seconds=10)
        await service.waits(invitation)
        assert await service.kinds(case) == ["invitation", "invitation-reminder"]

    async def test_stops_with_the_case(self, service: Inviting) -> None:
        house = service.house
        case = await house.open_case()
        _, invitation = await service.invited(case, "Nadia")
        await house.handle(case.withdrawn())
        await service.hear_own_events()
        await service.ended(invitation)
        await service.skip(days=30)
        assert await service.kinds(case) == ["invitation", "case-stopped", "case-stopped"]

    async def test_answered_before_it_began_mails_nothing(self, service: Inviting) -> None:
        house = service.house
        case = await house.open_case()
        invitation = await house.invite(case, await house.add(case, "Nadia"))
        path = f"/v1/invitations/{invitation}/answer"
        await house.ask("POST", path, house.coordinator(case), json={"answer": "yes"})
        await service.hear_own_events()
        await service.ended(invitation)
        assert await service.kinds(case) == []

    async def test_started_twice_is_one(self, service: Inviting) -> None:
        house = service.house
        case = await house.open_case()
        _, invitation = await service.invited(case, "Nadia")
        given = InvitationInput(tenant=case.tenant, invitation_id=invitation)
        for _ in range(2):
            await house.context.temporal.start(
                "Invitation", given, id=f"invitation/{invitation}", service="network", tenant=case.tenant
            )
        await service.waits(invitation)
        assert await service.kinds(case) == ["invitation"]

    async def test_an_invitation_that_is_nowhere_ends_at_once(self, service: Inviting) -> None:
        house, nowhere = service.house, uuid4()
        given = InvitationInput(tenant=house.tenant, invitation_id=nowhere)
        await house.context.temporal.start(
            "Invitation", given, id=f"invitation/{nowhere}", service="network", tenant=house.tenant
        )
        await service.ended(nowhere)
