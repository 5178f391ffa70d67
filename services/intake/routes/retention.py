"""How long files are kept, and holds: for those responsible for data protection."""

from collections.abc import Sequence
from uuid import UUID

from services.intake import permissions
from services.intake.domain.errors import FileNotOver
from services.intake.domain.retention import LiftReason
from services.intake.models import Hold, Retention
from services.intake.operations import holds, retention
from services.intake.permissions import PersonEraser
from services.intake.queries import retention as reads
from services.intake.schemas.retention import FileEnding, FileKept, NewHold, ShownHold
from shared.case_state import UnknownCase
from shared.context import Context
from shared.contracts.intake import UNDER_HOLD, FileHeld
from shared.http import Deps, Now, Page, Paging, Router, Session, problems
from shared.http.gates import Officer

router = Router(tags=["retention"])


@router.post("/v1/cases/{case_id}/holds", status_code=201)
async def set_hold(
    *, case_id: UUID, new: NewHold, principal: Officer, session: Session, now: Now, deps: Deps
) -> ShownHold:
    """Set a hold: nothing of a case, or of a referral by its case id, is erased."""
    hold = await holds.set_hold(
        session,
        deps.vault,
        tenant=principal.tenant,
        case_id=case_id,
        reason=new.reason,
        until=new.until,
        set_by=principal.id,
        now=now,
    )
    return _shown(hold, new.reason)


@router.get("/v1/holds")
async def list_holds(principal: Officer, session: Session, page: Paging, deps: Deps) -> Page[ShownHold]:
    """List the holds in force, newest first."""
    rows = await reads.page_of_holds(session, tenant=principal.tenant, page=page)
    return Page(items=await _all_shown(session, deps, rows.items), next=rows.next)


@router.post("/v1/holds/{hold_id}/lift")
async def lift_hold(hold_id: UUID, principal: Officer, session: Session, now: Now, deps: Deps) -> ShownHold:
    """Lift a hold: the file's own time counts again, with enough time to object before it is erased."""
    hold = await holds.lift_hold(
        session,
        tenant=principal.tenant,
        hold_id=hold_id,
        reason=LiftReason.BY_HAND,
        lifted_by=principal.id,
        now=now,
    )
    return (await _all_shown(session, deps, [hold]))[0]


@router.get(UNDER_HOLD.path)
async def read_under_hold(case_id: UUID, principal: PersonEraser, session: Session) -> FileHeld:
    """Tell the service that is about to erase a person of a case whether there is a hold now."""
    await permissions.may_ask_for_holds(session, principal, case_id=case_id)
    held = await reads.holds_in_force(session, tenant=principal.tenant, case_id=case_id)
    return FileHeld(under_hold=bool(held))


@router.get("/v1/retention")
async def list_ending_files(principal: Officer, session: Session, page: Paging) -> Page[FileEnding]:
    """List the files that will be erased, soonest first, without those under a hold."""
    rows = await reads.page_of_ends(session, tenant=principal.tenant, page=page)
    items = [
        FileEnding.model_validate(
            {
                "case_id": row[0].case_id,
                "kind": row[0].kind,
                "keep_until": row[0].keep_until,
                "policy_version": row[0].policy_version,
                "erased_after": row[1],
            }
        )
        for row in rows.items
    ]
    return Page(items=items, next=rows.next)


@router.get("/v1/cases/{case_id}/retention", responses=problems(409))
async def read_retention(case_id: UUID, principal: Officer, session: Session) -> FileKept:
    """Read until when a file is kept."""
    if await reads.referral_of_file(session, tenant=principal.tenant, case_id=case_id) is None:
        raise UnknownCase(case_id=str(case_id))
    found = await reads.retention(session, tenant=principal.tenant, case_id=case_id)
    if found is None:
        raise FileNotOver(case_id=str(case_id))
    return await _kept(session, found)


@router.post("/v1/cases/{case_id}/retention")
async def recompute_retention(
    case_id: UUID, principal: Officer, session: Session, now: Now, deps: Deps
) -> FileKept:
    """Recompute, by the current policy, until when a file is kept; those it is about are told."""
    found = await retention.recompute(session, deps.vault, tenant=principal.tenant, case_id=case_id, now=now)
    return await _kept(session, found)


async def _kept(session: Session, row: Retention) -> FileKept:
    held = await reads.holds_in_force(session, tenant=row.tenant, case_id=row.case_id)
    return FileKept.model_validate(
        {
            "case_id": row.case_id,
            "kind": row.kind,
            "keep_until": row.keep_until,
            "policy_version": row.policy_version,
            "computed_at": row.computed_at,
            "held": bool(held),
        }
    )


async def _all_shown(session: Session, parts: Context, rows: Sequence[Hold]) -> list[ShownHold]:
    fields = await parts.vault.open_readable(session, rows)
    return [
        _shown(row, opened.reason if opened is not None else None)
        for row, opened in zip(rows, fields, strict=True)
    ]


def _shown(row: Hold, reason: str | None) -> ShownHold:
    return ShownHold.model_validate(
        {
            "hold_id": row.id,
            "case_id": row.case_id,
            "reason": reason,
            "until": row.until,
            "set_by": row.created_by,
            "set_at": row.created_at,
            "lifted_at": row.lifted_at,
            "lifted_reason": row.lifted_reason,
        }
    )
