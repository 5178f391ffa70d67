"""Participants, the waiting list, and what they have to pay."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Text, and_, any_, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.training.domain import (
    COUNTED,
    LIVE,
    PAYMENT_CLOCK,
    PaymentKind,
    PaymentState,
    RegistrationNotFound,
    RegistrationState,
)
from services.training.models import Base, Participant, PaymentRow, RegistrationRow, SessionRow
from shared import profiles
from shared.vault import Vault

_OVER_FOR = timedelta(days=90)
_MOST_CANDIDATES = 1_000
_ZERO = Decimal(0)
_INSTANT = timedelta(microseconds=1)
_clock = Base.metadata.tables["clock"]


@dataclass(frozen=True)
class Payer:
    """A registration for which money could still come."""

    registration: RegistrationRow
    participant: Participant
    place: str
    account_iban: str


async def registered(
    session: AsyncSession, *, tenant: UUID, session_id: UUID, person: Sequence[bytes]
) -> RegistrationRow | None:
    """Return the active registration of a person, under any of these indexes, for a session."""
    query = select(RegistrationRow).where(
        RegistrationRow.tenant == tenant,
        RegistrationRow.session_id == session_id,
        RegistrationRow.person_index.in_(person),
        RegistrationRow.state.in_(LIVE),
    )
    return (await session.execute(query.limit(1))).scalar_one_or_none()


async def waiting_longest(session: AsyncSession, *, tenant: UUID, session_id: UUID) -> RegistrationRow | None:
    """Return, locked, the registration that has waited longest for a place."""
    query = (
        select(RegistrationRow)
        .where(
            RegistrationRow.tenant == tenant,
            RegistrationRow.session_id == session_id,
            RegistrationRow.state == RegistrationState.WAITLISTED,
        )
        .order_by(RegistrationRow.created_at, RegistrationRow.id)
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query)).first()


async def registration(
    session: AsyncSession, *, tenant: UUID, registration_id: UUID, lock: bool = False
) -> RegistrationRow:
    """Return a registration, locked if asked. Raises: RegistrationNotFound."""
    query = select(RegistrationRow).where(
        RegistrationRow.tenant == tenant, RegistrationRow.id == registration_id
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = (await session.scalars(query)).first()
    if row is None:
        raise RegistrationNotFound
    return row


async def live_registrations(
    session: AsyncSession, *, tenant: UUID, session_id: UUID
) -> Sequence[RegistrationRow]:
    """Return, locked, the active registrations of a session."""
    query = (
        select(RegistrationRow)
        .where(
            RegistrationRow.tenant == tenant,
            RegistrationRow.session_id == session_id,
            RegistrationRow.state.in_(LIVE),
        )
        .order_by(RegistrationRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query)).all()


def registrations_of(*, tenant: UUID, session_id: UUID) -> Select[Any]:
    """Return the query of a session's registrations, without those that were erased or are not confirmed."""
    return select(RegistrationRow).where(
        RegistrationRow.tenant == tenant,
        RegistrationRow.session_id == session_id,
        RegistrationRow.state != RegistrationState.REQUESTED,
        RegistrationRow.erased_at.is_(None),
    )


async def readable(
    session: AsyncSession, vault: Vault, *, tenant: UUID, ids: Iterable[UUID]
) -> dict[UUID, tuple[RegistrationRow, Participant]]:
    """Return registrations with their participants, by id; erased ones are left out."""
    query = select(RegistrationRow).where(
        RegistrationRow.tenant == tenant,
        RegistrationRow.id.in_(list(ids)),
        RegistrationRow.erased_at.is_(None),
    )
    rows = (await session.scalars(query)).all()
    people = await vault.open_readable(session, rows)
    return {row.id: (row, person) for row, person in zip(rows, people, strict=True) if person is not None}


async def over_their_time(
    session: AsyncSession, *, tenant: UUID, before: datetime, asked_before: datetime, most: int
) -> Sequence[UUID]:
    """Return some registrations that ended, or whose session did, before a time; the oldest first.

    Including those requested before another time and never confirmed.
    """
    over_at = func.coalesce(RegistrationRow.ended_at, SessionRow.ends_at)
    query = (
        select(RegistrationRow.id)
        .join(SessionRow, SessionRow.id == RegistrationRow.session_id)
        .where(
            RegistrationRow.tenant == tenant,
            RegistrationRow.erased_at.is_(None),
            or_(
                # Nobody registers for a session that is over, so younger ones need not be checked.
                and_(RegistrationRow.created_at < before, over_at < before),
                and_(
                    RegistrationRow.created_at < asked_before,
                    RegistrationRow.state == RegistrationState.REQUESTED,
                ),
            ),
        )
        .order_by(RegistrationRow.created_at)
        .limit(most)
    )
    return (await session.scalars(query)).all()


async def paid(
    session: AsyncSession,
    *,
    registration_ids: Sequence[UUID],
    states: Sequence[PaymentState] = COUNTED,
) -> dict[UUID, Decimal]:
    """Return what is available for each registration with payments, without what was taken back."""
    query = (
        select(PaymentRow.registration_id, func.sum(PaymentRow.amount - PaymentRow.taken_back))
        .where(
            PaymentRow.registration_id.in_(registration_ids),
            PaymentRow.kind == PaymentKind.CREDIT,
            PaymentRow.state.in_(states),
        )
        .group_by(PaymentRow.registration_id)
    )
    found = await session.execute(query)
    return {registration_id: amount for registration_id, amount in found if registration_id is not None}


async def registrations_with(
    session: AsyncSession, *, tenant: UUID, communications: Iterable[str]
) -> dict[str, tuple[RegistrationRow, str | None]]:
    """Return (registration, account of its session) by communication; the registrations are locked."""
    wanted = literal(list(communications), ARRAY(Text))
    query = (
        select(RegistrationRow, SessionRow.account_iban)
        .join(SessionRow, SessionRow.id == RegistrationRow.session_id)
        .where(RegistrationRow.tenant == tenant, RegistrationRow.communication == any_(wanted))
        # In one fixed order: two imports must not deadlock.
        .order_by(RegistrationRow.id)
        .with_for_update(of=RegistrationRow)
    )
    rows = (await session.execute(query)).all()
    return {str(row.RegistrationRow.communication): (row.RegistrationRow, row.account_iban) for row in rows}


async def payers(session: AsyncSession, vault: Vault, *, tenant: UUID, now: datetime) -> list[Payer]:
    """Return the newest registrations for which money could still come, with their participants."""
    query = (
        select(RegistrationRow, SessionRow.place, SessionRow.account_iban)
        .join(SessionRow, SessionRow.id == RegistrationRow.session_id)
        .where(
            RegistrationRow.tenant == tenant,
            RegistrationRow.erased_at.is_(None),
            RegistrationRow.price > 0,
            RegistrationRow.state.in_(
                (
                    RegistrationState.AWAITING_PAYMENT,
                    RegistrationState.WAITLISTED,
                    RegistrationState.EXPIRED,
                )
            ),
            SessionRow.ends_at > now - _OVER_FOR,
        )
        .order_by(RegistrationRow.created_at.desc(), RegistrationRow.id.desc())
        .limit(_MOST_CANDIDATES)
    )
    rows = (await session.execute(query)).all()
    opened = await vault.open_readable(session, [row.RegistrationRow for row in rows])
    return [
        Payer(row.RegistrationRow, participant, row.place, row.account_iban)
        for row, participant in zip(rows, opened, strict=True)
        if participant is not None
    ]


@dataclass(frozen=True)
class PaymentRequest:
    """What is still to be paid for a registration, to which account, and until when."""

    account_name: str
    account_iban: str
    amount: Decimal
    # What was already paid.
    paid: Decimal
    communication: str
    # The last day on which it can be paid.
    last_day: date


async def payment_requests(
    session: AsyncSession, *, of: Sequence[tuple[RegistrationRow, SessionRow]]
) -> dict[UUID, PaymentRequest]:
    """Return, by registration, the payment requests of those that await payment."""
    awaiting = {row.id: (row, held) for row, held in of if row.state == RegistrationState.AWAITING_PAYMENT}
    if not awaiting:
        return {}
    running = select(_clock.c.subject, _clock.c.due_at).where(
        _clock.c.kind == PAYMENT_CLOCK,
        _clock.c.subject.in_(list(awaiting)),
        _clock.c.state.in_(("running", "paused")),
    )
    due = {clock.subject: clock.due_at for clock in await session.execute(running)}
    amounts = await paid(session, registration_ids=list(awaiting))
    # Row policies exclude those of other organisations.
    [tenant] = {row.tenant for row, _ in awaiting.values()}
    calendar = await profiles.calendar(session, tenant=tenant)
    return {
        row.id: PaymentRequest(
            account_name=held.account_name or "",
            account_iban=held.account_iban or "",
            amount=row.price - amounts.get(row.id, _ZERO),
            paid=amounts.get(row.id, _ZERO),
            communication=row.communication or "",
            last_day=calendar.day_of(due[row.id] - _INSTANT),
        )
        for row, held in awaiting.values()
        if row.id in due
    }
