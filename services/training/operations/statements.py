"""Accepting a bank statement: its entries are stored, sealed, until a workflow step has booked them."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.domain import STATEMENT_CLOCK, statement_workflow_id
from services.training.models import Entries, StatementPartRow, StatementRow
from services.training.operations.registrations import clocks
from services.training.statements import BankEntry, LeftOut, Statement
from shared import locks
from shared.deadlines import TimeLimit
from shared.ids import uuid7
from shared.vault import Vault

# Entries booked in one transaction.
PART = 100


def digest_of(content: bytes) -> bytes:
    """Return the digest that identifies a file."""
    return sha256(content).digest()


async def take_in(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    digest: bytes,
    read: Statement,
    by: UUID,
    now: datetime,
) -> tuple[StatementRow, bool]:
    """Store a file's credits and reversals on the organisation's accounts for booking; a repeated file is recognised.

    Returns (statement, whether it is new).
    """
    await locks.hold(session, "statements", tenant)
    before = await queries.statement_with(session, tenant=tenant, digest=digest)
    if before is not None:
        return before, False
    accounts = await queries.accounts(session, tenant=tenant)
    ours = [entry for entry in read.entries if entry.account in accounts]
    others = {entry.number for entry in read.entries if entry.account not in accounts}
    days = [entry.booked_on for entry in read.entries]
    left_out = [*read.left_out, *(LeftOut(number, "other-account") for number in others)]
    row = StatementRow(
        id=uuid7(),
        tenant=tenant,
        digest=digest,
        format=read.format,
        total=len(ours),
        booked=0,
        left_out=sorted((one.number, one.reason) for one in left_out),
        balances_differ=read.balances_differ,
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        imported_by=by,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    counted = list(_counted(ours))
    for number, first in enumerate(range(0, len(counted), PART), start=1):
        part = counted[first : first + PART]
        kept = StatementPartRow(statement_id=row.id, number=number, tenant=tenant)
        fields = Entries(entries=[entry for entry, _ in part], equals=[equal for _, equal in part])
        await vault.seal(session, kept, fields)
        session.add(kept)
    await session.flush()
    if ours:
        await clocks.start(
            session,
            kind=STATEMENT_CLOCK,
            subject=row.id,
            tenant=tenant,
            owner="finance",
            now=now,
            limit=TimeLimit(now),
            workflow_id=statement_workflow_id(row.id),
        )
    return row, True


def said_of(entry: BankEntry) -> list[str]:
    """Return everything that the bank says of a movement: identical ones are distinguished by counting."""
    return [
        entry.account,
        entry.booked_on.isoformat(),
        str(entry.amount),
        str(entry.reversal),
        entry.payer_iban,
        entry.payer_name,
        entry.structured,
        entry.text,
        *entry.references,
    ]


def _counted(entries: Iterable[BankEntry]) -> Iterable[tuple[BankEntry, int]]:
    times: Counter[tuple[str, ...]] = Counter()
    for entry in entries:
        mark = tuple(said_of(entry))
        times[mark] += 1
        yield entry, times[mark]
