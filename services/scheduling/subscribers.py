"""The subscriptions of scheduling: facts of other services to store, and the case's state."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import operations
from services.scheduling.operations import erasing, feeds, invitations, news, next_step
from services.scheduling.operations.base import CONTACT_CLOCK, NEXT_CLOCK, SERVICE, TALK_CLOCK, clocks
from services.scheduling.workflows import WORKFLOWS
from shared import erasure
from shared.context import Context
from shared.erasure import erased_by
from shared.events import intake, network, plans
from shared.events.base import Received
from shared.subscriptions import Subscriptions

subscriptions = Subscriptions(SERVICE)
erasure.install(subscriptions)
subscriptions.watches(*WORKFLOWS)
subscriptions.follows_cases(clocks, handed_over=(NEXT_CLOCK,))


# --- facts of other services ---


@subscriptions.writes(intake.CaseOpened, case="any")
async def keep_case(session: AsyncSession, event: Received[intake.CaseOpened], _context: Context) -> None:
    """Store how urgent the case is, and who has a mandate in it."""
    await operations.note_case(session, event.data, tenant=event.tenant, now=event.time)


@subscriptions.writes(intake.CoordinatorAssigned)
async def begin(session: AsyncSession, event: Received[intake.CoordinatorAssigned], context: Context) -> None:
    """Begin the first preparation of the case with its first coordinator; a wanted round with the next one."""
    now = await context.clock.now()
    await operations.begin_with_coordinator(session, tenant=event.tenant, case_id=event.data.case_id, now=now)
    await _hand_over(session, event, "REQUEST", now=now)


@subscriptions.writes(intake.CoordinatorReleased)
async def take_back(
    session: AsyncSession, event: Received[intake.CoordinatorReleased], context: Context
) -> None:
    """Remove the date from the calendar of a former coordinator."""
    await _hand_over(session, event, "CANCEL", now=await context.clock.now())


async def _hand_over(
    session: AsyncSession,
    event: Received[intake.CoordinatorAssigned] | Received[intake.CoordinatorReleased],
    method: Literal["REQUEST", "CANCEL"],
    *,
    now: datetime,
) -> None:
    await invitations.hand_over(
        session,
        tenant=event.tenant,
        case_id=event.data.case_id,
        coordinator_id=event.data.coordinator_id,
        method=method,
        now=now,
    )


@subscriptions.writes(plans.CheckInRecorded)
async def meet_again(session: AsyncSession, event: Received[plans.CheckInRecorded], context: Context) -> None:
    """Prepare another conference when the circle wants one."""
    if event.data.decision == "new-conference":
        now = await context.clock.now()
        await operations.begin_for_review(session, tenant=event.tenant, case_id=event.data.case_id, now=now)


@subscriptions.writes(intake.BaselineChanged)
async def follow_baseline(
    session: AsyncSession, event: Received[intake.BaselineChanged], context: Context
) -> None:
    """Record that the questions were talked through, and what changed after the circle was told of it."""
    if "questions" in event.data.changed:
        await _note_step(session, event, TALK_CLOCK, context)
    await news.follow_baseline(
        session,
        case_id=event.data.case_id,
        changed=event.data.changed,
        at=event.time,
        now=await context.clock.now(),
    )


@subscriptions.writes(intake.BaselineConfirmed)
async def note_talk(
    session: AsyncSession, event: Received[intake.BaselineConfirmed], context: Context
) -> None:
    """Record that the questions were talked through, and stay as they are."""
    await _note_step(session, event, TALK_CLOCK, context)


@subscriptions.writes(network.PersonRemoved, network.PersonExcluded, case="any")
async def follow_leaving(
    session: AsyncSession,
    event: Received[network.PersonRemoved] | Received[network.PersonExcluded],
    context: Context,
) -> None:
    """Stop waiting for the answer of a person who left, and ask whoever takes their place."""
    now = await context.clock.now()
    await operations.follow_leaving(
        session, case_id=event.data.case_id, person_id=event.data.person_id, now=now
    )


@subscriptions.writes(network.ContactMade)
async def note_contact(session: AsyncSession, event: Received[network.ContactMade], context: Context) -> None:
    """Record that the coordinator was in touch with a person."""
    await _note_step(session, event, CONTACT_CLOCK, context)


async def _note_step(session: AsyncSession, event: Received[Any], kind: str, context: Context) -> None:
    now = await context.clock.now()
    await operations.note_step(session, kind, case_id=event.data.case_id, tenant=event.tenant, now=now)


@subscriptions.writes(network.CircleReady)
async def keep_circle(session: AsyncSession, event: Received[network.CircleReady], context: Context) -> None:
    """Store who takes part now."""
    await operations.note_circle(
        session,
        tenant=event.tenant,
        case_id=event.data.case_id,
        version=event.sequence,
        members=event.data.members,
        now=await context.clock.now(),
    )


@subscriptions.writes(network.PersonAddressChanged)
async def send_again(
    session: AsyncSession, event: Received[network.PersonAddressChanged], context: Context
) -> None:
    """Send pending mails to a person's new address."""
    await operations.send_again(
        session,
        case_id=event.data.case_id,
        person_id=event.data.person_id,
        now=await context.clock.now(),
    )


@subscriptions.writes(plans.PlanRecorded)
async def follow_plan(session: AsyncSession, event: Received[plans.PlanRecorded], context: Context) -> None:
    """Stop asking what comes next, and looking for a date when the circle made its plan without a meeting."""
    now = await context.clock.now()
    await next_step.note_plan(session, case_id=event.data.case_id, now=now)
    if event.data.conference_id is None and event.data.version == 1:
        await operations.need_no_meeting(session, case_id=event.data.case_id, now=now)


# --- the case's state ---


@subscriptions.writes(intake.CaseResumed)
async def resume(session: AsyncSession, event: Received[intake.CaseResumed], context: Context) -> None:
    """Say what moved with the pause, and go on with who joined meanwhile."""
    await operations.go_on(session, case_id=event.data.case_id, now=await context.clock.now())


@subscriptions.writes(intake.CaseWithdrawn, intake.CaseClosed, case="any")
async def stop(
    session: AsyncSession,
    event: Received[intake.CaseWithdrawn] | Received[intake.CaseClosed],
    context: Context,
) -> None:
    """Stop preparing: the case stopped."""
    await operations.stop_case(session, case_id=event.data.case_id, now=await context.clock.now())


@subscriptions.writes(intake.CaseErased, case="always")
async def erase_case(session: AsyncSession, event: Received[intake.CaseErased], context: Context) -> None:
    """Stop preparing, and delete people's answers."""
    erased = await erased_by(event, context, kind="case", subject=event.data.case_id)
    await erasing.clear_case(session, context.vault, erased)


@subscriptions.writes(network.PersonErased, case="always")
async def erase_person(
    session: AsyncSession, event: Received[network.PersonErased], context: Context
) -> None:
    """Delete the person's answers, and stop waiting for them."""
    erased = await erased_by(event, context, kind="person", subject=event.data.person_id)
    await erasing.clear_person(session, context.vault, erased)


@subscriptions.writes(intake.ContactErased, case="always")
async def end_feed(session: AsyncSession, event: Received[intake.ContactErased], context: Context) -> None:
    """End the calendar feed of a coordinator who left the organisation."""
    await context.vault.confirm_decision(event.data.contact_id, kind=event.data.kind)
    await feeds.end_of_erased(session, tenant=event.tenant, erased=event.data.contact_id)
