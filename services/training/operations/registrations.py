"""From a place or the waiting list to the confirmation, or the expiry.

Locks, in this order: the session's row (its places), the registration's, its payments'.
"""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.domain import (
    LIVE,
    PAYMENT_CLOCK,
    RECEIVED,
    SEATED,
    SERVICE,
    NoPlaceLeft,
    PaymentState,
    RegistrationClosed,
    RegistrationErased,
    RegistrationOver,
    RegistrationState,
    registration_workflow_id,
)
from services.training.models import RegistrationRow, SessionRow
from services.training.operations import settling
from services.training.settings import last_moment_to_pay, moment_to_remind, policies
from shared import messages, outbox
from shared.clock_rows import Clock
from shared.clocks import Clocks
from shared.deadlines import Deadline, TimeLimit
from shared.events import training as events
from shared.events.base import EventData
from shared.steps import step

# The indexed field; the word is part of the digest.
PERSON = "registration"
ZERO = Decimal(0)
# The mail that says how an active registration stands.
_STANDS = {
    RegistrationState.REQUESTED: "registration-requested",
    RegistrationState.AWAITING_PAYMENT: "payment-request",
    RegistrationState.CONFIRMED: "registration-confirmed",
    RegistrationState.WAITLISTED: "waitlisted",
}
clocks = Clocks(SERVICE)


async def fill_places(session: AsyncSession, *, tenant: UUID, session_id: UUID, now: datetime) -> int:
    """Give the free places of a session to those who have waited longest; return how many got one."""
    held, _ = await queries.session_and_course(session, tenant=tenant, session_id=session_id, lock=True)
    if held.starts_at <= now or held.cancelled_at is not None:
        return 0
    free = held.capacity - (await queries.places(session, session_id=held.id)).taken
    given = 0
    while given < free:
        row = await queries.waiting_longest(session, tenant=tenant, session_id=held.id)
        if row is None:
            return given
        await _promote(session, row, now)
        given += 1
    if given:
        await publish_if_full(session, held, taken=held.capacity, now=now)
    return given


async def _promote(session: AsyncSession, row: RegistrationRow, now: datetime) -> None:
    row.state = RegistrationState.AWAITING_PAYMENT
    await session.flush()
    await publish(session, row, events.RegistrationPromoted, now)
    paid = await paid_for(session, row)
    if paid >= row.price:
        # Free of charge, or paid while on the waiting list.
        await settle(session, row, now=now, too_much=paid > row.price)
        return
    await await_payment(session, row, now)
    await mail(session, row, "place-free", now)


async def reinstate(session: AsyncSession, row: RegistrationRow, *, now: datetime) -> None:
    """Give an expired registration a place again. The caller holds the session's lock. Raises: NoPlaceLeft."""
    held, _ = await queries.session_and_course(
        session, tenant=row.tenant, session_id=row.session_id, lock=True
    )
    places = await queries.places(session, session_id=held.id)
    if held.cancelled_at is not None or places.taken >= held.capacity:
        raise NoPlaceLeft
    row.state, row.ended_at = RegistrationState.AWAITING_PAYMENT, None
    await session.flush()
    await publish_if_full(session, held, taken=places.taken + 1, now=now)


async def settle(
    session: AsyncSession, row: RegistrationRow, *, now: datetime, too_much: bool = False
) -> None:
    """Confirm a registration that is fully paid: earlier payments that were too little or too early become matched."""
    waiting = (PaymentState.UNDERPAID, PaymentState.EARLY)
    earlier = await queries.payments_of(session, registration_id=row.id, states=waiting)
    for payment in earlier:
        payment.state = PaymentState.MATCHED
    if too_much and earlier:
        earlier[0].state = PaymentState.OVERPAID
    await confirm(session, row, now)


async def confirm(session: AsyncSession, row: RegistrationRow, now: datetime) -> None:
    """Complete a registration: its clock stops and its one confirmation is mailed."""
    row.state = RegistrationState.CONFIRMED
    await session.flush()
    await clocks.stop(session, kind=PAYMENT_CLOCK, subject=row.id, now=now)
    await publish(session, row, events.RegistrationConfirmed, now)
    await mail(session, row, "registration-confirmed", now)


async def reopen(session: AsyncSession, row: RegistrationRow, now: datetime) -> None:
    """Await payment again, with a new clock, for a registration whose money the bank took back."""
    row.state = RegistrationState.AWAITING_PAYMENT
    await session.flush()
    await await_payment(session, row, now)
    await mail(session, row, "payment-reversed", now)


async def cancel(
    session: AsyncSession,
    *,
    tenant: UUID,
    registration_id: UUID,
    by: Literal["participant", "organiser"],
    now: datetime,
) -> RegistrationRow:
    """Cancel a registration and free its place. Raises: RegistrationNotFound, RegistrationErased, RegistrationOver."""
    row = await queries.registration(session, tenant=tenant, registration_id=registration_id, lock=True)
    if row.erased_at is not None:
        raise RegistrationErased
    if row.state not in LIVE:
        raise RegistrationOver(state=row.state)
    await call_off(session, row, by=by, now=now)
    await mail(session, row, "registration-cancelled", now)
    return row


async def cancel_own(session: AsyncSession, row: RegistrationRow, *, now: datetime) -> RegistrationRow:
    """Cancel a participant's own registration, before its session begins. Raises: as `cancel`, RegistrationClosed."""
    held, _ = await queries.session_and_course(session, tenant=row.tenant, session_id=row.session_id)
    if held.starts_at <= now:
        raise RegistrationClosed
    return await cancel(session, tenant=row.tenant, registration_id=row.id, by="participant", now=now)


async def call_off(
    session: AsyncSession, row: RegistrationRow, *, by: Literal["participant", "organiser"], now: datetime
) -> None:
    """End a locked registration that was still active, without mailing anybody."""
    await clocks.stop(session, kind=PAYMENT_CLOCK, subject=row.id, now=now)
    await _end(session, row, RegistrationState.CANCELLED, now)
    await outbox.publish(
        session,
        events.RegistrationCancelled(registration_id=row.id, session_id=row.session_id, by=by),
        stream=row.id,
        tenant=row.tenant,
        now=now,
    )


@step("training.remind-of-payment")
async def remind_of_payment(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Remind of a payment, once."""
    row = await _reached(session, due, now)
    if row is None:
        return False
    await mail(session, row, "payment-reminder", now)
    return True


@step("training.expire-registration")
async def expire(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Expire a registration that was not paid in time."""
    row = await _reached(session, due, now)
    if row is None:
        return False
    await _end(session, row, RegistrationState.EXPIRED, now)
    await publish(session, row, events.RegistrationExpired, now)
    await mail(session, row, "registration-expired", now)
    return True


async def _reached(session: AsyncSession, due: Deadline, now: datetime) -> RegistrationRow | None:
    row = await queries.registration(session, tenant=due.tenant, registration_id=due.subject, lock=True)
    if row.state != RegistrationState.AWAITING_PAYMENT or await clocks.reach(session, due, now=now) is None:
        return None
    return row


async def _end(session: AsyncSession, row: RegistrationRow, state: RegistrationState, now: datetime) -> None:
    had_place = row.state in SEATED
    row.state, row.ended_at = state, now
    # Ineffective money waits for a person's decision.
    received = await queries.payments_of(session, registration_id=row.id, states=RECEIVED)
    for payment in received:
        payment.state = PaymentState.LATE
    await session.flush()
    if had_place:
        await outbox.publish(
            session,
            events.PlaceFreed(session_id=row.session_id),
            stream=row.session_id,
            tenant=row.tenant,
            now=now,
        )
    if received:
        await settling.follow(session, tenant=row.tenant, now=now)


async def await_payment(session: AsyncSession, row: RegistrationRow, now: datetime) -> Clock:
    """Start the clock within which a registration must be paid."""
    held, _ = await queries.session_and_course(session, tenant=row.tenant, session_id=row.session_id)
    return await clocks.start(
        session,
        kind=PAYMENT_CLOCK,
        subject=row.id,
        tenant=row.tenant,
        owner="finance",
        now=now,
        limit=await _time_to_pay(session, row, held, now),
        workflow_id=registration_workflow_id(row.id),
    )


async def _time_to_pay(
    session: AsyncSession, row: RegistrationRow, held: SessionRow, now: datetime
) -> TimeLimit:
    policy = await policies.in_force(session, tenant=row.tenant, at=row.created_at)
    due_at = last_moment_to_pay(policy, now, held.starts_at)
    return policy.until(due_at, warn_at=moment_to_remind(policy, now, due_at))


async def follow_session(
    session: AsyncSession, row: RegistrationRow, held: SessionRow, now: datetime
) -> None:
    """Tell participants that their session moved; payments are due no later than it begins."""
    clock = await clocks.find(session, kind=PAYMENT_CLOCK, subject=row.id)
    if clock is not None and clock.due_at > held.starts_at:
        limit = await _time_to_pay(session, row, held, now)
        await clocks.move(session, kind=PAYMENT_CLOCK, subject=row.id, limit=limit, now=now)
    await mail(session, row, "session-changed", now)


async def paid_for(session: AsyncSession, row: RegistrationRow) -> Decimal:
    """Return how much was paid for a registration."""
    await session.flush()
    return (await queries.paid(session, registration_ids=[row.id])).get(row.id, ZERO)


async def publish(
    session: AsyncSession,
    row: RegistrationRow,
    what: type[
        events.RegistrationWaitlisted
        | events.RegistrationPromoted
        | events.RegistrationConfirmed
        | events.RegistrationExpired
    ],
    now: datetime,
) -> None:
    """Publish an event about a registration."""
    fact: EventData = what(registration_id=row.id, session_id=row.session_id)
    await outbox.publish(session, fact, stream=row.id, tenant=row.tenant, now=now)


async def mail(session: AsyncSession, row: RegistrationRow, kind: str, now: datetime) -> None:
    """Decide to mail the participant."""
    await messages.queue(
        session,
        service=SERVICE,
        kind=kind,
        recipient=row.id,
        role="participant",
        tenant=row.tenant,
        stream=row.id,
        now=now,
    )


async def mail_again(session: AsyncSession, row: RegistrationRow, now: datetime) -> None:
    """Mail the participant once more how their registration stands, with its link. Raises: RegistrationOver."""
    kind = _STANDS.get(RegistrationState(row.state))
    if kind is None:
        raise RegistrationOver(state=row.state)
    await mail(session, row, kind, now)


async def publish_received(session: AsyncSession, row: RegistrationRow, now: datetime) -> None:
    """Publish that somebody registered."""
    fact = events.RegistrationReceived.model_validate(
        {"registration_id": row.id, "session_id": row.session_id, "free": not row.price, "state": row.state}
    )
    await outbox.publish(session, fact, stream=row.id, tenant=row.tenant, now=now)


async def publish_if_full(session: AsyncSession, held: SessionRow, *, taken: int, now: datetime) -> None:
    """Publish that a session is full, if that many taken places fill it."""
    if taken >= held.capacity:
        await outbox.publish(
            session, events.SessionFull(session_id=held.id), stream=held.id, tenant=held.tenant, now=now
        )
