"""Events that intake counts for statistics, and mails about plans."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.operations import notifying, statistics
from services.intake.queries import cases, referrals
from services.intake.subscribers.gathered import subscriptions
from shared.context import Context
from shared.events import intake, network, plans, scheduling
from shared.events.base import CLOCK_EVENTS, ClockFact, Received
from shared.services import SERVICES_WITH_CASES


# Counted events may come before or after any other; of an erased case none is handled any more.
@subscriptions.writes(intake.ReferralAccepted, case="any", background=True)
@subscriptions.writes(intake.CaseWithdrawn, case="any")
@subscriptions.writes(intake.CaseClosed, case="any")
async def count_case(
    session: AsyncSession,
    event: Received[intake.ReferralAccepted | intake.CaseWithdrawn | intake.CaseClosed],
    context: Context,
) -> None:
    """Count a referral as started, and a case as withdrawn or closed."""
    await statistics.follow(
        session, context.vault, tenant=event.tenant, case_id=event.data.case_id, at=event.time
    )


@subscriptions.writes(intake.ReferralDeclined, case="any", background=True)
async def count_declined(
    session: AsyncSession, event: Received[intake.ReferralDeclined], context: Context
) -> None:
    """Count a referral as declined."""
    await _count_referral(session, context, event)


@subscriptions.writes(intake.ReferralWithdrawn, case="any", background=True)
async def count_withdrawn(
    session: AsyncSession, event: Received[intake.ReferralWithdrawn], context: Context
) -> None:
    """Count a referral as withdrawn."""
    await _count_referral(session, context, event)


async def count(session: AsyncSession, event: Received[Any], context: Context) -> None:
    """Count what an event says of its case."""
    await statistics.count(session, context.vault, event)


for counted in (
    *(intake.CoordinatorAssigned, network.PersonAdded, network.ContactMade, network.CircleReady),
    *(scheduling.ConferenceHeld, scheduling.ConferenceCancelled),
    *(plans.AgreementDone, plans.AgreementProgressed, plans.AgreementLapsed),
):
    subscriptions.writes(counted, case="any", background=True)(count)


@subscriptions.writes(plans.PlanRecorded, case="any")
async def follow_plan(session: AsyncSession, event: Received[plans.PlanRecorded], context: Context) -> None:
    """Count a plan, from a conference or without a meeting; tell whoever must accept it."""
    await statistics.count(session, context.vault, event)
    now = await context.clock.now()
    await notifying.ask_mandated_no_more(session, event, now)
    case = await cases.case(session, tenant=event.tenant, case_id=event.data.case_id)
    if case is not None and event.data.needs_acceptance:
        await notifying.notify_mandated(session, case, event, now)


@subscriptions.writes(plans.PlanPartlyAccepted, case="any")
async def count_partly_accepted(
    session: AsyncSession, event: Received[plans.PlanPartlyAccepted], context: Context
) -> None:
    """Count a plan as accepted in part; the coordinator is told."""
    await count_judgement(session, context, event)
    await _notify_of_refusal(session, event, context)


@subscriptions.writes(plans.PlanRefused, case="any")
async def count_refused(session: AsyncSession, event: Received[plans.PlanRefused], context: Context) -> None:
    """Count a plan as refused; the coordinator is told."""
    await count_judgement(session, context, event)
    await _notify_of_refusal(session, event, context)


async def _notify_of_refusal(
    session: AsyncSession,
    event: Received[plans.PlanPartlyAccepted] | Received[plans.PlanRefused],
    context: Context,
) -> None:
    case = await cases.case(session, tenant=event.tenant, case_id=event.data.case_id)
    if case is not None:
        await notifying.notify_responsible(session, case, "plan-not-accepted", await context.clock.now())


@subscriptions.writes(plans.PlanShared)
async def notify_of_sharing(
    session: AsyncSession, event: Received[plans.PlanShared], context: Context
) -> None:
    """Tell organisations that the circle shared its plan with them."""
    case = await cases.case(session, tenant=event.tenant, case_id=event.data.case_id)
    if case is not None:
        await notifying.notify_of_sharing(session, case, event, await context.clock.now())


@subscriptions.writes(plans.PlanSharingEnded, case="any")
async def call_off_notice_of_sharing(
    session: AsyncSession, event: Received[plans.PlanSharingEnded], context: Context
) -> None:
    """Send no organisation a mail about a plan that it may not read any more."""
    await notifying.end_sharing(session, event, await context.clock.now())


@subscriptions.writes(network.SurveyClosed, case="any", background=True)
async def count_survey(
    session: AsyncSession, event: Received[network.SurveyClosed], context: Context
) -> None:
    """Count each group's answers."""
    await statistics.note_survey(session, context.vault, event)


async def count_late(session: AsyncSession, event: Received[ClockFact], context: Context) -> None:
    """Count a missed deadline of a case, and why it was missed."""
    await statistics.note_late(session, context.vault, event)


for service in SERVICES_WITH_CASES:
    for what in ("breached", "explained"):
        subscriptions.writes(CLOCK_EVENTS[service, what], case="any", background=True)(count_late)


async def _count_referral(
    session: AsyncSession,
    context: Context,
    event: Received[intake.ReferralDeclined] | Received[intake.ReferralWithdrawn],
) -> None:
    tenant = event.tenant
    referral = await referrals.referral(session, tenant=tenant, referral_id=event.data.referral_id)
    if referral is not None:
        await statistics.follow(
            session, context.vault, tenant=tenant, case_id=referral.case_id, at=event.time
        )


async def count_judgement(session: AsyncSession, context: Context, event: Received[Any]) -> None:
    """Count what the mandated side said of a plan, or that it said nothing; it is asked no more."""
    await notifying.ask_mandated_no_more(session, event, await context.clock.now())
    await statistics.count(session, context.vault, event)
