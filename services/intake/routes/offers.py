"""Offers to coordinators, and their answers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.intake import permissions
from services.intake.domain.codes import OfferState
from services.intake.domain.places import municipality_of
from services.intake.models import Case, Offer
from services.intake.operations import offers
from services.intake.queries import cases as reads
from services.intake.queries import referrals, register
from services.intake.schemas.cases import (
    Acceptance,
    OfferAnswer,
    OfferDetail,
    OfferedPerson,
    OfferEntry,
    Refusal,
)
from shared.http import Deps, Now, Page, Paging, Router, Session
from shared.http.gates import Coordinator, Manager

router = Router(tags=["offers"])


@router.get("/v1/cases/{case_id}/offers")
async def list_offers_of_case(
    case_id: UUID, principal: Manager, session: Session, page: Paging
) -> Page[OfferEntry]:
    """List the coordinators to whom a case was offered, and their answers, in the order of the offers."""
    case = await permissions.may_coordinate(session, principal, case_id=case_id)
    rows = await reads.offers_of_case(session, tenant=principal.tenant, case_id=case_id, page=page)
    return Page(items=await _entries(session, [(row, case) for row in rows.items]), next=rows.next)


@router.get("/v1/offers")
async def list_own_offers(principal: Coordinator, session: Session, page: Paging) -> Page[OfferEntry]:
    """List the calling coordinator's open offers."""
    rows = await reads.offers_waiting_for(
        session, tenant=principal.tenant, coordinator_id=principal.id, page=page
    )
    return Page(items=await _entries(session, [(row[0], row[1]) for row in rows.items]), next=rows.next)


@router.get("/v1/offers/{offer_id}")
async def read_offer(offer_id: UUID, principal: Coordinator, session: Session, deps: Deps) -> OfferDetail:
    """Read whom a case offered to you is about, from where, and its parties: to judge if you are independent."""
    offer, case = await permissions.may_read_offer(session, principal, offer_id=offer_id)
    [entry] = await _entries(session, [(offer, case)])
    rows = await referrals.persons(session, tenant=principal.tenant, referral_id=case.referral_id)
    central = [row for row in rows if row.role == "central"]
    opened = await deps.vault.open_readable(session, central)
    parties = await register.organisations_by_id(
        session,
        organisation_ids={
            one for one in (case.referring_organisation, case.mandated_organisation) if one is not None
        },
    )
    return OfferDetail(
        **entry.model_dump(),
        persons=[
            OfferedPerson(
                first_name=person.first_name,
                last_name=person.last_name,
                municipality=municipality_of(person.address),
            )
            for person in opened
            if person is not None
        ],
        organisations=sorted(party.name for party in parties.values()),
    )


@router.post("/v1/offers/{offer_id}/accept")
async def accept_offer(
    *,
    offer_id: UUID,
    acceptance: Acceptance,
    principal: Coordinator,
    session: Session,
    now: Now,
    deps: Deps,
) -> OfferAnswer:
    """Take the case, declaring that you have no ties to those concerned."""
    del acceptance
    await offers.accept_offer(
        session,
        deps.vault,
        tenant=principal.tenant,
        offer_id=offer_id,
        coordinator_id=principal.id,
        now=now,
    )
    return OfferAnswer(offer_id=offer_id, state=OfferState.ACCEPTED)


@router.post("/v1/offers/{offer_id}/decline")
async def decline_offer(
    offer_id: UUID, refusal: Refusal, principal: Coordinator, session: Session, now: Now
) -> OfferAnswer:
    """Decline the case; the next coordinator is asked."""
    await offers.decline_offer(
        session,
        tenant=principal.tenant,
        offer_id=offer_id,
        coordinator_id=principal.id,
        reason=refusal.reason,
        now=now,
    )
    return OfferAnswer(offer_id=offer_id, state=OfferState.DECLINED)


async def _entries(session: Session, rows: Sequence[tuple[Offer, Case]]) -> list[OfferEntry]:
    expiries = await reads.expiries(session, offer_ids=[offer.id for offer, _ in rows])
    return [_entry(offer, case, expiries.get(offer.id)) for offer, case in rows]


def _entry(offer: Offer, case: Case, expires_at: datetime | None) -> OfferEntry:
    return OfferEntry.model_validate(
        {
            "offer_id": offer.id,
            "case_id": offer.case_id,
            "assignment_no": offer.assignment_no,
            "ordinal": offer.ordinal,
            "coordinator_id": offer.coordinator_id,
            "state": offer.state,
            "reason": offer.reason,
            "track": case.track,
            "themes": case.themes,
            "minors": case.minors,
            "created_at": offer.created_at,
            "expires_at": expires_at,
            "answered_at": offer.answered_at,
        }
    )
