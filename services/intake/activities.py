"""What intake's workflows do at deadlines: each step once, in a transaction of its own."""

from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from services.intake.domain.codes import SERVICE
from services.intake.domain.retention import retention_workflow_id
from services.intake.operations import offers, retention_deadlines
from shared.clocks import Clocks
from shared.context import Context
from shared.database import Scope
from shared.deadlines import Deadline, Done
from shared.effects import take

log = structlog.get_logger(__name__)

ATTENDED = Counter("kring_retention_total", "Deadlines of files: warned, lifted, erased, held", ["came_of"])

_AT_A_TIME = 20


class Activities:
    """The activities of intake."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._clocks = Clocks(SERVICE)

    def all(self) -> list[Callable[..., Any]]:
        """Return every activity."""
        return [self.offer_to_next, self.remind_of_offer, self.expire_offer, self.sweep_files]

    @activity.defn(name="intake.offer-to-next")
    async def offer_to_next(self, due: Deadline) -> Done:
        """Ask the coordinator who fits best of those not asked yet."""
        return await take(self._context, due, partial(offers.offer_to_next, vault=self._context.vault))

    @activity.defn(name="intake.remind-of-offer")
    async def remind_of_offer(self, due: Deadline) -> Done:
        """Remind the coordinator who has not answered."""
        return await take(self._context, due, offers.remind_of_offer)

    @activity.defn(name="intake.expire-offer")
    async def expire_offer(self, due: Deadline) -> Done:
        """End the offer whose time is over."""
        return await take(self._context, due, offers.expire_offer)

    @activity.defn(name="intake.sweep-files")
    async def sweep_files(self, due: Deadline) -> Done:
        """Attend to some of the deadlines of files and holds that have been reached, `due` among them.

        Each is a transaction of its own: one that fails holds up no other. Raises what went wrong, in the end.
        """
        # The server's time of this try: a try after a failure takes on what was reached meanwhile.
        by = max(due.at, activity.info().current_attempt_scheduled_time)
        workflow_id = retention_workflow_id(due.tenant)
        async with self._context.database.transaction(Scope(tenant=due.tenant)) as session:
            reached = await self._clocks.reached(session, workflow_id=workflow_id, by=by, most=_AT_A_TIME)
        failed: Exception | None = None
        for deadline in reached:
            try:
                await self._attend(deadline)
            except Exception as error:  # noqa: BLE001 - raised below
                failed = failed or error
        if failed is not None:
            raise failed
        return Done(done=bool(reached))

    async def _attend(self, due: Deadline) -> None:
        came_of: list[retention_deadlines.CameOf] = []

        async def attend(session: AsyncSession, *, due: Deadline, now: Any) -> bool:
            came_of.append(await retention_deadlines.attend(session, due=due, now=now))
            return came_of[-1] != retention_deadlines.CameOf.NOTHING

        await take(self._context, due, attend)
        for found in came_of:
            ATTENDED.labels(found).inc()
            log.info("retention.attended", kind=due.kind, subject=str(due.subject), came_of=found)
