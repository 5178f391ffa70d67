"""The steps of network's workflows: each one transaction, done once however often it is tried."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Literal, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from services.network import queries
from services.network.data_requests import DATA_REQUEST_CLOCK, OPEN_STATES, data_request_workflow_id
from services.network.domain import INVITATION_CLOCK, OPEN_INVITATIONS, SERVICE, invitation_workflow_id
from services.network.domain.consents import coming_of_age_workflow_id
from services.network.operations import ages, data_requests, invitations
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


class RequestOperation(Protocol):
    """What a step of a request does, if it is the moment for it."""

    def __call__(
        self, session: AsyncSession, *, tenant: UUID, request_id: UUID, now: datetime
    ) -> Awaitable[bool]:
        """Return whether anything changed."""


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
        key = f"{invitation_workflow_id(step.invitation_id)}/{name}/{step.ordinal}"
        return await _done_once(self._context, tenant=step.tenant, key=key, operation=operation)


class BirthdayStep(BaseModel):
    """One step of the clock of one birthday; `ordinal` counts the steps."""

    model_config = ConfigDict(frozen=True)

    tenant: UUID
    clock_id: UUID
    ordinal: int = 0


class BirthdayFacts(BaseModel):
    """What decides on the next step: whether the clock runs, until when, and whether its owner was warned."""

    model_config = ConfigDict(frozen=True)

    waiting: bool
    next_at: datetime | None = None
    warns: bool = False


class BirthdayActivities:
    """The steps of the clocks of birthdays, on the connected parts of one process."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @activity.defn(name="network.look-at-birthday")
    async def look_at_birthday(self, step: BirthdayStep) -> BirthdayFacts:
        """Return where the clock stands."""
        async with self._context.database.transaction(Scope(tenant=step.tenant)) as session:
            clock = await queries.clock(session, tenant=step.tenant, clock_id=step.clock_id)
        if clock is None or clock.next_at is None:
            return BirthdayFacts(waiting=False)
        return BirthdayFacts(
            waiting=True, next_at=clock.next_at, warns=clock.warned_at is None and clock.warn_at is not None
        )

    @activity.defn(name="network.warn-of-birthday")
    async def warn_of_birthday(self, step: BirthdayStep) -> Done:
        """Warn that somebody's own consent will be needed."""

        async def warn(session: AsyncSession, now: datetime) -> bool:
            return await ages.warn(session, tenant=step.tenant, clock_id=step.clock_id, now=now)

        return await self._once(step, "warn", warn)

    @activity.defn(name="network.come-of-age")
    async def come_of_age(self, step: BirthdayStep) -> Done:
        """Ask somebody who turned twelve or eighteen for their own consent."""

        async def come(session: AsyncSession, now: datetime) -> bool:
            return await ages.come_of_age(
                session, self._context.vault, tenant=step.tenant, clock_id=step.clock_id, now=now
            )

        return await self._once(step, "come-of-age", come)

    async def _once(self, step: BirthdayStep, name: str, operation: Operation) -> Done:
        key = f"{coming_of_age_workflow_id(step.clock_id)}/{name}/{step.ordinal}"
        return await _done_once(self._context, tenant=step.tenant, key=key, operation=operation)


class DataRequestStep(BaseModel):
    """One step of one request about somebody's data; `ordinal` counts the steps."""

    model_config = ConfigDict(frozen=True)

    tenant: UUID
    request_id: UUID
    ordinal: int = 0


NextStep = Literal["warn", "escalate", "put-away", "erase"]


class DataRequestFacts(BaseModel):
    """What decides on the next step, and when it is to be taken; None: only news brings it on."""

    model_config = ConfigDict(frozen=True)

    open: bool
    state: str = ""
    next_step: NextStep | None = None
    next_at: datetime | None = None


class RequestActivities:
    """The steps of requests about people's data, on the connected parts of one process."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._clocks = Clocks(SERVICE)

    @activity.defn(name="network.look-at-data-request")
    async def look_at_data_request(self, step: DataRequestStep) -> DataRequestFacts:
        """Return where the request stands."""
        async with self._context.database.transaction(Scope(tenant=step.tenant)) as session:
            request = await queries.data_request(session, tenant=step.tenant, request_id=step.request_id)
            if request is None or request.state not in OPEN_STATES:
                return DataRequestFacts(open=False)
            if request.ready_until is not None:
                return DataRequestFacts(
                    open=True, state=request.state, next_step="put-away", next_at=request.ready_until
                )
            clock = await self._clocks.find(session, kind=DATA_REQUEST_CLOCK, subject=request.id)
            moments: list[tuple[datetime, NextStep]] = []
            if request.erase_at is not None:
                moments.append((request.erase_at, "erase"))
            if clock is not None and clock.next_at is not None:
                moments.append((clock.next_at, "warn" if clock.next_at == clock.warn_at else "escalate"))
            if not moments:
                return DataRequestFacts(open=True, state=request.state)
            next_at, next_step = min(moments)
            return DataRequestFacts(open=True, state=request.state, next_step=next_step, next_at=next_at)

    @activity.defn(name="network.warn-of-data-request")
    async def warn_of_data_request(self, step: DataRequestStep) -> Done:
        """Warn that an answer is due."""
        return await self._once(step, "warn", data_requests.warn)

    @activity.defn(name="network.escalate-data-request")
    async def escalate_data_request(self, step: DataRequestStep) -> Done:
        """Call the regional manager in."""
        return await self._once(step, "escalate", data_requests.escalate)

    @activity.defn(name="network.erase-as-asked")
    async def erase_as_asked(self, step: DataRequestStep) -> Done:
        """Carry out an approved erasure."""
        erase = partial(data_requests.erase, services=self._context.services)
        return await self._once(step, "erase", erase)

    @activity.defn(name="network.put-copy-away")
    async def put_copy_away(self, step: DataRequestStep) -> Done:
        """End a request whose copy was ready long enough."""
        return await self._once(step, "put-away", data_requests.put_copy_away)

    async def _once(self, step: DataRequestStep, name: str, operation: RequestOperation) -> Done:
        async def run(session: AsyncSession, now: datetime) -> bool:
            return await operation(session, tenant=step.tenant, request_id=step.request_id, now=now)

        key = f"{data_request_workflow_id(step.request_id)}/{name}/{step.ordinal}"
        return await _done_once(self._context, tenant=step.tenant, key=key, operation=run)


async def _done_once(context: Context, *, tenant: UUID, key: str, operation: Operation) -> Done:
    now = await context.clock.now()
    async with context.database.transaction(Scope(tenant=tenant)) as session:

        async def run() -> Done:
            return Done(done=await operation(session, now))

        return await once(session, key=key, result=Done, operation=run)
