"""Break-glass: a regional manager opens a file for a stated reason, and the data protection officer is told."""

from uuid import UUID

from services.intake import permissions
from services.intake.models import BreakGlass, BreakGlassFields
from services.intake.operations import break_glass
from services.intake.permissions import BreakGlassReader
from services.intake.queries import break_glass as reads
from services.intake.schemas.break_glass import BreakGlassEntry, NewBreakGlass
from shared.http import Deps, Now, Page, Paging, Router, Session
from shared.http.gates import Manager

router = Router(tags=["break-glass"])


@router.post("/v1/cases/{case_id}/break-glass", status_code=201)
async def open_file(
    *, case_id: UUID, body: NewBreakGlass, principal: Manager, session: Session, now: Now, deps: Deps
) -> BreakGlassEntry:
    """Open the file of a case, to read what its coordinator may read; for a few hours, and you alone.

    The data protection officer is told at once, and the people concerned see that their file was opened.
    """
    case = await permissions.may_break_glass(session, principal, case_id=case_id)
    access = await break_glass.open_file(
        session, deps.vault, case=case, opened_by=principal.id, reason=body.reason, now=now
    )
    return _entry(access)


@router.get("/v1/break-glass")
async def list_break_glass(
    principal: BreakGlassReader, session: Session, deps: Deps, page: Paging
) -> Page[BreakGlassEntry]:
    """List the files that were opened, newest first; the data protection officer reads why."""
    rows = await reads.page_of_break_glass(session, tenant=principal.tenant, page=page)
    if not permissions.may_read_reasons(principal):
        return Page(items=[_entry(row) for row in rows.items], next=rows.next)
    words = await deps.vault.open_readable(session, rows.items)
    return Page(
        items=[_entry(row, fields) for row, fields in zip(rows.items, words, strict=True)], next=rows.next
    )


@router.get("/v1/break-glass/{break_glass_id}")
async def read_break_glass(
    break_glass_id: UUID, principal: BreakGlassReader, session: Session, deps: Deps
) -> BreakGlassEntry:
    """Read about the opening of a file and who was told; the data protection officer also reads why."""
    access = await permissions.may_read_break_glass(session, principal, break_glass_id=break_glass_id)
    if not permissions.may_read_reasons(principal):
        return _entry(access)
    [words] = await deps.vault.open_readable(session, [access])
    return _entry(access, words)


@router.post("/v1/break-glass/{break_glass_id}/close")
async def close_file(
    break_glass_id: UUID, principal: BreakGlassReader, session: Session, now: Now
) -> BreakGlassEntry:
    """End break-glass access before its time: its holder, or the data protection officer."""
    access = await permissions.may_end_break_glass(session, principal, break_glass_id=break_glass_id)
    await break_glass.close(session, access=access, now=now)
    return _entry(access)


def _entry(row: BreakGlass, fields: BreakGlassFields | None = None) -> BreakGlassEntry:
    return BreakGlassEntry(
        break_glass_id=row.id,
        case_id=row.case_id,
        opened_by=row.opened_by,
        opened_at=row.created_at,
        until=row.until,
        closed_at=row.closed_at,
        told=row.told,
        reason=fields.reason if fields is not None else None,
    )
