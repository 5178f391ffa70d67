"""A follow-up that really runs."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.plans.domain import follow_up_workflow_id
from shared.calendar import BRUSSELS
from shared.events import intake
from tests.support.world import Case
from tests.support.world.plans import Plans
from tests.workflows.skipping import Skipped

# What happens to an agreement of which nobody says anything, until the coordinator's call at four weeks and after it.
SLIPS = ("near", "due", "reminder", "four weeks")
SLIPS_ON = ("monitor", "coordinator", "regional manager", "lapse")


@dataclass
class Following:
    """Plans, and a hand on its time."""

    skipped: Skipped[Plans]

    @property
    def world(self) -> Plans:
        """The service."""
        return self.skipped.world

    async def recorded(
        self, *days: int, referring: UUID | None = None, mandated: UUID | None = None
    ) -> tuple[Case, str, dict[str, Any]]:
        """Return a case whose plan has an agreement due after each number of days, and the workflow that waits."""
        case = await self.world.open_case(mandated=mandated, referring=referring)
        today = (await self.world.now()).astimezone(BRUSSELS).date()
        agreements = [
            {
                "what": "Samen opstaan",
                "who_person_ids": [str(case.aunt)],
                "due_on": (today + timedelta(days=n)).isoformat(),
            }
            for n in days
        ]
        review_on = (today + timedelta(days=120)).isoformat()
        plan = await self.world.recorded(case, agreements=agreements, review_on=review_on)
        await self.skipped.deliver()
        workflow_id = follow_up_workflow_id(case.id)
        await self.skipped.waits(workflow_id)
        return case, workflow_id, plan

    async def record(self, case: Case, kind: str, who: dict[str, str], decision: str = "continue") -> None:
        """Record the check that is due, which must be of this kind."""
        listed = (await self.world.do("GET", f"/v1/cases/{case.id}/check-ins", who))["items"]
        (due,) = [item for item in listed if item["state"] == "due"]
        assert due["kind"] == kind
        path = f"/v1/check-ins/{due['check_in_id']}/record"
        await self.world.do("POST", path, who, json={"decision": decision})
        await self.skipped.deliver()

    async def comes_due(self, workflow_id: str, case: Case, who: dict[str, str]) -> None:
        """Let the workflow take its steps until it waits beyond the day of a check that nobody has recorded."""
        path = f"/v1/cases/{case.id}/check-ins"
        while not any(item["state"] == "due" for item in (await self.world.do("GET", path, who))["items"]):
            await self.skipped.reach(workflow_id)
        await self.skipped.waits(workflow_id)

    async def state_of(self, workflow_id: str, case: Case, kind: str, *, until: str) -> None:
        """Let the workflow take its steps until the newest clock of a kind is in a state; a year has some thirty."""
        for _ in range(40):
            if (await self.world.clock_states(case)).get(kind) == until:
                return
            await self.skipped.reach(workflow_id)
        raise AssertionError(f"{kind} is not {until}: {await self.world.clock_states(case)}")

    async def call_in(self, case: Case, plan: dict[str, Any], who: dict[str, str]) -> dict[str, Any]:
        """Call in plan B, in the place of the first agreement; return what was made of it."""
        body = {"version": 1, "line": 1, "reason": "Het lukt niet", "instead_of": plan["agreement_ids"][0]}
        path = f"/v1/plans/{plan['plan_id']}/plan-b"
        made: dict[str, Any] = await self.world.do("POST", path, who, json=body)
        await self.skipped.deliver()
        return made

    async def plan_b(self) -> tuple[str, Case]:
        """Play that plan B is called in and comes to its day, then the case stops; return the workflow's id."""
        case, workflow_id, plan = await self.recorded(10)
        await self.call_in(case, plan, self.world.person(case, case.neighbour))
        for _ in ("near", "due"):
            await self.skipped.reach(workflow_id)
        await self.world.handle(intake.CaseWithdrawn(case_id=case.id, reason="own-wish", by="central-person"))
        await self.skipped.deliver()
        await self.skipped.ended(workflow_id)
        return workflow_id, case

    async def a_year(self) -> str:
        """Play a year in which everything happens once, and return the workflow's id."""
        world, skipped = self.world, self.skipped
        case, workflow_id, plan = await self.recorded(10, 20)
        for _ in ("near", "due"):
            await skipped.reach(workflow_id)
        await world.do(
            "POST", f"/v1/agreements/{plan['agreement_ids'][0]}/done", world.person(case, case.aunt)
        )
        await world.handle(intake.CasePaused(case_id=case.id, reason="illness"))
        await skipped.deliver()
        await skipped.paused(workflow_id)
        await skipped.skip(days=5)
        await world.handle(intake.CaseResumed(case_id=case.id))
        await skipped.deliver()
        # Meanwhile the second agreement slips; holidays and the hour of the day say what comes before what.
        monitor = world.person(case, case.neighbour)
        for kind, who in (
            ("four-weeks", world.coordinator(case)),
            ("three-months", monitor),
            ("review", world.manager()),
            ("six-months", monitor),
            ("twelve-months", monitor),
        ):
            await self.comes_due(workflow_id, case, who)
            await self.record(case, kind, who)
        await skipped.ended(workflow_id)
        return workflow_id
