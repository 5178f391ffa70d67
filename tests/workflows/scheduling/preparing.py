"""The preparation of a conference that really runs."""

from dataclasses import dataclass

import httpx2

from shared.events import intake
from tests.support.world import Case
from tests.support.world.scheduling import Scheduling
from tests.workflows.skipping import Skipped


def workflow_of(case: Case) -> str:
    """Return the id of the workflow of a case's first preparation."""
    return f"preparation/{case.id}/1"


@dataclass
class Preparing:
    """Scheduling, and a hand on its time."""

    skipped: Skipped[Scheduling]

    @property
    def world(self) -> Scheduling:
        """The service."""
        return self.skipped.world

    async def polled(self, *days: int) -> Case:
        """Return a case with an open poll, which a workflow waits for."""
        case = await self.world.assigned()
        await self._heard(case)
        await self.world.handle_all(case.ready(), case=case)
        await self._heard(case)
        await self.world.open_poll(case, *days)
        await self._heard(case)
        await self.world.made_contact(case)
        await self._heard(case)
        await self.world.talked(case)
        await self._heard(case)
        await self.world.told_questions(case)
        await self._heard(case)
        return case

    async def dated_without_the_aunt(self) -> Case:
        """Return a case with a day that is set, of whose required people the aunt has said no since."""
        case = await self.polled(20)
        await self.world.schedule(case, option_id=str(case.options[0]))
        await self.skipped.deliver()
        await self.world.handle(case.ready(without=case.aunt))
        await self.skipped.deliver()
        return case

    async def _heard(self, case: Case) -> None:
        # One change at a time: of several at once a run may hear some before it acts, and the others after.
        await self.skipped.deliver()
        await self.skipped.waits(workflow_of(case))

    async def hold(self, case: Case) -> httpx2.Response:
        """Record that the circle met on its date."""
        conference = await self.world.conference(case)
        begins, ends = conference["starts_at"], conference["ends_at"]
        answer = await self.world.post(
            case,
            f"/v1/conferences/{case.conference}/hold",
            attendance=[{"person_id": str(case.central), "mode": "in-person", "came": True}],
            parts={
                "information": {"from": begins, "to": begins},
                "private": {"from": begins, "to": ends},
                "presentation": {"from": ends, "to": ends},
            },
            outcome="plan",
        )
        await self.skipped.deliver()
        return answer

    async def a_preparation(self) -> str:
        """Play a preparation in which everything happens once, and return the workflow's id."""
        world, skipped = self.world, self.skipped
        case = await self.polled(12, 20, 200)
        workflow_id = workflow_of(case)
        await world.say(case, case.central, "yes")
        await world.handle(intake.CasePaused(case_id=case.id, reason="holiday"))
        await skipped.deliver()
        await skipped.paused(workflow_id)
        await skipped.skip(days=1)
        await world.handle(intake.CaseResumed(case_id=case.id))
        await self._heard(case)
        for _ in ("reminded", "closed"):
            await skipped.reach(workflow_id)
        await world.schedule(case, option_id=str(case.options[0]))
        await self._heard(case)
        await world.postponed(case)
        await self._heard(case)
        await world.schedule(case, option_id=str(case.options[-1]))
        await self._heard(case)
        for _ in ("warned", "late", "the circle is reminded", "the day", "not recorded"):
            await skipped.reach(workflow_id)
        await skipped.ended(workflow_id)
        return workflow_id
