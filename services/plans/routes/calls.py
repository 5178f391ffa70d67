"""Calls to the referrer over HTTP."""

from uuid import UUID

from services.plans import permissions, queries
from services.plans.models import ReferrerCall
from services.plans.operations import calling, timing
from services.plans.schemas import ReferrerCallOut, ReferrerCallsOut
from services.plans.schemas.checks import NewReferrerCall
from services.plans.schemas.sealed import ReferrerCallWords
from shared.http import Deps, Now, Router, Session
from shared.http.gates import CoordinatorOrManager

router = Router(tags=["check-ins"])


@router.get("/v1/cases/{case_id}/referrer-calls")
async def list_calls(
    case_id: UUID, principal: CoordinatorOrManager, session: Session, deps: Deps, now: Now
) -> ReferrerCallsOut:
    """Show when the referrer must be called, and the answers of earlier calls."""
    await permissions.may_call_referrer(session, principal, case_id=case_id)
    plan = await queries.plan_of_case(session, case_id=case_id, tenant=principal.tenant)
    if plan is None:
        return ReferrerCallsOut(
            next_at=None, can_be_made=False, late_at=None, owner=None, late=False, calls=[]
        )
    waits = await timing.awaited(session, plan, timing.REFERRER_CALL)
    calls = await queries.referrer_calls_of(session, plan.id)
    opened = await deps.vault.open_many(session, calls)
    return ReferrerCallsOut.model_validate(
        {
            "next_at": waits and (waits.warn_at or waits.due_at),
            "can_be_made": calling.can_be_made(waits, now=now),
            "late_at": waits and waits.due_at,
            "owner": waits and waits.owner,
            "late": waits is not None and waits.state == "breached",
            "calls": [_call(call, words) for call, words in zip(calls, opened, strict=True)],
        }
    )


@router.post("/v1/cases/{case_id}/referrer-calls", status_code=201)
async def record_call(
    *,
    case_id: UUID,
    body: NewReferrerCall,
    principal: CoordinatorOrManager,
    session: Session,
    deps: Deps,
    now: Now,
) -> ReferrerCallOut:
    """Record the referrer's answers about the plan after four weeks, or that they could not be reached."""
    await permissions.may_call_referrer(session, principal, case_id=case_id)
    call = await calling.record_call(
        session,
        deps.vault,
        case_id=case_id,
        tenant=principal.tenant,
        by=principal.id,
        new=body,
        now=now,
    )
    return _call(call, ReferrerCallWords(note=body.note))


def _call(call: ReferrerCall, words: ReferrerCallWords) -> ReferrerCallOut:
    return ReferrerCallOut.model_validate(
        {
            "call_id": call.id,
            "going": call.going,
            "new_needs": call.new_needs,
            "note": words.note,
            "called_at": call.called_at,
        }
    )
