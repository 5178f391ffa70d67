"""Agreements over HTTP."""

from typing import Literal
from uuid import UUID

from sqlalchemy import select

from services.plans import permissions
from services.plans.domain import AgreementState
from services.plans.models import Agreement
from services.plans.operations.agreements import settle_agreement
from services.plans.permissions import Involved
from services.plans.routes.answers import agreements_out
from services.plans.schemas import AgreementOut, AgreementStateOut
from shared.auth import Principal
from shared.http import Now, Page, Paging, Parts, Router, Session, paginate

router = Router(tags=["agreements"])


@router.get("/v1/cases/{case_id}/agreements")
async def list_agreements(
    *,
    case_id: UUID,
    principal: Involved,
    session: Session,
    parts: Parts,
    page: Paging,
    now: Now,
) -> Page[AgreementOut]:
    """List the agreements of a case, of every version of its plan, in the order in which they were made."""
    await permissions.may_list_agreements(session, principal, case_id=case_id, now=now)
    query = select(Agreement).where(Agreement.tenant == principal.tenant, Agreement.case_id == case_id)
    rows = await paginate(
        session, query, page, time=Agreement.created_at, id=Agreement.id, newest_first=False
    )
    return Page(items=await agreements_out(session, parts.vault, rows.items), next=rows.next)


@router.post("/v1/agreements/{agreement_id}/done")
async def mark_done(agreement_id: UUID, principal: Involved, session: Session, now: Now) -> AgreementStateOut:
    """Say that an agreement was carried out, also when it had lapsed."""
    return await _settle(agreement_id, principal, session, now, "done")


@router.post("/v1/agreements/{agreement_id}/lapse")
async def let_go(agreement_id: UUID, principal: Involved, session: Session, now: Now) -> AgreementStateOut:
    """Say that an agreement is let go."""
    return await _settle(agreement_id, principal, session, now, "lapsed")


async def _settle(
    agreement_id: UUID, principal: Principal, session: Session, now: Now, to: Literal["done", "lapsed"]
) -> AgreementStateOut:
    agreement = await permissions.may_settle_agreement(session, principal, agreement_id=agreement_id)
    settled = await settle_agreement(
        session,
        agreement_id=agreement_id,
        case_id=agreement.case_id,
        tenant=principal.tenant,
        to=AgreementState(to),
        by=principal.id,
        now=now,
    )
    return AgreementStateOut(agreement_id=settled.id, state=settled.state)
