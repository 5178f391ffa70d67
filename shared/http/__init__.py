"""How a service is spoken to: the app, its routes' dependencies, problems, pages and health.

router = Router(tags=["referrals"])                       # not FastAPI's own: this one knows Idempotency-Key

class NewReferral(RequestModel):
    question: Text

@router.post("/v1/referrals", status_code=201)
async def receive(
    body: NewReferral,
    principal: Annotated[Principal, Depends(allow(Role.REFERRER, from_elsewhere=True))],
    session: Session,                                     # committed before the answer is sent
    now: Now,
) -> ReferralCreated: ...

@router.get("/v1/referrals")
async def list_referrals(principal: Staff, session: Session, page: Paging) -> Page[ReferralSummary]:
    rows = await paginate(session, query, page, time=Referral.received_at, id=Referral.id)
    return Page(items=[...rows.items...], next=rows.next)

@router.get("/v1/courses", dependencies=[anonymous])      # open to anyone: on the written list

app = create_service_app(context, title="Kring intake", routers=[router])
"""

from shared.http.app import create_service_app
from shared.http.audit_log import audit_log_of_person, own_audit_log
from shared.http.models import ReadVersion, RequestModel, ResponseModel
from shared.http.openapi import problems
from shared.http.paging import (
    CursorNotReadable,
    Page,
    PageRequest,
    Paging,
    Rows,
    decode_cursor,
    encode_cursor,
    paginate,
)
from shared.http.principals import (
    Anyone,
    Person,
    Service,
    Staff,
    allow,
    anonymous,
    current_principal,
    persons,
    services,
    serving,
    staff,
)
from shared.http.problems import Problem
from shared.http.routing import Deps, Now, Router, Session, audit_as

__all__ = [
    "Anyone",
    "CursorNotReadable",
    "Deps",
    "Now",
    "Page",
    "PageRequest",
    "Paging",
    "Person",
    "Problem",
    "ReadVersion",
    "RequestModel",
    "ResponseModel",
    "Router",
    "Rows",
    "Service",
    "Session",
    "Staff",
    "allow",
    "anonymous",
    "audit_as",
    "audit_log_of_person",
    "create_service_app",
    "current_principal",
    "decode_cursor",
    "encode_cursor",
    "own_audit_log",
    "paginate",
    "persons",
    "problems",
    "services",
    "serving",
    "staff",
]
