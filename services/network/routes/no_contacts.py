"""People who must not be brought in contact, for the coordinator."""

from uuid import UUID

from fastapi import Response

from services.network import permissions
from services.network.operations import no_contacts
from services.network.operations.cases import require_live
from services.network.queries import no_contacts as reads
from services.network.schemas.no_contacts import NewNoContact, NoContactNoted, NoContactView
from shared.http import Deps, Now, Page, Paging, Router, Session
from shared.http.gates import Coordinator

router = Router(tags=["no contact"])


@router.post("/v1/cases/{case_id}/no-contacts", status_code=201)
async def keep_apart(
    *, case_id: UUID, body: NewNoContact, principal: Coordinator, session: Session, deps: Deps, now: Now
) -> NoContactNoted:
    """Record that two people must not be brought in contact: from now on nothing shows one to the other."""
    await permissions.may_work_on_case(session, principal, case_id=case_id)
    await require_live(session, case_id=case_id, tenant=principal.tenant)
    one, other = body.person_ids
    pair = await no_contacts.keep_apart(
        session,
        deps.vault,
        tenant=principal.tenant,
        case_id=case_id,
        persons=(one, other),
        reason=body.reason,
        decided_by=principal.id,
        now=now,
    )
    return NoContactNoted(no_contact_id=pair.id)


@router.get("/v1/cases/{case_id}/no-contacts")
async def list_no_contacts(
    case_id: UUID, principal: Coordinator, session: Session, deps: Deps, page: Paging
) -> Page[NoContactView]:
    """List which people must not be brought in contact, and why."""
    await permissions.may_work_on_case(session, principal, case_id=case_id)
    rows = await reads.no_contacts(session, tenant=principal.tenant, case_id=case_id, page=page)
    opened = await deps.vault.open_readable(session, rows.items)
    return Page(
        items=[
            NoContactView(
                no_contact_id=row.id,
                person_ids=[row.one_id, row.other_id],
                reason=None if words is None else words.reason,
                decided_at=row.created_at,
            )
            for row, words in zip(rows.items, opened, strict=True)
        ],
        next=rows.next,
    )


@router.post("/v1/no-contacts/{no_contact_id}/lift", status_code=204, response_class=Response)
async def lift(no_contact_id: UUID, principal: Coordinator, session: Session, deps: Deps, now: Now) -> None:
    """Lift that two people must not be brought in contact."""
    pair = await permissions.may_lift_no_contact(session, principal, no_contact_id=no_contact_id)
    await require_live(session, case_id=pair.case_id, tenant=pair.tenant)
    await no_contacts.lift(session, deps.vault, pair=pair, now=now)
