"""Files opened by break-glass: a regional manager reads, for a stated time, what the case's coordinator may read.

Intake opens and closes; every service follows its events, whatever their order, and asks here. Only who reads asks:
nothing is ever written by an opening. What is read by it stands in the audit log with the opening's id.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit import note_break_glass
from shared.auth import Kind, Principal, Role
from shared.context import Context
from shared.events.base import Received
from shared.events.intake import BreakGlassClosed, BreakGlassOpened
from shared.tables import case_break_glass, case_state

# Closed stays closed, also when the closing arrives before the opening.
_NOTE = text(
    "INSERT INTO case_break_glass (id, tenant, case_id, opened_by, until, closed_at)"
    " VALUES (:id, :tenant, :case_id, :opened_by, :until, :closed_at)"
    " ON CONFLICT (id) DO UPDATE SET closed_at = coalesce(case_break_glass.closed_at, excluded.closed_at)"
)


async def note(session: AsyncSession, fact: BreakGlassOpened | BreakGlassClosed, *, tenant: UUID) -> None:
    """Note what became of an opening."""
    values = {
        "id": fact.break_glass_id,
        "tenant": tenant,
        "case_id": fact.case_id,
        "opened_by": fact.opened_by,
        "until": fact.until,
        "closed_at": fact.closed_at if isinstance(fact, BreakGlassClosed) else None,
    }
    await session.execute(_NOTE, values)


async def follow(session: AsyncSession, event: Received[Any], _context: Context) -> None:
    """Hear of an opening."""
    if event.tenant is None:
        raise LookupError(f"{event.type} without a tenant")
    await note(session, event.data, tenant=event.tenant)


async def is_open_to(session: AsyncSession, principal: Principal, *, case_id: UUID, now: datetime) -> bool:
    """Say whether the file of a case is open now to whoever asks: to the regional manager who opened it, alone."""
    manages = principal.kind is Kind.STAFF and principal.is_of_tenant and principal.has(Role.REGIONAL_MANAGER)
    if not manages:
        return False
    opening, state = case_break_glass.c, case_state.c
    erased = select(state.case_id).where(state.case_id == case_id, state.status == "erased").exists()
    query = select(opening.id).where(
        opening.tenant == principal.tenant,
        opening.case_id == case_id,
        opening.opened_by == principal.id,
        opening.closed_at.is_(None),
        opening.until > now,
        ~erased,
    )
    found = (await session.execute(query.order_by(opening.until.desc()).limit(1))).scalar()
    if found is None:
        return False
    note_break_glass(session, case=case_id, opening=found)
    return True
