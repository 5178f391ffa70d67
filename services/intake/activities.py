"""What intake's workflows do when a moment comes: each step once, in a transaction of its own."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import structlog
from prometheus_client import Counter
from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from services.intake.domain.codes import assignment_workflow_id
from services.intake.domain.retention import retention_workflow_id
from services.intake.operations import offers, retention_deadlines
from services.intake.queries import retention
from services.intake.queries.search import Phase, Todo, standing
from shared import effects
from shared.context import Context
from shared.database import Scope

log = structlog.get_logger(__name__)

ATTENDED = Counter(
    "kring_retention_total", "Moments of files that came: warned, lifted, erased, held", ["came_of"]
)


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


class Files(BaseModel):
    """Whose files."""

    model_config = ConfigDict(frozen=True)

    tenant: UUID


class Moments(BaseModel):
    """When something is to be done next about any file, and whether that is now; None: nothing is kept for a time."""

    model_config = ConfigDict(frozen=True)

    next_at: datetime | None
    is_now: bool


class Swept(BaseModel):
    """How many moments were attended to: no more than a few at a time, so that a sweep is short."""

    model_config = ConfigDict(frozen=True)

    moments: int


class Attended(BaseModel):
    """What came of one moment."""

    model_config = ConfigDict(frozen=True)

    came_of: retention_deadlines.CameOf


_AT_A_TIME = 20
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


class RetentionActivities:
    """The steps of retention. Each moment of a file is a transaction of its own: one that fails holds up no other."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @activity.defn(name="intake.look-at-files")
    async def look_at_files(self, files: Files) -> Moments:
        """Return when something is to be done next about files."""
        now = await self._context.clock.now()
        async with self._context.database.transaction(Scope(tenant=files.tenant)) as session:
            next_at = await retention.next_moment(session, tenant=files.tenant)
        return Moments(next_at=next_at, is_now=next_at is not None and next_at <= now)

    @activity.defn(name="intake.sweep-files")
    async def sweep_files(self, files: Files) -> Swept:
        """Attend to some of what is to be done now. Raises what went wrong, when all others have been attended to."""
        now = await self._context.clock.now()
        async with self._context.database.transaction(Scope(tenant=files.tenant)) as session:
            moments = await retention.moments(session, tenant=files.tenant, now=now, most=_AT_A_TIME)
        failed: Exception | None = None
        for moment in moments:
            try:
                await self._attend(files, moment, now)
            except Exception as error:  # noqa: BLE001 - raised below
                failed = failed or error
        if failed is not None:
            raise failed
        return Swept(moments=len(moments))

    async def _attend(self, files: Files, moment: retention.Moment, now: datetime) -> None:
        what = "due" if moment.due else "warn"
        # A clock that starts anew has another id, and is another moment.
        key = f"{retention_workflow_id(files.tenant)}/{what}/{moment.clock_id}"
        async with self._context.database.transaction(Scope(tenant=files.tenant)) as session:

            async def run() -> Attended:
                return Attended(
                    came_of=await retention_deadlines.attend(session, moment, tenant=files.tenant, now=now)
                )

            done = await effects.once(session, key=key, result=Attended, operation=run)
        ATTENDED.labels(done.came_of).inc()
        log.info("retention.attended", kind=moment.kind, subject=str(moment.subject), came_of=done.came_of)
