"""What the search for a coordinator does when its moment comes: each step once, in a transaction of its own."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from services.intake.domain.codes import assignment_workflow_id
from services.intake.operations import offers
from services.intake.queries.search import Phase, Todo, standing
from shared import effects
from shared.context import Context
from shared.database import Scope


class Search(BaseModel):
    """Which search: ids only."""

    model_config = ConfigDict(frozen=True)

    tenant: UUID
    case_id: UUID
    number: int


class Step(Search):
    """One step of a search; `ordinal` tells repeated steps of a kind apart."""

    ordinal: int
    offer_id: UUID | None = None


class Standing(BaseModel):
    """Where a search stands: codes, an id, a moment."""

    model_config = ConfigDict(frozen=True)

    phase: Phase
    next_at: datetime | None
    todo: Todo | None
    offer_id: UUID | None


class Done(BaseModel):
    """A step was done, or there was nothing to do."""


Operation = Callable[[AsyncSession, datetime], Awaitable[None]]


class Activities:
    """The steps of intake's workflows."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @activity.defn(name="intake.look-at-search")
    async def look_at_search(self, search: Search) -> Standing:
        """Return where the search stands."""
        async with self._context.database.transaction(Scope(tenant=search.tenant)) as session:
            found = await standing(
                session, tenant=search.tenant, case_id=search.case_id, number=search.number
            )
        return Standing(phase=found.phase, next_at=found.next_at, todo=found.todo, offer_id=found.offer_id)

    @activity.defn(name="intake.offer-to-next")
    async def offer_to_next(self, step: Step) -> Done:
        """Ask the coordinator who fits best of those not asked yet."""

        async def operation(session: AsyncSession, now: datetime) -> None:
            await offers.offer_to_next(
                session,
                self._context.vault,
                tenant=step.tenant,
                case_id=step.case_id,
                number=step.number,
                now=now,
            )

        return await self._once(step, "offer", operation)

    @activity.defn(name="intake.remind-of-offer")
    async def remind_of_offer(self, step: Step) -> Done:
        """Remind the coordinator who has not answered."""

        async def operation(session: AsyncSession, now: datetime) -> None:
            if step.offer_id is not None:
                await offers.remind_of_offer(session, tenant=step.tenant, offer_id=step.offer_id, now=now)

        return await self._once(step, "remind", operation)

    @activity.defn(name="intake.expire-offer")
    async def expire_offer(self, step: Step) -> Done:
        """End the offer whose time has passed."""

        async def operation(session: AsyncSession, now: datetime) -> None:
            if step.offer_id is not None:
                await offers.expire_offer(session, tenant=step.tenant, offer_id=step.offer_id, now=now)

        return await self._once(step, "expire", operation)

    @activity.defn(name="intake.breach-allocation")
    async def breach_allocation(self, step: Step) -> Done:
        """Note that the case should have had a coordinator by now."""

        async def operation(session: AsyncSession, now: datetime) -> None:
            await offers.breach_allocation(session, tenant=step.tenant, case_id=step.case_id, now=now)

        return await self._once(step, "breach", operation)

    @activity.defn(name="intake.search-again")
    async def search_again(self, step: Step) -> Done:
        """Note that it is time to look again for somebody to ask."""

        async def operation(session: AsyncSession, now: datetime) -> None:
            await offers.end_pause_in_search(session, tenant=step.tenant, case_id=step.case_id, now=now)

        return await self._once(step, "search", operation)

    async def _once(self, step: Step, name: str, operation: Operation) -> Done:
        now = await self._context.clock.now()
        key = f"{assignment_workflow_id(step.case_id, step.number)}/{name}/{step.ordinal}"
        async with self._context.database.transaction(Scope(tenant=step.tenant)) as session:

            async def run() -> Done:
                await operation(session, now)
                return Done()

            return await effects.once(session, key=key, result=Done, operation=run)
