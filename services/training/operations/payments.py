"""Effects of money: it settles a registration, waits for a person, is moved, divided, refunded or taken back.

Locks, in this order: the organisation's money, the sessions' rows, the registrations', the payments'.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.domain import (
    COUNTED,
    OPEN_TO_MATCHING,
    OPEN_TO_SETTLING,
    RECEIVED,
    SPARE,
    UNCLEAR,
    NoSuchMoney,
    NothingToPay,
    PaymentKind,
    PaymentSettled,
    PaymentState,
    RegistrationErased,
    RegistrationOver,
    RegistrationState,
    SharesNotRight,
    effect_of_payment,
)
from services.training.models import PaymentRow, RegistrationRow
from services.training.operations import registrations
from shared import locks, outbox
from shared.errors import OtherVersion
from shared.events import training as events
from shared.ids import uuid7
from shared.vault import Vault

How = Literal["structured", "text", "person"]


@dataclass(frozen=True)
class Decision:
    """The result of a person's decision: the payment, and its registration, if it has one."""

    payment: PaymentRow
    registration: RegistrationRow | None


async def apply(
    session: AsyncSession,
    payment: PaymentRow,
    row: RegistrationRow,
    *,
    how: How,
    now: datetime,
    accept: bool = False,
) -> None:
    """Assign a payment to a locked registration, and confirm the registration if that completes it."""
    # Whatever the payment counted for before ends.
    payment.state, payment.registration_id = PaymentState.UNMATCHED, row.id
    payment.suggestions = []
    effect = effect_of_payment(
        state=RegistrationState(row.state),
        price=row.price,
        paid_before=await registrations.paid_for(session, row),
        amount=payment.left,
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
    elif effect.state == PaymentState.UNDERPAID:
        await registrations.mail(session, row, "payment-incomplete", now)


async def match(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    payment_id: UUID,
    registration_id: UUID,
    accept_amount: bool,
    moved_from: UUID | None,
    now: datetime,
) -> Decision:
    """Assign a payment as a person decided, also if another registration had it before, who knew so: `moved_from`.

    Money for an expired registration gives it a place again if there is one. A registration that a payment is
    moved away from awaits payment again if it is no longer paid.

    Raises: PaymentNotFound, PaymentSettled, RegistrationNotFound, RegistrationErased, RegistrationOver,
    NothingToPay, NoPlaceLeft, NoSuchMoney, OtherVersion.
    """
    await locks.hold(session, "money", tenant)
    payment = await queries.payment(session, tenant=tenant, payment_id=payment_id)
    [row, *others] = await _locked(session, tenant, [registration_id, payment.registration_id])
    payment = await queries.payment(session, tenant=tenant, payment_id=payment_id, lock=True)
    _check_payable(row)
    _check_open(payment, row, accept_amount=accept_amount)
    if payment.kind == PaymentKind.REVERSAL:
        await _take_back_from(session, payment, row, now)
    else:
        if payment.registration_id not in (None, row.id, moved_from):
            raise OtherVersion(registration_id=str(payment.registration_id))
        counted = payment.state in COUNTED
        await _give(session, payment, row, accept=accept_amount, now=now)
        for other in others:
            await _reopen_if_owed(session, other, lost=counted, now=now)
    await seal_for(session, vault, payment, row)
    return Decision(payment, row)


async def _give(
    session: AsyncSession, payment: PaymentRow, row: RegistrationRow, *, accept: bool, now: datetime
) -> None:
    """Assign a payment to a registration as a person decided. Raises: NoPlaceLeft."""
    if row.state == RegistrationState.EXPIRED:
        late = await queries.payments_of(session, registration_id=row.id, states=(PaymentState.LATE,))
        earlier = [one for one in late if one.id != payment.id]
        if accept or sum((one.left for one in earlier), payment.left) >= row.price:
            await registrations.reinstate(session, row, now=now)
            for one in earlier:
                one.state, one.suggestions = PaymentState.UNDERPAID, []
    await apply(session, payment, row, how="person", now=now, accept=accept)


async def _locked(
    session: AsyncSession, tenant: UUID, registration_ids: Sequence[UUID | None]
) -> list[RegistrationRow]:
    """Return registrations in the given order, each once, locked in one fixed order after their sessions."""
    ids = list(dict.fromkeys(one for one in registration_ids if one is not None))
    known = [await queries.registration(session, tenant=tenant, registration_id=one) for one in ids]
    # An expired registration may be given a place again.
    for session_id in sorted({row.session_id for row in known}):
        await queries.session_and_course(session, tenant=tenant, session_id=session_id, lock=True)
    rows = {
        one: await queries.registration(session, tenant=tenant, registration_id=one, lock=True)
        for one in sorted(ids)
    }
    return [rows[one] for one in ids]


def _check_payable(row: RegistrationRow) -> None:
    if row.erased_at is not None:
        raise RegistrationErased
    if row.state == RegistrationState.CANCELLED:
        raise RegistrationOver(state=row.state)
    if not row.price:
        raise NothingToPay


def _check_open(payment: PaymentRow, row: RegistrationRow, *, accept_amount: bool) -> None:
    if payment.state not in (UNCLEAR if payment.kind == PaymentKind.REVERSAL else OPEN_TO_MATCHING):
        raise PaymentSettled(state=payment.state)
    if payment.registration_id != row.id or payment.state == PaymentState.LATE:
        return
    # The same again changes something only if the person now accepts the amount.
    if payment.state != PaymentState.UNDERPAID:
        raise PaymentSettled(state=payment.state)
    if not accept_amount:
        raise PaymentSettled("What was paid is too little: accept the amount, or wait for the rest")


async def divide(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    payment_id: UUID,
    shares: Sequence[tuple[UUID, Decimal]],
    accept_amount: bool,
    now: datetime,
) -> PaymentRow:
    """Divide one transfer for several people into a payment for each of their registrations.

    Raises: PaymentNotFound, PaymentSettled, SharesNotRight, RegistrationNotFound, RegistrationErased,
    RegistrationOver, NothingToPay, NoPlaceLeft.
    """
    await locks.hold(session, "money", tenant)
    payment = await queries.payment(session, tenant=tenant, payment_id=payment_id)
    rows = await _locked(session, tenant, [registration_id for registration_id, _ in shares])
    payment = await queries.payment(session, tenant=tenant, payment_id=payment_id, lock=True)
    if payment.kind == PaymentKind.REVERSAL or payment.state not in UNCLEAR:
        raise PaymentSettled(state=payment.state)
    if len(rows) != len(shares) or sum(amount for _, amount in shares) != payment.left:
        raise SharesNotRight
    [transfer] = await vault.open_readable(session, [payment])
    for row, (_, amount) in zip(rows, shares, strict=True):
        _check_payable(row)
        part = PaymentRow(
            id=uuid7(),
            tenant=tenant,
            statement_id=payment.statement_id,
            kind=PaymentKind.CREDIT,
            state=PaymentState.UNMATCHED,
            account_iban=payment.account_iban,
            amount=amount,
            taken_back=0,
            booked_on=payment.booked_on,
            communication=row.communication,
            likenesses=[],
            reference_hashes=payment.reference_hashes,
            part_of=payment.id,
            registration_id=row.id,
            suggestions=[],
            created_at=now,
        )
        if transfer is None:
            raise PaymentSettled(state=payment.state)
        await vault.seal(session, part, transfer, subject=row.id)
        session.add(part)
        await session.flush()
        await _give(session, part, row, accept=accept_amount, now=now)
    payment.state, payment.suggestions = PaymentState.DIVIDED, []
    await session.flush()
    return payment


async def settle(
    session: AsyncSession, *, tenant: UUID, payment_id: UUID, by: Literal["refund", "keep"]
) -> Decision:
    """Record that money which counts for nothing was refunded, or is kept (a cancellation fee, a gift).

    Of a payment that is too much, only the excess. Raises: PaymentNotFound, PaymentSettled.
    """
    await locks.hold(session, "money", tenant)
    payment = await queries.payment(session, tenant=tenant, payment_id=payment_id)
    rows = await _locked(session, tenant, [payment.registration_id])
    payment = await queries.payment(session, tenant=tenant, payment_id=payment_id, lock=True)
    if payment.kind == PaymentKind.REVERSAL or payment.state not in OPEN_TO_SETTLING:
        raise PaymentSettled(state=payment.state)
    if payment.state == PaymentState.OVERPAID:
        [row] = rows
        if by == "refund":
            surplus = await registrations.paid_for(session, row) - row.price
            payment.taken_back += max(Decimal(0), min(surplus, payment.left))
        payment.state = PaymentState.MATCHED
    elif by == "refund":
        payment.state, payment.taken_back = PaymentState.REFUNDED, payment.amount
    elif payment.state in (PaymentState.UNDERPAID, PaymentState.EARLY):
        # It counts for a registration that still awaits payment.
        raise PaymentSettled(state=payment.state)
    else:
        payment.state = PaymentState.KEPT
    payment.suggestions = []
    await session.flush()
    return Decision(payment, next(iter(rows), None))


async def seal_for(session: AsyncSession, vault: Vault, payment: PaymentRow, row: RegistrationRow) -> None:
    """Seal a payment's details with its registration's key, so that they are erased with it."""
    [transfer] = await vault.open_readable(session, [payment])
    if transfer is None:
        # It came for another registration, which was erased: the money is moved without a name.
        return
    await vault.seal(session, payment, transfer, subject=row.id)
    await session.flush()


async def can_be_confirmed(session: AsyncSession, row: RegistrationRow, *, now: datetime) -> bool:
    """Tell whether an expired registration with enough money could have its place again."""
    held, _ = await queries.session_and_course(session, tenant=row.tenant, session_id=row.session_id)
    places = await queries.places(session, session_id=held.id)
    came = await queries.paid(session, registration_ids=[row.id], states=RECEIVED)
    is_free = not places.waiting and places.taken < held.capacity
    return is_free and held.starts_at > now and came.get(row.id, registrations.ZERO) >= row.price


async def take_back(
    session: AsyncSession, reversal: PaymentRow, original: PaymentRow, *, now: datetime
) -> RegistrationRow | None:
    """Undo a payment that the bank took back, in whole or in part, and return its registration.

    A registration that is no longer paid awaits payment again.
    """
    row = None
    if original.registration_id is not None:
        row = await queries.registration(
            session, tenant=original.tenant, registration_id=original.registration_id, lock=True
        )
    original = await queries.payment(session, tenant=original.tenant, payment_id=original.id, lock=True)
    counted = original.state in COUNTED
    original.taken_back += reversal.amount
    if not original.left:
        original.state, original.suggestions = PaymentState.REVERSED, []
    reversal.state, reversal.reverses = PaymentState.MATCHED, original.id
    reversal.registration_id, reversal.suggestions = original.registration_id, []
    await session.flush()
    if row is None:
        return None
    fact = events.PaymentReversed(payment_id=original.id, registration_id=row.id)
    await outbox.publish(session, fact, stream=row.id, tenant=row.tenant, now=now)
    await _reopen_if_owed(session, row, lost=counted, now=now)
    if original.state == PaymentState.OVERPAID and await registrations.paid_for(session, row) <= row.price:
        original.state = PaymentState.MATCHED
    return row


async def _reopen_if_owed(session: AsyncSession, row: RegistrationRow, *, lost: bool, now: datetime) -> None:
    """Await payment again for a confirmed registration that lost its payment, unless it is still paid."""
    # An erased participant cannot be asked for anything.
    if not lost or row.erased_at is not None or row.state != RegistrationState.CONFIRMED:
        return
    if not await _owed(session, row):
        return
    left = await queries.payments_of(session, registration_id=row.id, states=COUNTED)
    for payment in left:
        payment.state = PaymentState.UNDERPAID
    await registrations.reopen(session, row, now)


async def _owed(session: AsyncSession, row: RegistrationRow) -> bool:
    paid = await registrations.paid_for(session, row)
    # A second payment takes the place of what was taken back.
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
    there = await queries.payments_of(session, registration_id=row.id, states=(*COUNTED, *SPARE))
    # The payment of this amount, else one that includes it.
    whole = [payment for payment in there if payment.left == reversal.amount]
    part = [payment for payment in there if payment.left > reversal.amount]
    original = next(iter([*whole, *part]), None)
    if original is None:
        raise NoSuchMoney
    await take_back(session, reversal, original, now=now)
