"""What was paid: payments, and the statements that they came with."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, LargeBinary, Select, Uuid, any_, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.training.domain import PaymentKind, PaymentNotFound, PaymentState
from services.training.models import PaymentRow, StatementRow


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


async def payments_on(session: AsyncSession, *, statement: StatementRow) -> dict[UUID, PaymentRow]:
    """Return by id the payments that a statement lists, also those that came with an earlier file."""
    wanted = [UUID(payment_id) for payment_id, _ in statement.entries]
    query = select(PaymentRow).where(
        PaymentRow.tenant == statement.tenant, PaymentRow.id == any_(literal(wanted, ARRAY(Uuid)))
    )
    return {row.id: row for row in await session.scalars(query)}


async def known_payments(
    session: AsyncSession, *, tenant: UUID, fingerprints: Sequence[bytes]
) -> dict[bytes, UUID]:
    """Return the ids of payments that came with an earlier file, by their fingerprint."""
    wanted = literal(list(fingerprints), ARRAY(LargeBinary))
    query = select(PaymentRow).where(PaymentRow.tenant == tenant, PaymentRow.fingerprint == any_(wanted))
    found = await session.execute(query.with_only_columns(PaymentRow.fingerprint, PaymentRow.id))
    return {row.fingerprint: row.id for row in found}


async def reversible(
    session: AsyncSession,
    *,
    tenant: UUID,
    account: str,
    amount: Decimal,
    references: list[bytes],
    communication: str | None,
) -> PaymentRow | None:
    """Return the one payment that a reversal takes back: by the bank's references, else by communication."""
    ways: list[ColumnElement[bool]] = []
    if references:
        ways.append(PaymentRow.reference_hashes.overlap(references))
    if communication is not None:
        ways.append(PaymentRow.communication == communication)
    for way in ways:
        query = select(PaymentRow).where(
            PaymentRow.tenant == tenant,
            PaymentRow.account_iban == account,
            PaymentRow.amount == amount,
            PaymentRow.kind == PaymentKind.CREDIT,
            PaymentRow.state != PaymentState.REVERSED,
            way,
        )
        found = (await session.scalars(query.limit(2))).all()
        if len(found) == 1:
            return found[0]
    return None
