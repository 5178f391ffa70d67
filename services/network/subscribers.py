"""What network hears, and the one effect that each makes."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.network.data_requests import data_request_workflow_id
from services.network.domain import INVITATION_CLOCK, SERVICE, invitation_workflow_id
from services.network.domain.consents import COMING_OF_AGE, coming_of_age_workflow_id
from services.network.operations import cases, data_requests, erasing, holds, notifying, persons
from services.network.workflows import (
    ComingOfAge,
    ComingOfAgeInput,
    DataRequest,
    DataRequestInput,
    Invitation,
    InvitationInput,
)
from shared import case_state, deadlines, erasure
from shared.case_state import CaseStopped
from shared.context import Context
from shared.contracts.intake import PERSONS_AT_OPENING
from shared.erasure import erased_by
from shared.errors import NotYet
from shared.events import intake, network
from shared.events.base import CLOCK_EVENTS, ClockFact, Received
from shared.services import SERVICES_WITH_CASES
from shared.subscriptions import AndThen, Subscriptions, tenant_of

subscriptions = Subscriptions(SERVICE)
erasure.install(subscriptions)
erasing.erasures.follow(subscriptions, services=SERVICES_WITH_CASES)


@subscriptions.acts(intake.CaseOpened)
async def copy_persons(event: Received[intake.CaseOpened], context: Context) -> AndThen:
    """Fetch the persons of the referral from intake, and own them from now on."""
    case_id, tenant = event.data.case_id, tenant_of(event)
    named = await context.services.read(PERSONS_AT_OPENING, tenant=tenant, case_id=case_id)
    now = await context.clock.now()

    async def write(session: AsyncSession) -> None:
        await cases.require_live(session, case_id=case_id, tenant=tenant)
        await persons.copy_from_referral(
            session, context.vault, tenant=tenant, case_id=case_id, people=named.items, now=now
        )

    return write


@subscriptions.writes(intake.CoordinatorAssigned, case="any")
async def let_coordinator_in(
    session: AsyncSession, event: Received[intake.CoordinatorAssigned], context: Context
) -> None:
    """Give the coordinator access to the people of the case."""
    await cases.assign_coordinator(
        session,
        tenant=tenant_of(event),
        case_id=event.data.case_id,
        assignment_no=event.data.assignment_no,
        coordinator_id=event.data.coordinator_id,
        now=await context.clock.now(),
    )


@subscriptions.writes(intake.CoordinatorReleased, case="any")
async def let_coordinator_out(
    session: AsyncSession, event: Received[intake.CoordinatorReleased], context: Context
) -> None:
    """End the coordinator's access, also when the case has stopped or the assignment was not heard of yet."""
    await cases.release_coordinator(
        session,
        tenant=tenant_of(event),
        case_id=event.data.case_id,
        assignment_no=event.data.assignment_no,
        coordinator_id=event.data.coordinator_id,
        now=await context.clock.now(),
    )


@subscriptions.writes(intake.CasePaused)
async def rest(session: AsyncSession, event: Received[intake.CasePaused], context: Context) -> None:
    """Pause the case's clocks."""
    await cases.let_clocks_follow(session, case_id=event.data.case_id, now=await context.clock.now())


@subscriptions.writes(intake.CaseResumed)
async def go_on(session: AsyncSession, event: Received[intake.CaseResumed], context: Context) -> None:
    """Let the case's clocks run on."""
    await cases.let_clocks_follow(session, case_id=event.data.case_id, now=await context.clock.now())


@subscriptions.writes(intake.CaseWithdrawn, case="any")
async def call_everything_off(
    session: AsyncSession, event: Received[intake.CaseWithdrawn], context: Context
) -> None:
    """Stop what is open in a case that was withdrawn, and tell those who must know."""
    await cases.stop(
        session,
        tenant=tenant_of(event),
        case_id=event.data.case_id,
        now=await context.clock.now(),
        tell=True,
    )


@subscriptions.writes(intake.CaseClosed, case="any")
async def finish(session: AsyncSession, event: Received[intake.CaseClosed], context: Context) -> None:
    """Stop what is still open in a case that came to its end; there is nothing to tell anybody."""
    await cases.stop(
        session,
        tenant=tenant_of(event),
        case_id=event.data.case_id,
        now=await context.clock.now(),
        tell=False,
    )


@subscriptions.writes(intake.HoldSet, case="always")
async def keep_from_erasing(session: AsyncSession, event: Received[intake.HoldSet], context: Context) -> None:
    """Let nobody of the case be erased while the hold is in force."""
    del context
    await holds.note(
        session,
        tenant=tenant_of(event),
        case_id=event.data.case_id,
        hold_id=event.data.hold_id,
        lifted=False,
    )


@subscriptions.writes(intake.HoldLifted, case="always")
async def end_hold(session: AsyncSession, event: Received[intake.HoldLifted], context: Context) -> None:
    """Let people of the case be erased again, as far as this hold goes."""
    del context
    await holds.note(
        session,
        tenant=tenant_of(event),
        case_id=event.data.case_id,
        hold_id=event.data.hold_id,
        lifted=True,
    )


@subscriptions.writes(intake.CaseErased, case="always")
async def erase_case(session: AsyncSession, event: Received[intake.CaseErased], context: Context) -> None:
    """Make everybody of the case unreadable."""
    erased = await erased_by(event, context, kind="case", subject=event.data.case_id)
    await erasing.wipe_case(session, context.vault, erased)
    await data_requests.close_of_erased(
        session,
        tenant=tenant_of(event),
        case_id=event.data.case_id,
        person_id=None,
        now=await context.clock.now(),
    )


@subscriptions.writes(network.PersonErased, case="always")
async def erase_person(
    session: AsyncSession, event: Received[network.PersonErased], context: Context
) -> None:
    """Make what is known of a person unreadable."""
    erased = await erased_by(event, context, kind="person", subject=event.data.person_id)
    await erasing.wipe_person(session, context.vault, erased)
    await data_requests.close_of_erased(
        session,
        tenant=tenant_of(event),
        case_id=event.data.case_id,
        person_id=event.data.person_id,
        now=await context.clock.now(),
    )


@subscriptions.writes(network.TellPerson, case="any")
async def tell_person(session: AsyncSession, event: Received[network.TellPerson], context: Context) -> None:
    """Write to a person because another service asks for it."""
    await _require_tellable(session, event)
    await notifying.notify_as_asked(
        session, tenant=tenant_of(event), asked=event.data, now=await context.clock.now()
    )


async def _require_tellable(session: AsyncSession, event: Received[network.TellPerson]) -> None:
    state = await case_state.read(session, event.data.case_id)
    if state is None:
        raise NotYet(f"case of {event.type}")
    if not state.live and not event.data.even_if_stopped:
        raise CaseStopped(case_id=str(event.data.case_id), status=state.status)


@subscriptions.acts(network.InvitationSent)
async def look_after_invitation(event: Received[network.InvitationSent], context: Context) -> None:
    """Start the workflow that mails, reminds once, and waits."""
    tenant = tenant_of(event)
    await context.temporal.start(
        Invitation.__name__,
        InvitationInput(tenant=tenant, invitation_id=event.data.invitation_id),
        id=invitation_workflow_id(event.data.invitation_id),
        service=SERVICE,
        tenant=tenant,
    )


# A workflow that is not there has ended, or begins later by looking at these same facts: either way nothing is lost.
@subscriptions.acts(network.InvitationAnswered, case="any")
async def tell_workflow_of_answer(event: Received[network.InvitationAnswered], context: Context) -> None:
    """Let the invitation's workflow see the answer."""
    await _look_again(context, event.data.invitation_id, event.id)


@subscriptions.acts(network.InvitationCancelled, case="any")
async def tell_workflow_of_end(event: Received[network.InvitationCancelled], context: Context) -> None:
    """Let the invitation's workflow see that it was called off."""
    await _look_again(context, event.data.invitation_id, event.id)


@subscriptions.acts(network.DataRequestReceived, case="any")
async def look_after_data_request(event: Received[network.DataRequestReceived], context: Context) -> None:
    """Start the workflow that sees to it that a request is answered in its time."""
    tenant = tenant_of(event)
    await context.temporal.start(
        DataRequest.__name__,
        DataRequestInput(tenant=tenant, request_id=event.data.request_id),
        id=data_request_workflow_id(event.data.request_id),
        service=SERVICE,
        tenant=tenant,
    )


@subscriptions.acts(network.DataRequestDecided, case="any")
async def tell_workflow_of_decision(event: Received[network.DataRequestDecided], context: Context) -> None:
    """Let the request's workflow see what was decided."""
    await context.temporal.look_again(data_request_workflow_id(event.data.request_id), event.id)


@subscriptions.acts(network.DataRequestExtended, case="any")
async def tell_workflow_of_more_time(event: Received[network.DataRequestExtended], context: Context) -> None:
    """Let the request's workflow see that there is more time."""
    await context.temporal.look_again(data_request_workflow_id(event.data.request_id), event.id)


@subscriptions.acts(network.DataRequestEnded, case="any")
async def tell_workflow_of_its_end(event: Received[network.DataRequestEnded], context: Context) -> None:
    """Let the request's workflow see that all is done, or that it was taken back."""
    await context.temporal.look_again(data_request_workflow_id(event.data.request_id), event.id)


@subscriptions.acts(CLOCK_EVENTS[SERVICE, "started"])
async def look_after_clock(event: Received[ClockFact], context: Context) -> None:
    """Start the workflow that sees to it that somebody who comes of age is asked, or an erasure confirmed in time."""
    if event.data.kind == erasure.CLOCK:
        await deadlines.look_after(event, context)
    if event.data.kind not in COMING_OF_AGE:
        return
    tenant = tenant_of(event)
    await context.temporal.start(
        ComingOfAge.__name__,
        ComingOfAgeInput(tenant=tenant, clock_id=event.data.clock_id),
        id=coming_of_age_workflow_id(event.data.clock_id),
        service=SERVICE,
        tenant=tenant,
    )


@subscriptions.acts(CLOCK_EVENTS[SERVICE, "stopped"], case="any")
async def tell_workflow_of_no_birthday(event: Received[ClockFact], context: Context) -> None:
    """Let the workflow see that its birthday moved, or matters no more."""
    if event.data.kind in COMING_OF_AGE:
        await context.temporal.look_again(coming_of_age_workflow_id(event.data.clock_id), event.id)


@subscriptions.acts(CLOCK_EVENTS[SERVICE, "paused"], case="any")
async def tell_workflow_of_rest(event: Received[ClockFact], context: Context) -> None:
    """Let the workflow see that its clock rests."""
    if event.data.kind == INVITATION_CLOCK:
        await _look_again(context, event.data.subject, event.id)


@subscriptions.acts(CLOCK_EVENTS[SERVICE, "resumed"], case="any")
async def tell_workflow_of_going_on(event: Received[ClockFact], context: Context) -> None:
    """Let the workflow see that its clock runs again, to other moments."""
    if event.data.kind == INVITATION_CLOCK:
        await _look_again(context, event.data.subject, event.id)


async def _look_again(context: Context, invitation_id: UUID, event_id: UUID) -> None:
    await context.temporal.look_again(invitation_workflow_id(invitation_id), event_id)
