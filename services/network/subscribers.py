"""What network subscribes to, and the one effect that each event has."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.network.domain import FOLLOWED_UP, SERVICE
from services.network.domain.consents import BIRTHDAYS
from services.network.operations import (
    ages,
    cases,
    coordinating,
    ending_requests,
    erasing,
    holds,
    invitations,
    notifying,
    persons,
    surveys,
)
from services.network.workflows import WORKFLOWS
from shared import case_state, erasure, messages
from shared.case_state import CaseStopped
from shared.context import Context
from shared.contracts.intake import PERSONS_AT_OPENING
from shared.erasure import erased_by
from shared.errors import NotYet
from shared.events import intake, network, plans, scheduling
from shared.events.base import Received
from shared.services import SERVICES_WITH_CASES
from shared.subscriptions import AndThen, Subscriptions

subscriptions = Subscriptions(SERVICE)
erasure.install(subscriptions)
erasing.erasures.follow(subscriptions, services=SERVICES_WITH_CASES)
subscriptions.watches(*WORKFLOWS)
subscriptions.follows_cases(ages.clocks, handed_over=(*BIRTHDAYS, *coordinating.KINDS))


@subscriptions.acts(intake.CaseOpened)
async def copy_persons(event: Received[intake.CaseOpened], context: Context) -> AndThen:
    """Fetch the persons of the referral from intake; network owns them from now on."""
    case_id, tenant = event.data.case_id, event.tenant
    named = await context.services.read(PERSONS_AT_OPENING, tenant=tenant, case_id=case_id)
    now = await context.clock.now()

    async def write(session: AsyncSession) -> None:
        await cases.require_live(session, case_id=case_id, tenant=tenant)
        await persons.copy_from_referral(
            session, context.vault, tenant=tenant, case_id=case_id, people=named.items, now=now
        )
        organisation = event.data.referring_organisation
        await surveys.note_referring(session, tenant=tenant, case_id=case_id, organisation=organisation)

    return write


@subscriptions.writes(intake.CaseWithdrawn, case="any")
async def call_everything_off(
    session: AsyncSession, event: Received[intake.CaseWithdrawn], context: Context
) -> None:
    """Stop everything open in a case that was withdrawn, and mail those who must know."""
    await cases.stop(
        session,
        tenant=event.tenant,
        case_id=event.data.case_id,
        now=await context.clock.now(),
        tell=cases.STOPPED,
    )


@subscriptions.writes(intake.CaseClosed, case="any")
async def finish(session: AsyncSession, event: Received[intake.CaseClosed], context: Context) -> None:
    """Stop everything still open in a case that ended; a circle whose plan was followed up is thanked."""
    await cases.stop(
        session,
        tenant=event.tenant,
        case_id=event.data.case_id,
        now=await context.clock.now(),
        tell=cases.FINISHED if event.data.outcome in FOLLOWED_UP else None,
    )


@subscriptions.writes(plans.PlanRecorded)
async def expect_no_more_answers(
    session: AsyncSession, event: Received[plans.PlanRecorded], context: Context
) -> None:
    """Send no more reminders of invitations once the circle made its plan, nor what asks about what it replaced."""
    await _ask_no_more(session, event, context, *event.data.replaced)
    await invitations.expect_no_more(
        session, tenant=event.tenant, case_id=event.data.case_id, now=await context.clock.now()
    )


@subscriptions.writes(scheduling.ConferenceHeld)
async def follow_conference(
    session: AsyncSession, event: Received[scheduling.ConferenceHeld], context: Context
) -> None:
    """Send no more reminders of invitations once the circle has met for the last time, and plan the survey."""
    held, now = event.data, await context.clock.now()
    if held.outcome == "continued":
        return
    await invitations.expect_no_more(session, tenant=event.tenant, case_id=held.case_id, now=now)
    await surveys.plan(
        session, tenant=event.tenant, case_id=held.case_id, conference_id=held.conference_id, now=now
    )


@subscriptions.writes(intake.HoldSet, intake.HoldLifted, case="always")
async def follow_hold(
    session: AsyncSession, event: Received[intake.HoldSet] | Received[intake.HoldLifted], _context: Context
) -> None:
    """Block erasure of people of the case while a hold is in force."""
    await holds.note(
        session,
        tenant=event.tenant,
        case_id=event.data.case_id,
        hold_id=event.data.hold_id,
        lifted=isinstance(event.data, intake.HoldLifted),
    )


@subscriptions.writes(intake.CaseErased, case="always")
async def erase_case(session: AsyncSession, event: Received[intake.CaseErased], context: Context) -> None:
    """Make everybody of the case unreadable."""
    erased = await erased_by(event, context, kind="case", subject=event.data.case_id)
    await ending_requests.close_of_erased(
        session,
        tenant=event.tenant,
        case_id=event.data.case_id,
        person_id=None,
        now=erased.now,
    )
    await erasing.clear_case(session, context.vault, erased)


@subscriptions.writes(network.PersonErased, case="always")
async def erase_person(
    session: AsyncSession, event: Received[network.PersonErased], context: Context
) -> None:
    """Make what is known of a person unreadable."""
    erased = await erased_by(event, context, kind="person", subject=event.data.person_id)
    await ending_requests.close_of_erased(
        session,
        tenant=event.tenant,
        case_id=event.data.case_id,
        person_id=event.data.person_id,
        now=erased.now,
    )
    await erasing.clear_person(session, context.vault, erased)


@subscriptions.writes(network.NotifyPeople, case="any")
async def notify_people(
    session: AsyncSession, event: Received[network.NotifyPeople], context: Context
) -> None:
    """Mail people at another service's request."""
    await _require_notifiable(session, event)
    await notifying.notify_as_asked(
        session,
        tenant=event.tenant,
        asked=event.data,
        by=event.publisher,
        sequence=event.sequence,
        now=await context.clock.now(),
    )


@subscriptions.writes(scheduling.PollAnswered, case="any")
async def ask_no_more_who_answered(
    session: AsyncSession, event: Received[scheduling.PollAnswered], context: Context
) -> None:
    """Send nothing that asks somebody for dates once they gave all."""
    if event.data.complete:
        await _ask_no_more(session, event, context, event.data.poll_id, person_id=event.data.person_id)


@subscriptions.writes(scheduling.PollClosed, case="any")
async def ask_no_more_for_dates(
    session: AsyncSession, event: Received[scheduling.PollClosed], context: Context
) -> None:
    """Send nothing that asks for dates in a poll that ended."""
    await _ask_no_more(session, event, context, event.data.poll_id)


@subscriptions.writes(plans.AgreementDone, plans.AgreementLapsed, case="any")
async def ask_no_more_of_agreement(
    session: AsyncSession,
    event: Received[plans.AgreementDone] | Received[plans.AgreementLapsed],
    context: Context,
) -> None:
    """Send nothing that asks about an agreement that is settled."""
    await _ask_no_more(session, event, context, event.data.agreement_id)


@subscriptions.writes(plans.PlanBInvoked, case="any")
async def ask_no_more_of_what_rests(
    session: AsyncSession, event: Received[plans.PlanBInvoked], context: Context
) -> None:
    """Send nothing that asks about an agreement that is suspended while plan B runs instead."""
    if event.data.instead_of is not None:
        await _ask_no_more(session, event, context, event.data.instead_of)


@subscriptions.writes(plans.CheckInRecorded, case="any")
async def ask_no_more_of_check_in(
    session: AsyncSession, event: Received[plans.CheckInRecorded], context: Context
) -> None:
    """Send nothing that asks for a check that was recorded."""
    await _ask_no_more(session, event, context, event.data.check_in_id)


async def _ask_no_more(
    session: AsyncSession,
    event: Received[Any],
    context: Context,
    *about: UUID,
    person_id: UUID | None = None,
) -> None:
    """Send nothing that asked about this before the event; `person_id`: nothing that asks that person."""
    now = await context.clock.now()
    for each in sorted(about):
        await messages.close_question(
            session, about=each, tenant=event.tenant, sequence=event.sequence, person=person_id, now=now
        )


async def _require_notifiable(session: AsyncSession, event: Received[network.NotifyPeople]) -> None:
    state = await case_state.read(session, event.data.case_id)
    if state is None:
        raise NotYet(f"case of {event.type}")
    if not state.live and not event.data.even_if_stopped:
        raise CaseStopped(case_id=str(event.data.case_id), status=state.status)


@subscriptions.writes(network.MessageFailed)
async def begin_to_reach(
    session: AsyncSession, event: Received[network.MessageFailed], context: Context
) -> None:
    """Start the clock for reaching a person another way."""
    now = await context.clock.now()
    await coordinating.reach(session, tenant=event.tenant, person_id=event.data.person_id, now=now)


@subscriptions.writes(network.InvitationSent)
async def begin_invitation(
    session: AsyncSession, event: Received[network.InvitationSent], context: Context
) -> None:
    """Mail the invitation and start its clock."""
    await invitations.begin(
        session,
        tenant=event.tenant,
        invitation_id=event.data.invitation_id,
        now=await context.clock.now(),
    )
