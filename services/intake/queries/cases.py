"""Reads of cases, assignments, offers and the baseline."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy import case as sql_case
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import (
    LIVE,
    NOT_AGAIN,
    OFFER_CLOCK,
    AssignmentState,
    CaseStatus,
    DeclineReason,
    OfferState,
    ReleaseReason,
    WaitsFor,
)
from services.intake.models import Assignment, Base, Baseline, BottomLine, Case, CaseFact, CaseParty, Offer
from shared import case_state
from shared.http.paging import PageRequest, Rows, paginate


async def case(session: AsyncSession, *, tenant: UUID, case_id: UUID, lock: bool = False) -> Case | None:
    """Return a case; optionally locked, as every write about it requires."""
    query = select(Case).where(Case.tenant == tenant, Case.id == case_id)
    if lock:
        # What was read before the lock may have changed since.
        query = query.with_for_update().execution_options(populate_existing=True)
        # An erasure locks it too.
        case_state.note_held(session, case_id)
    return (await session.execute(query)).scalar_one_or_none()


async def roles_of_party(session: AsyncSession, *, case: Case, organisation_id: UUID) -> Sequence[str]:
    """Return the roles of an organisation in a case."""
    query = select(CaseParty.role).where(
        CaseParty.tenant == case.tenant,
        CaseParty.case_id == case.id,
        CaseParty.organisation_id == organisation_id,
    )
    return (await session.scalars(query)).all()


def all_cases(*, tenant: UUID) -> Select[Case]:
    """Return the query of all cases of a tenant that were not erased."""
    return select(Case).where(Case.tenant == tenant, Case.state != CaseStatus.ERASED)


def cases_of_coordinator(*, tenant: UUID, coordinator_id: UUID) -> Select[Case]:
    """Return the query of the cases that a coordinator is assigned to now."""
    return all_cases(tenant=tenant).where(Case.coordinator_id == coordinator_id)


def cases_of_party(*, tenant: UUID, organisation_id: UUID) -> Select[Case]:
    """Return the query of the cases that an organisation is a party to."""
    parties = select(CaseParty.case_id).where(
        CaseParty.tenant == tenant,
        CaseParty.organisation_id == organisation_id,
    )
    return all_cases(tenant=tenant).where(Case.id.in_(parties))


def filtered(
    query: Select[Case],
    *,
    state: CaseStatus | None,
    coordinator_id: UUID | None,
    waits_for: WaitsFor | None,
    among: Sequence[UUID] | None,
) -> Select[Case]:
    """Return a query of cases restricted by these filters."""
    if state is not None:
        query = query.where(Case.state == state)
    if among is not None:
        query = query.where(Case.id.in_(among))
    if coordinator_id is not None:
        query = query.where(Case.coordinator_id == coordinator_id)
    if waits_for is not None:
        query = query.where(
            Case.coordinator_id.is_(None), Case.state.in_(LIVE), _waits_for() == waits_for.value
        )
    return query


async def waiting_for(session: AsyncSession, found: Sequence[Case]) -> dict[UUID, WaitsFor]:
    """Return what those of these cases wait for that are live without a coordinator."""
    query = select(Case.id, _waits_for()).where(
        Case.id.in_([case.id for case in found]), Case.coordinator_id.is_(None), Case.state.in_(LIVE)
    )
    return {case_id: WaitsFor(what) for case_id, what in (await session.execute(query)).all()}


def _waits_for() -> ColumnElement[str]:
    """Return what a live case without a coordinator waits for."""
    searched = exists().where(
        Assignment.case_id == Case.id,
        Assignment.number == Case.assignment_no,
        Assignment.state == AssignmentState.SEARCHING,
    )
    planned = exists().where(
        CaseFact.case_id == Case.id,
        or_(CaseFact.plan_from_conference.is_not(None), CaseFact.plan_without_meeting.is_not(None)),
    )
    return sql_case(
        (searched, WaitsFor.COORDINATOR.value),
        (planned, WaitsFor.FOLLOW_UP.value),
        else_=WaitsFor.NEXT_STEP.value,
    )


async def page_of_cases(session: AsyncSession, query: Select[Case], *, page: PageRequest) -> Rows[Case]:
    """Return one page of a query of cases, newest first."""
    return await paginate(session, query, page, time=Case.created_at, id=Case.id)


async def assignment(session: AsyncSession, *, tenant: UUID, case_id: UUID, number: int) -> Assignment | None:
    """Return one search for a coordinator."""
    query = select(Assignment).where(
        Assignment.tenant == tenant, Assignment.case_id == case_id, Assignment.number == number
    )
    return (await session.execute(query)).scalar_one_or_none()


async def offer(session: AsyncSession, *, tenant: UUID, offer_id: UUID) -> Offer | None:
    """Return the current row of an offer, even if this session has read it before."""
    query = select(Offer).where(Offer.tenant == tenant, Offer.id == offer_id)
    return (await session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()


async def pause_reason(session: AsyncSession, case_id: UUID) -> str | None:
    """Return why a case is paused, a code; None if it is not paused."""
    return await session.scalar(select(Case.pause_reason).where(Case.id == case_id))


async def open_offer(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> Offer | None:
    """Return the offer of a case that waits for an answer."""
    query = select(Offer).where(
        Offer.tenant == tenant, Offer.case_id == case_id, Offer.state == OfferState.OPEN
    )
    return (await session.execute(query)).scalar_one_or_none()


async def offers_of_case(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, page: PageRequest
) -> Rows[Offer]:
    """Return one page of the offers of a case, in the order in which they were made."""
    query = select(Offer).where(Offer.tenant == tenant, Offer.case_id == case_id)
    return await paginate(session, query, page, time=Offer.created_at, id=Offer.id, newest_first=False)


async def offers_waiting_for(
    session: AsyncSession, *, tenant: UUID, coordinator_id: UUID, page: PageRequest
) -> Rows[tuple[Offer, Case]]:
    """Return one page of the offers that wait for a coordinator's answer, with their cases."""
    query: Any = (
        select(Offer, Case)
        .join(Case, (Case.id == Offer.case_id) & (Case.tenant == tenant))
        .where(Offer.tenant == tenant, Offer.coordinator_id == coordinator_id, Offer.state == OfferState.OPEN)
    )
    return await paginate(session, query, page, time=Offer.created_at, id=Offer.id)


async def not_to_be_asked(session: AsyncSession, *, tenant: UUID, case_id: UUID, number: int) -> set[UUID]:
    """Return who must not be asked: asked in this search, or with a conflict of interest, or who left by wish."""
    asked = select(Offer.coordinator_id).where(
        Offer.tenant == tenant,
        Offer.case_id == case_id,
        (Offer.assignment_no == number) | (Offer.reason == DeclineReason.CONFLICT_OF_INTEREST),
    )
    left = select(Assignment.coordinator_id).where(
        Assignment.tenant == tenant,
        Assignment.case_id == case_id,
        Assignment.coordinator_id.is_not(None),
        Assignment.release_reason.in_(NOT_AGAIN),
    )
    return set((await session.execute(asked.union(left))).scalars())


async def were_unavailable(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> set[UUID]:
    """Return who left the case because they were unavailable, as when ill: they are asked again after all others."""
    query = select(Assignment.coordinator_id).where(
        Assignment.tenant == tenant,
        Assignment.case_id == case_id,
        Assignment.release_reason == ReleaseReason.UNAVAILABLE,
    )
    return {found for found in (await session.execute(query)).scalars() if found is not None}


async def baseline(session: AsyncSession, *, tenant: UUID, case_id: UUID, version: int) -> Baseline | None:
    """Return one version of a case's baseline."""
    query = select(Baseline).where(
        Baseline.tenant == tenant, Baseline.case_id == case_id, Baseline.version == version
    )
    return (await session.execute(query)).scalar_one_or_none()


async def bottom_lines(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, version: int
) -> Sequence[BottomLine]:
    """Return the bottom lines of one version of the baseline, in order."""
    query = select(BottomLine).where(
        BottomLine.tenant == tenant, BottomLine.case_id == case_id, BottomLine.baseline_version == version
    )
    return (await session.execute(query.order_by(BottomLine.position))).scalars().all()


async def expiries(session: AsyncSession, *, offer_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when each of these offers ends or ended."""
    clock = Base.metadata.tables["clock"].c
    query = select(clock.subject, clock.due_at).where(clock.kind == OFFER_CLOCK, clock.subject.in_(offer_ids))
    return {row[0]: row[1] for row in await session.execute(query)}
