"""Plans over HTTP: recording, reading, judging, sharing, and asking for a review."""

from uuid import UUID

from sqlalchemy import select

from services.plans import permissions, queries
from services.plans.models import Plan
from services.plans.operations import accepting, recording, reviewing, sharing
from services.plans.permissions import Involved, Professional
from services.plans.routes.answers import plan_out, summary
from services.plans.schemas import (
    AcceptanceOut,
    ChangedPlan,
    NewAcceptance,
    NewPlan,
    NewShare,
    PlanOut,
    PlanRecordedOut,
    PlanSummary,
    ReviewRequestedOut,
    ShareOut,
)
from shared.auth import Kind
from shared.http import Now, Page, Paging, Parts, Router, Session, paginate
from shared.http.gates import Coordinator

router = Router(tags=["plans"])


@router.post("/v1/cases/{case_id}/plans", status_code=201)
async def record_plan(
    *,
    case_id: UUID,
    body: NewPlan,
    principal: Coordinator,
    session: Session,
    now: Now,
    parts: Parts,
) -> PlanRecordedOut:
    """Write down the plan that the circle made, from a conference or without a meeting."""
    await permissions.may_record_plan(session, principal, case_id=case_id)
    plan, agreements = await recording.record_plan(
        session, parts.vault, case_id=case_id, tenant=principal.tenant, by=principal.id, new=body, now=now
    )
    return _recorded(plan, agreements)


@router.post("/v1/plans/{plan_id}/versions", status_code=201)
async def record_version(
    *,
    plan_id: UUID,
    body: ChangedPlan,
    principal: Coordinator,
    session: Session,
    now: Now,
    parts: Parts,
) -> PlanRecordedOut:
    """Write down what the circle changed; the versions before stay as they were."""
    known = await permissions.may_record_version(session, principal, plan_id=plan_id)
    plan, agreements = await recording.record_version(
        session,
        parts.vault,
        plan_id=plan_id,
        case_id=known.case_id,
        tenant=principal.tenant,
        by=principal.id,
        new=body,
        now=now,
    )
    return _recorded(plan, agreements)


def _recorded(plan: Plan, agreements: list[UUID]) -> PlanRecordedOut:
    return PlanRecordedOut(
        plan_id=plan.id, version=plan.version, agreement_ids=agreements, acceptance=plan.acceptance
    )


@router.get("/v1/cases/{case_id}/plans")
async def list_plans(
    case_id: UUID, principal: Involved, session: Session, page: Paging, now: Now
) -> Page[PlanSummary]:
    """List the plan of a case, as far as the caller may read it."""
    await permissions.may_list_plans(session, principal, case_id=case_id)
    query = select(Plan).where(Plan.tenant == principal.tenant, Plan.case_id == case_id)
    rows = await paginate(session, query, page, time=Plan.created_at, id=Plan.id)
    items = []
    # A case has one plan.
    for plan in rows.items:
        reading = await permissions.may_read_plan(session, principal, plan_id=plan.id, now=now)
        items.append(summary(plan, await queries.version_of(session, plan.id, reading.version)))
    return Page(items=items, next=rows.next)


@router.get("/v1/plans/{plan_id}")
async def read_plan(plan_id: UUID, principal: Involved, session: Session, parts: Parts, now: Now) -> PlanOut:
    """Read the plan: the circle and the mandated side the current version, others what was shared with them.

    What the mandated side says of the bottom lines is no part of what is shared.
    """
    reading = await permissions.may_read_plan(session, principal, plan_id=plan_id, now=now)
    return await plan_out(
        session,
        parts.vault,
        reading.plan,
        version=reading.version,
        with_shares=reading.with_shares,
        with_reasons=reading.with_reasons,
    )


@router.put("/v1/plans/{plan_id}/acceptance")
async def accept_plan(
    *,
    plan_id: UUID,
    body: NewAcceptance,
    principal: Professional,
    session: Session,
    now: Now,
    parts: Parts,
) -> AcceptanceOut:
    """Say, for the mandated side, of each bottom line whether the plan meets it, and why not."""
    known = await permissions.may_judge(session, principal, plan_id=plan_id)
    plan, refused = await accepting.accept_plan(
        session,
        parts.vault,
        plan_id=plan_id,
        case_id=known.case_id,
        tenant=principal.tenant,
        by=principal.id,
        new=body,
        now=now,
    )
    return AcceptanceOut(plan_id=plan.id, version=plan.version, acceptance=plan.acceptance, refused=refused)


@router.post("/v1/plans/{plan_id}/share")
async def share_plan(
    plan_id: UUID, body: NewShare, principal: Involved, session: Session, now: Now
) -> ShareOut:
    """Share the current version with people of the case and with organisations; each person gets a mail."""
    known = await permissions.may_share(session, principal, plan_id=plan_id)
    plan, persons, organisations = await sharing.share_plan(
        session,
        plan_id=plan_id,
        case_id=known.case_id,
        tenant=principal.tenant,
        by=principal.id,
        new=body,
        now=now,
    )
    return ShareOut(plan_id=plan.id, version=plan.version, person_ids=persons, organisation_ids=organisations)


@router.post("/v1/plans/{plan_id}/review-requests", status_code=201)
async def request_review(
    plan_id: UUID, principal: Involved, session: Session, now: Now
) -> ReviewRequestedOut:
    """Ask that the plan is looked at earlier than agreed: the circle is asked now whether it wants to meet again."""
    known = await permissions.may_request_review(session, principal, plan_id=plan_id)
    check_in = await reviewing.request_review(
        session,
        plan_id=plan_id,
        case_id=known.case_id,
        tenant=principal.tenant,
        by_person=principal.id if principal.kind is Kind.PERSON else None,
        now=now,
    )
    return ReviewRequestedOut.model_validate({"check_in_id": check_in.id, "owner": check_in.owner})
