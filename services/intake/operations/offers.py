"""Offers: one coordinator is asked at a time; each answers, or the time passes and the next is asked.

A search always has a running clock, paused with the case: an offer's, or the search's own, which is due when
somebody must be asked. Every step reads the rows first and does nothing if its deadline no longer counts.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import (
    OFFER_CLOCK,
    SEARCH_CLOCK,
    AssignmentState,
    DeclineReason,
    OfferState,
    assignment_workflow_id,
)
from services.intake.domain.errors import (
    CoordinatorConcerned,
    CoordinatorFull,
    OfferAnswered,
    OfferOver,
    UnknownOffer,
)
from services.intake.domain.fit import Candidate, Wishes, in_order_of_fit
from services.intake.models import Assignment, Case, Coordinator, Offer
from services.intake.operations import assignments, notifying
from services.intake.operations.cases import locked_live_case
from services.intake.queries import cases as reads
from services.intake.queries import referrals, register
from services.intake.settings import Policy, policies
from shared import outbox
from shared.auth import Role
from shared.case_state import CaseErased, CaseStopped
from shared.clock_rows import Clock
from shared.deadlines import Deadline
from shared.events import intake as events
from shared.ids import uuid7
from shared.policies import PolicyInForce
from shared.steps import step
from shared.vault import Vault

clocks = assignments.clocks


@step("intake.offer-to-next")
async def offer_to_next(session: AsyncSession, vault: Vault, *, due: Deadline, now: datetime) -> bool:
    """Ask the best matching coordinator not asked yet; if nobody is left, tell the managers once."""
    case = await reads.case(session, tenant=due.tenant, case_id=due.subject, lock=True)
    if case is None or await clocks.waiting_for(session, due) is None:
        return False
    assignment = await reads.assignment(
        session, tenant=case.tenant, case_id=case.id, number=case.assignment_no
    )
    if assignment is None or assignment.state != AssignmentState.SEARCHING:
        return False
    policy = await policies.in_force(session, tenant=case.tenant, at=case.created_at)
    await clocks.stop(session, kind=SEARCH_CLOCK, subject=case.id, now=now)
    best = await _best(session, vault, case, assignment)
    if best is not None:
        await _offer(session, case, best, policy, now)
        return True
    if assignment.nobody_left_at is None:
        assignment.nobody_left_at = now
        await session.flush()
        await notifying.notify_managers(session, case, "no-coordinator-left", now)
    await assignments.seek(session, case=case, limit=policy.limit(now, policy.settings.search_again), now=now)
    return True


async def _best(session: AsyncSession, vault: Vault, case: Case, assignment: Assignment) -> Candidate | None:
    referral = await referrals.referral(session, tenant=case.tenant, referral_id=case.referral_id)
    if referral is None:
        raise LookupError(f"case {case.id} has no referral")
    words = await vault.open(session, referral)
    parties = {case.referring_organisation, case.mandated_organisation} - {None}
    candidates, rows = await register.candidates(session, tenant=case.tenant)
    not_again = await reads.not_to_be_asked(
        session, tenant=case.tenant, case_id=case.id, number=case.assignment_no
    )
    former = assignment.former_id
    if former is not None and assignment.another_wanted:
        not_again.add(former)
    ordered = in_order_of_fit(
        candidates,
        wishes=Wishes(
            languages=words.wishes.languages or words.languages,
            gender=words.wishes.gender,
            culture=words.wishes.culture,
        ),
        parties={party for party in parties if party is not None},
        not_again=not_again,
        first=former,
        last=await reads.were_unavailable(session, tenant=case.tenant, case_id=case.id),
    )
    if not ordered:
        return None
    named = await _addresses_named(session, vault, case)
    for candidate in ordered:
        if await _address_of(session, vault, rows[candidate.id]) not in named:
            return candidate
    return None


async def _addresses_named(session: AsyncSession, vault: Vault, case: Case) -> set[str]:
    """Return the addresses named in the referral: a coordinator with one of them must not prepare the conference."""
    persons = await referrals.persons(session, tenant=case.tenant, referral_id=case.referral_id)
    named = await vault.open_readable(session, persons)
    return {person.email.casefold() for person in named if person is not None and person.email}


async def _address_of(session: AsyncSession, vault: Vault, coordinator: Coordinator) -> str:
    return (await vault.open(session, coordinator)).email.casefold()


async def _offer(
    session: AsyncSession, case: Case, candidate: Candidate, policy: PolicyInForce[Policy], now: datetime
) -> None:
    made = select(func.count()).where(Offer.case_id == case.id, Offer.assignment_no == case.assignment_no)
    ordinal = (await session.execute(made)).scalar_one() + 1
    offer = Offer(
        id=uuid7(),
        tenant=case.tenant,
        case_id=case.id,
        assignment_no=case.assignment_no,
        ordinal=ordinal,
        coordinator_id=candidate.id,
        state=OfferState.OPEN,
        created_at=now,
    )
    session.add(offer)
    await session.flush()
    clock = await _start_clock(session, offer, policy, now, urgent=case.track == "urgent")
    fact = events.OfferMade(
        case_id=case.id,
        assignment_no=offer.assignment_no,
        offer_id=offer.id,
        ordinal=ordinal,
        coordinator_id=candidate.id,
        expires_at=clock.due_at,
    )
    await outbox.publish(session, fact, stream=case.id, tenant=case.tenant, case=case.id, now=now)
    await _write_to(session, case, offer, kind="offer-made", clock=clock, now=now)


async def _start_clock(
    session: AsyncSession, offer: Offer, policy: PolicyInForce[Policy], now: datetime, *, urgent: bool
) -> Clock:
    lengths = policy.settings
    length = lengths.urgent_offer_expires if urgent else lengths.offer_expires
    warn = lengths.urgent_offer_warn if urgent else lengths.offer_warn
    return await clocks.start(
        session,
        kind=OFFER_CLOCK,
        subject=offer.id,
        tenant=offer.tenant,
        case=offer.case_id,
        owner=Role.COORDINATOR,
        owner_id=offer.coordinator_id,
        escalate_to=Role.REGIONAL_MANAGER,
        now=now,
        limit=policy.limit(now, length, warn=warn),
        workflow_id=assignment_workflow_id(offer.case_id, offer.assignment_no),
    )


@step("intake.remind-of-offer")
async def remind_of_offer(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Remind the coordinator of an unanswered offer, once."""
    found = await _open_at(session, due)
    clock = await clocks.reach(session, due, now=now) if found is not None else None
    if found is None or clock is None:
        return False
    case, offer = found
    await _write_to(session, case, offer, kind="offer-reminder", clock=clock, now=now)
    return True


@step("intake.expire-offer")
async def expire_offer(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Expire an unanswered offer whose time has passed, and tell the coordinator."""
    found = await _open_at(session, due)
    if found is None or await clocks.meet(session, due, now=now) is None:
        return False
    case, offer = found
    offer.state = OfferState.EXPIRED
    await session.flush()
    fact = events.OfferExpired(
        case_id=case.id,
        assignment_no=offer.assignment_no,
        offer_id=offer.id,
        coordinator_id=offer.coordinator_id,
    )
    await outbox.publish(session, fact, stream=case.id, tenant=case.tenant, case=case.id, now=now)
    await notifying.notify_coordinator(
        session, case, offer.coordinator_id, "offer-closed", now, reason="expired"
    )
    await _seek_another(session, case, now)
    return True


async def accept_offer(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    offer_id: UUID,
    coordinator_id: UUID,
    now: datetime,
) -> None:
    """Accept an offer: the coordinator is assigned from now on.

    Raises: UnknownOffer, CaseStopped, CaseErased, OfferAnswered, OfferOver, CoordinatorFull,
    CoordinatorConcerned.
    """
    case, offer = await _to_answer(session, tenant=tenant, offer_id=offer_id, coordinator_id=coordinator_id)
    coordinator = await register.coordinator_with_room(session, tenant=tenant, coordinator_id=coordinator_id)
    if coordinator is None:
        raise CoordinatorFull
    if await _address_of(session, vault, coordinator) in await _addresses_named(session, vault, case):
        raise CoordinatorConcerned
    await _answer(session, case, offer, OfferState.ACCEPTED, now)
    await assignments.assign(session, vault, case=case, offer=offer, now=now)


async def decline_offer(
    session: AsyncSession,
    *,
    tenant: UUID,
    offer_id: UUID,
    coordinator_id: UUID,
    reason: DeclineReason,
    now: datetime,
) -> None:
    """Decline an offer. Raises: UnknownOffer, CaseStopped, CaseErased, OfferAnswered, OfferOver."""
    case, offer = await _to_answer(session, tenant=tenant, offer_id=offer_id, coordinator_id=coordinator_id)
    offer.reason = reason
    await _answer(session, case, offer, OfferState.DECLINED, now)
    await _seek_another(session, case, now)


async def _to_answer(
    session: AsyncSession, *, tenant: UUID, offer_id: UUID, coordinator_id: UUID
) -> tuple[Case, Offer]:
    offer = await reads.offer(session, tenant=tenant, offer_id=offer_id)
    if offer is None or offer.coordinator_id != coordinator_id:
        raise UnknownOffer(offer_id=str(offer_id))
    case = await locked_live_case(session, tenant=tenant, case_id=offer.case_id)
    # Read again under the case's lock: the answer or the end may have come in between.
    offer = await reads.offer(session, tenant=tenant, offer_id=offer_id)
    if offer is None:
        raise UnknownOffer(offer_id=str(offer_id))
    if offer.state in (OfferState.ACCEPTED, OfferState.DECLINED):
        raise OfferAnswered(offer_id=str(offer_id), answer=offer.state)
    if offer.state != OfferState.OPEN:
        raise OfferOver(offer_id=str(offer_id), state=offer.state)
    return case, offer


async def _answer(session: AsyncSession, case: Case, offer: Offer, answer: OfferState, now: datetime) -> None:
    offer.state, offer.answered_at = answer, now
    await session.flush()
    await clocks.stop(session, kind=OFFER_CLOCK, subject=offer.id, now=now)
    fact = events.OfferAnswered.model_validate(
        {
            "case_id": case.id,
            "assignment_no": offer.assignment_no,
            "offer_id": offer.id,
            "coordinator_id": offer.coordinator_id,
            "answer": answer,
        }
    )
    await outbox.publish(session, fact, stream=case.id, tenant=case.tenant, case=case.id, now=now)


async def _seek_another(session: AsyncSession, case: Case, now: datetime) -> None:
    policy = await policies.in_force(session, tenant=case.tenant, at=case.created_at)
    await assignments.seek(session, case=case, limit=policy.until(now), now=now)


async def _open_at(session: AsyncSession, due: Deadline) -> tuple[Case, Offer] | None:
    """Return the locked case and the offer of a deadline, if it is open."""
    offer = await reads.offer(session, tenant=due.tenant, offer_id=due.subject)
    if offer is None:
        return None
    try:
        case = await locked_live_case(session, tenant=due.tenant, case_id=offer.case_id)
    except (CaseStopped, CaseErased):
        return None
    offer = await reads.offer(session, tenant=due.tenant, offer_id=due.subject)
    if offer is None or offer.state != OfferState.OPEN:
        return None
    return case, offer


async def _write_to(
    session: AsyncSession, case: Case, offer: Offer, *, kind: str, clock: Clock, now: datetime
) -> None:
    await notifying.notify_coordinator(
        session,
        case,
        offer.coordinator_id,
        kind,
        now,
        offer_id=str(offer.id),
        expires_at=clock.due_at.isoformat(),
    )
