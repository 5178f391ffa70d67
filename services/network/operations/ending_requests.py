"""How requests about data end: withdrawn, by a step of their workflow, or with the erasure of the person."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.data_requests import (
    COPY_CLOCK,
    DATA_REQUEST_CLOCK,
    ERASE_CLOCK,
    Ended,
    RequestKind,
    RequestState,
)
from services.network.domain import SERVICE
from services.network.models import DataRequest
from services.network.operations import erasing
from shared import outbox
from shared.clocks import Clocks
from shared.deadlines import Deadline
from shared.errors import DomainError
from shared.events import network
from shared.events.base import EventData
from shared.service_client import ServiceClient
from shared.steps import step
from shared.vault import Vault

clocks = Clocks(SERVICE)


@step("network.erase-as-asked")
async def erase(
    session: AsyncSession, vault: Vault, services: ServiceClient, *, due: Deadline, now: datetime
) -> bool:
    """Carry out an approved erasure whose waiting time is over; if it is forbidden by now, the DPO decides.

    Raises: Operational if intake does not answer.
    """
    request = await queries.data_request(session, tenant=due.tenant, request_id=due.subject, lock=True)
    if request is None or request.state != RequestState.APPROVED:
        return False
    if await clocks.waiting_for(session, due) is None:
        return False
    person = await queries.person(session, tenant=due.tenant, person_id=request.person_id, lock=True)
    try:
        # Refuses before anything changes: the last central person, a legal hold, an erased case.
        await erasing.erase_person(session, vault, services, person=person, reason="asked", now=now)
    except DomainError:
        request.erase_at = None
        await session.flush()
        return await clocks.reach(session, due, now=now) is not None
    await end(session, request, "done", now)
    return True


async def close_of_erased(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, person_id: UUID | None, now: datetime
) -> None:
    """End the open requests about an erased person, or (None) about anybody of an erased case.

    The erasure is done; nothing is left to copy or correct.
    """
    for request in await queries.open_data_requests(
        session, tenant=tenant, case_id=case_id, person_id=person_id
    ):
        await end(session, request, "done" if request.kind == RequestKind.ERASURE else "withdrawn", now)


@step("network.put-copy-away")
async def put_copy_away(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """End a request for a copy whose reading time is over."""
    request = await queries.data_request(session, tenant=due.tenant, request_id=due.subject, lock=True)
    if request is None or request.state != RequestState.APPROVED:
        return False
    if await clocks.waiting_for(session, due) is None:
        return False
    await end(session, request, "done", now)
    return True


async def end(session: AsyncSession, request: DataRequest, how: Ended, now: datetime) -> None:
    """End a request: stop its clocks and publish how it ended."""
    request.state, request.ended_at = RequestState(how), now
    await session.flush()
    for kind in (DATA_REQUEST_CLOCK, ERASE_CLOCK, COPY_CLOCK):
        await clocks.stop(session, kind=kind, subject=request.id, now=now)
    fact = network.DataRequestEnded(
        request_id=request.id,
        case_id=request.case_id,
        person_id=request.person_id,
        kind=RequestKind(request.kind).value,
        how=how,
    )
    await publish(session, request, fact, now)


async def publish(session: AsyncSession, request: DataRequest, fact: EventData, now: datetime) -> None:
    """Publish an event about a request."""
    # In a stream of its own, without a case: it is processed also after the case stopped or was erased.
    await outbox.publish(session, fact, stream=request.id, tenant=request.tenant, now=now)
