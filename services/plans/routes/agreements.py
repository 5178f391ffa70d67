"""Agreements over HTTP."""

from typing import Literal
from uuid import UUID

from sqlalchemy import select

from services.plans import permissions
from services.plans.domain import AgreementState
from services.plans.models import Agreement
from services.plans.operations import agreements, changing
from services.plans.permissions import Involved
from services.plans.routes.answers import agreements_out
from services.plans.routes.often import MAILED, count_change
from services.plans.schemas import AgreementOut, AgreementStateOut, NewProgress
from services.plans.schemas.recording import AgreementChangedOut, ChangedAgreement
from shared.auth import Principal
from shared.http import Deps, Now, Page, Paging, Router, Session, paginate, problems

router = Router(tags=["agreements"])


@router.get("/v1/cases/{case_id}/agreements")
async def list_agreements(
    *,
    case_id: UUID,
    principal: Involved,
    session: Session,
    deps: Deps,
    page: Paging,
    now: Now,
) -> Page[AgreementOut]:
    """List the agreements of a case, of every version of its plan, in the order in which they were made."""
    await permissions.may_list_agreements(session, principal, case_id=case_id, now=now)
    query = select(Agreement).where(Agreement.tenant == principal.tenant, Agreement.case_id == case_id)
    rows = await paginate(
        session, query, page, time=Agreement.created_at, id=Agreement.id, newest_first=False
    )
    return Page(items=await agreements_out(session, deps.vault, rows.items), next=rows.next)


@router.post("/v1/agreements/{agreement_id}/done")
async def mark_done(agreement_id: UUID, principal: Involved, session: Session, now: Now) -> AgreementStateOut:
    """Report that an agreement was carried out, also if it had lapsed."""
    return await _settle(agreement_id, principal, session, now, "done")


@router.post("/v1/agreements/{agreement_id}/lapse")
async def mark_lapsed(
    agreement_id: UUID, principal: Involved, session: Session, now: Now
) -> AgreementStateOut:
    """Report that an agreement is let go."""
    return await _settle(agreement_id, principal, session, now, "lapsed")


@router.post("/v1/agreements/{agreement_id}/progress", responses=problems(429))
async def note_progress(
    *, agreement_id: UUID, body: NewProgress, principal: Involved, session: Session, now: Now, deps: Deps
) -> AgreementStateOut:
    """Report the progress of an open agreement: nearly, not yet, changed, or that help is needed."""
    known = await permissions.may_settle_agreement(session, principal, agreement_id=agreement_id)
    if body.progress in MAILED:
        await count_change(deps, principal)
    agreement = await agreements.note_progress(
        session,
        agreement_id=agreement_id,
        case_id=known.case_id,
        tenant=principal.tenant,
        progress=body.progress,
        by=principal.id,
        now=now,
    )
    return _state(agreement)


@router.post("/v1/agreements/{agreement_id}/changes", status_code=201, responses=problems(429))
async def change_agreement(
    *,
    agreement_id: UUID,
    body: ChangedAgreement,
    principal: Involved,
    session: Session,
    now: Now,
    deps: Deps,
) -> AgreementChangedOut:
    """Replace one agreement by another: the next version of the plan, in which all others stay."""
    known, recorded_as = await permissions.may_change_agreement(session, principal, agreement_id=agreement_id)
    await count_change(deps, principal)
    plan, changed = await changing.change_agreement(
        session,
        deps.vault,
        agreement_id=agreement_id,
        case_id=known.case_id,
        tenant=principal.tenant,
        by=principal.id,
        recorded_as=recorded_as,
        new=body,
        now=now,
    )
    return AgreementChangedOut(
        agreement_id=changed.id, plan_id=plan.id, version=plan.version, acceptance=plan.acceptance
    )


def _state(agreement: Agreement) -> AgreementStateOut:
    return AgreementStateOut(agreement_id=agreement.id, state=agreement.state, progress=agreement.progress)


async def _settle(
    agreement_id: UUID, principal: Principal, session: Session, now: Now, to: Literal["done", "lapsed"]
) -> AgreementStateOut:
    agreement = await permissions.may_settle_agreement(session, principal, agreement_id=agreement_id)
    settled = await agreements.settle_agreement(
        session,
        agreement_id=agreement_id,
        case_id=agreement.case_id,
        tenant=principal.tenant,
        to=AgreementState(to),
        by=principal.id,
        now=now,
    )
    return _state(settled)
