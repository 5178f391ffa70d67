"""Cases over time: the search for a coordinator, and files that are kept, held and erased."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.intake.domain.codes import SEARCH_CLOCK, assignment_workflow_id
from services.intake.domain.retention import retention_workflow_id
from tests.support.eventually import eventually
from tests.support.world import Case
from tests.support.world.intake import Intake
from tests.workflows.skipping import PATIENCE, Skipped


def search_of(case: Case, number: int = 1) -> str:
    """Return the id of the workflow of a search."""
    return assignment_workflow_id(case.id, number)


@dataclass
class Cases:
    """Intake, and a hand on its time."""

    skipped: Skipped[Intake]

    @property
    def world(self) -> Intake:
        """The service."""
        return self.skipped.world

    @property
    def retention(self) -> str:
        """The id of the workflow of the tenant's files."""
        return retention_workflow_id(self.world.tenant)

    # The search for a coordinator.

    async def begun(self, **changes: Any) -> Case:
        """Return a case whose search has begun."""
        case = await self.world.open_case(await self.world.refer(**changes))
        await self.skipped.deliver()
        return case

    async def offer(self, case: Case, *not_these: UUID | None, number: int = 1) -> UUID:
        """Return the offer that waits for an answer, once there is another than these and the search waits too."""

        async def probe() -> UUID | None:
            rows = await self.world.rows(
                "SELECT id FROM offer WHERE case_id = :case AND state = 'open'", case=case.id
            )
            return rows[0].id if rows and rows[0].id not in not_these else None

        found = await eventually(probe, "an offer", seconds=PATIENCE)
        await self.skipped.waits(search_of(case, number))
        return found

    async def nobody_left(self, case: Case) -> bool:
        """Say whether the search waits until there may be somebody new."""
        due = (await self.skipped.agenda(search_of(case))).next
        rows = await self.world.rows(
            "SELECT 1 FROM clock WHERE subject = :case AND kind = :kind AND state = 'running' AND due_at > :now",
            case=case.id,
            kind=SEARCH_CLOCK,
            now=await self.skipped.now(),
        )
        return due is not None and bool(rows)

    async def asked_again(self, case: Case) -> UUID:
        """Skip until somebody is asked, where nobody was left."""
        while not await self.world.rows(
            "SELECT 1 FROM offer WHERE case_id = :case AND state = 'open'", case=case.id
        ):
            await self.skipped.reach(search_of(case))
        return await self.offer(case)

    async def a_search(self) -> str:
        """Play a search in which everything happens once, and return the workflow's id."""
        world, skipped = self.world, self.skipped
        second = await world.enter_coordinator()
        first = await world.enter_coordinator(languages=["nl", "fr"])
        case = await self.begun(wishes={"languages": ["nl", "fr"]})
        declined = await self.offer(case)
        await world.do("POST", f"/v1/cases/{case.id}/pause", world.manager(), json={"reason": "holiday"})
        await skipped.deliver()
        await skipped.paused(search_of(case))
        await world.do("POST", f"/v1/cases/{case.id}/resume", world.manager())
        await skipped.deliver()
        await skipped.waits(search_of(case))
        await world.decline(declined, first)
        await skipped.deliver()
        await self.offer(case, declined)
        # Reminded, late, expired; then nobody is left, until somebody new is there to be asked.
        while not await self.nobody_left(case):
            await skipped.reach(search_of(case))
        third = await world.enter_coordinator()
        offer = await self.asked_again(case)
        await world.accept(offer, third)
        await skipped.deliver()
        await skipped.ended(search_of(case))
        assert await world.emailed("offer-made") == [first, second, third]
        return search_of(case)

    # Files that are kept.

    def dpo(self) -> dict[str, str]:
        """Return the headers of the officer for the protection of data."""
        return self.world.officer()

    async def withdrawn(self, referral_id: UUID | None = None) -> Case:
        """Return a case that stopped, whose file retention watches."""
        case = await self.world.open_case(referral_id)
        path = f"/v1/cases/{case.id}/withdraw"
        await self.world.do("POST", path, self.world.manager(), json={"reason": "solved"})
        await self.skipped.deliver()
        return case

    async def hold(self, case: Case, **changes: Any) -> UUID:
        """Set a hold."""
        body = {"reason": "Er loopt een klacht."} | changes
        path = f"/v1/cases/{case.id}/holds"
        answer = await self.world.do("POST", path, self.dpo(), json=body)
        await self.skipped.deliver()
        return UUID(answer["hold_id"])

    async def lift(self, hold_id: UUID) -> None:
        """Lift a hold."""
        await self.world.do("POST", f"/v1/holds/{hold_id}/lift", self.dpo())
        await self.skipped.deliver()

    async def state(self, case: Case) -> str:
        """Return where a case stands."""
        rows = await self.world.rows('SELECT state FROM "case" WHERE id = :case', case=case.id)
        return str(rows[0].state)

    async def clock(self, subject: UUID) -> Any:
        """Return the last clock of a file or a hold."""
        rows = await self.world.rows(
            "SELECT state, due_at, warned_at FROM clock WHERE kind IN ('retention', 'hold') AND subject = :subject"
            " ORDER BY started_at DESC, id DESC LIMIT 1",
            subject=subject,
        )
        return rows[0]

    async def erased(self, *cases: Case) -> None:
        """Wait until cases are erased."""

        async def probe() -> bool:
            return {await self.state(case) for case in cases} == {"erased"}

        await eventually(probe, "the files to be erased", seconds=PATIENCE)

    async def files(self) -> str:
        """Play files that are warned of, held, lifted and erased, and return the workflow's id."""
        case = await self.withdrawn(await self.world.refer_oneself())
        first = await self.withdrawn()
        await self.skipped.waits(self.retention)
        hold = await self.hold(first)
        await self.skipped.waits(self.retention)
        await self.skipped.skip_to((await self.clock(case.id)).due_at)
        await self.erased(case)
        await self.lift(hold)
        await self.skipped.waits(self.retention)
        await self.skipped.skip_to((await self.clock(first.id)).due_at)
        await self.erased(first)
        await self.skipped.ended(self.retention)
        return self.retention
