"""Personal links: exchanged by their holder, renewed and revoked by the coordinator."""

from uuid import UUID

from fastapi import Request, Response

from services.network import permissions
from services.network.operations import link_requests, links
from services.network.operations.cases import require_live
from services.network.schemas import Access, PresentedLink
from shared.auth import Kind, Principal
from shared.auth.minting import PERSON_SECONDS
from shared.http import Deps, Now, Person, Router, Session, anonymous, audit_as, problems
from shared.http.gates import CoordinatorOrManager

router = Router(tags=["links"])


@router.post("/v1/links/exchange", dependencies=[anonymous], responses=problems(404, 410))
async def exchange(body: PresentedLink, request: Request, session: Session, deps: Deps, now: Now) -> Access:
    """Exchange the token of a personal link for a short-lived token of that one person in that one case."""
    link, person = await links.exchange(session, token=body.token, key=links.link_key(deps), now=now)
    itself = Principal(
        kind=Kind.PERSON, id=person.id, tenant=link.tenant, case=link.case_id, case_role=person.role
    )
    audit_as(request, session, itself)
    return Access(
        access_token=await links.issue(session, deps, link=link, person=person, now=now),
        expires_in=PERSON_SECONDS,
        person_id=person.id,
        case_id=link.case_id,
        tenant=link.tenant,
        case_role=person.role,
    )


@router.post("/v1/links/request-new", status_code=202, response_class=Response, dependencies=[anonymous])
async def request_new_link(body: PresentedLink, session: Session, deps: Deps, now: Now) -> None:
    """Request a new link with one that no longer works: it is mailed to its owner. The answer is always the same."""
    await link_requests.request(session, token=body.token, key=links.link_key(deps), now=now)


@router.post(
    "/v1/me/link/renew", status_code=204, response_class=Response, responses=problems(404, 409, 410, 429)
)
async def renew_my_link(principal: Person, session: Session, deps: Deps, now: Now) -> None:
    """Revoke your link, for instance because somebody else has it, and get a new one by mail."""
    person = await permissions.oneself(session, principal, lock=True)
    await link_requests.renew_own(session, deps.vault, person=person, now=now)


@router.post("/v1/persons/{person_id}/link/renew", status_code=204, response_class=Response)
async def renew_link(person_id: UUID, principal: CoordinatorOrManager, session: Session, now: Now) -> None:
    """Mail somebody a new link; every earlier one stops working."""
    person = await permissions.may_change_link(session, principal, person_id=person_id)
    await require_live(session, case_id=person.case_id, tenant=principal.tenant)
    await links.renew(session, person=person, now=now)


@router.post("/v1/persons/{person_id}/link/revoke", status_code=204, response_class=Response)
async def revoke_link(person_id: UUID, principal: CoordinatorOrManager, session: Session, now: Now) -> None:
    """Revoke a person's link, also when the case has stopped; no mail goes to them until it is renewed."""
    person = await permissions.may_change_link(session, principal, person_id=person_id)
    await links.revoke_access(session, person=person, now=now)
