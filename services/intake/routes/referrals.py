"""Referrals: sent by professionals or by people themselves, decided on by the regional manager."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request

from services.intake import permissions
from services.intake.domain.codes import ReferralState
from services.intake.models import PersonFields, Referral, ReferralPerson
from services.intake.operations import opening, referrals
from services.intake.permissions import ReferralReader
from services.intake.queries import referrals as reads
from services.intake.schemas.referrals import (
    CaseStarted,
    NewReferral,
    ReferralDetail,
    ReferralReceipt,
    ReferralRefusal,
    ReferralSummary,
    ReferredPerson,
    ShownConsent,
    ShownWishes,
)
from services.intake.settings import Policy, policies
from shared.auth import Principal
from shared.database import Scope, set_scope
from shared.http import (
    Deps,
    Now,
    Page,
    Paging,
    Router,
    Session,
    anonymous,
    current_principal,
    problems,
)
from shared.http.gates import Manager
from shared.http.principals import public_tenant
from shared.policies import PolicyInForce

router = Router(tags=["referrals"])


async def _principal_if_any(request: Request) -> Principal | None:
    return await current_principal(request) if "authorization" in request.headers else None


# Before the session, which opens in the caller's scope.
Visitor = Annotated[Principal | None, Depends(_principal_if_any)]


@router.post("/v1/referrals", status_code=201, dependencies=[anonymous], responses=problems(401, 403, 404))
async def receive_referral(
    *, referral: NewReferral, visitor: Visitor, request: Request, session: Session, now: Now, deps: Deps
) -> ReferralReceipt:
    """Ask for a conference: for others as a professional; or for yourself or acquaintances, which needs no account."""
    referrer = permissions.may_refer(visitor, referral)
    tenant = visitor.tenant if visitor is not None else await public_tenant(request)
    if visitor is None:
        await set_scope(session, Scope(tenant=tenant))
    received, others = await referrals.receive_referral(
        session,
        deps.vault,
        tenant=tenant,
        referral=referral,
        referrer=referrer,
        visible=None if referrer is None else permissions.may_list_referrals(referrer),
        now=now,
    )
    return ReferralReceipt(referral_id=received, also_referred=others)


@router.get("/v1/referrals")
async def list_referrals(
    principal: ReferralReader,
    session: Session,
    page: Paging,
    state: Annotated[ReferralState | None, Query(description="Only referrals in this state.")] = None,
    oldest_first: Annotated[bool, Query(description="Oldest first.")] = False,
) -> Page[ReferralSummary]:
    """List the tenant's referrals, newest first unless asked otherwise; a referrer sees their own."""
    visible = permissions.may_list_referrals(principal)
    query = visible.query()
    if state is not None:
        query = query.where(Referral.state == state)
    rows = await reads.page_of_referrals(session, query, page=page, newest_first=not oldest_first)
    policy_at = await policies.history(session, tenant=principal.tenant)
    known = await reads.also_referred(session, visible, [row.id for row in rows.items])
    items = [_summary(row, policy_at(row.created_at), known.get(row.id, [])) for row in rows.items]
    return Page(items=items, next=rows.next)


@router.get("/v1/referrals/{referral_id}")
async def read_referral(
    referral_id: UUID, principal: ReferralReader, session: Session, deps: Deps, now: Now
) -> ReferralDetail:
    """Read a referral: its author, and the manager who decides on it; once it is a case, by break-glass access."""
    referral = await permissions.may_read_referral(session, principal, referral_id=referral_id, now=now)
    policy = await policies.in_force(session, tenant=principal.tenant, at=referral.created_at)
    known = await reads.also_referred(session, permissions.may_list_referrals(principal), [referral_id])
    words = await deps.vault.open(session, referral)
    rows = await reads.persons(session, tenant=principal.tenant, referral_id=referral.id)
    fields = await deps.vault.open_readable(session, rows)
    return ReferralDetail.of(
        _summary(referral, policy, known.get(referral_id, [])),
        question=words.question,
        summary=words.summary,
        languages=list(words.languages),
        wishes=ShownWishes(
            languages=list(words.wishes.languages), gender=words.wishes.gender, culture=words.wishes.culture
        ),
        bottom_lines=list(words.bottom_lines),
        resources=words.resources,
        persons=[shown_person(row, person) for row, person in zip(rows, fields, strict=True)],
        reason=referral.reason,
    )


@router.post("/v1/referrals/{referral_id}/accept")
async def accept_referral(
    referral_id: UUID, principal: Manager, session: Session, now: Now, deps: Deps
) -> CaseStarted:
    """Accept a referral: a case opens, and the search for a coordinator begins."""
    case_id = await opening.accept_referral(
        session,
        deps.vault,
        tenant=principal.tenant,
        referral_id=referral_id,
        accepted_by=principal.id,
        now=now,
    )
    return CaseStarted(case_id=case_id)


@router.post("/v1/referrals/{referral_id}/decline")
async def decline_referral(
    *,
    referral_id: UUID,
    refusal: ReferralRefusal,
    principal: Manager,
    session: Session,
    now: Now,
    deps: Deps,
) -> ReferralReceipt:
    """Decline a referral."""
    await referrals.decline_referral(
        session,
        deps.vault,
        tenant=principal.tenant,
        referral_id=referral_id,
        reason=refusal.reason,
        decided_by=principal.id,
        now=now,
    )
    return ReferralReceipt(referral_id=referral_id, state=ReferralState.DECLINED)


@router.post("/v1/referrals/{referral_id}/withdraw")
async def withdraw_referral(
    *,
    referral_id: UUID,
    refusal: ReferralRefusal,
    principal: ReferralReader,
    session: Session,
    now: Now,
    deps: Deps,
) -> ReferralReceipt:
    """Withdraw a referral before a decision: the referrer, or the manager for somebody without an account."""
    await permissions.may_withdraw_referral(session, principal, referral_id=referral_id)
    await referrals.withdraw_referral(
        session,
        deps.vault,
        tenant=principal.tenant,
        referral_id=referral_id,
        reason=refusal.reason,
        decided_by=principal.id,
        now=now,
    )
    return ReferralReceipt(referral_id=referral_id, state=ReferralState.WITHDRAWN)


def _summary(row: Referral, policy: PolicyInForce[Policy], also_referred: Sequence[UUID]) -> ReferralSummary:
    return ReferralSummary.model_validate(
        {
            "referral_id": row.id,
            "state": row.state,
            "kind": row.kind,
            "track": row.track,
            "themes": row.themes,
            "minors": row.minors,
            "referring_organisation_id": row.referring_organisation,
            "mandated_organisation_id": row.mandated_organisation,
            "case_id": row.case_id if row.state == ReferralState.ACCEPTED else None,
            "created_at": row.created_at,
            "decide_by": _decide_by(row, policy),
            "also_referred": also_referred,
        }
    )


def _decide_by(row: Referral, policy: PolicyInForce[Policy]) -> datetime | None:
    if row.state != ReferralState.RECEIVED:
        return None
    return policy.after(row.created_at, policy.settings.acknowledge)


def shown_person(row: ReferralPerson, fields: PersonFields | None) -> ReferredPerson:
    """Return a person of a referral for readers with access; None: an erased person."""
    if fields is None:
        return ReferredPerson(person_id=row.id, role=row.role, erased=True)  # type: ignore[arg-type]  # a code
    consent = (
        ShownConsent(referral=fields.agreed, date=fields.agreed_on) if fields.agreed_on is not None else None
    )
    words = fields.model_dump(exclude={"agreed", "agreed_on"})
    return ReferredPerson.model_validate({**words, "person_id": row.id, "role": row.role, "consent": consent})
