"""The state of a service, for ops: the parts it depends on, and what waits in its outbox."""

from datetime import datetime
from uuid import UUID

from shared import outbox
from shared.context import Context
from shared.errors import Operational
from shared.http.gates import Operator
from shared.http.models import ResponseModel
from shared.http.routing import Deps, Router

router = Router(tags=["operations"])


class PartState(ResponseModel):
    """Whether a part (`database`, `broker`, `temporal`) answers to this service."""

    part: str
    answers: bool


class HeldBackEvent(ResponseModel):
    """An event that could not be published; later events of its stream wait for it."""

    event_id: UUID
    event_type: str
    since: datetime
    attempts: int
    retry_at: datetime


class OutboxState(ResponseModel):
    """What waits in the outbox: how many events, since when the oldest waits, and those refused, the oldest first."""

    pending_events: int
    since: datetime | None
    held_back: list[HeldBackEvent]


class ServiceState(ResponseModel):
    """The state of a service. Its outbox is null while the database does not answer."""

    parts: list[PartState]
    outbox: OutboxState | None


@router.get("/v1/state")
async def read_state(_principal: Operator, context: Deps) -> ServiceState:
    """See whether the parts that this service depends on answer, and what waits in its outbox."""
    return await state_of(context)


async def state_of(context: Context) -> ServiceState:
    """Return this service's state, also while parts of it do not answer."""
    parts = await context.readiness.parts()
    return ServiceState(
        parts=[PartState(part=part, answers=answers) for part, answers in parts.items()],
        outbox=await _outbox(context) if parts["database"] else None,
    )


async def _outbox(context: Context) -> OutboxState | None:
    try:
        async with context.database.transaction() as session:
            return OutboxState.model_validate(await outbox.pending(session))
    except Operational:
        return None
