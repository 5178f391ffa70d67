"""Check-ins over HTTP: when it is asked how things go, and what came of it."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlalchemy import select

from services.plans import permissions, queries
from services.plans.domain import CheckInNotFound, CheckInState
from services.plans.models import CaseCoordinator, CheckIn
from services.plans.operations.check_ins import record_check_in
from services.plans.routes.answers import check_ins_out, waiting_out
from services.plans.schemas import CheckInOut, CheckInRecordedOut, NewRecord, WaitingCheckIn
from shared.auth import Principal, Role
from shared.case_state import UnknownCase
from shared.http import Now, Page, Paging, Parts, Router, Session, allow, paginate

router = Router(tags=["check-ins"])


@router.get("/v1/cases/{case_id}/check-ins")
async def list_check_ins(
    case_id: UUID, principal: permissions.Involved, session: Session, parts: Parts, page: Paging
) -> Page[CheckInOut]:
    """List the checks of a case; what was noted is for those who make them and the central persons."""
    standing = await queries.standing(session, principal, case_id)
    if not standing:
        raise UnknownCase
    permissions.may_read_check_ins(standing)
    plan = await queries.plan_of_case(session, case_id=case_id, tenant=principal.tenant)
    monitors = plan is not None and await queries.current_monitor(session, plan) == principal.id
    query = select(CheckIn).where(CheckIn.tenant == principal.tenant, CheckIn.case_id == case_id)
    rows = await paginate(session, query, page, time=CheckIn.created_at, id=CheckIn.id, newest_first=False)
    with_notes = permissions.may_read_notes(standing, monitors=monitors)
    items = await check_ins_out(session, parts.vault, rows.items, with_notes=with_notes)
    return Page(items=items, next=rows.next)


@router.get("/v1/check-ins")
async def list_waiting(
    principal: Annotated[
        Principal, Depends(allow(Role.COORDINATOR, Role.REGIONAL_MANAGER, from_elsewhere=True))
    ],
    session: Session,
    page: Paging,
) -> Page[WaitingCheckIn]:
    """List the checks that wait: a coordinator's own, or for the manager those that are theirs or were escalated."""
    query = select(CheckIn).where(
        CheckIn.tenant == principal.tenant, CheckIn.state.in_([CheckInState.DUE, CheckInState.ESCALATED])
    )
    if principal.has(Role.REGIONAL_MANAGER) and principal.is_of_tenant:
        query = query.where((CheckIn.owner == "regional-manager") | (CheckIn.state == CheckInState.ESCALATED))
    else:
        mine = select(CaseCoordinator.case_id).where(
            CaseCoordinator.coordinator_id == principal.id, CaseCoordinator.released.is_(False)
        )
        query = query.where(CheckIn.owner == "coordinator", CheckIn.case_id.in_(mine))
    rows = await paginate(session, query, page, time=CheckIn.created_at, id=CheckIn.id, newest_first=False)
    return Page(items=await waiting_out(session, rows.items), next=rows.next)


@router.post("/v1/check-ins/{check_in_id}/record")
async def record(
    *,
    check_in_id: UUID,
    body: NewRecord,
    principal: permissions.Involved,
    session: Session,
    now: Now,
    parts: Parts,
) -> CheckInRecordedOut:
    """Note how things go and what the circle decided; the last check, or closing, ends the follow-up."""
    case_id, standing = await queries.case_of(
        session, CheckIn, check_in_id, principal, missing=CheckInNotFound
    )
    check_in, plan = await record_check_in(
        session,
        parts.vault,
        check_in_id=check_in_id,
        case_id=case_id,
        tenant=principal.tenant,
        by=principal.id,
        standing=standing,
        new=body,
        now=now,
    )
    return CheckInRecordedOut(check_in_id=check_in.id, state=check_in.state, follow_up=plan.follow_up)
