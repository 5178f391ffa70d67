"""The baseline of a case: questions, bottom lines, resources."""

from uuid import UUID

from services.intake import permissions
from services.intake.operations import baseline
from services.intake.permissions import BaselineReader, BaselineWriter
from services.intake.schemas.cases import BaselineChange, ShownBaseline, ShownLine
from shared.http import Deps, Now, Router, Session

router = Router(tags=["baseline"])


@router.get("/v1/cases/{case_id}/baseline")
async def read_baseline(
    case_id: UUID, principal: BaselineReader, session: Session, deps: Deps, now: Now
) -> ShownBaseline:
    """Read the current baseline."""
    case = await permissions.may_read_baseline(session, principal, case_id=case_id, now=now)
    return _shown(case_id, await baseline.read_baseline(session, deps.vault, case=case))


@router.put("/v1/cases/{case_id}/baseline")
async def change_baseline(
    *,
    case_id: UUID,
    change: BaselineChange,
    principal: BaselineWriter,
    session: Session,
    now: Now,
    deps: Deps,
) -> ShownBaseline:
    """Write the baseline: the coordinator its questions, the mandated side its bottom lines and resources."""
    rights = await permissions.may_write_baseline(session, principal, case_id=case_id)
    written = await baseline.change_baseline(
        session,
        deps.vault,
        tenant=principal.tenant,
        case_id=case_id,
        change=change,
        rights=rights,
        written_by=principal.id,
        now=now,
    )
    return _shown(case_id, written)


def _shown(case_id: UUID, found: baseline.OpenedBaseline) -> ShownBaseline:
    return ShownBaseline(
        case_id=case_id,
        version=found.version,
        questions=list(found.questions),
        bottom_lines=[
            ShownLine(bottom_line_id=line.id, version=line.version, text=line.text) for line in found.lines
        ],
        resources=found.resources,
        created_at=found.created_at,
    )
