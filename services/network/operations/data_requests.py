"""Requests about data: making, deciding, extending and withdrawing them, and the effects of their clocks.

The clocks belong to the request and not to the case: a case that pauses or stops does not stop the answer.
"""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.data_requests import (
    COPY_CLOCK,
    DATA_REQUEST_CLOCK,
    ERASE_CLOCK,
    ESCALATED_TO,
    HANDLER,
    LATELY_DAYS,
    MAX_DAYS_BACK,
    MAX_LATELY,
    OPEN_STATES,
    AlreadyAsked,
    AlreadyExtended,
    AskedTooOften,
    Decision,
    NotAnsweredByDoing,
    ReceivedOnNotPossible,
    RequestDecided,
    RequestKind,
    RequestState,
    data_request_workflow_id,
)
from services.network.domain import (
    SERVICE,
    AlreadyErased,
    LastCentralPersonErased,
    PersonState,
    UnknownPerson,
)
from services.network.models import DataRequest, DataRequestFields, Person
from services.network.operations import asking_for_others, erasing, notifying
from services.network.operations.ending_requests import end, publish
from services.network.settings import policies
from shared import case_state, profiles
from shared.calendar import Calendar
from shared.clocks import Clocks
from shared.deadlines import TimeLimit
from shared.events import network
from shared.ids import uuid7
from shared.vault import Vault

clocks = Clocks(SERVICE)


async def receive(
    session: AsyncSession,
    vault: Vault,
    *,
    person: Person,
    kind: RequestKind,
    words: str | None,
    asked_by: UUID | None,
    noted_by: UUID | None,
    received_on: date | None,
    now: datetime,
) -> DataRequest:
    """Record a request, start its clock and confirm it to the requester.

    Raises: AlreadyAsked, AskedTooOften, ReceivedOnNotPossible, CaseErased, AlreadyErased.
    """
    # Held until the commit: two simultaneous requests of one person are recorded one after the other.
    person = await queries.person(session, tenant=person.tenant, person_id=person.id, lock=True)
    await case_state.require_not_erased(session, case_id=person.case_id, hold=True)
    if person.state == PersonState.ERASED:
        raise AlreadyErased(person_id=str(person.id))
    await _require_room(session, person, kind, now)
    policy = await policies.in_force(session, tenant=person.tenant)
    begins = _begins(received_on, now, policy.calendar)
    limit = policy.limit(begins, policy.settings.data_request_due, warn=policy.settings.data_request_warn)
    request = DataRequest(
        id=uuid7(),
        tenant=person.tenant,
        case_id=person.case_id,
        person_id=person.id,
        asked_by=asked_by,
        noted_by=noted_by,
        kind=kind,
        state=RequestState.RECEIVED,
        created_at=now,
        due_at=limit.due_at,
    )
    await vault.seal(session, request, DataRequestFields(text=words))
    session.add(request)
    await session.flush()
    await _start_clock(session, request, DATA_REQUEST_CLOCK, limit=limit, now=now)
    fact = network.DataRequestReceived(
        request_id=request.id,
        case_id=request.case_id,
        person_id=request.person_id,
        kind=kind.value,
        via="link" if asked_by is not None else "staff",
    )
    await publish(session, request, fact, now)
    await _notify(session, request, "data-request-received", now, until=request.due_at)
    return request


async def approve(
    session: AsyncSession,
    vault: Vault,
    *,
    request: DataRequest,
    by: UUID,
    show_exit_reason: bool,
    now: datetime,
) -> None:
    """Approve a request: a copy is ready at once, an erasure waits a little, a correction is done by hand.

    `show_exit_reason`: in a copy, also why a person had to leave the circle. Raises: RequestDecided,
    NoLongerTheirs, and the errors that forbid an erasure.
    """
    await asking_for_others.require_still_theirs(session, vault, request=request, now=now)
    _decide(request, RequestState.APPROVED, by, now)
    policy = await policies.in_force(session, tenant=request.tenant)
    request.show_exit_reason = show_exit_reason and request.kind == RequestKind.COPY
    if request.kind == RequestKind.ERASURE and await _can_be_erased_alone(session, request):
        limit = policy.limit(now, policy.settings.erase_wait)
        request.erase_at = limit.due_at
        await _start_clock(session, request, ERASE_CLOCK, limit=limit, now=now)
    if request.kind == RequestKind.COPY:
        limit = policy.limit(now, policy.settings.copy_ready)
        request.ready_until = limit.due_at
        await _start_clock(session, request, COPY_CLOCK, limit=limit, now=now)
        await clocks.stop(session, kind=DATA_REQUEST_CLOCK, subject=request.id, now=now)
    await session.flush()
    await _publish_decided(session, request, "approved", now)
    if request.kind == RequestKind.COPY:
        await _notify(session, request, "data-request-ready", now, until=request.ready_until)
    else:
        await _notify(session, request, "data-request-approved", now, until=request.erase_at)


async def refuse(
    session: AsyncSession, vault: Vault, *, request: DataRequest, reason: str, by: UUID, now: datetime
) -> None:
    """Refuse a request, with a reason that the requester can read. Raises: RequestDecided."""
    _decide(request, RequestState.REFUSED, by, now)
    request.ended_at = now
    await _seal(session, vault, request, refusal=reason)
    await clocks.stop(session, kind=DATA_REQUEST_CLOCK, subject=request.id, now=now)
    await _publish_decided(session, request, "refused", now)
    await _notify(session, request, "data-request-refused", now)


async def extend(
    session: AsyncSession, vault: Vault, *, request: DataRequest, reason: str, now: datetime
) -> None:
    """Extend the time for an answer, once, and tell the requester why. Raises: RequestDecided, AlreadyExtended."""
    if request.state != RequestState.RECEIVED:
        raise RequestDecided(state=request.state)
    if request.extended_at is not None:
        raise AlreadyExtended(request_id=str(request.id))
    clock = await clocks.find(session, kind=DATA_REQUEST_CLOCK, subject=request.id)
    policy = await policies.in_force(session, tenant=request.tenant)
    longer = policy.settings.data_request_extension
    request.extended_at = now
    request.due_at = policy.after(request.due_at, longer)
    await _seal(session, vault, request, extension=reason)
    warn_at = None if clock is None or clock.warn_at is None else policy.after(clock.warn_at, longer)
    limit = policy.until(request.due_at, warn_at=warn_at)
    await clocks.move(session, kind=DATA_REQUEST_CLOCK, subject=request.id, limit=limit, now=now)
    fact = network.DataRequestExtended(
        request_id=request.id, case_id=request.case_id, person_id=request.person_id, due_at=request.due_at
    )
    await publish(session, request, fact, now)
    await _notify(session, request, "data-request-extended", now, until=request.due_at)


async def withdraw(session: AsyncSession, *, request: DataRequest, now: datetime) -> None:
    """Withdraw a request, also one that was approved and not carried out yet. Raises: RequestDecided."""
    if request.state not in OPEN_STATES:
        raise RequestDecided(state=request.state)
    await end(session, request, "withdrawn", now)


async def report_done(session: AsyncSession, *, request: DataRequest, now: datetime) -> None:
    """Record that the correction was made. Raises: RequestDecided, NotAnsweredByDoing."""
    if request.kind != RequestKind.CORRECTION:
        raise NotAnsweredByDoing(kind=request.kind)
    if request.state != RequestState.APPROVED:
        raise RequestDecided(state=request.state)
    await end(session, request, "done", now)
    await _notify(session, request, "data-request-done", now)


async def _require_room(session: AsyncSession, person: Person, kind: RequestKind, now: datetime) -> None:
    if await queries.has_open_data_request(session, tenant=person.tenant, person_id=person.id, kind=kind):
        raise AlreadyAsked(kind=kind)
    since = now - timedelta(days=LATELY_DAYS)
    lately = await queries.count_data_requests(
        session, tenant=person.tenant, person_id=person.id, since=since
    )
    if lately >= MAX_LATELY:
        raise AskedTooOften(most=MAX_LATELY)


async def _can_be_erased_alone(session: AsyncSession, request: DataRequest) -> bool:
    """Tell whether a person can be erased without their case: the last central person is erased with it."""
    person = await queries.person(session, tenant=request.tenant, person_id=request.person_id, lock=True)
    try:
        await erasing.require_erasable(session, person)
    except LastCentralPersonErased:
        return False
    return True


def _begins(received_on: date | None, now: datetime, calendar: Calendar) -> datetime:
    # A letter is received on a day: the month runs from that morning.
    today = calendar.day_of(now)
    if received_on is None or received_on == today:
        return now
    if not today - timedelta(days=MAX_DAYS_BACK) <= received_on < today:
        raise ReceivedOnNotPossible
    return calendar.at(received_on, time.min)


def _decide(request: DataRequest, state: RequestState, by: UUID, now: datetime) -> None:
    if request.state != RequestState.RECEIVED:
        raise RequestDecided(state=request.state)
    request.state, request.decided_by, request.decided_at = state, by, now


async def _start_clock(
    session: AsyncSession,
    request: DataRequest,
    kind: str,
    *,
    limit: TimeLimit,
    now: datetime,
) -> None:
    # Without a case: pausing or stopping the clocks of a case does not find this one.
    await clocks.start(
        session,
        kind=kind,
        subject=request.id,
        tenant=request.tenant,
        owner=HANDLER,
        escalate_to=ESCALATED_TO,
        now=now,
        limit=limit,
        workflow_id=data_request_workflow_id(request.id),
    )


async def _seal(session: AsyncSession, vault: Vault, request: DataRequest, **words: str) -> None:
    fields = await vault.open(session, request)
    await vault.seal(session, request, fields.replaced(**words))
    await session.flush()


async def _publish_decided(
    session: AsyncSession, request: DataRequest, decision: Decision, now: datetime
) -> None:
    fact = network.DataRequestDecided(
        request_id=request.id,
        case_id=request.case_id,
        person_id=request.person_id,
        kind=RequestKind(request.kind).value,
        decision=decision,
    )
    await publish(session, request, fact, now)


async def _notify(
    session: AsyncSession, request: DataRequest, kind: str, now: datetime, *, until: datetime | None = None
) -> None:
    """Mail the requester: somebody of the case, or the person themselves if a colleague recorded it."""
    try:
        person = await queries.person(
            session, tenant=request.tenant, person_id=request.asked_by or request.person_id
        )
    except UnknownPerson:
        return
    calendar = await profiles.calendar(session, tenant=request.tenant)
    await notifying.notify(
        session,
        person=person,
        kind=kind,
        now=now,
        link_target="data-requests",
        parameters={
            "request_kind": request.kind,
            "for_other": int(request.asked_by not in (None, request.person_id)),
            "due_on": None if until is None else calendar.day_of(until).isoformat(),
        },
        even_if_stopped=True,
    )
