"""Intake's subscriptions: its own events, the follow-up events of plans, and people leaving a case."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake import emails
from services.intake.domain.codes import (
    Outcome,
    ReleaseReason,
)
from services.intake.domain.errors import NoCoordinator
from services.intake.operations import cases, erasing, leaving, notifying, statistics
from services.intake.queries import cases as case_queries
from services.intake.queries import referrals
from services.intake.subscribers import counting
from services.intake.subscribers.gathered import subscriptions
from services.intake.workflows import WORKFLOWS
from shared import appointments, erasure, messages
from shared.case_state import CaseStopped
from shared.context import Context
from shared.erasure import erased_by
from shared.events import intake, network, plans
from shared.events.base import Received
from shared.services import SERVICES_WITH_CASES

messages.install(subscriptions, templates=Path(__file__).parents[1] / "templates", writer=emails.write)
erasure.install(subscriptions)
erasing.erasures.follow(subscriptions, services=SERVICES_WITH_CASES)
subscriptions.watches(*WORKFLOWS)

__all__ = ["counting", "subscriptions"]


@subscriptions.writes(intake.ReferralReceived, case="any")
async def notify_of_referral(
    session: AsyncSession, event: Received[intake.ReferralReceived], context: Context
) -> None:
    """Mail those who must know that a referral arrived; outside the request, which need not wait for it."""
    tenant = event.tenant
    referral = await referrals.referral(session, tenant=tenant, referral_id=event.data.referral_id)
    if referral is not None:
        await notifying.notify_of_referral(
            session, context.vault, context.database, referral, await context.clock.now()
        )
        await statistics.follow(
            session, context.vault, tenant=tenant, case_id=referral.case_id, at=event.time
        )


@subscriptions.writes(plans.FollowUpEnded)
async def close_case(session: AsyncSession, event: Received[plans.FollowUpEnded], context: Context) -> None:
    """Close the case when its year is over, or the circle is done."""
    await cases.close_case(
        session,
        context.vault,
        tenant=event.tenant,
        case_id=event.data.case_id,
        outcome=Outcome(event.data.outcome),
        now=await context.clock.now(),
    )


@subscriptions.writes(plans.CheckInRecorded)
async def end_coordinators_task(
    session: AsyncSession, event: Received[plans.CheckInRecorded], context: Context
) -> None:
    """Release the coordinator after the four-week call; if the circle wants to meet again, get one for that round.

    Who must see to it that the plan is adjusted is mailed, unless they made the call themselves.
    """
    # Its decision changes the case afterwards.
    await statistics.count(session, context.vault, event, to_change=True)
    if event.data.decision == "new-conference":
        await cases.coordinate_next_round(
            session,
            tenant=event.tenant,
            case_id=event.data.case_id,
            another_wanted=event.data.another_coordinator,
            now=await context.clock.now(),
        )
        return
    if event.data.kind != "four-weeks":
        if event.data.decision == "adjust":
            await _notify(session, event, "plan-adjust", context)
    elif not event.data.task_goes_on:
        await _release(session, event, context)


@subscriptions.writes(plans.ReferrerCalled)
async def end_task_with_referrer(
    session: AsyncSession, event: Received[plans.ReferrerCalled], context: Context
) -> None:
    """Count what the referrer said; release the coordinator once they have called the family as well."""
    await statistics.count(session, context.vault, event, to_change=True)
    if event.data.ends_task:
        await _release(session, event, context)


@subscriptions.writes(plans.PlanAdjusted)
async def end_task_with_version(
    session: AsyncSession, event: Received[plans.PlanAdjusted], context: Context
) -> None:
    """Release the coordinator who adjusted the plan after the calls."""
    if event.data.ends_task:
        await _release(session, event, context)


@subscriptions.writes(plans.CircleMet)
async def follow_own_meeting(
    session: AsyncSession, event: Received[plans.CircleMet], context: Context
) -> None:
    """Mail who must see to it that the plan changes as the circle says; release a coordinator who has no task left."""
    if event.data.changed and event.data.said_as == "person":
        await _notify(session, event, "plan-adjust", context)
    if event.data.ends_task:
        await _release(session, event, context)


@subscriptions.writes(plans.PlanAccepted, case="any")
async def end_task_with_acceptance(
    session: AsyncSession, event: Received[plans.PlanAccepted], context: Context
) -> None:
    """Count a plan as accepted, and release the coordinator who changed it for that after the calls."""
    await counting.count_judgement(session, context, event)
    if event.data.ends_task:
        with suppress(CaseStopped):
            await _release(session, event, context)


async def _release(session: AsyncSession, event: Received[Any], context: Context) -> None:
    # A released coordinator has no task left to end; the check-in is counted all the same.
    with suppress(NoCoordinator):
        await cases.release_coordinator(
            session,
            tenant=event.tenant,
            case_id=event.data.case_id,
            reason=ReleaseReason.TASK_DONE,
            now=await context.clock.now(),
        )


@subscriptions.writes(intake.NotifyCoordinator, case="any")
async def notify_of_date(
    session: AsyncSession, event: Received[intake.NotifyCoordinator], context: Context
) -> None:
    """Mail a coordinator about the date of a conference, with a calendar file."""
    case = await case_queries.case(session, tenant=event.tenant, case_id=event.data.case_id)
    if case is not None:
        await notifying.notify_coordinator(
            session,
            case,
            event.data.coordinator_id,
            event.data.kind,
            await context.clock.now(),
            even_if_stopped=event.data.even_if_stopped,
            **appointments.kept(event.data.calendar),
        )


@subscriptions.writes(network.MessageFailed)
async def notify_of_failed_mail(
    session: AsyncSession, event: Received[network.MessageFailed], context: Context
) -> None:
    """Mail those responsible for a case that a person must be reached another way.

    If there is no address they know that already, and are mailed only if an agreement could not be announced.
    """
    if event.data.reason == "no-address" and not event.data.link_target.startswith("agreements/"):
        return
    await _notify(session, event, "mail-not-delivered", context)


async def _notify(
    session: AsyncSession,
    event: Received[plans.CheckInRecorded] | Received[plans.CircleMet] | Received[network.MessageFailed],
    kind: str,
    context: Context,
) -> None:
    case = await case_queries.case(session, tenant=event.tenant, case_id=event.data.case_id)
    if case is not None:
        await notifying.notify_responsible(session, case, kind, await context.clock.now())


@subscriptions.writes(network.SurveyOpened)
async def notify_of_survey(
    session: AsyncSession, event: Received[network.SurveyOpened], context: Context
) -> None:
    """Ask the referring professional too what they think of the conference."""
    case = await case_queries.case(session, tenant=event.tenant, case_id=event.data.case_id)
    if case is not None:
        about = {"survey_id": str(event.data.survey_id)}
        await notifying.notify_referrer(session, case, "survey", await context.clock.now(), about=about)


@subscriptions.writes(intake.CaseErased, case="always")
async def erase_case(session: AsyncSession, event: Received[intake.CaseErased], context: Context) -> None:
    """Make the referral, its persons and the baseline unreadable; detach its statistics from the case."""
    await statistics.cut_loose(session, tenant=event.tenant, case_id=event.data.case_id)
    erased = await erased_by(event, context, kind="case", subject=event.data.case_id)
    await erasing.clear_case(session, context.vault, erased)


@subscriptions.writes(network.PersonErased, case="always")
async def erase_person(
    session: AsyncSession, event: Received[network.PersonErased], context: Context
) -> None:
    """Make the referral's data on the person unreadable."""
    erased = await erased_by(event, context, kind="person", subject=event.data.person_id)
    await erasing.clear_person(session, context.vault, erased)


@subscriptions.writes(intake.ContactErased, case="always")
async def erase_contact(
    session: AsyncSession, event: Received[intake.ContactErased], context: Context
) -> None:
    """Make the tenant's data on a person who left unreadable."""
    erased = await erased_by(event, context, kind=event.data.kind, subject=event.data.contact_id)
    await leaving.clear_contact(session, context.vault, erased)
