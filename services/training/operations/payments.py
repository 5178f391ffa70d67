"""What money does: it settles a registration, waits for a person, or is taken back.

Locks, in this order: the organisation's money, the session's row, the registration's, the payment's.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.domain import (
    COUNTED,
    OPEN_TO_MATCHING,
    NoSuchMoney,
    NothingToPay,
    PaymentKind,
    PaymentSettled,
    PaymentState,
    RegistrationErased,
    RegistrationOver,
    RegistrationState,
    effect_of_payment,
)
from services.training.models import PaymentRow, RegistrationRow
from services.training.operations import registrations
from shared import locks, outbox
from shared.events import training as events
from shared.vault import Vault

How = Literal["structured", "text", "person"]


@dataclass(frozen=True)
class Decision:
    """What a person's decision made of a payment and of its registration."""

    payment: PaymentRow
    registration: RegistrationRow


async def apply(
    session: AsyncSession,
    payment: PaymentRow,
    row: RegistrationRow,
    *,
    how: How,
    now: datetime,
    accept: bool = False,
) -> None:
    """Give a payment to a locked registration, and confirm the registration if it is complete with it."""
    # Whatever the payment counted for before, it does so no more.
    payment.state, payment.registration_id = PaymentState.UNMATCHED, row.id
    payment.suggestions = []
    effect = effect_of_payment(
        state=RegistrationState(row.state),
        price=row.price,
        paid_before=await registrations.paid_for(session, row),
        amount=payment.amount,
        accept=accept,
    )
    payment.state = effect.state
    await session.flush()
    fact = events.PaymentMatched(
        payment_id=payment.id, registration_id=row.id, how=how, settles=effect.settles
    )
    await outbox.publish(session, fact, stream=row.id, tenant=row.tenant, now=now)
    if effect.settles:
        await registrations.settle(session, row, now=now)


async def match(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    payment_id: UUID,
    registration_id: UUID,
    accept_amount: bool,
    now: datetime,
) -> Decision:
    """Let a person say whose payment it is; money for an expired registration gives it a place again if there is one.

    Raises: PaymentNotFound, PaymentSettled, RegistrationNotFound, RegistrationErased, RegistrationOver, NothingToPay,
        NoPlaceLeft, NoSuchMoney.
    """
    await locks.hold(session, "money", tenant)
    await queries.payment(session, tenant=tenant, payment_id=payment_id)
    row = await _registration_to_pay(session, tenant=tenant, registration_id=registration_id)
    payment = await queries.payment(session, tenant=tenant, payment_id=payment_id, lock=True)
    _check_open(payment, row, accept_amount=accept_amount)
    if payment.kind == PaymentKind.REVERSAL:
        await _take_back_from(session, payment, row, now)
        await seal_for(session, vault, payment, row)
        return Decision(payment, row)
    if row.state == RegistrationState.EXPIRED and await _is_enough(session, payment, row, accept_amount):
        await registrations.reinstate(session, row, now=now)
    await apply(session, payment, row, how="person", now=now, accept=accept_amount)
    await seal_for(session, vault, payment, row)
    return Decision(payment, row)


async def _registration_to_pay(
    session: AsyncSession, *, tenant: UUID, registration_id: UUID
) -> RegistrationRow:
    known = await queries.registration(session, tenant=tenant, registration_id=registration_id)
    # The session first: an expired registration may be given a place again.
    await queries.session_and_course(session, tenant=tenant, session_id=known.session_id, lock=True)
    row = await queries.registration(session, tenant=tenant, registration_id=registration_id, lock=True)
    if row.erased_at is not None:
        raise RegistrationErased
    if row.state == RegistrationState.CANCELLED:
        raise RegistrationOver(state=row.state)
    if not row.price:
        raise NothingToPay
    return row


def _check_open(payment: PaymentRow, row: RegistrationRow, *, accept_amount: bool) -> None:
    if payment.state not in OPEN_TO_MATCHING:
        raise PaymentSettled(state=payment.state)
    # The same again changes something only if the person now accepts the amount.
    if payment.state == PaymentState.UNDERPAID and payment.registration_id == row.id and not accept_amount:
        raise PaymentSettled("What was paid is too little: accept the amount, or wait for the rest")


async def _is_enough(session: AsyncSession, payment: PaymentRow, row: RegistrationRow, accept: bool) -> bool:
    return accept or await registrations.paid_for(session, row) + payment.amount >= row.price


async def seal_for(session: AsyncSession, vault: Vault, payment: PaymentRow, row: RegistrationRow) -> None:
    """Seal a payment's details with its registration's key, so that they are erased with it."""
    [transfer] = await vault.open_readable(session, [payment])
    if transfer is None:
        # It came for another registration, which was erased: the money moves on without a name.
        return
    await vault.seal(session, payment, transfer, subject=row.id)
    await session.flush()


async def take_back(
    session: AsyncSession, reversal: PaymentRow, original: PaymentRow, *, now: datetime
) -> RegistrationRow | None:
    """Undo a payment that the bank took back, and return whose it was.

    A registration that is no longer paid awaits payment again.
    """
    row = None
    if original.registration_id is not None:
        row = await queries.registration(
            session, tenant=original.tenant, registration_id=original.registration_id, lock=True
        )
    original = await queries.payment(session, tenant=original.tenant, payment_id=original.id, lock=True)
    original.state, original.suggestions = PaymentState.REVERSED, []
    reversal.state, reversal.reverses = PaymentState.MATCHED, original.id
    reversal.registration_id = original.registration_id
    if row is None:
        await session.flush()
        return None
    fact = events.PaymentReversed(payment_id=original.id, registration_id=row.id)
    await outbox.publish(session, fact, stream=row.id, tenant=row.tenant, now=now)
    # Whoever was erased can be asked for nothing any more.
    if row.erased_at is None and row.state == RegistrationState.CONFIRMED and await _owed(session, row):
        await registrations.reopen(session, row, now)
    return row


async def _owed(session: AsyncSession, row: RegistrationRow) -> bool:
    paid = await registrations.paid_for(session, row)
    # Money that had come a second time stands in for what was taken back.
    for spare in await queries.payments_of(
        session, registration_id=row.id, states=(PaymentState.PAID_TWICE,)
    ):
        if paid >= row.price:
            break
        spare.state = PaymentState.MATCHED
        paid = await registrations.paid_for(session, row)
    return paid < row.price


async def _take_back_from(
    session: AsyncSession, reversal: PaymentRow, row: RegistrationRow, now: datetime
) -> None:
    there = await queries.payments_of(
        session, registration_id=row.id, states=(*COUNTED, PaymentState.PAID_TWICE, PaymentState.LATE)
    )
    original = next((payment for payment in there if payment.amount == reversal.amount), None)
    if original is None:
        raise NoSuchMoney
    await take_back(session, reversal, original, now=now)
