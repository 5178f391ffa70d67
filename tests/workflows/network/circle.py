"""People of a case over time: invitations, birthdays, requests about their data, and the erasure of one of them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from services.network.data_requests import data_request_workflow_id
from services.network.domain import invitation_workflow_id
from services.network.domain.consents import coming_of_age_workflow_id
from services.network.domain.surveys import workflow_id as survey_workflow_id
from shared.auth import Role
from shared.calendar import BRUSSELS
from shared.events import intake
from tests.support.world import Case
from tests.support.world.network import Network
from tests.workflows.skipping import Skipped


@dataclass
class Circle:
    """Network, and a hand on its time."""

    skipped: Skipped[Network]

    @property
    def world(self) -> Network:
        """The service."""
        return self.skipped.world

    async def invited(self, case: Case, first_name: str) -> tuple[UUID, UUID]:
        """Return somebody of the circle and the invitation that was emailed to them, which a workflow waits for."""
        person = await self.world.add(case, first_name)
        invitation = await self.world.invite(case, person)
        await self.deliver()
        await self.skipped.waits(invitation_workflow_id(invitation))
        return person, invitation

    async def deliver(self) -> None:
        """Deliver what network published, and what it published on hearing that."""
        for _ in range(2):
            await self.skipped.deliver()

    async def emails(self, case: Case) -> list[str]:
        """Return the kinds of emails decided on, in order."""
        return [mail.kind for mail in await self.world.emails(case=case)]

    async def state(self, case: Case, first_name: str) -> str:
        """Return where somebody's invitation stands."""
        return str((await self.world.people(case))[first_name]["invitation"]["state"])

    async def clock_events(self, kind: str) -> list[str]:
        """Return what was published of the clocks of a kind, in order."""
        rows = await self.world.rows(
            "SELECT type FROM outbox WHERE type LIKE 'network.clock.%' AND data->>'kind' = :kind ORDER BY position",
            kind=kind,
        )
        return [row.type.split(".")[2] for row in rows]

    # Birthdays.

    async def born(self, age: int, *, days: int) -> date:
        """Return when somebody was born who reaches an age in so many days."""
        today = (await self.world.now()).astimezone(BRUSSELS).date()
        day: date = today + timedelta(days=days)
        # On the twenty-ninth of February in a year without one, a day is as good as another.
        return day.replace(year=day.year - age, day=min(day.day, 28))

    async def child(self, case: Case, born: date, **body: Any) -> UUID:
        """Add a child whom the case is about too, whose birthday a workflow waits for."""
        child = await self.world.add(case, "Amina", role="central", birth_date=born.isoformat(), **body)
        await self.deliver()
        await self.skipped.waits(coming_of_age_workflow_id(child))
        return child

    async def clocks(self, subject: UUID) -> list[Any]:
        """Return the clocks of somebody or something, in order."""
        return await self.world.rows(
            "SELECT id, kind, state, owner, warn_at, due_at, warned_at FROM clock WHERE subject = :subject ORDER BY id",
            subject=subject,
        )

    async def running(self, subject: UUID) -> Any:
        """Return the clock that runs."""
        [clock] = [row for row in await self.clocks(subject) if row.state == "running"]
        return clock

    async def pass_birthday(self, child: UUID) -> None:
        """Skip past the next birthday of a child, and what its workflow does until then."""
        clock = await self.running(child)
        while clock.id in [row.id for row in await self.clocks(child) if row.state == "running"]:
            await self.skipped.reach(coming_of_age_workflow_id(child))

    async def came_of_age(self, child: UUID) -> list[int]:
        """Return which ages of a child were published."""
        rows = await self.world.published("network.person.came-of-age.v1")
        return [row.data["age"] for row in rows if row.data["person_id"] == str(child)]

    # Requests about one's data.

    async def asked(self, case: Case, person: UUID, kind: str) -> UUID:
        """Ask something of one's own data; return the request, which a workflow waits for."""
        who = self.world.person(case, person)
        answer = await self.world.do("POST", "/v1/me/data-requests", who, json={"kind": kind})
        request = UUID(answer["request_id"])
        await self.deliver()
        await self.skipped.waits(data_request_workflow_id(request))
        return request

    async def answer(self, request: UUID, what: str, **body: Any) -> None:
        """Answer a request as the DPO."""
        path = f"/v1/data-requests/{request}/{what}"
        await self.world.do("POST", path, self.world.officer(), json=body or None)
        await self.deliver()

    async def request_state(self, request: UUID) -> str:
        """Return where a request stands."""
        [row] = await self.world.rows("SELECT state FROM data_request WHERE id = :id", id=request)
        return str(row.state)

    # Erasing somebody.

    async def erased(self) -> tuple[Case, UUID, str]:
        """Ask for the erasure of somebody; return the case, the person, and the workflow that waits for its clock."""
        case = await self.world.open_case()
        person = await self.world.add(case, "Rachid")
        officer = self.world.colleague(Role.DPO)
        await self.world.do("POST", f"/v1/persons/{person}/erase", officer, json={"reason": "asked"})
        await self.skipped.deliver()
        workflow_id = f"clock/erasure/{person}"
        await self.skipped.waits(workflow_id)
        return case, person, workflow_id

    # What is recorded.

    async def an_invitation(self) -> str:
        """Play an invitation to which everything happens once, and return the workflow's id."""
        case = await self.world.open_case()
        _, invitation = await self.invited(case, "Nadia")
        workflow_id = invitation_workflow_id(invitation)
        await self.skipped.skip(days=2)
        await self.world.handle(intake.CasePaused(case_id=case.id, reason="illness"))
        await self.deliver()
        await self.skipped.paused(workflow_id)
        await self.world.handle(intake.CaseResumed(case_id=case.id))
        await self.deliver()
        await self.skipped.reach(workflow_id)
        await self.skipped.reach(workflow_id)
        await self.skipped.ended(workflow_id)
        return workflow_id

    async def a_request(self) -> str:
        """Play a request that gets more time, is answered in time and whose copy is put away."""
        case = await self.world.open_case()
        request = await self.asked(case, case.central, "copy")
        workflow_id = data_request_workflow_id(request)
        await self.answer(request, "extend", reason="Het is veel.")
        await self.skipped.reach(workflow_id)
        await self.answer(request, "approve")
        await self.skipped.reach(workflow_id)
        await self.skipped.ended(workflow_id)
        return workflow_id

    async def a_survey(self) -> str:
        """Play a survey that rests with its case, is reminded of and added up."""
        case = await self.world.open_case()
        await self.world.handle(case.met())
        await self.deliver()
        workflow_id = survey_workflow_id(case.conference)
        await self.skipped.reach(workflow_id)
        who = self.world.person(case, case.central)
        await self.world.do("PUT", f"/v1/cases/{case.id}/survey", who, json={"meeting": 8})
        await self.world.handle(intake.CasePaused(case_id=case.id, reason="illness"))
        await self.deliver()
        await self.skipped.paused(workflow_id)
        await self.world.handle(intake.CaseResumed(case_id=case.id))
        await self.deliver()
        await self.skipped.reach(workflow_id)
        await self.skipped.reach(workflow_id)
        await self.skipped.ended(workflow_id)
        return workflow_id

    async def a_birthday(self) -> str:
        """Play a birthday that is warned of and comes, until somebody leaves who has another one to come."""
        case = await self.world.open_case()
        child = await self.child(case, await self.born(12, days=60))
        workflow_id = coming_of_age_workflow_id(child)
        await self.pass_birthday(child)
        await self.skipped.waits(workflow_id)
        path = f"/v1/persons/{child}/remove"
        await self.world.do("POST", path, self.world.coordinator(case), json={"reason": "x"})
        await self.deliver()
        await self.skipped.ended(workflow_id)
        return workflow_id

    async def an_erasure(self) -> str:
        """Play an erasure that is warned of and late."""
        _, _, workflow_id = await self.erased()
        await self.skipped.reach(workflow_id)
        await self.skipped.reach(workflow_id)
        await self.skipped.ended(workflow_id)
        return workflow_id
