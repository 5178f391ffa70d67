"""What intake hears: its own events, which start and wake its workflows and confirm receipts, and plans' follow-up."""

from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake import emails
from services.intake.activities import Files
from services.intake.domain.codes import (
    HOLD_CLOCK,
    RETENTION_CLOCK,
    SERVICE,
    Outcome,
    ReleaseReason,
    assignment_workflow_id,
)
from services.intake.domain.errors import NoCoordinator
from services.intake.domain.retention import retention_workflow_id
from services.intake.operations import cases, circle, erasing, leaving, notifying, statistics
from services.intake.queries import cases as case_reads
from services.intake.queries import referrals
from services.intake.subscribers import counting
from services.intake.subscribers.hearing import subscriptions, tenant_of
from services.intake.workflows import CoordinatorAssignment, Retention, SearchRun
from shared import erasure, messages
from shared.context import Context
from shared.database import Scope
from shared.erasure import erased_by
from shared.events import intake, network, plans
from shared.events.base import CLOCK_EVENTS, ClockFact, Received
from shared.services import SERVICES_WITH_CASES
from shared.subscriptions import AndThen

messages.install(subscriptions, templates=Path(__file__).parents[1] / "templates", writer=emails.write)
erasure.install(subscriptions)
erasing.erasures.follow(subscriptions, services=SERVICES_WITH_CASES)

__all__ = ["counting", "subscriptions"]


@subscriptions.writes(intake.ReferralReceived, case="any")
async def confirm_receipt(
    session: AsyncSession, event: Received[intake.ReferralReceived], context: Context
) -> None:
    """Tell the referrer that the referral arrived; outside the request, which need not wait for it."""
    tenant = tenant_of(event)
    referral = await referrals.referral(session, tenant=tenant, referral_id=event.data.referral_id)
    if referral is not None:
        await notifying.confirm_receipt(session, referral, await context.clock.now())
        await statistics.follow(session, context.vault, tenant=tenant, case_id=referral.case_id)


@subscriptions.acts(intake.CaseOpened)
async def search_for_coordinator(event: Received[intake.CaseOpened], context: Context) -> None:
    """Start the first search."""
    await _start(context, tenant_of(event), event.data.case_id, 1)


@subscriptions.acts(intake.CoordinatorReleased)
async def search_for_another(event: Received[intake.CoordinatorReleased], context: Context) -> None:
    """Start the next search, if another coordinator must be found."""
    if event.data.replace:
        await _start(context, tenant_of(event), event.data.case_id, event.data.assignment_no + 1)


@subscriptions.acts(intake.OfferAnswered)
async def wake_after_answer(event: Received[intake.OfferAnswered], context: Context) -> None:
    """Let the search see the answer."""
    await _wake(context, event, event.data.case_id, event.data.assignment_no)


@subscriptions.acts(intake.CasePaused)
async def wake_to_rest(event: Received[intake.CasePaused], context: Context) -> None:
    """Let the search rest."""
    await _wake_current(context, event, event.data.case_id)


@subscriptions.acts(intake.CaseResumed)
async def wake_to_go_on(event: Received[intake.CaseResumed], context: Context) -> None:
    """Let the search go on."""
    await _wake_current(context, event, event.data.case_id)


@subscriptions.acts(intake.CaseWithdrawn, case="any")
async def wake_to_stop(event: Received[intake.CaseWithdrawn], context: Context) -> AndThen:
    """Let the search see that the case stopped."""
    await _wake_current(context, event, event.data.case_id)
    return _counted(context, tenant_of(event), event.data.case_id)


@subscriptions.acts(intake.CaseClosed, case="any")
async def wake_to_end(event: Received[intake.CaseClosed], context: Context) -> AndThen:
    """Let the search see that the case ended."""
    await _wake_current(context, event, event.data.case_id)
    return _counted(context, tenant_of(event), event.data.case_id)


@subscriptions.writes(plans.FollowUpEnded)
async def close_case(session: AsyncSession, event: Received[plans.FollowUpEnded], context: Context) -> None:
    """Close the case when its year is over, or the circle is done."""
    await cases.close_case(
        session,
        context.vault,
        tenant=tenant_of(event),
        case_id=event.data.case_id,
        outcome=Outcome(event.data.outcome),
        now=await context.clock.now(),
    )


@subscriptions.writes(plans.CheckInRecorded)
async def end_coordinators_task(
    session: AsyncSession, event: Received[plans.CheckInRecorded], context: Context
) -> None:
    """Release the coordinator after the four-week call, unless it asks for a new conference to prepare."""
    await statistics.note_check_in(
        session, context.vault, tenant=tenant_of(event), case_id=event.data.case_id
    )
    if event.data.kind != "four-weeks" or event.data.decision == "new-conference":
        return
    # Who was released before has no task left to end; that somebody asked is counted all the same.
    with suppress(NoCoordinator):
        await cases.release_coordinator(
            session,
            tenant=tenant_of(event),
            case_id=event.data.case_id,
            reason=ReleaseReason.TASK_DONE,
            now=await context.clock.now(),
        )


@subscriptions.writes(intake.CaseErased, case="always")
async def erase_case(session: AsyncSession, event: Received[intake.CaseErased], context: Context) -> None:
    """Make the referral, its persons and the baseline unreadable; what was counted is no longer of this case."""
    await statistics.let_go(session, tenant=tenant_of(event), case_id=event.data.case_id)
    erased = await erased_by(event, context, kind="case", subject=event.data.case_id)
    await erasing.wipe_case(session, context.vault, erased)


@subscriptions.writes(network.PersonRemoved, case="any")
async def keep_removed(
    session: AsyncSession, event: Received[network.PersonRemoved], _context: Context
) -> None:
    """Keep who no longer belongs to the case."""
    await _note_departed(session, event)


@subscriptions.writes(network.PersonExcluded, case="any")
async def keep_excluded(
    session: AsyncSession, event: Received[network.PersonExcluded], _context: Context
) -> None:
    """Keep who may not take part."""
    await _note_departed(session, event)


async def _note_departed(
    session: AsyncSession,
    event: Received[network.PersonRemoved]
    | Received[network.PersonExcluded]
    | Received[network.PersonErased],
) -> None:
    await circle.note_departed(
        session,
        tenant=tenant_of(event),
        case_id=event.data.case_id,
        person_id=event.data.person_id,
        at=event.time,
    )


@subscriptions.writes(network.PersonErased, case="always")
async def erase_person(
    session: AsyncSession, event: Received[network.PersonErased], context: Context
) -> None:
    """Make what the referral says of a person unreadable; they belong to the case no longer."""
    await _note_departed(session, event)
    erased = await erased_by(event, context, kind="person", subject=event.data.person_id)
    await erasing.wipe_person(session, context.vault, erased)


@subscriptions.writes(intake.ContactErased, case="always")
async def erase_contact(
    session: AsyncSession, event: Received[intake.ContactErased], context: Context
) -> None:
    """Make what the tenant knows of somebody who left unreadable."""
    erased = await erased_by(event, context, kind=event.data.kind, subject=event.data.contact_id)
    await leaving.wipe_contact(session, context.vault, erased)


@subscriptions.acts(CLOCK_EVENTS[SERVICE, "started"], case="always")
async def look_after_files(event: Received[ClockFact], context: Context) -> None:
    """Let retention see that a file's time, that of a hold, or that of confirming an erasure began to run."""
    if event.data.kind not in (RETENTION_CLOCK, HOLD_CLOCK, erasure.CLOCK):
        return
    tenant = tenant_of(event)
    await context.temporal.wake(
        Retention.__name__,
        Files(tenant=tenant),
        id=retention_workflow_id(tenant),
        service=SERVICE,
        tenant=tenant,
        event_id=event.id,
    )


def _counted(context: Context, tenant: UUID, case_id: UUID) -> AndThen:
    async def write(session: AsyncSession) -> None:
        await statistics.follow(session, context.vault, tenant=tenant, case_id=case_id)

    return write


async def _start(context: Context, tenant: UUID, case_id: UUID, number: int) -> None:
    await context.temporal.start(
        CoordinatorAssignment.__name__,
        SearchRun(tenant=tenant, case_id=case_id, number=number),
        id=assignment_workflow_id(case_id, number),
        service=SERVICE,
        tenant=tenant,
    )


async def _wake(context: Context, event: Received[Any], case_id: UUID, number: int) -> None:
    # A search that is not there has ended, or starts later and then looks for itself.
    await context.temporal.look_again(assignment_workflow_id(case_id, number), event.id)


async def _wake_current(context: Context, event: Received[Any], case_id: UUID) -> None:
    tenant = tenant_of(event)
    async with context.database.transaction(Scope(tenant=tenant)) as session:
        case = await case_reads.case(session, tenant=tenant, case_id=case_id)
    if case is not None:
        await _wake(context, event, case_id, case.assignment_no)
