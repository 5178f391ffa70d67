"""Payments, and the statements that they came with."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, LargeBinary, Select, any_, case, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.training.domain import (
    FOR_A_PERSON,
    PaymentKind,
    PaymentNotFound,
    PaymentState,
    StatementNotFound,
)
from services.training.models import PaymentRow, StatementEntryRow, StatementPartRow, StatementRow
from services.training.statements import CODA
from shared.http import PageRequest, Rows, paginate
from shared.tables import clock

_MOST_REVERSIBLE = 20


async def payments_of(
    session: AsyncSession, *, registration_id: UUID, states: Iterable[PaymentState]
) -> Sequence[PaymentRow]:
    """Return a registration's credits in certain states, the newest first, locked."""
    query = (
        select(PaymentRow)
        .where(
            PaymentRow.registration_id == registration_id,
            PaymentRow.kind == PaymentKind.CREDIT,
            PaymentRow.state.in_(list(states)),
        )
        .order_by(PaymentRow.created_at.desc(), PaymentRow.id.desc())
        .with_for_update()
    )
    return (await session.scalars(query)).all()


async def payment(session: AsyncSession, *, tenant: UUID, payment_id: UUID, lock: bool = False) -> PaymentRow:
    """Return a payment, locked if asked. Raises: PaymentNotFound."""
    query = select(PaymentRow).where(PaymentRow.tenant == tenant, PaymentRow.id == payment_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = (await session.scalars(query)).first()
    if row is None:
        raise PaymentNotFound
    return row


def payments(*, tenant: UUID, state: PaymentState | None) -> Select[Any]:
    """Return the query of an organisation's payments, all or those in one state."""
    query = select(PaymentRow).where(PaymentRow.tenant == tenant)
    return query if state is None else query.where(PaymentRow.state == state)


async def statement_with(session: AsyncSession, *, tenant: UUID, digest: bytes) -> StatementRow | None:
    """Return the statement that was imported from this very file."""
    query = select(StatementRow).where(StatementRow.tenant == tenant, StatementRow.digest == digest)
    return (await session.scalars(query)).first()


async def statement(
    session: AsyncSession, *, tenant: UUID, statement_id: UUID, lock: bool = False
) -> StatementRow:
    """Return a statement, locked if asked. Raises: StatementNotFound."""
    query = select(StatementRow).where(StatementRow.tenant == tenant, StatementRow.id == statement_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = (await session.scalars(query)).first()
    if row is None:
        raise StatementNotFound
    return row


async def next_part(session: AsyncSession, *, statement_id: UUID) -> StatementPartRow | None:
    """Return the next entries of a statement to be booked."""
    query = select(StatementPartRow).where(StatementPartRow.statement_id == statement_id)
    return (await session.scalars(query.order_by(StatementPartRow.number).limit(1))).first()


async def booked_of(
    session: AsyncSession, *, statement_id: UUID, page: PageRequest
) -> Rows[tuple[PaymentRow, bool]]:
    """Return one page of a statement's booked entries, oldest first, and whether each was known before."""
    query: Any = (
        select(PaymentRow, StatementEntryRow.again)
        .join(StatementEntryRow, PaymentRow.id == StatementEntryRow.payment_id)
        .where(StatementEntryRow.statement_id == statement_id)
    )
    return await paginate(
        session, query, page, time=PaymentRow.created_at, id=PaymentRow.id, newest_first=False
    )


async def count_booked(session: AsyncSession, *, statement_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Return by statement how many payments of it are in each state, or were known before ("duplicate")."""
    state = case((StatementEntryRow.again, "duplicate"), else_=PaymentRow.state)
    query = (
        select(StatementEntryRow.statement_id, state, func.count())
        .join(PaymentRow, PaymentRow.id == StatementEntryRow.payment_id)
        .where(StatementEntryRow.statement_id.in_(statement_ids))
        .group_by(StatementEntryRow.statement_id, state)
    )
    found: dict[UUID, dict[str, int]] = defaultdict(dict)
    for statement_id, name, count in await session.execute(query):
        found[statement_id][name] = count
    return found


def _fingerprint(format: str) -> InstrumentedAttribute[bytes | None]:  # noqa: A002 - as statements name it
    return PaymentRow.coda if format == CODA else PaymentRow.camt


def set_fingerprint(row: PaymentRow, format: str, fingerprint: bytes) -> None:  # noqa: A002 - as statements name it
    """Store a payment's fingerprint in a format."""
    setattr(row, _fingerprint(format).key, fingerprint)


async def known_payments(
    session: AsyncSession,
    *,
    tenant: UUID,
    format: str,  # noqa: A002 - as statements name it
    fingerprints: Sequence[bytes],
) -> dict[bytes, UUID]:
    """Return the ids of payments from an earlier file of a format, by their fingerprint there."""
    column, wanted = _fingerprint(format), literal(list(fingerprints), ARRAY(LargeBinary))
    query = select(column, PaymentRow.id).where(PaymentRow.tenant == tenant, column == any_(wanted))
    return {found: payment_id for found, payment_id in await session.execute(query) if found is not None}


async def payment_like(
    session: AsyncSession,
    *,
    tenant: UUID,
    format: str,  # noqa: A002 - as statements name it
    likenesses: Sequence[bytes],
) -> PaymentRow | None:
    """Return the oldest payment that a file of the other format describes alike, and no file of this one yet."""
    query = (
        select(PaymentRow)
        .where(
            PaymentRow.tenant == tenant,
            PaymentRow.likenesses.overlap(list(likenesses)),
            _fingerprint(format).is_(None),
            PaymentRow.part_of.is_(None),
        )
        .order_by(PaymentRow.created_at, PaymentRow.id)
        .limit(1)
        .with_for_update()
    )
    return (await session.scalars(query)).first()


async def reversible(
    session: AsyncSession,
    *,
    tenant: UUID,
    account: str,
    amount: Decimal,
    references: list[bytes],
    communication: str | None,
) -> Sequence[PaymentRow]:
    """Return some payments that a reversal may take back, in whole or in part: by reference, else by communication."""
    ways: list[ColumnElement[bool]] = []
    if references:
        ways.append(PaymentRow.reference_hashes.overlap(references))
    if communication is not None:
        ways.append(PaymentRow.communication == communication)
    for way in ways:
        query = select(PaymentRow).where(
            PaymentRow.tenant == tenant,
            PaymentRow.account_iban == account,
            PaymentRow.amount - PaymentRow.taken_back >= amount,
            PaymentRow.kind == PaymentKind.CREDIT,
            PaymentRow.state.not_in((PaymentState.REVERSED, PaymentState.DIVIDED)),
            way,
        )
        found = (await session.scalars(query.order_by(PaymentRow.id).limit(_MOST_REVERSIBLE))).all()
        if found:
            return found
    return []


async def statements_to_settle(session: AsyncSession, *, tenant: UUID) -> set[UUID]:
    """Return the ids of the statements with a payment that waits for a person."""
    query = select(PaymentRow.statement_id).distinct()
    waiting = query.where(PaymentRow.tenant == tenant, PaymentRow.state.in_(FOR_A_PERSON))
    return set(await session.scalars(waiting))


async def open_clocks(session: AsyncSession, *, tenant: UUID, kind: str) -> set[UUID]:
    """Return the subjects of the live clocks of a kind, also breached ones."""
    query = select(clock.c.subject).where(
        clock.c.tenant == tenant, clock.c.kind == kind, clock.c.state.in_(["running", "breached"])
    )
    return set(await session.scalars(query))
