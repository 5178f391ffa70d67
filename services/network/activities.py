"""The steps of network's workflows: each one transaction, done once however often it is tried."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from services.network import queries
from services.network.domain import INVITATION_CLOCK, OPEN_INVITATIONS, SERVICE, invitation_workflow_id
from services.network.operations import invitations
from shared import case_state
from shared.clocks import Clocks
from shared.context import Context
from shared.database import Scope
from shared.effects import once


class InvitationStep(BaseModel):
    """One step of one invitation; `ordinal` counts the steps, so that each is a step of its own."""

    model_config = ConfigDict(frozen=True)

    tenant: UUID
    invitation_id: UUID
    ordinal: int = 0


class InvitationFacts(BaseModel):
    """What decides on the next step. `next_at`: the moment of the reminder, or of giving up; None: no moment."""

    model_config = ConfigDict(frozen=True)

    waiting: bool
    next_at: datetime | None = None
    reminded: bool = False


class Done(BaseModel):
    """Whether a step changed anything."""

    done: bool


Operation = Callable[[AsyncSession, datetime], Awaitable[bool]]


class Activities:
    """Network's activities, on the connected parts of one process."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._clocks = Clocks(SERVICE)

    @activity.defn(name="network.begin-invitation")
    async def begin_invitation(self, step: InvitationStep) -> Done:
        """Mail the invitation and start its clock."""

        async def begin(session: AsyncSession, now: datetime) -> bool:
            await invitations.begin(session, tenant=step.tenant, invitation_id=step.invitation_id, now=now)
            return True

        return await self._once(step, "begin", begin)

    @activity.defn(name="network.look-at-invitation")
    async def look_at_invitation(self, step: InvitationStep) -> InvitationFacts:
        """Return where the invitation stands."""
        async with self._context.database.transaction(Scope(tenant=step.tenant)) as session:
            invitation = await queries.invitation(
                session, tenant=step.tenant, invitation_id=step.invitation_id
            )
            if invitation is None or invitation.state not in OPEN_INVITATIONS:
                return InvitationFacts(waiting=False)
            state = await case_state.read(session, invitation.case_id)
            if state is None or not state.live:
                return InvitationFacts(waiting=False)
            clock = await self._clocks.find(session, kind=INVITATION_CLOCK, subject=invitation.id)
            return InvitationFacts(
                waiting=True,
                next_at=None if clock is None else clock.next_at,
                reminded=clock is not None and clock.warned_at is not None,
            )

    @activity.defn(name="network.remind-of-invitation")
    async def remind_of_invitation(self, step: InvitationStep) -> Done:
        """Remind whoever is silent, once."""

        async def remind(session: AsyncSession, now: datetime) -> bool:
            return await invitations.remind(
                session, tenant=step.tenant, invitation_id=step.invitation_id, now=now
            )

        return await self._once(step, "remind", remind)

    @activity.defn(name="network.give-up-waiting")
    async def give_up_waiting(self, step: InvitationStep) -> Done:
        """Show whoever is silent to the coordinator."""

        async def give_up(session: AsyncSession, now: datetime) -> bool:
            return await invitations.give_up_waiting(
                session, tenant=step.tenant, invitation_id=step.invitation_id, now=now
            )

        return await self._once(step, "give-up", give_up)

    async def _once(self, step: InvitationStep, name: str, operation: Operation) -> Done:
        now = await self._context.clock.now()
        key = f"{invitation_workflow_id(step.invitation_id)}/{name}/{step.ordinal}"
        async with self._context.database.transaction(Scope(tenant=step.tenant)) as session:

            async def run() -> Done:
                return Done(done=await operation(session, now))

            return await once(session, key=key, result=Done, operation=run)
