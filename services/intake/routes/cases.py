"""Cases: their state, pausing and resuming, stopping, closing; and handing over the persons at the opening."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.intake import permissions
from services.intake.domain.codes import CaseStatus, ReleaseReason, WaitsFor
from services.intake.models import Case
from services.intake.operations import cases
from services.intake.permissions import CaseReader, PersonsCopier, Withdrawer
from services.intake.queries import cases as reads
from services.intake.queries import referrals
from services.intake.schemas.cases import (
    CaseState,
    CaseSummary,
    Closing,
    CoordinatorSearch,
    Pause,
    Release,
    Withdrawal,
)
from shared.auth import Principal
from shared.contracts.intake import PERSONS_AT_OPENING, PersonAtOpening, PersonsAtOpening
from shared.http import Deps, Now, Page, Paging, Router, Session
from shared.http.gates import CoordinatorOrManager, Manager
from shared.http.paging import MAX_LIMIT

router = Router(tags=["cases"])


@router.get("/v1/cases")
async def list_cases(
    *,
    principal: CaseReader,
    session: Session,
    page: Paging,
    state: Annotated[CaseStatus | None, Query(description="Only cases in this state.")] = None,
    coordinator_id: Annotated[UUID | None, Query(description="Only cases of this coordinator.")] = None,
    waits_for: Annotated[WaitsFor | None, Query(description="Only cases that wait for this.")] = None,
    case_id: Annotated[
        list[UUID] | None, Query(description="Only these cases.", max_length=MAX_LIMIT)
    ] = None,
) -> Page[CaseSummary]:
    """List cases, newest first: a coordinator sees those assigned now, a referrer those of their organisation."""
    query = reads.filtered(
        permissions.may_list_cases(principal),
        state=state,
        coordinator_id=coordinator_id,
        waits_for=waits_for,
        among=case_id,
    )
    rows = await reads.page_of_cases(session, query, page=page)
    waiting = await reads.waiting_for(session, rows.items)
    return Page(items=[_summary(row, principal, waiting) for row in rows.items], next=rows.next)


@router.get("/v1/cases/{case_id}")
async def read_case(case_id: UUID, principal: CaseReader, session: Session) -> CaseSummary:
    """Read the state of a case."""
    case = await permissions.may_read_case(session, principal, case_id=case_id)
    return _summary(case, principal, await reads.waiting_for(session, [case]))


@router.post("/v1/cases/{case_id}/pause")
async def pause_case(
    case_id: UUID, pause: Pause, principal: CoordinatorOrManager, session: Session, now: Now
) -> CaseState:
    """Pause a case; its clocks are paused in every service."""
    await permissions.may_coordinate(session, principal, case_id=case_id)
    await cases.pause_case(session, tenant=principal.tenant, case_id=case_id, reason=pause.reason, now=now)
    return CaseState(case_id=case_id, state=CaseStatus.PAUSED)


@router.post("/v1/cases/{case_id}/resume")
async def resume_case(
    case_id: UUID, principal: CoordinatorOrManager, session: Session, now: Now
) -> CaseState:
    """Let a case go on."""
    await permissions.may_coordinate(session, principal, case_id=case_id)
    await cases.resume_case(session, tenant=principal.tenant, case_id=case_id, now=now)
    return CaseState(case_id=case_id, state=CaseStatus.OPEN)


@router.post("/v1/cases/{case_id}/withdraw")
async def withdraw_case(
    *, case_id: UUID, withdrawal: Withdrawal, principal: Withdrawer, session: Session, now: Now, deps: Deps
) -> CaseState:
    """Stop a case before its end; the people concerned can, at any moment, with their personal link."""
    by = await permissions.may_withdraw_case(session, principal, case_id=case_id, withdrawal=withdrawal)
    await cases.withdraw_case(
        session,
        deps.vault,
        tenant=principal.tenant,
        case_id=case_id,
        reason=withdrawal.reason,
        by=by,
        now=now,
    )
    return CaseState(case_id=case_id, state=CaseStatus.WITHDRAWN)


@router.post("/v1/cases/{case_id}/close")
async def close_case(
    *, case_id: UUID, closing: Closing, principal: Manager, session: Session, now: Now, deps: Deps
) -> CaseState:
    """Close a case at its end."""
    await cases.close_case(
        session, deps.vault, tenant=principal.tenant, case_id=case_id, outcome=closing.outcome, now=now
    )
    return CaseState(case_id=case_id, state=CaseStatus.CLOSED)


@router.post("/v1/cases/{case_id}/release-coordinator")
async def release_coordinator(
    case_id: UUID, release: Release, principal: CoordinatorOrManager, session: Session, now: Now
) -> CaseState:
    """Release the coordinator; unless the task is done, the search for another begins."""
    case = await permissions.may_coordinate(session, principal, case_id=case_id)
    await cases.release_coordinator(
        session, tenant=principal.tenant, case_id=case_id, reason=ReleaseReason(release.reason), now=now
    )
    return CaseState(case_id=case_id, state=CaseStatus(case.state))


@router.post("/v1/cases/{case_id}/seek-coordinator")
async def seek_coordinator(
    case_id: UUID, principal: Manager, session: Session, now: Now, search: CoordinatorSearch | None = None
) -> CaseState:
    """Search a coordinator again if there is none; the one whose task was done is asked first."""
    case = await permissions.may_coordinate(session, principal, case_id=case_id)
    await cases.seek_coordinator(
        session,
        tenant=principal.tenant,
        case_id=case_id,
        now=now,
        another_wanted=search is not None and search.another_wanted,
    )
    return CaseState(case_id=case_id, state=CaseStatus(case.state))


@router.get(PERSONS_AT_OPENING.path)
async def read_persons_at_opening(
    case_id: UUID, principal: PersonsCopier, session: Session, deps: Deps
) -> PersonsAtOpening:
    """Return the persons of the referral to the service that owns them from the opening on."""
    case = await permissions.may_copy_persons(session, principal, case_id=case_id)
    rows = await referrals.persons(session, tenant=principal.tenant, referral_id=case.referral_id)
    fields = await deps.vault.open_readable(session, rows)
    return PersonsAtOpening(
        items=[
            PersonAtOpening.model_validate({**person.model_dump(), "person_id": row.id, "role": row.role})
            for row, person in zip(rows, fields, strict=True)
            if person is not None
        ]
    )


def _summary(row: Case, principal: Principal, waiting: Mapping[UUID, WaitsFor]) -> CaseSummary:
    told = permissions.may_read_what_it_is_about(principal, row)
    return CaseSummary.model_validate(
        {
            "case_id": row.id,
            "referral_id": row.referral_id,
            "state": row.state,
            "track": row.track,
            "themes": row.themes if told else [],
            "minors": row.minors if told else None,
            "coordinator_id": row.coordinator_id,
            "waits_for": waiting.get(row.id),
            "assignment_no": row.assignment_no,
            "referring_organisation_id": row.referring_organisation,
            "mandated_organisation_id": row.mandated_organisation,
            "pause_reason": row.pause_reason if told else None,
            "paused_at": row.paused_at,
            "stop_reason": row.stop_reason if told else None,
            "stopped_by": row.stopped_by if told else None,
            "outcome": row.outcome,
            "opened_at": row.created_at,
            "ended_at": row.ended_at,
        }
    )
