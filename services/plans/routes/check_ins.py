"""Check-ins over HTTP: when they are due, and their results."""

from uuid import UUID

from sqlalchemy import select

from services.plans import permissions
from services.plans.domain import CheckInState
from services.plans.models import CheckIn
from services.plans.operations import moving, reviewing
from services.plans.operations.check_ins import record_check_in
from services.plans.permissions import Involved
from services.plans.routes.answers import check_ins_out, waiting_out
from services.plans.schemas import (
    CheckInMovedOut,
    CheckInOut,
    CheckInRecordedOut,
    ReviewAnswerOut,
    WaitingCheckIn,
)
from services.plans.schemas.checks import NewDay, NewRecord, NewReviewAnswer
from shared.http import Deps, Now, Page, Paging, Router, Session, paginate
from shared.http.gates import CoordinatorOrManager

router = Router(tags=["check-ins"])


@router.get("/v1/cases/{case_id}/check-ins")
async def list_check_ins(
    case_id: UUID, principal: Involved, session: Session, deps: Deps, page: Paging
) -> Page[CheckInOut]:
    """List the checks of a case; notes are for those who make them and the central persons."""
    with_notes, monitors = await permissions.may_list_check_ins(session, principal, case_id=case_id)
    query = select(CheckIn).where(CheckIn.tenant == principal.tenant, CheckIn.case_id == case_id)
    rows = await paginate(session, query, page, time=CheckIn.created_at, id=CheckIn.id, newest_first=False)
    items = await check_ins_out(
        session, deps.vault, rows.items, with_notes=with_notes, monitors=monitors, reader=principal.id
    )
    return Page(items=items, next=rows.next)


@router.get("/v1/check-ins")
async def list_waiting(
    principal: CoordinatorOrManager,
    session: Session,
    page: Paging,
) -> Page[WaitingCheckIn]:
    """List pending checks: a coordinator's own; for a manager theirs and escalated ones."""
    query = select(CheckIn).where(
        CheckIn.tenant == principal.tenant,
        CheckIn.state.in_([CheckInState.DUE, CheckInState.ESCALATED]),
        permissions.waiting_for(principal),
    )
    rows = await paginate(session, query, page, time=CheckIn.created_at, id=CheckIn.id, newest_first=False)
    return Page(items=await waiting_out(session, rows.items), next=rows.next)


@router.put("/v1/check-ins/{check_in_id}/review-answer")
async def answer_review(
    check_in_id: UUID, body: NewReviewAnswer, principal: Involved, session: Session, now: Now
) -> ReviewAnswerOut:
    """Say, as somebody of the circle, whether you want to meet again; the last answer counts."""
    known = await permissions.may_answer_review(session, principal, check_in_id=check_in_id)
    await reviewing.answer_review(
        session,
        check_in_id=check_in_id,
        case_id=known.case_id,
        tenant=principal.tenant,
        person_id=principal.id,
        new=body,
        now=now,
    )
    return ReviewAnswerOut(check_in_id=check_in_id, **body.model_dump())


@router.put("/v1/check-ins/{check_in_id}/day")
async def move(
    *,
    check_in_id: UUID,
    body: NewDay,
    principal: CoordinatorOrManager,
    session: Session,
    deps: Deps,
    now: Now,
) -> CheckInMovedOut:
    """Move a check of the year to another day, between its neighbours."""
    known = await permissions.may_move_check_in(session, principal, check_in_id=check_in_id)
    check_in, clock = await moving.move_check_in(
        session,
        deps.vault,
        check_in_id=check_in_id,
        case_id=known.case_id,
        tenant=principal.tenant,
        new=body,
        now=now,
    )
    return CheckInMovedOut(
        check_in_id=check_in.id, due_at=clock.warn_at or clock.due_at, escalates_at=clock.due_at
    )


@router.post("/v1/check-ins/{check_in_id}/record")
async def record(
    *,
    check_in_id: UUID,
    body: NewRecord,
    principal: Involved,
    session: Session,
    now: Now,
    deps: Deps,
) -> CheckInRecordedOut:
    """Record how things are going and what the circle decided; the last check, or closing, ends the follow-up."""
    known = await permissions.may_record_check_in(session, principal, check_in_id=check_in_id)
    check_in, plan = await record_check_in(
        session,
        deps.vault,
        check_in_id=check_in_id,
        case_id=known.case_id,
        tenant=principal.tenant,
        by=principal.id,
        new=body,
        now=now,
    )
    return CheckInRecordedOut(check_in_id=check_in.id, state=check_in.state, follow_up=plan.follow_up)
