"""What each service knows of every case: open, paused, stopped, ended or erased.

Advanced by the case's own events, in whatever order they come: an older event changes nothing, and a stopped
case does not open again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import locks
from shared.database import fetch
from shared.errors import Conflict, Gone, NotFound
from shared.events import intake

Status = Literal["open", "paused", "stopped", "ended", "erased"]
Row = TypeVar("Row")

STATUS_AFTER: dict[str, Status] = {
    intake.CaseOpened.TYPE: "open",
    intake.CasePaused.TYPE: "paused",
    intake.CaseResumed.TYPE: "open",
    intake.CaseWithdrawn.TYPE: "stopped",
    intake.CaseClosed.TYPE: "ended",
    intake.CaseErased.TYPE: "erased",
}

_RAISE = """
    INSERT INTO case_state (case_id, tenant, status, version, opened_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (case_id) DO UPDATE SET status = excluded.status, version = excluded.version
    WHERE case_state.version < excluded.version
      AND (case_state.status IN ('open', 'paused') OR excluded.status = 'erased')
"""
# The opening may arrive after later events of the case.
_NOTE_OPENING = "UPDATE case_state SET opened_at = $2 WHERE case_id = $1 AND opened_at IS NULL"
_READ = "SELECT case_id, tenant, status, version FROM case_state WHERE case_id = $1"
# A case cannot stop or be erased between this check and the commit that relies on it.
_HOLD = f"{_READ} FOR SHARE"
_LOCK = f"{_READ} FOR UPDATE"
# Where a transaction records which cases it holds.
_HELD = "case-state.held"
# The lock that stands in for a case that has no row yet.
_UNKNOWN = "case-state"


class UnknownCase(NotFound):
    """There is no such case for this tenant."""

    code = "case-not-found"
    title = "There is no such case here"


class CaseStopped(Conflict):
    """The case was withdrawn or has ended: nothing about it changes any more."""

    code = "case-stopped"
    title = "This case has stopped"


class CasePaused(Conflict):
    """The case is paused: nobody is invited, asked or told a date until it is resumed."""

    code = "case-paused"
    title = "This case is paused: resume it first"


class CaseErased(Gone):
    """The case was erased."""

    code = "case-erased"
    title = "This case was erased"


class UnderHold(Conflict):
    """A legal hold prevents erasing the file, however the erasure was requested."""

    code = "under-legal-hold"
    title = "This file is under a legal hold: nothing of it is erased until the hold is lifted"


@dataclass(frozen=True)
class CaseState:
    """A case as this service knows it."""

    case_id: UUID
    tenant: UUID
    status: Status
    version: int

    @property
    def live(self) -> bool:
        """Tell whether the case is live (also while it is paused)."""
        return self.status in ("open", "paused")


async def raise_to(
    session: AsyncSession,
    *,
    case_id: UUID,
    tenant: UUID,
    status: Status,
    version: int,
    opened_at: datetime | None = None,
) -> None:
    """Advance the state of a case; `version` is its event's sequence, `opened_at` the time of its opening."""
    if status == "erased":
        await locks.hold(session, _UNKNOWN, case_id)
    note_held(session, case_id)
    await fetch(session, _RAISE, case_id, tenant, status, version, opened_at)
    if opened_at is not None:
        await fetch(session, _NOTE_OPENING, case_id, opened_at)


async def read(session: AsyncSession, case_id: UUID, *, hold: bool = False) -> CaseState | None:
    """Return what is known of a case; with `hold`, it stays so until this transaction ends."""
    rows = await fetch(session, _HOLD if hold else _READ, case_id)
    if not rows and hold:
        # There is no row to hold yet. An erasure of the case waits for this transaction, or has just been committed.
        await locks.hold(session, _UNKNOWN, case_id)
        rows = await fetch(session, _HOLD, case_id)
    if hold:
        note_held(session, case_id)
    return CaseState(**rows[0]) if rows else None


def note_held(session: AsyncSession, case_id: UUID) -> None:
    """Record that a case stays as it is until this transaction ends: held here, or by a stand-in lock."""
    session.info.setdefault(_HELD, set()).add(case_id)


def is_held(session: AsyncSession, case_id: UUID) -> bool:
    """Tell whether a case stays as it is until this transaction ends."""
    return case_id in session.info.get(_HELD, ())


async def lock(session: AsyncSession, case_id: UUID) -> None:
    """Wait for all holders of the case, and block new ones until this transaction ends."""
    note_held(session, case_id)
    await fetch(session, _LOCK, case_id)


async def lock_row(session: AsyncSession, query: Select[Row]) -> Row | None:
    """Return the row of a case that `query` finds, current and locked; None if there is none.

    The case that the row names is held first.
    """
    found: Any = (await session.execute(query)).scalar_one_or_none()
    rows = [] if found is None else await lock_rows(session, query, case_id=found.case_id)
    return rows[0] if rows else None


async def lock_rows(session: AsyncSession, query: Select[Row], *, case_id: UUID) -> Sequence[Row]:
    """Return the rows of a case that `query` finds, current and locked, in its order.

    Rows of a case are locked only this way: the case is held first, so nobody who has a row waits for the case.
    """
    if not is_held(session, case_id):
        await read(session, case_id, hold=True)
    # Rows read before the locks were taken may be stale.
    locked = query.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(locked)).scalars().all()


async def require_live(
    session: AsyncSession, *, case_id: UUID, tenant: UUID, hold: bool = False
) -> CaseState:
    """Return the case if it is live and belongs to the tenant; with `hold`, it stays so until this transaction ends.

    Raises: UnknownCase, CaseStopped, CaseErased.
    """
    state = await read(session, case_id, hold=hold)
    if state is None or state.tenant != tenant:
        raise UnknownCase(case_id=str(case_id))
    if state.status == "erased":
        raise CaseErased(case_id=str(case_id))
    if not state.live:
        raise CaseStopped(case_id=str(case_id), status=state.status)
    return state


async def pause_reason(session: AsyncSession, case_id: UUID) -> str | None:
    """Return the reason for which the clocks of a case are paused, a code; None if it is not paused."""
    state = await read(session, case_id)
    return CasePaused.code if state is not None and state.status == "paused" else None


async def require_not_paused(session: AsyncSession, *, case_id: UUID) -> None:
    """Check that a case is not paused, before people are asked for something. Raises: CasePaused."""
    if await pause_reason(session, case_id):
        raise CasePaused(case_id=str(case_id))


async def require_not_erased(session: AsyncSession, *, case_id: UUID, hold: bool = False) -> None:
    """Check that a case was not erased: every read about a case begins with this.

    Raises: CaseErased.
    """
    state = await read(session, case_id, hold=hold)
    if state is not None and state.status == "erased":
        raise CaseErased(case_id=str(case_id))
